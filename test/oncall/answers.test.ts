import { describe, expect, test } from 'vitest';
import vectors from '../vectors/oncall.json';
import { EU, EU_HOST, engine, US, US_HOST } from './support/cloud.ts';
import { hurry } from './support/hurry.ts';
import { createCloud, createGateway, EU_KEY, NOBODYS_KEY, UNBOUND_KEY, US_KEY } from './support/scene.ts';

const PAGE = '/oncall/api/v1/users/?page=1';
const GATEWAY = vectors.fixtures.gateway_origin;

interface Upstream {
  readonly host: string;
  readonly status: number;
  readonly body: unknown;
}
const CASES = vectors.response_cases as unknown as readonly { name: string; upstream: Upstream }[];

function caseNamed(name: string): Upstream {
  const found = CASES.find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found.upstream;
}

const answerOf = ({ status, body }: Upstream) =>
  typeof body === 'string' ? new Response(body, { status }) : Response.json(body, { status });
const asKey = (key: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { Authorization: key },
});
const bind = (key: string, region: string) => ({ ONCALL_BINDINGS: JSON.stringify({ [key]: region }) });

describe('answers of the vectors', () => {
  test('pagination_next_is_absolute_regional_url: it names the gateway', async () => {
    createCloud().put(EU_HOST, () => answerOf(caseNamed('pagination_next_is_absolute_regional_url')));
    const response = await createGateway(bind(EU_KEY, 'eu')).fetch(PAGE, asKey(EU_KEY));
    expect(await response.json()).toMatchObject({
      next: `${GATEWAY}/oncall/api/v1/users/?page=2&short=true&roles=0&roles=1`,
      previous: null,
      total_pages: 2,
    });
  });

  test('wrong_region_403_invalid_token: what was learnt is dropped, and looked for again once', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    expect((await gateway.fetch(PAGE, asKey(UNBOUND_KEY))).status).toBe(200);
    const { body } = caseNamed('wrong_region_403_invalid_token');
    cloud.put(EU_HOST, () => Response.json(body, { status: 403 }));
    cloud.forget();
    const response = await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
    expect([response.status, await response.json()]).toEqual([403, body]);
    expect(cloud.questions).toHaveLength(2);
    expect(cloud.calls).toHaveLength(1);
    cloud.forget();
    expect((await gateway.fetch(PAGE, asKey(UNBOUND_KEY))).status).toBe(403);
    expect(cloud.received).toEqual([]);
  });

  test.each(['permission_403_is_right_region', 'service_account_forbidden_is_right_region'])(
    '%s: as it came, and nobody is asked',
    async (name) => {
      const cloud = createCloud();
      const gateway = createGateway();
      await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
      cloud.put(EU_HOST, () => answerOf(caseNamed(name)));
      cloud.forget();
      const response = await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
      expect([response.status, await response.json()]).toEqual([403, caseNamed(name).body]);
      expect(cloud.questions).toEqual([]);
    },
  );

  test('cloudflare_530_unknown_host: 502 that says so', async () => {
    const upstream = caseNamed('cloudflare_530_unknown_host');
    createCloud().put(upstream.host, () => answerOf(upstream));
    const regions = { zz: { url: `https://${upstream.host}/oncall` } };
    const gateway = createGateway({ ONCALL_REGIONS: JSON.stringify(regions), ...bind(EU_KEY, 'zz') });
    const response = await gateway.fetch(PAGE, asKey(EU_KEY));
    expect(response.status).toBe(502);
    expect((await response.json<{ detail: string }>()).detail).toContain('unknown regional host');
    expect(gateway.events.at(-1)).toMatchObject({
      event: 'oncall.upstream.unreachable',
      reason: 'no-such-host',
    });
  });
});

describe('a page of a list', () => {
  const ask = async (
    body: string,
    headers: Record<string, string> = { 'Content-Type': 'application/json' },
  ) => {
    createCloud().put(EU_HOST, () => new Response(body, { headers }));
    const response = await createGateway(bind(EU_KEY, 'eu')).fetch(PAGE, asKey(EU_KEY));
    return response.text();
  };

  test('keeps every character but those addresses', async () => {
    const rest = '"results": [ {"id": 12345678901234567890, "next": "NEXT", "f": 1.0, "s":"\\u00e9\\n{"} ]}';
    const page = `{"count": 1.50,\n "next" : "${EU}/api/v1/x?page=2", ${rest.replace('NEXT', `${EU}/deep`)}`;
    expect(await ask(page)).toBe(page.replace(`${EU}/api`, `${GATEWAY}/oncall/api`));
  });

  test.each([
    ['another region', `${US}/api/v1/users/?page=2`],
    ['a host that begins alike', `https://${EU_HOST}.evil.example/oncall/api`],
    ['a path that begins alike', `https://${EU_HOST}/oncallx/api`],
    ['plain http', `http://${EU_HOST}/oncall/api`],
    ['the host alone', `https://${EU_HOST}`],
    ['no address', 'x'],
  ])('keeps an address that names %s', async (_, next) => {
    expect(await ask(JSON.stringify({ next, previous: null, results: [] }))).toBe(
      JSON.stringify({ next, previous: null, results: [] }),
    );
  });

  test.each([
    ['no JSON after all', '{"next": "https'],
    ['a list', `["next", "${EU}/x"]`],
    ['a text', `"${EU}/x"`],
    ['nothing', ''],
    ['an object that ends early', `{"next"`],
  ])('that is %s goes on as it came', async (_, body) => {
    expect(await ask(body)).toBe(body);
  });

  test('that is longer than 1 MiB streams on as it came', async () => {
    const page = JSON.stringify({ next: `${EU}/api/v1/x?page=2`, results: ['x'.repeat(1_100_000)] });
    expect(await ask(page)).toBe(page);
  });

  test.each([200, 403])('that does not end (%i) streams on after a while, with what came', async (status) => {
    const start = '{"detail":"Invalid';
    let end = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(start));
        end = () => controller.close();
      },
    });
    const headers = { 'Content-Type': 'application/json' };
    createCloud().put(EU_HOST, () => new Response(body, { status, headers }));
    const gateway = createGateway(bind(EU_KEY, 'eu'));
    const { value, milliseconds } = await hurry(() => gateway.fetch(PAGE, asKey(EU_KEY)));
    expect([value.status, milliseconds]).toEqual([status, 2_000]);
    const text = value.text();
    end();
    expect(await text).toBe(start);
  });

  test('that is no UTF-8, or begins with a mark, keeps its bytes', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode(`{"next":"${EU}/x","a":"`), 0xff, 0x22, 0x7d]);
    createCloud().put(
      EU_HOST,
      () => new Response(bytes, { headers: { 'Content-Type': 'application/json' } }),
    );
    const response = await createGateway(bind(EU_KEY, 'eu')).fetch(PAGE, asKey(EU_KEY));
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    createCloud().put(
      EU_HOST,
      () => new Response(`\ufeff{"next":"${EU}/x"}`, { headers: { 'Content-Type': 'application/json' } }),
    );
    const marked = await createGateway(bind(EU_KEY, 'eu')).fetch(PAGE, asKey(EU_KEY));
    expect([...new Uint8Array(await marked.arrayBuffer())].slice(0, 4)).toEqual([0xef, 0xbb, 0xbf, 0x7b]);
  });

  test('that is no JSON by its type is not read', async () => {
    const page = JSON.stringify({ next: `${EU}/api/v1/x?page=2` });
    expect(await ask(page, { 'Content-Type': 'text/plain' })).toBe(page);
  });

  test('leaves links of integrations alone', async () => {
    const body = { link: `${EU}/integrations/v1/webhook/abc/`, heartbeat: { link: `${EU}/x` }, next: null };
    expect(JSON.parse(await ask(JSON.stringify(body)))).toEqual(body);
  });
});

describe("the gateway's own answers", () => {
  test.each<[string, RequestInit, number, string | undefined]>([
    ['no token', {}, 403, undefined],
    ['a word that is no token', asKey('hello'), 403, undefined],
    ['another scheme', asKey('Basic dXNlcjpwYXNzd29yZA=='), 403, undefined],
    ['Bearer twice', asKey(`Bearer Bearer ${US_KEY}`), 403, undefined],
    ['an old API key of Grafana', asKey('eyJrIjoiRkFLRSJ9'), 403, undefined],
    ['a key in upper case', asKey(US_KEY.toUpperCase()), 403, undefined],
    ['two tokens in one header', asKey(`${US_KEY}, ${EU_KEY}`), 400, 'bad_request'],
    ['a service account token without a stack', asKey('glsa_abc_12345678'), 421, 'oncall_region_unknown'],
    ['a key that no region knows', asKey(NOBODYS_KEY), 403, undefined],
  ])('%s', async (_, init, status, code) => {
    createCloud();
    const gateway = createGateway();
    // What a browser sends changes nothing: programs read these answers.
    const headers = { ...init.headers, Accept: 'text/html' };
    const response = await gateway.fetch('/oncall/api/v1/teams/', { ...init, headers });
    const body: { detail: string; code?: string } = await response.json();
    expect([response.status, body.code]).toEqual([status, code]);
    if (status === 403) expect(body).toEqual({ detail: 'Invalid token.' });
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  test.each(['/oncallx/api/v1/teams/', '/oncal', '/ONCALLX/api/v1/teams/'])(
    '%s is none of its paths',
    async (path) => {
      const cloud = createCloud();
      const response = await createGateway().fetch(path, asKey(US_KEY));
      expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([
        401,
        'session_required',
      ]);
      expect(cloud.received).toEqual([]);
    },
  );

  test('another path may be chosen', async () => {
    const cloud = createCloud();
    const gateway = createGateway({ ONCALL_PATH: '/cloud/oncall/', ...bind(EU_KEY, 'eu') });
    const response = await gateway.fetch('/cloud/oncall/api/v1/users/?page=1', asKey(EU_KEY));
    expect((await response.json<{ next: string }>()).next).toBe(
      `${GATEWAY}/cloud/oncall/api/v1/users/?page=2`,
    );
    expect(cloud.calls[0]?.target).toBe('/oncall/api/v1/users/?page=1');
  });
});

describe('what a region says to a browser', () => {
  test('sets nothing for the host of dashboards, and runs no script there', async () => {
    createCloud().put(
      EU_HOST,
      () =>
        new Response('<script>alert(1)</script>', {
          status: 500,
          headers: [
            ['Content-Type', 'text/html'],
            ['Set-Cookie', 'a=b'],
            ['Clear-Site-Data', '"*"'],
            ['Strict-Transport-Security', 'max-age=1'],
            ['Content-Security-Policy', 'default-src *'],
            ['Retry-After', '7'],
            ['RateLimit-Reset', '9'],
          ],
        }),
    );
    const { status, headers } = await createGateway(bind(EU_KEY, 'eu')).fetch(PAGE, asKey(EU_KEY));
    expect(status).toBe(500);
    expect(headers.get('Content-Security-Policy')).toMatch(/sandbox$/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    for (const name of ['Set-Cookie', 'Clear-Site-Data', 'Strict-Transport-Security'])
      expect(headers.get(name)).toBeNull();
    expect([headers.get('Retry-After'), headers.get('RateLimit-Reset')]).toEqual(['7', '9']);
  });

  test.each([
    ['its own address', `${EU}/api/v1/users/`, `${GATEWAY}/oncall/api/v1/users/`],
    ['a path', '/oncall/api/v1/users/', `${GATEWAY}/oncall/api/v1/users/`],
    ['another host', 'https://elsewhere.example/', 'https://elsewhere.example/'],
  ])('a redirect to %s is not followed', async (_, location, seen) => {
    const cloud = createCloud().put(
      EU_HOST,
      () => new Response(null, { status: 301, headers: { Location: location } }),
    );
    const response = await createGateway(bind(EU_KEY, 'eu')).fetch(PAGE, asKey(EU_KEY));
    expect([response.status, response.headers.get('Location')]).toEqual([301, seen]);
    expect(cloud.received).toHaveLength(1);
  });
});

test('a real 429 is handed back with its times', async () => {
  const cloud = createCloud();
  const gateway = createGateway();
  await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
  cloud.put(EU_HOST, () =>
    Response.json({ detail: 'Request was throttled.' }, { status: 429, headers: { 'Retry-After': '3' } }),
  );
  cloud.forget();
  const response = await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
  expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '3']);
  expect(cloud.received).toHaveLength(1);
});

describe('where a learnt region refuses', () => {
  const move = (cloud: ReturnType<typeof createCloud>) => {
    cloud
      .put(EU_HOST, engine({ base: EU }))
      .put(US_HOST, engine({ base: US, keys: { [UNBOUND_KEY]: 'https://moved.grafana.net' } }))
      .forget();
  };

  test('the call is sent once more, to the region that takes it now', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
    move(cloud);
    expect((await gateway.fetch(PAGE, asKey(UNBOUND_KEY))).status).toBe(200);
    expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST, US_HOST]);
    expect(gateway.events.at(-1)).toMatchObject({
      event: 'oncall.failover',
      kind: 'api-key',
      region: 'us',
      from: 'eu',
      isRepeated: true,
    });
    cloud.forget();
    expect((await gateway.fetch(PAGE, asKey(UNBOUND_KEY))).status).toBe(200);
    expect(cloud.received.map(({ host }) => host)).toEqual([US_HOST]);
  });

  test.each([
    ['a body', 'email=a'],
    ['none', undefined],
  ])('a POST with %s is never sent twice, and the next one goes right', async (_, body) => {
    const cloud = createCloud();
    const gateway = createGateway();
    await gateway.fetch(PAGE, asKey(UNBOUND_KEY));
    move(cloud);
    const post = () =>
      gateway.fetch(
        '/oncall/api/v1/make_call',
        asKey(UNBOUND_KEY, { method: 'POST', ...(body !== undefined && { body }) }),
      );
    expect((await post()).status).toBe(403);
    await gateway.settle();
    expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST]);
    expect((await post()).status).toBe(200);
    expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST, US_HOST]);
  });

  test('a region that an operator has bound stays', async () => {
    const cloud = createCloud();
    const gateway = createGateway(bind(UNBOUND_KEY, 'us'));
    expect((await gateway.fetch(PAGE, asKey(UNBOUND_KEY))).status).toBe(403);
    expect(cloud.received.map(({ host }) => host)).toEqual([US_HOST]);
  });
});
