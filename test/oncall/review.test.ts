import { describe, expect, test } from 'vitest';
import { mapNeighbours } from '../../src/oncall/pagination.ts';
import { Regions } from '../../src/oncall/region.ts';
import { RegionMemory } from '../../src/oncall/region-memory.ts';
import { readRight } from '../support/config.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import vectors from '../vectors/oncall.json';
import { EU, EU_HOST, engine, type Host, stack, US, US_HOST } from './support/cloud.ts';
import {
  createCloud,
  createGateway,
  createStored,
  EU_KEY,
  EU_STACK,
  EXPORT_TOKEN,
  GLSA,
  INTEGRATION_TOKEN,
  UNBOUND_KEY,
} from './support/scene.ts';

const PATH = '/oncall/api/v1/teams/';
const GATEWAY = vectors.fixtures.gateway_origin;
const BOUND = { ONCALL_BINDINGS: JSON.stringify({ [EU_KEY]: 'eu' }) };
const asKey = (key: string, more: Record<string, string> = {}): RequestInit => ({
  headers: { Authorization: key, ...more },
});
const asService = (token = GLSA, address = EU_STACK): RequestInit =>
  asKey(token, { 'X-Grafana-URL': address });
const madeUp = (index: number) => index.toString(16).padStart(64, '0');
const says = (status: number, detail: string): Host => {
  return () => Response.json({ detail }, { status });
};

describe('storage is spared', () => {
  test('by a key that comes in two forms, with another stack each time', async () => {
    createCloud();
    const gateway = await createStored();
    for (let index = 0; index < 15; index++) {
      const more = { 'X-Grafana-Instance-ID': String(index) };
      expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY, more))).status).toBe(200);
      expect((await gateway.fetch(PATH, asKey(`Bearer ${UNBOUND_KEY}`, more))).status).toBe(403);
    }
    await gateway.settle();
    expect(gateway.kv.operations).toMatchObject({ write: 1, delete: 0 });
  });

  test('by 29 calls that come at once with one key', async () => {
    createCloud();
    const gateway = await createStored();
    const calls = Array.from({ length: 29 }, () => gateway.fetch(PATH, asKey(UNBOUND_KEY)));
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    await gateway.settle();
    expect(gateway.kv.operations).toMatchObject({ write: 1, delete: 0 });
  });

  test('by keys that were made up and come with a stack that is known', async () => {
    createCloud();
    const gateway = await createStored();
    expect((await gateway.fetch(PATH, asService())).status).toBe(200);
    for (let index = 0; index < 40; index++) {
      const init = asKey(madeUp(index), {
        'X-Grafana-URL': EU_STACK,
        'CF-Connecting-IP': `192.0.2.${index}`,
      });
      expect((await gateway.fetch(PATH, init)).status).toBe(403);
    }
    await gateway.settle();
    expect(gateway.kv.operations).toMatchObject({ write: 1, delete: 0 });
    expect(await gateway.kv.names()).toHaveLength(1);
  });

  test('by one address that brings many right keys, and by many addresses', async () => {
    const keys = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [madeUp(index), EU_STACK]));
    createCloud().put(EU_HOST, engine({ base: EU, keys }));
    const gateway = await createStored();
    for (let index = 0; index < 25; index++) {
      const address = index < 5 ? '192.0.2.1' : `192.0.2.${index}`;
      const init = asKey(madeUp(index), { 'CF-Connecting-IP': address });
      expect((await gateway.fetch(PATH, init)).status).toBe(200);
      if (index === 4) await gateway.settle();
      if (index === 4) expect(gateway.kv.operations.write).toBe(3);
    }
    await gateway.settle();
    expect(gateway.kv.operations).toMatchObject({ write: 10, delete: 0 });
  });

  test('from more unknown calls of one address than a minute allows', async () => {
    createCloud();
    const gateway = await createStored();
    const call = (index: number) =>
      gateway.fetch(`/oncall/integrations/v1/webhook/${madeUp(index)}/`, { method: 'POST' });
    for (let index = 0; index < 300; index++) expect((await call(index)).status).toBe(421);
    const { read } = gateway.kv.operations;
    expect((await call(300)).status).toBe(429);
    expect(gateway.kv.operations.read).toBe(read);
  });
});

test('what an operator has bound in storage goes before what was just learnt of a stack', async () => {
  const cloud = createCloud().put(US_HOST, engine({ base: US, stacks: [EU_STACK] }));
  const gateway = await createStored();
  await gateway.order('POST', '/oncall/bindings', { token: 'glsa_bound_1', region: 'us' });
  await gateway.fetch(PATH, asService());
  cloud.forget();
  expect((await gateway.fetch(PATH, asService('glsa_bound_1'))).status).toBe(200);
  expect(cloud.received.map(({ host }) => host)).toEqual([US_HOST]);
});

describe('a region that knows the key in other words', () => {
  test.each<[string, Host]>([
    ['refuses a right', says(403, 'You do not have permission to perform this action.')],
    ['has deleted the organisation', says(404, 'Not found.')],
    ['stands behind a wall', says(403, 'Blocked.')],
  ])('and %s does not outdo one that answers', async (_, host) => {
    const cloud = createCloud().put(US_HOST, host);
    const gateway = await createStored();
    expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
    expect(cloud.calls.map((call) => call.host)).toEqual([EU_HOST]);
  });

  test('is taken where all others say no, and learnt by this isolate alone', async () => {
    const cloud = createCloud().put(EU_HOST, says(403, 'You do not have permission.'));
    const gateway = await createStored();
    for (let round = 0; round < 2; round++)
      expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(403);
    await gateway.settle();
    expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST, EU_HOST]);
    expect(cloud.questions).toHaveLength(2);
    expect(await gateway.kv.names()).toEqual([]);
  });

  test('is not taken where another says nothing, or the same', async () => {
    for (const other of [says(500, 'x'), says(403, 'Blocked.')]) {
      const cloud = createCloud().put(EU_HOST, says(403, 'Blocked.')).put(US_HOST, other);
      expect((await createGateway().fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(502);
      expect(cloud.calls).toEqual([]);
    }
  });
});

test('what a stack elsewhere says holds for the token that asked it alone', async () => {
  const address = 'https://grafana.example.com';
  const cloud = createCloud()
    .put('grafana.example.com', stack(EU, [GLSA]))
    .put(EU_HOST, engine({ base: EU, stacks: [address] }));
  const gateway = await createStored({ ONCALL_STACK_HOSTS: 'grafana.example.com' });
  expect((await gateway.fetch(PATH, asService(GLSA, address))).status).toBe(200);
  await gateway.settle();
  expect(await gateway.kv.names()).toHaveLength(1);
  cloud.forget();
  const other = gateway.another('elsewhere', {
    at: gateway.at,
    vars: { ONCALL_STACK_HOSTS: 'grafana.example.com' },
  });
  expect((await other.fetch(PATH, asService(GLSA, address))).status).toBe(200);
  expect(cloud.questions).toEqual([]);
  expect((await other.fetch(PATH, asService('glsa_other_1', address))).status).toBe(403);
  expect(cloud.questions).toHaveLength(1);
});

describe('a header Authorization that no region reads', () => {
  test.each([
    ['an alert', `/oncall/integrations/v1/webhook/${INTEGRATION_TOKEN}/`],
    ['an export', `/oncall/api/v1/schedules/S1/export?token=${EXPORT_TOKEN}`],
  ])('does not go on with %s', async (_, target) => {
    const cloud = createCloud();
    const bindings = JSON.stringify({ [INTEGRATION_TOKEN]: 'eu', [EXPORT_TOKEN]: 'eu' });
    const gateway = createGateway({ ONCALL_BINDINGS: bindings });
    for (const token of ['Basic dXNlcjpwYXNz', keyNamed('test1').token])
      expect((await gateway.fetch(target, asKey(token))).status).toBe(200);
    expect(cloud.calls.map(({ headers }) => headers.get('Authorization'))).toEqual([null, null]);
  });
});

describe('the token of a share key', () => {
  const { token } = keyNamed('test1');
  const context = (grafanaToken: unknown) =>
    JSON.stringify({ stack_id: 900002, org_id: 1, grafana_token: grafanaToken });
  const SENT: readonly (readonly [where: string, headers: Record<string, string>])[] = [
    ['as a service account', { Authorization: token, 'X-Grafana-URL': EU_STACK }],
    ['behind gcom:', { Authorization: `gcom:${token}`, 'X-Instance-Context': context('x') }],
    ["in a plugin's context", { Authorization: 'ab'.repeat(64), 'X-Instance-Context': context(token) }],
    [
      'in a context with Bearer',
      { Authorization: 'gcom:abc', 'X-Instance-Context': context(`Bearer ${token}`) },
    ],
    ['in a context beside a key', { Authorization: EU_KEY, 'X-Instance-Context': context(token) }],
  ];

  test.each(SENT)('%s goes nowhere, and the answer is JSON for a browser, too', async (_, headers) => {
    const cloud = createCloud();
    const gateway = createGateway({
      SHARE_KEYS: JSON.stringify([entryOf(keyNamed('test1'))]),
      ONCALL_BINDINGS: JSON.stringify({ 'stack:900002': 'eu', [EU_KEY]: 'eu' }),
    });
    const response = await gateway.fetch(PATH, { headers: { ...headers, Accept: 'text/html' } });
    expect([response.status, response.headers.get('Content-Type')]).toEqual([
      403,
      'application/problem+json',
    ]);
    expect(await response.json()).toMatchObject({ code: 'share_key_not_accepted' });
    expect(cloud.received).toEqual([]);
  });

  test.each([{}, [], 1, null, ''])('is not looked for in a context with %j', async (grafanaToken) => {
    const cloud = createCloud();
    const headers = { Authorization: 'gcom:abc', 'X-Instance-Context': context(grafanaToken) };
    const gateway = createGateway({ ONCALL_BINDINGS: JSON.stringify({ 'stack:900002': 'eu' }) });
    expect((await gateway.fetch(PATH, { headers })).status).toBe(200);
    expect(cloud.calls).toHaveLength(1);
  });
});

describe('ROUTES', () => {
  const HOST = new URL(GATEWAY).host;
  const route = (more: object) => JSON.stringify([{ origin: 'https://other.test', ...more }]);
  test.each([
    ['names this host', { host: HOST }, false],
    ['names it by a wildcard', { host: HOST.replace(/^[^.]+/, '*') }, false],
    ['has a path further down', { path: '/oncall/api' }, false],
    ['names another host', { host: 'elsewhere.example.com' }, true],
    ['has the same path', { path: '/oncall' }, true],
    ['has a path elsewhere', { path: '/oncall/other' }, true],
  ])('that %s goes first, or not: %j, %s', async (_, more, isOncall) => {
    const cloud = createCloud().put('other.test', () => new Response('of the other origin'));
    const gateway = createGateway({ ...BOUND, ROUTES: route(more) });
    await gateway.fetch(PATH, asKey(EU_KEY));
    expect(cloud.received.map(({ host }) => host).filter((host) => host === EU_HOST)).toEqual(
      isOncall ? [EU_HOST] : [],
    );
  });
});

test('ONCALL_PATH off takes no calls', async () => {
  const cloud = createCloud();
  const gateway = createGateway({ ...BOUND, ONCALL_PATH: 'off' });
  for (const path of [PATH, '/off', '/undefined/api/v1/teams/'])
    expect((await gateway.fetch(path, asKey(EU_KEY))).status).toBe(401);
  expect([cloud.received, origin.strays]).toEqual([[], []]);
});

test.each(['/ONCALL', '/OnCall/', '/oncalL/api/v1/teams/'])('%s is refused as JSON', async (path) => {
  const cloud = createCloud();
  const response = await createGateway(BOUND).fetch(path, asKey(EU_KEY, { Accept: 'text/html' }));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'bad_request' });
  expect(cloud.received).toEqual([]);
});

describe('Location', () => {
  const PAGE = '/oncall/api/v1/users/?page=1';
  test.each<[string, string | null]>([
    ['?page=2', `${GATEWAY}/oncall/api/v1/users/?page=2`],
    ['../teams/#a', `${GATEWAY}/oncall/api/v1/teams/#a`],
    [`//${EU_HOST}/oncall/x`, `${GATEWAY}/oncall/x`],
    [`HTTPS://${EU_HOST.toUpperCase()}:443/a/../oncall/x`, `${GATEWAY}/oncall/x`],
    ['/login', `https://${EU_HOST}/login`],
    [`${EU}/../-/api/keys`, `https://${EU_HOST}/-/api/keys`],
    [`${EU}/..%2fx`, `${EU}/..%2fx`],
    [`${EU}//elsewhere.example/x`, `${EU}//elsewhere.example/x`],
    [`${EU}x/y`, `${EU}x/y`],
    [`https://user@${EU_HOST}/oncall/x`, `https://user@${EU_HOST}/oncall/x`],
    ['//elsewhere.example/x', 'https://elsewhere.example/x'],
    ['javascript:alert(1)', null],
    ['https://[', null],
  ])('%s is seen as %s', async (location, seen) => {
    createCloud().put(EU_HOST, () => new Response(null, { status: 302, headers: { Location: location } }));
    const response = await createGateway(BOUND).fetch(PAGE, asKey(EU_KEY));
    expect([response.status, response.headers.get('Location')]).toEqual([302, seen]);
  });

  test.each([`${EU}/../-/api`, `${EU}//x`, `${EU}/a%2fb`, `${EU}/a\\b`, `${EU}/a;b?page=2`])(
    'a page that names %s keeps it',
    async (next) => {
      createCloud().put(EU_HOST, () => Response.json({ next, previous: next, results: [] }));
      const response = await createGateway(BOUND).fetch(PAGE, asKey(EU_KEY));
      expect(await response.json()).toEqual({ next, previous: next, results: [] });
    },
  );
});

test('a neighbour that is named twice hides no other', () => {
  expect(mapNeighbours('{"next":"a","next":"a","previous":"a","x":1}', () => 'b')).toBe(
    '{"next":"b","next":"b","previous":"b","x":1}',
  );
});

test.each([200, 403, 429])(
  'an answer (%i) that breaks off while it is read is told as 502',
  async (status) => {
    createCloud().put(EU_HOST, () => {
      let isStarted = false;
      const body = new ReadableStream({
        pull(controller) {
          if (isStarted) controller.error(new Error(`reset by ${EU_HOST}`));
          else controller.enqueue(new TextEncoder().encode('{"detail":'));
          isStarted = true;
        },
      });
      return new Response(body, { status, headers: { 'Content-Type': 'application/json' } });
    });
    const gateway = createGateway(BOUND);
    const response = await gateway.fetch(PATH, asKey(EU_KEY));
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([
      502,
      'origin_unreachable',
    ]);
    expect(gateway.events.at(-1)).toMatchObject({ event: 'oncall.upstream.unreachable', region: 'eu' });
  },
);

test.each(['drop', 'keep', 'hyphenate'])(
  'with UNDERSCORE_HEADERS=%s no name that is read goes on in another spelling',
  async (mode) => {
    const cloud = createCloud();
    const headers = {
      Authorization: EU_KEY,
      X_Grafana_URL: EU_STACK,
      'x.grafana.instance.id': '1',
      X_Instance_Context: '{"stack_id":1}',
      'X-Instance_Context': '{"stack_id":1}',
      X_OnCall_User_Context: '{}',
      au_thorization: 'x',
    };
    const gateway = createGateway({ ...BOUND, UNDERSCORE_HEADERS: mode });
    expect((await gateway.fetch(PATH, { headers })).status).toBe(200);
    const names = [...(cloud.callsTo(EU_HOST)[0]?.headers.keys() ?? [])];
    expect(names.filter((name) => /^x[^-]|grafana[^-]|instance[^-]|oncall[^-]/.test(name))).toEqual([]);
  },
);

test('claims that were made up displace no stack that was learnt', () => {
  const memory = new RegionMemory();
  const { all } = new Regions(readRight().oncall);
  const [region] = all;
  if (!region) throw new Error('no region');
  memory.keep('stack', { region, way: 'learnt', isOfToken: false }, 0);
  for (let index = 0; index < 5_000; index++)
    memory.keep(String(index), { region, way: 'claim', isOfToken: false }, 0);
  expect(memory.recall('stack', 0)?.way).toBe('learnt');
  expect(memory.recall('4999', 0)?.way).toBe('claim');
  memory.clear();
  expect(memory.recall('4999', 0)).toBeUndefined();
});
