import { describe, expect, test } from 'vitest';
import { entryOf, keyNamed } from '../support/keys.ts';
import { down, EU, EU_HOST, engine, type Host, silent, stack, US_HOST } from './support/cloud.ts';
import { hurry } from './support/hurry.ts';
import {
  createCloud,
  createGateway,
  createStored,
  EU_KEY,
  EU_STACK,
  GLSA,
  UNBOUND_KEY,
} from './support/scene.ts';

const PATH = '/oncall/api/v1/teams/';
const asKey = (key: string): RequestInit => ({ headers: { Authorization: key } });
const asService = (address: string): RequestInit => ({
  headers: { Authorization: GLSA, 'X-Grafana-URL': address },
});
const BOUND = { ONCALL_BINDINGS: JSON.stringify({ [EU_KEY]: 'eu' }), ORIGIN_TIMEOUT_SECONDS: '2' };

const FAULTS: readonly (readonly [what: string, host: Host, status: number])[] = [
  ['down', down, 502],
  ['silent', silent, 504],
  ['answering 500', () => new Response('oops', { status: 500 }), 502],
  ['answering 429', () => Response.json({ detail: 'Request was throttled.' }, { status: 429 }), 502],
  ['answering a page', () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } }), 502],
  ['answering JSON of another kind', () => Response.json([{ url: 'x' }]), 502],
  ['answering 403 in other words', () => new Response('Forbidden', { status: 403 }), 502],
  ['answering 404 of another kind', () => Response.json({ detail: 'no' }, { status: 404 }), 502],
  ['redirecting away', () => Response.redirect('https://evil.example/', 302), 502],
  ['answering 401', () => Response.json({ detail: 'Invalid token.' }, { status: 401 }), 502],
  [
    'answering without end',
    () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })),
    502,
  ],
];

describe.each(FAULTS)('a region that is %s', (_, fault, status) => {
  test('keeps no other region from saying yes', async () => {
    const cloud = createCloud().put(US_HOST, fault);
    const gateway = createGateway();
    const { value } = await hurry(() => gateway.fetch(PATH, asKey(UNBOUND_KEY)));
    expect(value.status).toBe(200);
    expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST]);
  });

  test('is neither yes nor no: nothing is learnt, and the client is told within its 5 seconds', async () => {
    const cloud = createCloud().put(EU_HOST, fault);
    const gateway = await createStored();
    const { value, milliseconds } = await hurry(() => gateway.fetch(PATH, asKey(UNBOUND_KEY)));
    expect(value.status).toBe(status);
    expect(milliseconds).toBeLessThan(5_000);
    expect((await value.json<{ detail: string }>()).detail).toContain('Not every OnCall region');
    await gateway.settle();
    expect(await gateway.kv.names()).toEqual([]);
    expect(cloud.calls).toEqual([]);
    cloud.put(EU_HOST, engine({ base: EU, keys: { [UNBOUND_KEY]: EU_STACK } }));
    expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
  });
});

describe('a bound region', () => {
  test.each<[string, Host, number]>([
    ['is down', down, 502],
    ['is silent', silent, 504],
  ])('that %s is told, and no other is asked', async (_, fault, status) => {
    const cloud = createCloud().put(EU_HOST, fault);
    const gateway = createGateway(BOUND);
    const { value } = await hurry(() => gateway.fetch(PATH, asKey(EU_KEY)));
    expect(value.status).toBe(status);
    expect((await value.json<{ detail: string }>()).detail).toContain('OnCall region eu');
    expect(cloud.received.map(({ host }) => host)).toEqual([EU_HOST]);
    expect(gateway.events.at(-1)).toMatchObject({ event: 'oncall.upstream.unreachable', region: 'eu' });
  });

  test.each([500, 502, 503])('that answers %i is handed back as it is', async (status) => {
    const cloud = createCloud().put(
      EU_HOST,
      () => new Response('x', { status, headers: { 'Retry-After': '9' } }),
    );
    const response = await createGateway(BOUND).fetch(PATH, asKey(EU_KEY));
    expect([response.status, response.headers.get('Retry-After'), await response.text()]).toEqual([
      status,
      '9',
      'x',
    ]);
    expect(cloud.received).toHaveLength(1);
  });
});

describe('a stack', () => {
  const STACK = 'https://other-stack.grafana.net';
  test.each<[string, Host, number, string]>([
    ['is down', down, 502, 'other-stack.grafana.net'],
    ['is silent', silent, 504, 'other-stack.grafana.net'],
    ['does not know the token', stack(EU, []), 403, 'Invalid token.'],
    ['lets it read nothing', () => Response.json({}, { status: 403 }), 502, 'plugins.app:access'],
    ['redirects', () => Response.redirect('https://evil.example/', 302), 502, 'no OnCall'],
    ['answers garbage', () => new Response('{'), 502, 'no OnCall'],
    ['names no address', () => Response.json({ jsonData: null }), 502, 'no OnCall'],
    ['names a number', () => Response.json({ jsonData: { onCallApiUrl: 1 } }), 502, 'no OnCall'],
    ...[
      'https://evil.example/oncall',
      'http://oncall-prod-eu-west-0.grafana.net/oncall',
      'https://oncall-prod-eu-west-0.grafana.net.evil.example/oncall',
      'https://oncall-prod-eu-west-0.grafana.net@evil.example/oncall',
      'https://user:pass@oncall-prod-eu-west-0.grafana.net/oncall',
      'https://oncall-prod-eu-west-0.grafana.net:8443/oncall',
      'https://oncall-prod-eu-west-0.grafana.net/elsewhere',
      'https://oncall-prod-eu-west-0.grafana.net/oncall?x=',
      'https://oncall-x.evil.grafana.net/oncall',
      'https://oncallx.grafana.net/oncall',
      'https://oncall-a.aws-x.y.grafana.net/oncall',
      'https://169.254.169.254/oncall',
      'javascript:alert(1)',
    ].map((address): [string, Host, number, string] => [
      `names ${address}`,
      stack(address, [GLSA]),
      502,
      'no OnCall address of Grafana',
    ]),
  ])('that %s', async (_, host, status, words) => {
    const cloud = createCloud().put('other-stack.grafana.net', host);
    const { value } = await hurry(() => createGateway().fetch(PATH, asService(STACK)));
    expect(value.status).toBe(status);
    expect((await value.json<{ detail: string }>()).detail).toContain(words);
    expect(cloud.received).toHaveLength(1);
  });

  test.each([
    ['a region of the table', EU],
    ['with a final slash', `${EU}/`],
    ['a region that is not in the table', 'https://oncall-prod-us-east-4.aws-us-east-4-1.grafana.net/oncall'],
    ['without a path', 'https://oncall-prod-xx-1.grafana.net'],
  ])('that names %s', async (_, address) => {
    const base = address.replace(/\/$/, '');
    const cloud = createCloud()
      .put('other-stack.grafana.net', stack(address, [GLSA]))
      .put(new URL(address).host, engine({ base, stacks: [STACK] }));
    const gateway = await createStored();
    expect((await gateway.fetch(PATH, asService(STACK))).status).toBe(200);
    await gateway.settle();
    cloud.forget();
    const other = gateway.another('elsewhere', { at: gateway.at });
    expect((await other.fetch(PATH, asService(STACK))).status).toBe(200);
    expect(cloud.received.map(({ host, target }) => `https://${host}${target}`)).toEqual([
      `${base}/api/v1/teams/`,
    ]);
  });

  test('is not asked where ONCALL_LOOKUP is off', async () => {
    const cloud = createCloud();
    const response = await createGateway({ ONCALL_LOOKUP: 'false' }).fetch(PATH, asService(EU_STACK));
    expect([response.status, (await response.json<{ detail: string }>()).detail]).toEqual([
      421,
      expect.stringContaining('ONCALL_LOOKUP'),
    ]);
    expect(cloud.received).toEqual([]);
    const bindings = JSON.stringify({ [`${EU_STACK}/`]: 'eu' });
    const bound = createGateway({ ONCALL_LOOKUP: 'false', ONCALL_BINDINGS: bindings });
    expect((await bound.fetch(PATH, asService(EU_STACK))).status).toBe(200);
  });

  test.each([
    ['http://127.0.0.1:3000', '127.0.0.1:3000'],
    ['http://localhost:3000/', 'localhost:3000'],
  ])('at %s may be asked in development', async (address, host) => {
    createCloud()
      .put(host, stack(EU, [GLSA]))
      .put(EU_HOST, engine({ base: EU, stacks: [address.replace(/\/$/, '')] }));
    const listed = createGateway({ ONCALL_STACK_HOSTS: `*.grafana.net ${host}` });
    expect((await listed.fetch(PATH, asService(address))).status).toBe(200);
    expect((await createGateway().fetch(PATH, asService(address))).status).toBe(400);
  });
});

describe('while KV cannot be used', () => {
  test.each(['read-throws', 'read-hangs', 'write-throws', 'write-hangs'] as const)(
    '(%s) calls find their region within the 5 seconds of their clients, and nothing is learnt',
    async (fault) => {
      createCloud();
      const gateway = await createStored();
      gateway.kv.fault = fault;
      await hurry(async (elapsed) => {
        for (const init of [asKey(UNBOUND_KEY), asService(EU_STACK)]) {
          const start = elapsed();
          expect((await gateway.fetch(PATH, init)).status).toBe(200);
          expect(elapsed() - start).toBeLessThan(3_000);
        }
        await gateway.settle();
      });
      expect(gateway.eventNames).toContain('storage.failed');
      if (fault.startsWith('write')) expect(await gateway.kv.names()).toEqual([]);
    },
  );

  test('what cannot be read there was never learnt', async () => {
    createCloud();
    const gateway = await createStored();
    gateway.kv.fault = 'read-garbage';
    expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
  });

  test('what this isolate knows goes on, however old', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.settle();
    gateway.kv.fault = 'read-hangs';
    gateway.now += 7_200;
    cloud.forget();
    const first = await hurry(() => gateway.fetch(PATH, asKey(UNBOUND_KEY)));
    const second = await hurry(() => gateway.fetch(PATH, asKey(UNBOUND_KEY)));
    expect([first.value.status, second.value.status]).toEqual([200, 200]);
    expect(second.milliseconds).toBe(0);
    expect(cloud.questions).toEqual([]);
  });

  test('a share key of the configuration is refused all the same', async () => {
    const cloud = createCloud();
    const gateway = await createStored({ SHARE_KEYS: JSON.stringify([entryOf(keyNamed('test1'))]) });
    gateway.kv.fault = 'read-throws';
    const { token } = keyNamed('test1');
    const headers = { Authorization: `Bearer ${token}`, 'X-Grafana-URL': EU_STACK };
    const response = await gateway.fetch(PATH, { headers });
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([
      403,
      'share_key_not_accepted',
    ]);
    expect(cloud.received).toEqual([]);
  });
});
