import { describe, expect, test, vi } from 'vitest';
import { AdminGateway } from '../support/admin.ts';
import { NOW, refusalOf } from '../support/gateway.ts';
import { grafanaKnowing } from '../support/grafana.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import type { KvFault } from '../support/strict-kv.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const TOKEN = '0123456789abcdef0123456789abcdef';
const READ_FAULTS: readonly KvFault[] = ['read-throws', 'read-hangs'];
/** Later than anything that an isolate remembers. */
const COLD = NOW + 120;

/** Runs ahead of the clock, so that what hangs is given up at once. */
async function hurry<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isDone = false;
  try {
    const done = work().finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await vi.advanceTimersByTimeAsync(1_000);
      // What waits for real storage needs real time.
      await scheduler.wait(1);
    }
    return await done;
  } finally {
    vi.useRealTimers();
  }
}

function create(vars: Readonly<Record<string, unknown>> = {}) {
  return AdminGateway.create({ vars: { PUBLIC_DASHBOARDS: 'true', ...vars } });
}

describe.each(READ_FAULTS)('where reading KV %s', (fault) => {
  test.each<[string, (gateway: AdminGateway) => Promise<Response>]>([
    ['a session', async (gateway) => gateway.fetchAs(await openThen(gateway, fault), PAGE)],
    [
      'a link',
      (gateway) => {
        gateway.kv.fault = fault;
        return gateway.fetch(linkTo({ key: KEY, at: gateway.now }));
      },
    ],
    [
      'a public dashboard',
      (gateway) => {
        gateway.kv.fault = fault;
        return gateway.fetch(`/public-dashboards/${TOKEN}`);
      },
    ],
  ])('%s is refused until it can be read, or let in where the operator says so', async (_, ask) => {
    const closed = await create();
    const refused = await hurry(() => ask(closed));
    expect(await refusalOf(refused)).toBe('503 revocation_unavailable');
    expect(refused.headers.get('Retry-After')).toBe('5');
    expect(origin.received).toEqual([]);
    expect(closed.eventNames).toContain('revocation.unavailable');
    const open = await create({ REVOCATION_UNAVAILABLE: 'allow' });
    const passed = await hurry(() => ask(open));
    expect(passed.status).toBeLessThan(400);
    expect(
      open.events.at(-1)?.event === 'share.link.accepted' ||
        open.eventNames.includes('revocation.unavailable'),
    ).toBe(true);
    expect(open.events.find(({ event }) => event === 'revocation.unavailable')).toMatchObject({
      reason: 'allowed',
    });
  });

  test('a warm session goes on for as long as its answer is good', async () => {
    const gateway = await create();
    const jar = await gateway.open();
    gateway.kv.fault = fault;
    gateway.now = NOW + 9;
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
    gateway.now = NOW + 10;
    expect(await refusalOf(await hurry(() => gateway.fetchAs(jar, PAGE)))).toBe('503 revocation_unavailable');
    gateway.kv.fault = undefined;
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });

  test('someone who was let in while nobody could say is refused once it can be read', async () => {
    const gateway = await create({ REVOCATION_UNAVAILABLE: 'allow' });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'all' });
    gateway.kv.fault = fault;
    gateway.now = COLD;
    expect((await hurry(() => gateway.fetchAs(jar, PAGE))).status).toBe(200);
    gateway.kv.fault = undefined;
    gateway.now = COLD + 10;
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
  });

  test('a credential that was known for nobody’s key goes on, an unknown one waits', async () => {
    origin.answerWith(() => new Response('{}'));
    const gateway = await create({ VISITORS: 'pass' });
    const ask = (token: string) =>
      gateway.fetch('/api/org', { headers: { Authorization: `Bearer ${token}` } });
    expect((await ask('glsa_ofmyown0123456789_00000000')).status).toBe(200);
    gateway.now = COLD;
    gateway.kv.fault = fault;
    expect((await hurry(() => ask('glsa_ofmyown0123456789_00000000'))).status).toBe(200);
    expect(await refusalOf(await hurry(() => ask('glsa_unknown0123456789_00000000')))).toBe(
      '503 revocation_unavailable',
    );
  });

  test('those whom links do not concern notice nothing', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    gateway.kv.fault = fault;
    for (const path of ['/-/health', '/robots.txt', '/login', '/public/build/app.js'])
      expect((await gateway.fetch(path)).status).toBe(200);
  });
});

async function openThen(gateway: AdminGateway, fault: KvFault) {
  const jar = await gateway.open();
  gateway.kv.fault = fault;
  gateway.now = COLD;
  origin.received = [];
  return jar;
}

describe('where KV answers garbage', () => {
  test('a session is taken for revoked: something stands where a revocation would', async () => {
    const gateway = await create();
    const jar = await gateway.open();
    gateway.kv.fault = 'read-garbage';
    gateway.now = COLD;
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
  });

  test('a key that cannot be read opens nothing', async () => {
    const gateway = await create();
    gateway.kv.fault = 'read-garbage';
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe(
      '403 share_link_invalid',
    );
    expect(gateway.eventNames).toContain('share.key.unreadable');
  });
});

describe.each<KvFault>(['write-throws', 'write-hangs'])('where writing KV %s', (fault) => {
  test('a revocation is not answered as if it were there', async () => {
    const gateway = await create();
    gateway.kv.fault = fault;
    const answer = await hurry(() => gateway.ask('POST', '/revocations', { kind: 'all' }));
    expect(answer).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
    expect(answer.headers.get('Retry-After')).toBe('5');
    expect(gateway.eventNames).not.toContain('revocation.made');
    gateway.kv.fault = undefined;
    expect(await gateway.kv.names()).toEqual([]);
  });

  test('nothing of a key is stored that could walk around its links', async () => {
    origin.answerWith(grafanaKnowing({ [KEY.token]: {} }));
    const gateway = await AdminGateway.create({ keys: [] });
    gateway.kv.fault = fault;
    const answer = await hurry(() => gateway.ask('PUT', '/keys/1/test1', { token: KEY.token }));
    expect(answer).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
  });
});

describe('where the second of two writes fails', () => {
  test.each<[string, string, string, unknown]>([
    ['removing', 'DELETE', '/keys/1/test1', undefined],
    ['disabling', 'PATCH', '/keys/1/test1', { disabled: true }],
  ])(
    '%s a key has put its visitors out already, and the same order again ends it',
    async (_, method, path, body) => {
      origin.answerWith(grafanaKnowing({ [KEY.token]: {} }));
      const gateway = await AdminGateway.create({ keys: [] });
      await gateway.order('PUT', '/keys/1/test1', { token: KEY.token });
      const jar = await gateway.open();
      gateway.kv.fault = 'second-write-throws';
      const answer = await hurry(() => gateway.ask(method, path, body));
      expect(answer).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
      gateway.kv.fault = undefined;
      expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
      gateway.now += 120;
      const later = gateway.another('here', { keys: [] });
      expect((await later.ask(method, path, body)).status).toBe(method === 'DELETE' ? 404 : 200);
      expect((await gateway.kv.names()).some((name) => name.startsWith('key:'))).toBe(method !== 'DELETE');
      expect(await refusalOf(await later.fetchAs(jar, PAGE))).toBe('403 revoked');
    },
  );

  test('a key that was half added is added by the same order again', async () => {
    origin.answerWith(grafanaKnowing({ [KEY.token]: {} }));
    const gateway = await AdminGateway.create({ keys: [] });
    gateway.kv.fault = 'second-write-throws';
    const answer = await hurry(() => gateway.ask('PUT', '/keys/1/test1', { token: KEY.token }));
    expect(answer.status).toBe(503);
    gateway.kv.fault = undefined;
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe(
      '403 share_link_invalid',
    );
    gateway.now += 120;
    const later = gateway.another('here', { keys: [] });
    await later.order('PUT', '/keys/1/test1', { token: KEY.token });
    expect((await later.fetch(linkTo({ key: KEY, at: gateway.now }))).status).toBe(303);
  });
});

test('without a namespace, keys are those of SHARE_KEYS and the API says what is missing', async () => {
  const gateway = await AdminGateway.create({ keys: [entryOf(KEY)], vars: { POSTERN_KV: undefined } });
  expect((await gateway.fetch(linkTo({ key: KEY, at: NOW }))).status).toBe(303);
  const answer = await gateway.ask('POST', '/revocations', { kind: 'all' });
  expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringContaining('POSTERN_KV') } });
  expect(gateway.storageWarnings).toContainEqual(expect.stringContaining('POSTERN_KV'));
});
