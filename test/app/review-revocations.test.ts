import { describe, expect, test } from 'vitest';
import { Kv } from '../../src/lib/kv.ts';
import { RevocationRegister } from '../../src/revocation/register.ts';
import { RevocationStore } from '../../src/revocation/store.ts';
import type { Grant } from '../../src/session/grant.ts';
import { AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { fastForward, skipWritePause } from '../support/clock.ts';
import { NOW, refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import { StrictKv } from '../support/strict-kv.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const MEMO_SECONDS = 10;
const REVOKED = '403 revoked';

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

describe('a weaker revocation', () => {
  /** What stands, what is asked for, and what of the first has to stay. */
  const PAIRS: readonly (readonly [
    what: string,
    strong: Readonly<Record<string, unknown>>,
    weak: Readonly<Record<string, unknown>>,
    stays: object,
  ])[] = [
    [
      'all until lifted, by what was issued so far',
      { kind: 'all', mode: 'until-lifted' },
      { kind: 'all' },
      { mode: 'until-lifted', before: null },
    ],
    [
      'a key until lifted, by what it had issued a minute ago',
      { kind: 'key', orgId: 1, name: 'test1' },
      { kind: 'key', orgId: 1, name: 'test1', before: instant(NOW - 60) },
      { mode: 'until-lifted', before: null },
    ],
    [
      'an organisation’s issues so far, by those of an earlier moment',
      { kind: 'org', orgId: 1, mode: 'issued-before' },
      { kind: 'org', orgId: 1, before: instant(NOW - 3600) },
      { mode: 'issued-before', before: instant(NOW).replace('.000', '') },
    ],
    [
      'a dashboard for good, by an hour',
      { kind: 'dashboard', uid: 'uid-one' },
      { kind: 'dashboard', uid: 'uid-one', until: instant(NOW + 3600) },
      { until: null },
    ],
    [
      'a link for a day, by an hour',
      { kind: 'link', id: '0123456789abcdef', until: instant(NOW + 86_400) },
      { kind: 'link', id: '0123456789abcdef', until: instant(NOW + 3600) },
      { until: instant(NOW + 86_400).replace('.000', '') },
    ],
  ];

  test.each(PAIRS)('takes no stronger one’s place: %s', async (_, strong, weak, stays) => {
    const gateway = await AdminGateway.create();
    const first = await gateway.revoke({ ...strong, reason: 'the stronger' });
    skipWritePause();
    gateway.now += 1;
    const second = await gateway.revoke({ ...weak, reason: 'the weaker' });
    expect(second.warnings.map(({ code }) => code)).toEqual(['stronger-stays']);
    expect(second.revocation).toEqual(first.revocation);
    expect(second.revocation).toMatchObject({ ...stays, reason: 'the stronger' });
    skipWritePause();

    const lifted = `/revocations/${first.revocation.id}`;
    await gateway.order('DELETE', lifted);
    skipWritePause();
    const third = await gateway.revoke({ ...weak, reason: 'the weaker' });
    expect(third.warnings.map(({ code }) => code)).not.toContain('stronger-stays');
    expect(await gateway.order('GET', lifted)).toMatchObject({ revocation: { reason: 'the weaker' } });
  });

  test('opens no door that was shut: links stay out that are signed after it', async () => {
    const gateway = await AdminGateway.create();
    await gateway.revoke({ kind: 'all', mode: 'until-lifted' });
    skipWritePause();
    await gateway.revoke({ kind: 'all' });
    gateway.now += 90;
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: gateway.now })))).toBe(REVOKED);
  });

  test('takes the place of one that has ended, and a stronger one that of any', async () => {
    const gateway = await AdminGateway.create();
    const order = { kind: 'key', orgId: 1, name: 'test1' };
    await gateway.revoke({ ...order, until: instant(NOW + 120) });
    skipWritePause();
    const stronger = await gateway.revoke(order);
    expect(stronger).toMatchObject({ warnings: [], revocation: { until: null } });
  });
});

describe('under a key of all dashboards, one that was revoked', () => {
  const ALL_OF_THEM = [entryOf(KEY, { dashboards: ['*'] })];
  /** Requests that name a dashboard in their query, with the parameter in any spelling that is read. */
  const BY_QUERY = [
    '/api/annotations?dashboardUID={uid}',
    '/api/annotations?from=1&to=2&dashboardUID={uid}&limit=100',
    '/api/annotations?dashboard%55ID={uid}',
    '/api/prometheus/grafana/api/v1/rules?dashboard_uid={uid}',
    '/api/prometheus/grafana/api/v1/rules?panel_id=2&dashboard_uid={uid}',
  ];

  test.each(BY_QUERY)('is refused where the query names it: %s', async (target) => {
    const gateway = await AdminGateway.create({ keys: ALL_OF_THEM });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'dashboard', uid: 'uid-two' });
    const ask = (uid: string, headers: Record<string, string> = {}) =>
      gateway.fetchAs(jar, target.replace('{uid}', uid), { headers });
    for (const uid of ['uid-two', 'uid%2Dtwo', '%75id-two'])
      expect([uid, await refusalOf(await ask(uid))]).toEqual([uid, REVOKED]);
    // Nor does the page help that the request says it comes from.
    expect(await refusalOf(await ask('uid-two', { Referer: `${gateway.at}${PAGE}` }))).toBe(REVOKED);
    expect(await refusalOf(await ask('uid-two', { 'X-Dashboard-Uid': 'uid-one' }))).toBe(REVOKED);
    expect(origin.received).toEqual([]);
    expect((await ask('uid-one')).status).toBe(200);
  });

  test.each([
    ['X-Dashboard-Uid', 'uid-two'],
    ['Referer', 'https://dash.example.com/d/uid-two/demo'],
  ])('is refused where %s names it', async (name, value) => {
    const gateway = await AdminGateway.create({ keys: ALL_OF_THEM });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'dashboard', uid: 'uid-two', orgId: 1 });
    const query = { method: 'POST', headers: { [name]: value, Origin: gateway.at }, body: '{}' };
    expect(await refusalOf(await gateway.fetchAs(jar, '/api/ds/query', query))).toBe(REVOKED);
  });

  test('is refused in another isolate within the bound', async () => {
    const here = await AdminGateway.create({ keys: ALL_OF_THEM });
    const jar = await here.open();
    const elsewhere = here.another('elsewhere', { keys: ALL_OF_THEM });
    const ask = () => elsewhere.fetchAs(jar, '/api/annotations?dashboardUID=uid-two');
    expect((await ask()).status).toBe(200);
    await here.revoke({ kind: 'dashboard', uid: 'uid-two' });
    here.now = elsewhere.now = NOW + 30 + MEMO_SECONDS;
    expect(await refusalOf(await ask())).toBe(REVOKED);
  });
});

describe('with REVOCATION_UNAVAILABLE=allow, while KV cannot be read', () => {
  const ALLOW = { REVOCATION_UNAVAILABLE: 'allow', PUBLIC_DASHBOARDS: 'true' };
  const TOKEN = '0123456789abcdef0123456789abcdef';

  test.each<[string, Record<string, unknown>]>([
    ['a session of a key', { kind: 'key', orgId: 1, name: 'test1' }],
    ['a session of what was issued so far', { kind: 'all' }],
    ['a session of a dashboard', { kind: 'dashboard', uid: 'uid-one' }],
  ])('%s that this isolate knows to be revoked stays so', async (_, order) => {
    const gateway = await AdminGateway.create({ vars: ALLOW });
    const jar = await gateway.open();
    await gateway.revoke(order);
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe(REVOKED);
    gateway.kv.fault = 'read-throws';
    for (const seconds of [10, 60, 600, 3_000]) {
      gateway.now = NOW + seconds;
      expect([seconds, await refusalOf(await gateway.fetchAs(jar, PAGE))]).toEqual([seconds, REVOKED]);
    }
  });

  test('a public dashboard that this isolate knows to be revoked stays so', async () => {
    const gateway = await AdminGateway.create({ vars: ALLOW });
    const ask = async () => refusalOf(await gateway.fetch(`/public-dashboards/${TOKEN}`));
    await gateway.revoke({ kind: 'public', token: TOKEN });
    expect(await ask()).toBe(REVOKED);
    gateway.kv.fault = 'read-hangs';
    for (const seconds of [10, 60, 600]) {
      gateway.now = NOW + seconds;
      expect([seconds, await fastForward(ask)]).toEqual([seconds, REVOKED]);
    }
    expect(origin.received).toEqual([]);
  });
});

describe('a public dashboard', () => {
  const TOKEN = '0123456789abcdef0123456789abcdef';
  const HYPHENS = TOKEN.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const PATHS = [
    '/public-dashboards/{token}',
    '/public-dashboards/{token}/',
    '/public-dashboards/{token}/more',
    '/PUBLIC-dashboards/{token}',
    '/api/public/dashboards/{token}',
    '/api/public/dashboards/{token}/',
    '/API/Public/Dashboards/{token}',
    '/api/public/dashboards/{token}/annotations',
    '/api/public/dashboards/{token}/annotations/',
    '/api/public/dashboards/{token}/panels/2/query',
  ];

  test.each<[string, Record<string, unknown>]>([
    ['its mode', { mode: 'issued-before' }],
    ['a moment', { before: instant(NOW - 60) }],
  ])('cannot be revoked by when it was issued, by %s', async (_, terms) => {
    const gateway = await AdminGateway.create();
    const answer = await gateway.ask('POST', '/revocations', { kind: 'public', token: TOKEN, ...terms });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    expect(await gateway.kv.names()).toEqual([]);
  });

  test.each(['true', 'false'])(
    'that was revoked is refused in every spelling of its path, with VISITORS=pass and PUBLIC_DASHBOARDS=%s',
    async (isOn) => {
      const gateway = await AdminGateway.create({ vars: { VISITORS: 'pass', PUBLIC_DASHBOARDS: isOn } });
      await gateway.revoke({ kind: 'public', token: TOKEN });
      for (const path of PATHS) {
        for (const token of [TOKEN, TOKEN.toUpperCase(), HYPHENS, HYPHENS.toUpperCase()]) {
          for (const method of ['GET', 'POST']) {
            const target = path.replace('{token}', token);
            const response = await gateway.fetch(target, { method, headers: { Origin: gateway.at } });
            expect([method, target, await refusalOf(response)]).toEqual([method, target, REVOKED]);
          }
        }
      }
      expect(origin.received).toEqual([]);
      const other = await gateway.fetch(`/public-dashboards/${TOKEN.replace('0', 'f')}`);
      expect(other.status).toBe(200);
    },
  );
});

describe('two organisations that share the uid of a dashboard', () => {
  const OTHER = { ...keyNamed('portal'), orgId: 2 };
  const KEYS = [entryOf(KEY), entryOf(OTHER)];

  /** A visitor with a grant of each, in this order. */
  async function openBoth(keys: readonly (typeof KEY)[]) {
    const gateway = await AdminGateway.create({ keys: KEYS, vars: { VISITORS: 'pass' } });
    const jar = new Jar();
    for (const key of keys) {
      await gateway.open({ key }, jar);
      gateway.now += 1;
    }
    expect(jar.names).toHaveLength(2);
    return { gateway, jar };
  }

  test.each([
    ['the older', [KEY, OTHER]],
    ['the newer', [OTHER, KEY]],
  ])('where %s was revoked and is asked for, the other does not serve', async (_, keys) => {
    const { gateway, jar } = await openBoth(keys);
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    expect(await refusalOf(await gateway.fetchAs(jar, `${PAGE}?orgId=1`))).toBe(REVOKED);
    const headers = { 'X-Grafana-Org-Id': '1', 'X-Dashboard-Uid': 'uid-one', Origin: gateway.at };
    const query = { method: 'POST', headers, body: '{}' };
    expect(await refusalOf(await gateway.fetchAs(jar, '/api/ds/query', query))).toBe(REVOKED);
    expect(origin.received).toEqual([]);
    expect((await gateway.fetchAs(jar, `${PAGE}?orgId=2`)).status).toBe(200);
    expect(origin.only.headers.get('Authorization') === `Bearer ${OTHER.token}`).toBe(true);
  });

  test('where none is named, the newest speaks, also where it was revoked', async () => {
    const { gateway, jar } = await openBoth([OTHER, KEY]);
    await gateway.revoke({ kind: 'dashboard', uid: 'uid-one', orgId: 1 });
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe(REVOKED);
    expect(origin.received).toEqual([]);
  });

  test('a second key of the same organisation serves', async () => {
    const second = { ...keyNamed('portal'), orgId: 1 };
    const gateway = await AdminGateway.create({ keys: [entryOf(KEY), entryOf(second)] });
    const jar = await gateway.open({ key: second });
    gateway.now += 1;
    await gateway.open({}, jar);
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });
});

describe('moments', () => {
  test.each<[string, Record<string, unknown>]>([
    ['before 1970', { kind: 'all', before: '1969-12-31T23:59:59Z' }],
    ['before year 1000', { kind: 'all', before: '0001-01-01T00:00:00Z' }],
    ['until the end of year 9999', { kind: 'org', orgId: 1, until: '9999-12-31T23:59:59Z' }],
    ['until eleven years from now', { kind: 'org', orgId: 1, until: instant(NOW + 11 * 366 * 86_400) }],
    ['until now', { kind: 'org', orgId: 1, until: instant(NOW) }],
    ['before a moment from now', { kind: 'all', before: instant(NOW + 1) }],
  ])('%s are refused', async (_, order) => {
    const gateway = await AdminGateway.create();
    const answer = await gateway.ask('POST', '/revocations', order);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    expect(await gateway.kv.names()).toEqual([]);
    expect(gateway.eventNames).toEqual([]);
  });
});

/** What Cloudflare's storage takes for a read. */
const READ_MS = 25;

function slowDown(kv: StrictKv): void {
  kv.inTheWay = (operation) => (operation === 'read' ? scheduler.wait(READ_MS) : undefined);
}

describe('answers that are asked for together', () => {
  /** Starts work many times, each as an event of its own, as requests come: before the first of them is done. */
  async function startEach<T>(count: number, work: () => Promise<T>): Promise<T[]> {
    const started: Promise<T>[] = [];
    for (let at = 0; at < count; at++) {
      started.push(work());
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return Promise.all(started);
  }

  async function startAtOnce<T>(count: number, work: () => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from({ length: count }, work));
  }

  async function askTenTimes(start: typeof startEach<Response>): Promise<number> {
    const gateway = await AdminGateway.create();
    const jar = await gateway.open();
    gateway.now = NOW + MEMO_SECONDS;
    slowDown(gateway.kv);
    const { read } = gateway.kv.operations;
    const answers = await start(10, () => gateway.fetchAs(jar, PAGE));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    return gateway.kv.operations.read - read;
  }

  test('ten requests of one session whose answer is old read it once', async () => {
    expect(await askTenTimes(startEach)).toBe(1);
  });

  test('ten requests that come in one turn of the event loop, too', async () => {
    expect(await askTenTimes(startAtOnce)).toBe(1);
  });

  test('ten requests whose one reader fails are refused or let in by what KV says, and none waits for good', async () => {
    const gateway = await AdminGateway.create();
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    gateway.now = NOW + MEMO_SECONDS;
    let reads = 0;
    gateway.kv.inTheWay = async (operation) => {
      if (operation !== 'read') return;
      await scheduler.wait(READ_MS);
      reads += 1;
      if (reads === 1) throw new Error('KV GET failed: 500');
    };
    const answers = await startEach(10, () => gateway.fetchAs(jar, PAGE));
    const refusals = await Promise.all(answers.map(refusalOf));
    expect(refusals.filter((refusal) => refusal === '503 revocation_unavailable')).toHaveLength(1);
    expect(refusals.filter((refusal) => refusal === REVOKED)).toHaveLength(9);
  });

  /** The register as sockets ask it. */
  async function openRegister() {
    const clock = { now: NOW };
    const kv = new StrictKv(BOUND.POSTERN_KV, () => clock.now);
    const register = new RevocationRegister({
      options: { memoSeconds: MEMO_SECONDS, whenUnavailable: 'deny' },
      store: new RevocationStore(new Kv(kv.at('here'))),
      now: () => clock.now,
      onUnknown: () => undefined,
    });
    return { clock, kv, register };
  }

  const GRANT = {
    id: '0011223344556677',
    name: 'test1',
    orgId: 1,
    uid: 'uid-one',
    dashboards: ['uid-one'],
    version: 'v2',
    linkId: '7766554433221100',
    signedAt: NOW,
    start: NOW,
    end: NOW + 3600,
  } as unknown as Grant;

  test('several sockets of one session that look in one second read once, past the memory of requests', async () => {
    const { clock, kv, register } = await openRegister();
    for (let socket = 0; socket < 5; socket++) await register.readStanding(GRANT, 'uid-one');
    expect(kv.operations.read).toBe(1);
    clock.now += 1;
    for (let socket = 0; socket < 5; socket++) await register.readStanding(GRANT, 'uid-one');
    expect(kv.operations.read).toBe(2);
  });

  async function lookTogether(start: typeof startEach<unknown>): Promise<number[]> {
    const { clock, kv, register } = await openRegister();
    slowDown(kv);
    const reads: number[] = [];
    for (let round = 0; round < 2; round++) {
      await start(5, () => register.readStanding(GRANT, 'uid-one'));
      reads.push(kv.operations.read);
      clock.now += MEMO_SECONDS;
    }
    return reads;
  }

  test('several sockets that look at the same time read once', async () => {
    expect(await lookTogether(startEach)).toEqual([1, 2]);
  });

  test('a socket that waits for the look of another learns what that one reads', async () => {
    const { clock, kv, register } = await openRegister();
    await register.readStanding(GRANT, 'uid-one');
    clock.now += 5;
    const rule = { at: clock.now, label: 'all' };
    await new RevocationStore(new Kv(kv.at('here'))).write({ id: 'all:*', rule }, undefined);
    slowDown(kv);
    const looks = await startEach(3, () => register.readStanding(GRANT, 'uid-one'));
    expect(looks.map(({ revoked }) => revoked !== undefined)).toEqual([true, true, true]);
  });

  test('several sockets that look in one turn of the event loop, too', async () => {
    expect(await lookTogether(startAtOnce)).toEqual([1, 2]);
  });
});
