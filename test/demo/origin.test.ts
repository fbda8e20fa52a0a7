import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../demo/lib/server.ts';
import { bearer, GREEN_TOKEN, startTestOrigin, WATER_TOKEN } from './support.ts';

let origin: RunningServer;
beforeAll(async () => {
  origin = await startTestOrigin();
});
afterAll(() => origin.stop());

const PAGE = '/d/acme-pump-hall/pump-hall';
const FROM = 1_795_000_000_000;

function ask(path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(`${origin.url}${path}`, { redirect: 'manual', headers, ...init });
}

function query(token: string, body: unknown): Promise<Response> {
  const headers = { ...bearer(token), 'Content-Type': 'application/json' };
  return ask('/api/ds/query', headers, { method: 'POST', body: JSON.stringify(body) });
}

function flowQuery(expr = 'acme_flow') {
  const datasource = { type: 'demo-metrics', uid: 'demo-metrics' };
  const queries = [{ refId: 'A', datasource, expr, intervalMs: 2000 }];
  return { queries, from: String(FROM), to: String(FROM + 10_500) };
}

describe('without a key', () => {
  test.each(['/api/frontend/settings', '/api/dashboards/uid/acme-pump-hall', '/api/nothing'])(
    '%s is refused as Grafana refuses',
    async (path) => {
      const response = await ask(path);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ message: 'Unauthorized', statusCode: 401 });
    },
  );

  test('a page leads to the sign-in form', async () => {
    const response = await ask(`${PAGE}?orgId=1`);
    expect(response.status).toBe(302);
    const form = response.headers.get('location') ?? '';
    expect(form).toBe(`/login?redirectTo=${encodeURIComponent(`${PAGE}?orgId=1`)}`);
    expect((await ask(form)).status).toBe(200);
  });

  test('a key that nobody gave out is an invalid one', async () => {
    const response = await ask('/api/frontend/settings', bearer('glsa_unknown_00000000'));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ messageId: 'api-key.invalid' });
  });

  test.each([
    ['as Basic credentials', { Authorization: `Basic ${btoa(`api_key:${WATER_TOKEN}`)}` }],
    ['in a cookie', { Cookie: `grafana_session=${WATER_TOKEN}` }],
    ['with a small letter', { Authorization: `bearer ${WATER_TOKEN}` }],
  ])('a key %s counts for nothing', async (_, headers) => {
    expect((await ask('/api/frontend/settings', headers)).status).toBe(401);
  });

  test('static files are free, and carry none of the guard’s headers', async () => {
    const response = await ask('/public/build/dashboard.css');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/css');
    expect(response.headers.get('x-frame-options')).toBeNull();
  });

  test.each(['/public/build/none.js', '/public/build/../server.ts', '/public/build/%2e%2e%2fserver.ts'])(
    'no file is found at %s',
    async (path) => {
      const { status } = await ask(path);
      // A path that leaves the static folder is an ordinary one: it leads to the form.
      expect([302, 404]).toContain(status);
    },
  );
});

describe('with a key', () => {
  test('the page forbids framing and caching, and sets a session cookie', async () => {
    const { status, headers } = await ask(PAGE, bearer(WATER_TOKEN));
    expect(status).toBe(200);
    expect(headers.get('x-frame-options')).toBe('deny');
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('set-cookie')).toMatch(/^grafana_session=\w{32}; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('each organisation has a title and a palette of its own', async () => {
    const water = await (await ask(PAGE, bearer(WATER_TOKEN))).text();
    const green = await (await ask('/d/globex-glasshouse', bearer(GREEN_TOKEN))).text();
    expect(water).toContain('<title>Pump hall · Acme Waterworks</title>');
    expect(green).toContain('<title>Glasshouse 3 · Globex Greenhouses</title>');
    expect(water).toContain('data-palette="tide"');
    expect(green).toContain('data-palette="grove"');
  });

  test('a solo page shows one panel', async () => {
    const html = await (await ask('/d-solo/acme-pump-hall/pump-hall?panelId=2', bearer(WATER_TOKEN))).text();
    expect(html.match(/data-testid="panel-\d"/g)).toEqual(['data-testid="panel-2"']);
  });

  test('another organisation’s dashboard does not exist', async () => {
    expect((await ask('/d/globex-glasshouse', bearer(WATER_TOKEN))).status).toBe(404);
    expect((await ask('/api/dashboards/uid/globex-glasshouse', bearer(WATER_TOKEN))).status).toBe(404);
  });

  test.each([
    ['header', '/api/frontend/settings', { 'X-Grafana-Org-Id': '2' }],
    ['query parameter', '/api/frontend/settings?orgId=2', {}],
  ])('an organisation named by a %s has to be the key’s', async (_, path, headers) => {
    const response = await ask(path, { ...bearer(WATER_TOKEN), ...headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ messageId: 'api-key.organization-mismatch' });
  });

  test('the organisation’s own number is accepted', async () => {
    const headers = { ...bearer(GREEN_TOKEN), 'X-Grafana-Org-Id': '2' };
    expect((await ask('/api/frontend/settings', headers)).status).toBe(200);
  });

  test('what is nowhere is not found', async () => {
    const response = await ask('/api/admin/users', bearer(WATER_TOKEN));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: 'Not found' });
  });

  test('a dashboard names the query of each panel', async () => {
    const response = await ask('/api/dashboards/uid/acme-pump-hall', bearer(WATER_TOKEN));
    const { meta, dashboard } = await response.json();
    expect(meta.url).toBe(PAGE);
    expect(dashboard.panels).toHaveLength(4);
    expect(dashboard.panels[0].targets[0]).toMatchObject({ refId: 'A', expr: 'acme_flow' });
    expect(dashboard.panels[3].targets[0].channel).toBe('stream/demo/acme_vibration');
  });
});

describe('queries', () => {
  test('answer a data frame of Grafana’s form', async () => {
    const response = await query(WATER_TOKEN, flowQuery());
    expect(response.status).toBe(200);
    const { A } = (await response.json()).results;
    expect(A.status).toBe(200);
    const [frame] = A.frames;
    expect(frame.schema.refId).toBe('A');
    expect(frame.schema.fields.map(({ type }: { type: string }) => type)).toEqual(['time', 'number']);
    const [times, values] = frame.data.values;
    expect(times).toEqual([0, 2000, 4000, 6000, 8000, 10_000, 10_500].map((offset) => FROM + offset));
    expect(values).toHaveLength(times.length);
  });

  test('about the past are answered alike each time', async () => {
    const [one, two] = await Promise.all([query(WATER_TOKEN, flowQuery()), query(WATER_TOKEN, flowQuery())]);
    expect(await one.json()).toEqual(await two.json());
  });

  test('about another organisation’s quantity find nothing', async () => {
    const response = await query(WATER_TOKEN, flowQuery('globex_humidity'));
    expect(response.status).toBe(400);
    expect((await response.json()).results.A).toMatchObject({ status: 400, frames: [] });
  });

  test('of an unknown data source find nothing', async () => {
    const { queries, ...range } = flowQuery();
    const elsewhere = queries.map((one) => ({ ...one, datasource: { uid: 'other' } }));
    const response = await query(WATER_TOKEN, { queries: elsewhere, ...range });
    expect((await response.json()).results.A.status).toBe(404);
  });

  test('never answer more points than a chart can use', async () => {
    const { queries } = flowQuery();
    const eager = queries.map((one) => ({ ...one, intervalMs: 1 }));
    const response = await query(WATER_TOKEN, { queries: eager, from: FROM, to: FROM + 3_600_000 });
    const [times] = (await response.json()).results.A.frames[0].data.values;
    expect(times.length).toBeLessThanOrEqual(2001);
  });

  test.each([
    ['no object', 'text'],
    ['null', null],
    ['no times', { queries: [] }],
    ['times the wrong way round', { ...flowQuery(), from: FROM + 1, to: FROM }],
    ['a range of years', { ...flowQuery(), from: 0 }],
    ['queries that are no list', { ...flowQuery(), queries: {} }],
    ['more queries than a dashboard has', { ...flowQuery(), queries: Array(21).fill({}) }],
  ])('of another form are refused: %s', async (_, body) => {
    expect((await query(WATER_TOKEN, body)).status).toBe(400);
  });

  test('that are too long are refused', async () => {
    expect((await query(WATER_TOKEN, { queries: 'x'.repeat(70_000) })).status).toBe(413);
  });

  test('need their method', async () => {
    expect((await ask('/api/ds/query', bearer(WATER_TOKEN))).status).toBe(404);
  });
});
