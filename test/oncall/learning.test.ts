import { describe, expect, test } from 'vitest';
import { NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { EU, EU_HOST, engine, stack, US, US_HOST } from './support/cloud.ts';
import {
  createCloud,
  createGateway,
  createStored,
  EU_STACK,
  GLSA,
  NOBODYS_KEY,
  UNBOUND_KEY,
} from './support/scene.ts';

const PATH = '/oncall/api/v1/teams/';
const DAY = 86_400;
const asKey = (key: string): RequestInit => ({ headers: { Authorization: key } });
const asService = { headers: { Authorization: GLSA, 'X-Grafana-URL': EU_STACK } };

describe('what was learnt', () => {
  test('of a key serves every isolate, under a name that tells nothing', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
    await gateway.settle();
    const stored = await gateway.kv.values();
    expect(stored).toEqual([
      [
        expect.stringMatching(/^oncall:[A-Za-z0-9_-]{43}$/),
        JSON.stringify({ region: 'eu', at: NOW, isBound: false }),
      ],
    ]);
    cloud.forget();
    const other = gateway.another('elsewhere', { at: gateway.at });
    expect((await other.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
    expect(cloud.received.map(({ host }) => host)).toEqual([EU_HOST]);
  });

  test('of a stack serves its other tokens, and keys that name it', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    expect((await gateway.fetch(PATH, asService)).status).toBe(200);
    await gateway.settle();
    expect(cloud.questions.map(({ host, headers }) => [host, headers.get('Authorization')])).toEqual([
      ['eu-stack.grafana.net', `Bearer ${GLSA}`],
    ]);
    cloud.forget();
    for (const token of ['glsa_another_12345678', UNBOUND_KEY]) {
      const headers = { Authorization: token, 'X-Grafana-URL': `${EU_STACK}/` };
      expect((await gateway.fetch(PATH, { headers })).status).toBe(200);
    }
    expect(cloud.questions).toEqual([]);
  });

  test('costs a warm request neither storage nor questions', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.settle();
    const { read } = gateway.kv.operations;
    cloud.forget();
    for (let round = 0; round < 5; round++) await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    expect(gateway.kv.operations.read).toBe(read);
    expect(cloud.received).toHaveLength(5);
  });

  test('is kept for 30 days, and written once', async () => {
    createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.settle();
    for (let day = 1; day < 30; day++) {
      gateway.now = NOW + day * DAY;
      await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    }
    await gateway.settle();
    expect(gateway.kv.operations.write).toBe(1);
  });

  test('outlives the secret that it was stored under', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.settle();
    const [before] = await gateway.kv.names();
    const rotating = gateway.another('here', {
      at: gateway.at,
      vars: { POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` },
    });
    cloud.forget();
    await rotating.fetch(PATH, asKey(UNBOUND_KEY));
    await rotating.settle();
    expect(cloud.questions).toEqual([]);
    expect((await gateway.kv.names()).filter((name) => name !== before)).toHaveLength(1);
    gateway.now += 120;
    const after = gateway.another('here', { at: gateway.at, vars: { POSTERN_SECRETS: OTHER_SECRET } });
    expect((await after.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
    expect(cloud.questions).toEqual([]);
  });

  test('is dropped where every region refuses the key', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.settle();
    cloud.put(EU_HOST, engine({ base: EU }));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(403);
    await gateway.settle();
    expect(await gateway.kv.names()).toEqual([]);
  });

  test('is kept where a region refuses and not all can be asked', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.settle();
    cloud.put(EU_HOST, engine({ base: EU })).put(US_HOST, () => new Response('', { status: 502 }));
    const response = await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    expect([response.status, await response.json()]).toEqual([403, { detail: 'Invalid token.' }]);
    await gateway.settle();
    expect(await gateway.kv.names()).toHaveLength(1);
  });

  test('of a stack that has moved is looked for again, and the call repeated', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asService);
    await gateway.settle();
    cloud
      .put('eu-stack.grafana.net', stack(US, [GLSA]))
      .put(EU_HOST, engine({ base: EU }))
      .put(US_HOST, engine({ base: US, stacks: [EU_STACK] }))
      .forget();
    expect((await gateway.fetch(PATH, asService)).status).toBe(200);
    expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST, US_HOST]);
  });

  test('of a stack cannot be taken away by tokens that somebody made up', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asService);
    await gateway.settle();
    cloud.put(EU_HOST, () => Response.json({ detail: 'Invalid token.' }, { status: 403 }));
    const headers = { Authorization: 'glsa_madeup_00000000', 'X-Grafana-URL': EU_STACK };
    expect((await gateway.fetch(PATH, { headers })).status).toBe(403);
    await gateway.settle();
    expect(await gateway.kv.names()).toHaveLength(1);
  });

  test('is looked for again once a minute, where a path refuses a token in its right region', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    await gateway.fetch(PATH, asService);
    cloud.put(EU_HOST, () => Response.json({ detail: 'Invalid token.' }, { status: 403 })).forget();
    for (let round = 0; round < 5; round++) await gateway.fetch(PATH, asService);
    expect(cloud.questions).toHaveLength(1);
    expect(cloud.calls).toHaveLength(5);
  });
});

describe('a key that no region knows', () => {
  test('is refused for a minute without a question, and then asked about again', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    for (let round = 0; round < 3; round++)
      expect((await gateway.fetch(PATH, asKey(NOBODYS_KEY))).status).toBe(403);
    expect(cloud.received).toHaveLength(2);
    gateway.now += 60;
    cloud.put(EU_HOST, engine({ base: EU, keys: { [NOBODYS_KEY]: EU_STACK } }));
    expect((await gateway.fetch(PATH, asKey(NOBODYS_KEY))).status).toBe(200);
  });

  test('writes nothing', async () => {
    createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, asKey(NOBODYS_KEY));
    await gateway.settle();
    expect(await gateway.kv.names()).toEqual([]);
  });

  test('is another question with Bearer in front, since it is sent as it came', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    expect((await gateway.fetch(PATH, asKey(`Bearer ${UNBOUND_KEY}`))).status).toBe(403);
    expect(cloud.received.map(({ headers }) => headers.get('Authorization'))).toEqual([
      `Bearer ${UNBOUND_KEY}`,
      `Bearer ${UNBOUND_KEY}`,
    ]);
    expect((await gateway.fetch(PATH, asKey(UNBOUND_KEY))).status).toBe(200);
  });
});

describe('unknown tokens from one address', () => {
  const key = (index: number) => index.toString(16).padStart(64, '0');
  const from = (address: string, index: number): RequestInit => ({
    headers: { Authorization: key(index), 'CF-Connecting-IP': address },
  });

  test('are limited before anybody is asked; those that are known are not', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    cloud.forget();
    for (let index = 0; index < 30; index++) await gateway.fetch(PATH, from('2001:db8::1', index));
    expect(cloud.received).toHaveLength(60);
    const refused = await gateway.fetch(PATH, from('2001:db8::2', 30));
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ code: 'too_many_attempts', detail: expect.any(String) });
    expect(cloud.received).toHaveLength(60);
    const known = { headers: { Authorization: UNBOUND_KEY, 'CF-Connecting-IP': '2001:db8::1' } };
    expect((await gateway.fetch(PATH, known)).status).toBe(200);
    expect((await gateway.fetch(PATH, from('2001:db8:1::1', 31))).status).toBe(403);
  });

  test('with a stack are limited, too', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    for (let index = 0; index < 31; index++) {
      const headers = { Authorization: 'glsa_x_1', 'X-Grafana-URL': 'https://nosuchstack.grafana.net' };
      expect((await gateway.fetch(PATH, { headers })).status).toBe(index < 30 ? 502 : 429);
    }
    expect(cloud.received).toHaveLength(30);
  });
});

test('two requests at once with one unknown key probe once each, and find the same', async () => {
  const cloud = createCloud();
  const gateway = createGateway();
  const responses = await Promise.all([1, 2].map(() => gateway.fetch(PATH, asKey(UNBOUND_KEY))));
  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(cloud.questions.length).toBeLessThanOrEqual(4);
  expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST, EU_HOST]);
});

test('the log names kind and region', async () => {
  createCloud();
  const gateway = createGateway();
  await gateway.fetch(PATH, asKey(UNBOUND_KEY));
  await gateway.fetch(PATH, asKey(UNBOUND_KEY));
  await gateway.fetch(PATH, asKey(NOBODYS_KEY));
  await gateway.fetch(PATH, asKey('glsa_x_1'));
  await gateway.fetch(PATH, {});
  expect(gateway.events.map(({ time: _, requestId: __, ...event }) => event)).toEqual([
    { event: 'oncall.region.learnt', outcome: 'done', kind: 'api-key', region: 'eu', way: 'probe' },
    { event: 'oncall.token.refused', outcome: 'refused', kind: 'api-key', reason: 'unknown-token' },
    { event: 'oncall.region.unknown', outcome: 'refused', kind: 'service-account' },
    { event: 'oncall.token.refused', outcome: 'refused', reason: 'no-token' },
  ]);
});

describe('whoever sends one call in many forms', () => {
  const keyForms = (index: number): RequestInit => ({
    headers: {
      Authorization: `Bearer${' '.repeat(index + 1)}${UNBOUND_KEY}`,
      'X-Grafana-Instance-ID': String(index),
    },
  });

  test('makes the gateway write once', async () => {
    createCloud();
    const gateway = await createStored();
    for (let index = 0; index < 10; index++) {
      const raw = { headers: { Authorization: UNBOUND_KEY, 'X-Grafana-Instance-ID': String(index) } };
      expect((await gateway.fetch(PATH, raw)).status).toBe(200);
      expect((await gateway.fetch(PATH, keyForms(index))).status).toBe(403);
      await gateway.settle();
    }
    expect(gateway.kv.operations).toMatchObject({ write: 1, delete: 0 });
  });

  test('drives no key out of the memory with tokens that were made up', async () => {
    const cloud = createCloud();
    const gateway = createGateway();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    await gateway.fetch(PATH, asService);
    cloud.forget();
    for (let index = 0; index < 4_200; index++) {
      const claim = `glc_${btoa(JSON.stringify({ n: index, m: { r: 'us' } }))}`;
      await gateway.fetch(PATH, asKey(claim));
    }
    cloud.forget();
    await gateway.fetch(PATH, asKey(UNBOUND_KEY));
    expect(cloud.received).toHaveLength(1);
  });
});

test('a refusal of a key is not one of the key and a stack that is known', async () => {
  const host = 'oncall-prod-us-east-4.aws-us-east-4-1.grafana.net';
  const address = 'https://new-region-stack.grafana.net';
  const base = `https://${host}/oncall`;
  createCloud().put(host, engine({ base, keys: { [NOBODYS_KEY]: address }, stacks: [address] }));
  const gateway = createGateway();
  const withStack = (token: string) => ({ headers: { Authorization: token, 'X-Grafana-URL': address } });
  expect((await gateway.fetch(PATH, withStack(GLSA))).status).toBe(200);
  expect((await gateway.fetch(PATH, asKey(NOBODYS_KEY))).status).toBe(403);
  expect((await gateway.fetch(PATH, withStack(NOBODYS_KEY))).status).toBe(200);
});
