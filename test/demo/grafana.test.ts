import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { findGrafanaKey, type GrafanaOptions } from '../../demo/grafana.ts';
import { DemoError } from '../../demo/lib/demo-error.ts';
import { probePort, type RunningServer, serve } from '../../demo/lib/server.ts';
import { startTestOrigin, WATER_TOKEN } from './support.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

const OPTIONS = { token: 'glsa_x', orgId: 1, name: 'demo' } satisfies Omit<GrafanaOptions, 'url'>;

async function grafanaThat(listener: RequestListener): Promise<string> {
  const server = await serve(listener, 0);
  running.push(server);
  return server.url;
}

function grafanaThatSays(status: number, body: unknown): Promise<string> {
  return grafanaThat((_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
}

async function refusal(options: GrafanaOptions): Promise<string> {
  const error = await findGrafanaKey(options).catch((thrown: unknown) => thrown);
  if (!(error instanceof DemoError)) throw new Error('that was not refused in words');
  return `${error.message} ${error.why} ${error.fix}`;
}

describe('a real Grafana', () => {
  test('is asked for its first dashboard, with token and organisation', async () => {
    const asked: unknown[] = [];
    const url = await grafanaThat(({ url: path, headers }, response) => {
      asked.push([path, headers.authorization, headers['x-grafana-org-id']]);
      response.end(JSON.stringify([{ uid: 'abc', title: 'Ships', url: '/grafana/d/abc/ships' }]));
    });
    const key = await findGrafanaKey({ ...OPTIONS, url, orgId: 4 });
    expect(asked).toEqual([['/api/search?type=dash-db&limit=1', 'Bearer glsa_x', '4']]);
    expect(key).toMatchObject({
      dashboardUid: 'abc',
      path: '/d/abc/ships?orgId=4',
      label: 'Ships',
      orgId: 4,
    });
  });

  test('is asked for the dashboard that was named', async () => {
    const origin = await startTestOrigin();
    running.push(origin);
    const options = { ...OPTIONS, url: origin.url, token: WATER_TOKEN, dashboardUid: 'acme-pump-hall' };
    expect(await findGrafanaKey(options)).toMatchObject({
      path: '/d/acme-pump-hall/pump-hall?orgId=1',
      label: 'Pump hall',
    });
  });

  test('whose organisation is another one refuses the token', async () => {
    const origin = await startTestOrigin();
    running.push(origin);
    const options = { ...OPTIONS, url: origin.url, token: WATER_TOKEN, orgId: 2 };
    expect(await refusal(options)).toMatch(/refuses the token.*organization.*--org N/);
  });

  test('that is not there is named with its address', async () => {
    const url = `http://127.0.0.1:${await probePort(0)}`;
    expect(await refusal({ ...OPTIONS, url })).toContain(`${url} cannot be reached. Nothing listens there.`);
  });

  test.each([
    [401, { message: 'Invalid API key' }, /refuses the token.*Invalid API key/],
    [403, { message: 'Forbidden' }, /see dashboards.*Viewer/],
    [404, {}, /something else than Grafana/],
    [302, {}, /something else than Grafana/],
    [500, {}, /failure of its own/],
    [200, [], /sees no dashboard/],
    [200, { not: 'a list' }, /sees no dashboard/],
  ])('that answers %i %j is explained', async (status, body, sentence) => {
    expect(await refusal({ ...OPTIONS, url: await grafanaThatSays(status, body) })).toMatch(sentence);
  });

  test('without the named dashboard is explained', async () => {
    const url = await grafanaThatSays(404, { message: 'Dashboard not found' });
    expect(await refusal({ ...OPTIONS, url, dashboardUid: 'nope' })).toMatch(
      /no dashboard with the uid nope/,
    );
  });

  test('is not followed to another place, which would get the token', async () => {
    let reached = false;
    const elsewhere = await grafanaThat((_, response) => {
      reached = true;
      response.end('[]');
    });
    const url = await grafanaThat((_, response) => response.writeHead(302, { Location: elsewhere }).end());
    await refusal({ ...OPTIONS, url });
    expect(reached).toBe(false);
  });

  test('that is a page of another kind is explained', async () => {
    const url = await grafanaThat((_, response) => response.end('<html>'));
    expect(await refusal({ ...OPTIONS, url })).toMatch(/something else than JSON/);
  });
});
