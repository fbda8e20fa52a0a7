import { describe, expect, test } from 'vitest';
import { AdminGateway } from '../support/admin.ts';
import { NOW, readProblem, refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const OTHER_PAGE = '/d/uid-two/demo';
const MEMO_SECONDS = 10;
const LISTED = [entryOf(KEY, { dashboards: ['uid-one', 'uid-two'] })];

function lastOf(gateway: AdminGateway, event: string) {
  const found = gateway.events.filter((line) => line.event === event).at(-1);
  if (!found) throw new Error(`no ${event}`);
  return found;
}

/** Orders that take back the session of a link, by what its event says of it. */
const TAKES_BACK: readonly (readonly [
  what: string,
  order: (accepted: Readonly<Record<string, unknown>>) => Record<string, unknown>,
])[] = [
  ['its link', ({ linkId }) => ({ kind: 'link', id: linkId })],
  ['itself', ({ sessionId }) => ({ kind: 'session', id: sessionId })],
  ['its key', () => ({ kind: 'key', orgId: 1, name: 'test1' })],
  ['its dashboard', () => ({ kind: 'dashboard', uid: 'uid-one' })],
  ['its dashboard in its organisation', () => ({ kind: 'dashboard', uid: 'uid-one', orgId: 1 })],
  ['its organisation', () => ({ kind: 'org', orgId: 1 })],
  ['all that was issued so far', () => ({ kind: 'all' })],
  ['all until it is lifted', () => ({ kind: 'all', mode: 'until-lifted' })],
  ['what its key issued so far', () => ({ kind: 'key', orgId: 1, name: 'test1', mode: 'issued-before' })],
];

describe('a session ends when someone revokes', () => {
  test.each(TAKES_BACK)('%s, with the reason that was left for its visitor', async (_, orderOf) => {
    const gateway = await AdminGateway.create();
    const jar = await gateway.open();
    const made = await gateway.revoke({
      ...orderOf(lastOf(gateway, 'share.link.accepted')),
      reason: 'for us alone',
      publicReason: 'Contract ended',
    });
    const refused = await gateway.fetchAs(jar, PAGE);
    const problem = await readProblem(refused);
    expect([refused.status, problem.code]).toEqual([403, 'revoked']);
    expect(problem.detail).toContain('Contract ended.');
    expect(problem.detail).not.toContain('for us alone');
    expect(origin.received).toEqual([]);

    await gateway.order('DELETE', `/revocations/${made.revocation.id}`);
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });

  test.each(TAKES_BACK)('%s, in every isolate within the bound', async (_, orderOf) => {
    const here = await AdminGateway.create();
    const jar = await here.open();
    const beside = here.another('here');
    const elsewhere = here.another('elsewhere');
    for (const isolate of [beside, elsewhere]) expect((await isolate.fetchAs(jar, PAGE)).status).toBe(200);
    await here.revoke(orderOf(lastOf(here, 'share.link.accepted')));
    // An isolate at the same place relies on its own memory, and no longer than it says.
    for (const isolate of [beside, elsewhere]) expect((await isolate.fetchAs(jar, PAGE)).status).toBe(200);
    here.now = beside.now = elsewhere.now = NOW + MEMO_SECONDS;
    expect(await refusalOf(await beside.fetchAs(jar, PAGE))).toBe('403 revoked');
    // Another place relies on its copy for as long as KV lets it (30 s at least), and then on its memory.
    expect((await elsewhere.fetchAs(jar, PAGE)).status).toBe(200);
    here.now = elsewhere.now = NOW + 30 + MEMO_SECONDS;
    expect(await refusalOf(await elsewhere.fetchAs(jar, PAGE))).toBe('403 revoked');
  });

  test('and someone else goes on', async () => {
    const gateway = await AdminGateway.create({ keys: [entryOf(KEY), entryOf(keyNamed('portal'))] });
    const mine = await gateway.open();
    const other = await gateway.open({ key: keyNamed('portal'), to: OTHER_PAGE });
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    expect(await refusalOf(await gateway.fetchAs(mine, PAGE))).toBe('403 revoked');
    expect((await gateway.fetchAs(other, OTHER_PAGE)).status).toBe(200);
  });
});

describe('a link', () => {
  test.each(TAKES_BACK.filter(([what]) => !['itself'].includes(what)))(
    'opens no more once someone revokes %s',
    async (_, orderOf) => {
      const gateway = await AdminGateway.create();
      await gateway.open();
      await gateway.revoke(orderOf(lastOf(gateway, 'share.link.accepted')));
      const again = await gateway.fetch(linkTo({ key: KEY, at: NOW }));
      expect(await refusalOf(again)).toBe('403 revoked');
      expect(again.headers.getSetCookie()).toEqual([]);
    },
  );

  test('that was signed ahead of a revocation of everything before now is out', async () => {
    const gateway = await AdminGateway.create();
    await gateway.revoke({ kind: 'all' });
    gateway.now = NOW + 30;
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW - 5 })))).toBe('403 revoked');
    expect((await gateway.fetch(linkTo({ key: KEY, at: NOW + 1 }))).status).toBe(303);
  });

  test('that is no longer fresh tells a visitor who was inside that this was taken back', async () => {
    const gateway = await AdminGateway.create();
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    gateway.now = NOW + 100;
    expect(await refusalOf(await gateway.fetchAs(jar, linkTo({ key: KEY, at: NOW })))).toBe('403 revoked');
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe(
      '403 share_link_expired',
    );
  });
});

describe('a revoked session', () => {
  test('hands over to no other identity, and to another grant that fits', async () => {
    const other = { ...keyNamed('portal'), orgId: 1 };
    const keys = [entryOf(KEY), entryOf(other)];
    const gateway = await AdminGateway.create({ keys, vars: { VISITORS: 'pass' } });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    expect(origin.received).toEqual([]);
    await gateway.open({ key: other }, jar);
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
    expect(origin.only.headers.get('Authorization')).toBe(`Bearer ${other.token}`);
  });

  test('comes back by no ticket', async () => {
    const gateway = await AdminGateway.create();
    const framed = await gateway.fetch(linkTo({ key: KEY, at: NOW }), {
      headers: { 'Sec-Fetch-Dest': 'iframe' },
    });
    const checked = framed.headers.get('Location') ?? '';
    const blocked = await readProblem(await gateway.fetch(checked));
    expect(blocked.code).toBe('cookies_blocked');
    const page = await (await gateway.fetch(checked, { headers: { Accept: 'text/html' } })).text();
    const open = /href="([^"]+postern_open=[^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
    await gateway.revoke({ kind: 'link', id: lastOf(gateway, 'share.link.accepted').linkId });
    const tab = { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' };
    const opened = await gateway.fetch(open, { headers: tab });
    expect(opened.headers.getSetCookie()).toEqual([]);
    expect(await refusalOf(opened)).toBe('403 revoked');
    expect(await refusalOf(await gateway.fetchAs(new Jar().take(framed), checked))).toBe('403 revoked');
  });

  test('is told to the log with key and dashboard', async () => {
    const gateway = await AdminGateway.create();
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'org', orgId: 1 });
    await gateway.fetchAs(jar, PAGE);
    expect(lastOf(gateway, 'session.revoked')).toMatchObject({
      outcome: 'refused',
      key: 'test1',
      orgId: 1,
      uid: 'uid-one',
    });
  });
});

describe('a dashboard that was revoked', () => {
  test('goes alone, the others of its key stay', async () => {
    const gateway = await AdminGateway.create({ keys: LISTED });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'dashboard', uid: 'uid-one' });
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    expect((await gateway.fetchAs(jar, OTHER_PAGE)).status).toBe(200);
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe('403 revoked');
    expect((await gateway.fetch(linkTo({ key: KEY, at: NOW, to: OTHER_PAGE }))).status).toBe(303);
  });

  test('is out of what a key of all dashboards may see', async () => {
    const gateway = await AdminGateway.create({ keys: [entryOf(KEY, { dashboards: ['*'] })] });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'dashboard', uid: 'uid-two', orgId: 1 });
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
    expect(await refusalOf(await gateway.fetchAs(jar, OTHER_PAGE))).toBe('403 revoked');
    expect(await refusalOf(await gateway.fetchAs(jar, '/api/dashboards/uid/uid-two'))).toBe('403 revoked');
  });
});

describe('one of Grafana’s public dashboards', () => {
  const TOKEN = '0123456789abcdef0123456789abcdef';

  test.each<[string, Record<string, unknown>, string]>([
    ['it', { kind: 'public', token: TOKEN.toUpperCase() }, '403 revoked'],
    ['another', { kind: 'public', token: TOKEN.replace('0', 'f') }, '200'],
    ['everything that was issued', { kind: 'all' }, '200'],
    ['everything until it is lifted', { kind: 'all', mode: 'until-lifted' }, '403 revoked'],
  ])('answers by whether someone revokes %s', async (_, order, answer) => {
    const gateway = await AdminGateway.create({ vars: { PUBLIC_DASHBOARDS: 'true' } });
    const made = await gateway.revoke(order);
    expect(JSON.stringify(made)).not.toContain(TOKEN.slice(0, 12));
    expect(await refusalOf(await gateway.fetch(`/public-dashboards/${TOKEN}`))).toBe(answer);
    expect(await refusalOf(await gateway.fetch(`/api/public/dashboards/${TOKEN}`))).toBe(answer);
  });
});

describe('what a request costs', () => {
  test('a warm one reads nothing, whatever is revoked', async () => {
    const gateway = await AdminGateway.create({ keys: LISTED });
    const jar = await gateway.open();
    await gateway.fetchAs(jar, PAGE);
    const { read } = gateway.kv.operations;
    for (let second = 1; second < MEMO_SECONDS; second++) {
      gateway.now = NOW + second;
      await gateway.fetchAs(jar, PAGE);
      await gateway.fetchAs(jar, OTHER_PAGE);
      await gateway.fetchAs(jar, '/api/frontend/settings');
    }
    expect(gateway.kv.operations.read).toBe(read);
  });

  test('all handles of a session are one read', async () => {
    const gateway = await AdminGateway.create({ keys: LISTED });
    const jar = await gateway.open();
    gateway.now = NOW + MEMO_SECONDS;
    const { read } = gateway.kv.operations;
    await gateway.fetchAs(jar, PAGE);
    expect(gateway.kv.operations.read).toBe(read + 1);
  });

  test('a link is one read for its key and one for what was revoked', async () => {
    const gateway = await AdminGateway.create();
    await gateway.open();
    expect(gateway.kv.operations.read).toBe(2);
    await gateway.open();
    expect(gateway.kv.operations.read).toBe(3);
  });
});

describe('KV’s own rules', () => {
  test('ten revocations of one key in a second are all stored, though KV takes one a second', {
    timeout: 30_000,
  }, async () => {
    const gateway = await AdminGateway.create();
    const isolates = [gateway, gateway.another('here'), gateway.another('elsewhere')];
    const orders = Array.from({ length: 10 }, (_, index) =>
      isolates[index % isolates.length]?.ask('POST', '/revocations', {
        kind: 'key',
        orgId: 1,
        name: 'test1',
      }),
    );
    const statuses = (await Promise.all(orders)).map((answer) => answer?.status);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect(statuses).toContain(200);
    expect(await gateway.kv.names()).toHaveLength(1);
  });

  test('a session with 20 seconds left is revoked all the same, though KV keeps nothing for less than a minute', async () => {
    const gateway = await AdminGateway.create({ vars: { SHARE_SESSION_MAX_SECONDS: '20' } });
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'session', id: lastOf(gateway, 'share.link.accepted').sessionId });
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
  });
});
