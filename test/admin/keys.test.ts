import { beforeEach, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { KeyAnswer, KeyList, type KeyMark, MintTokenAnswer, ResealedKeys } from '../../src/api/keys.ts';
import { LinkAnswer } from '../../src/api/links.ts';
import { AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { NOW, OTHER_SECRET, refusalOf, SECRET } from '../support/gateway.ts';
import { grafanaKnowing } from '../support/grafana.ts';
import { entryOf, type FixtureKey, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const NEXT = keyNamed('portal');
const LEGACY = keyNamed('客户门户');
const PAGE = '/d/uid-one/demo';
const PATH = '/keys/1/test1';
const ORDER = { token: KEY.token, dashboards: ['uid-one'], maxSessionSeconds: 600 };
const DAY = 86_400;

beforeEach(() => {
  origin.answerWith(
    grafanaKnowing({ [KEY.token]: {}, [NEXT.token]: {}, [LEGACY.token]: { orgId: LEGACY.orgId } }),
  );
});

function create(vars: Readonly<Record<string, unknown>> = {}, keys: readonly FixtureKey[] = []) {
  return AdminGateway.create({ vars, keys: keys.map((key) => entryOf(key)) });
}

async function put(
  gateway: AdminGateway,
  order: object = ORDER,
  path = PATH,
): Promise<z.output<typeof KeyAnswer>> {
  return KeyAnswer.parse(await gateway.order('PUT', path, order));
}

/** Time for what an isolate remembers of keys, and KV of what it read, to pass. */
function letPass(gateway: AdminGateway, seconds = 120): void {
  gateway.now += seconds;
}

describe('registering a key', () => {
  test('makes its links open, without any in SHARE_KEYS', async () => {
    const gateway = await create();
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe(
      '403 share_link_invalid',
    );
    const { key, warnings } = await put(gateway);
    expect(key).toMatchObject({ name: 'test1', orgId: 1, source: 'kv', state: 'active', marks: [] });
    expect(key.origin).toMatchObject({ state: 'works', role: 'Viewer', orgId: 1, orgName: 'Main Org.' });
    expect(warnings).toEqual([]);
    const jar = await gateway.open();
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });

  test('twice leaves the same key, with the settings of the second', async () => {
    const gateway = await create();
    expect((await gateway.ask('PUT', PATH, ORDER)).status).toBe(201);
    letPass(gateway, 2);
    const again = await gateway.ask('PUT', PATH, { ...ORDER, note: 'of the portal' });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ key: { note: 'of the portal', dashboards: ['uid-one'] } });
    expect((await gateway.kv.names()).filter((name) => name.startsWith('key:'))).toHaveLength(1);
  });

  test('stores nothing that can be read without POSTERN_SECRETS', async () => {
    const gateway = await create();
    await put(gateway, { ...ORDER, note: 'a note', frameAncestors: ['https://portal.example.com'] });
    for (const [name, value] of await gateway.kv.values()) {
      for (const secret of [KEY.token, KEY.secret, KEY.derived, 'a note', 'portal.example.com', 'uid-one'])
        expect(`${name} ${value}`).not.toContain(secret);
    }
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a role above Viewer', {}, 'role-above-viewer'],
    ['no dashboards', { dashboards: undefined }, 'no-dashboards'],
    ['all dashboards', { dashboards: ['*'] }, 'all-dashboards'],
    ['no longest session', { maxSessionSeconds: undefined }, 'no-longest-session'],
  ])('warns of %s, and of what its links then mean', async (_, change, code) => {
    if (code === 'role-above-viewer') origin.answerWith(grafanaKnowing({ [KEY.token]: { role: 'Editor' } }));
    const { warnings } = await put(await create(), { ...ORDER, ...change });
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
    if (code !== 'no-longest-session')
      expect(warnings[0]?.message).toContain('every query that its account may make');
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no token', { token: undefined }, 'token'],
    ['what is no token', { token: 'hello' }, 'neither a service account token'],
    [
      'a typing mistake in its checksum',
      { token: `${KEY.token.slice(0, -1)}${KEY.token.endsWith('0') ? '1' : '0'}` },
      'typing mistake',
    ],
    ['a setting that there is not', { dashboard: ['x'] }, 'dashboard'],
    ['a dashboard that is no uid', { dashboards: ['a/b'] }, 'dashboards'],
    ['too many dashboards', { dashboards: Array.from({ length: 46 }, (_, index) => `uid-${index}`) }, '45'],
    ['an ancestor that is none', { frameAncestors: ['portal'] }, 'frameAncestors'],
    ['a day that is none', { expires: 'tomorrow' }, 'expires'],
    ['a note of two lines', { note: 'a\nb' }, 'note'],
  ])('refuses %s and says so', async (_, change, words) => {
    const gateway = await create();
    const refused = await gateway.ask('PUT', PATH, { ...ORDER, ...change });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ code: 'invalid_input', detail: expect.stringContaining(words) });
    expect(await gateway.kv.names()).toEqual([]);
  });

  test.each<[string, () => Response | Promise<Response>, object, string]>([
    [
      'that the origin refuses',
      () => new Response('', { status: 401 }),
      { state: 'refused' },
      'refused-by-origin',
    ],
    [
      'that nobody can be asked about',
      () => Promise.reject(new TypeError('down')),
      { state: 'unreachable' },
      'origin-unreachable',
    ],
  ])('a token %s', async (_, answer, finding, code) => {
    origin.answerWith(answer);
    const gateway = await create();
    const first = await gateway.ask('PUT', PATH, ORDER);
    expect(first.status).toBe(code === 'refused-by-origin' ? 409 : 201);
    letPass(gateway, 2);
    const forced = await put(gateway, { ...ORDER, force: true });
    expect(forced.key.origin).toMatchObject(finding);
    expect(forced.warnings.map((warning) => warning.code)).toContain(code);
  });

  test('a token of another organisation is refused, with the organisation that it is of', async () => {
    origin.answerWith(grafanaKnowing({ [KEY.token]: { orgId: 9 } }));
    const refused = await (await create()).ask('PUT', PATH, ORDER);
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('organisation 9, not 1') },
    });
  });

  test('one token never goes by two names, and one name never by two tokens', async () => {
    const gateway = await create({}, [NEXT]);
    await put(gateway);
    for (const token of [KEY.token, NEXT.token]) {
      expect((await gateway.ask('PUT', '/keys/1/other', { token })).status).toBe(409);
    }
    expect((await gateway.ask('PUT', PATH, { token: NEXT.token })).status).toBe(409);
  });

  test.each(['客户门户', 'a/b', '~tilde', '..', 'per%cent', 'x'.repeat(190), '__proto__'])(
    'takes the name %s, as ~base64url where no path can hold it',
    async (name) => {
      const gateway = await create();
      const bytes = new TextEncoder().encode(name);
      const segment = `~${btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_' })[sign] ?? '')}`;
      const { key } = await put(gateway, ORDER, `/keys/1/${segment}`);
      expect(key.name).toBe(name);
      const events = await gateway.ask('GET', `/keys/1/${segment}`);
      expect(events.body).toMatchObject({ key: { name } });
    },
  );
});

describe('a key in both places', () => {
  test('is the one in KV, and the list says so', async () => {
    const gateway = await create({}, [KEY]);
    await put(gateway, { ...ORDER, dashboards: ['uid-two'] });
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe('403 path_not_shared');
    const { keys } = KeyList.parse(await gateway.order('GET', '/keys'));
    expect(keys.map(({ source, marks }) => [source, ...marks])).toEqual([
      ['kv', 'overrides-share-keys'],
      ['SHARE_KEYS', 'overruled-by-stored'],
    ]);
  });

  test('is nobody where the one in KV cannot be opened', async () => {
    const gateway = await create({}, [KEY]);
    await put(gateway);
    const other = gateway.another('here', { keys: [entryOf(KEY)], vars: { POSTERN_SECRETS: OTHER_SECRET } });
    expect(await refusalOf(await other.fetch(linkTo({ key: KEY, at: NOW })))).toBe('403 share_link_invalid');
    expect(other.eventNames).toContain('share.key.unreadable');
    const { keys } = KeyList.parse(await other.order('GET', '/keys'));
    expect(keys[0]).toMatchObject({ name: 'test1', state: 'unreadable', marks: ['unreadable'] });
  });
});

describe('taking a key back', () => {
  test('disabling ends sessions and links within the bound, and enabling lifts that', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    letPass(gateway, 2);
    await gateway.order('PATCH', PATH, { disabled: true });
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: gateway.now })))).toBe('403 revoked');
    letPass(gateway, 2);
    await gateway.order('PATCH', PATH, { disabled: false });
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });

  test('enabling lifts no revocation that somebody made', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    await gateway.order('PATCH', PATH, { disabled: true });
    await gateway.order('PATCH', PATH, { disabled: false });
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
  });

  test('another isolate that remembers the key refuses within the bound of revocations', async () => {
    const gateway = await create();
    await put(gateway);
    const other = gateway.another('here', { keys: [] });
    const jar = await other.open();
    await gateway.order('DELETE', PATH);
    other.now = gateway.now += 10;
    expect(await refusalOf(await other.fetchAs(jar, PAGE))).toBe('403 revoked');
    expect(await refusalOf(await other.fetch(linkTo({ key: KEY, at: other.now })))).toBe('403 revoked');
  });

  test('a key that is removed and added again leaves out what it had issued before', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    await gateway.order('DELETE', PATH);
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    letPass(gateway, 5);
    await put(gateway);
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    letPass(gateway, 5);
    const again = await gateway.open();
    expect((await gateway.fetchAs(again, PAGE)).status).toBe(200);
  });

  test('removing expired keys removes those and no others', async () => {
    const gateway = await create();
    await put(gateway, { ...ORDER, expires: new Date((NOW + 60) * 1000).toISOString() });
    await put(gateway, { token: NEXT.token }, '/keys/1/portal');
    letPass(gateway);
    const swept = await gateway.order('POST', '/keys/remove-expired', {});
    expect(swept).toEqual({ removed: [{ orgId: 1, name: 'test1' }], cursor: null });
    const { keys } = KeyList.parse(await gateway.order('GET', '/keys'));
    expect(keys.map(({ name }) => name)).toEqual(['portal']);
  });
});

describe('changing a key', () => {
  test('what a patch leaves out stays, and null takes a setting away', async () => {
    const gateway = await create();
    await put(gateway, { ...ORDER, note: 'a', expires: '2027-01-31' });
    const patched = KeyAnswer.parse(await gateway.order('PATCH', PATH, { live: true, note: null }));
    expect(patched.key).toMatchObject({
      live: true,
      note: null,
      dashboards: ['uid-one'],
      expiresAt: '2027-02-01T00:00:00Z',
    });
    letPass(gateway, 2);
    const opened = KeyAnswer.parse(await gateway.order('PATCH', PATH, { expires: null, dashboards: null }));
    expect(opened.key).toMatchObject({ expiresAt: null, dashboards: null, live: true });
  });

  test('a new token works at once, the former one until the overlap ends', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    letPass(gateway, 2);
    const { key } = KeyAnswer.parse(
      await gateway.order('POST', `${PATH}/replace`, { token: NEXT.token, overlapSeconds: 3600 }),
    );
    expect(key.marks).toEqual(['being-replaced']);
    const byNext = () => linkTo({ key: { ...NEXT, name: 'test1', orgId: 1 }, at: gateway.now });
    const byFormer = () => linkTo({ key: KEY, at: gateway.now });
    expect((await gateway.fetch(byNext())).status).toBe(303);
    expect((await gateway.fetch(byFormer())).status).toBe(303);
    origin.received = [];
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
    expect(origin.only.headers.get('Authorization')).toBe(`Bearer ${NEXT.token}`);
    letPass(gateway, 3600);
    expect(await refusalOf(await gateway.fetch(byFormer()))).toBe('403 share_link_invalid');
    expect((await gateway.fetch(byNext())).status).toBe(303);
  });

  test('the token of no registered key is accepted from outside, the former one neither', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    const asWhom = (token: string) =>
      gateway.fetch('/api/org', { headers: { Authorization: `Bearer ${token}` } });
    expect((await asWhom(KEY.token)).status).toBe(200);
    await put(gateway);
    expect(await refusalOf(await asWhom(KEY.token))).toBe('403 share_key_not_accepted');
    letPass(gateway, 2);
    await gateway.order('POST', `${PATH}/replace`, { token: NEXT.token });
    for (const { token } of [KEY, NEXT])
      expect(await refusalOf(await asWhom(token))).toBe('403 share_key_not_accepted');
    const { read } = gateway.kv.operations;
    for (let round = 0; round < 5; round++) expect((await asWhom(LEGACY.token)).status).toBe(200);
    expect(gateway.kv.operations.read - read).toBe(1);
  });

  test('a version 1 link opens under a stored key, and under its former token within the overlap', async () => {
    const gateway = await create({ API_KEY_SHARE_VERSION: 'v1 v2' });
    await put(gateway);
    const v1 = (token: string) => `${PAGE}?aliyun_api_key=${encodeURIComponent(token)}`;
    expect((await gateway.fetch(v1(KEY.token))).status).toBe(303);
    expect(await refusalOf(await gateway.fetch(v1(NEXT.token)))).toBe('403 share_link_invalid');
    letPass(gateway, 2);
    await gateway.order('POST', `${PATH}/replace`, { token: NEXT.token, overlapSeconds: 60 });
    for (const { token } of [KEY, NEXT]) expect((await gateway.fetch(v1(token))).status).toBe(303);
    letPass(gateway);
    expect(await refusalOf(await gateway.fetch(v1(KEY.token)))).toBe('403 share_link_invalid');
  });
});

describe('the list', () => {
  test('marks what is worth a look, and shows no token', async () => {
    const gateway = await create({}, [LEGACY]);
    await put(gateway, { ...ORDER, dashboards: ['*'], expires: '2027-01-31' });
    letPass(gateway, 91 * DAY);
    const { keys } = KeyList.parse(await gateway.order('GET', '/keys'));
    const marks: Record<string, KeyMark[]> = Object.fromEntries(keys.map((key) => [key.name, key.marks]));
    expect(marks).toEqual({ test1: ['older-than-90-days', 'open-to-organisation'], [LEGACY.name]: [] });
    origin.answerWith(() => new Response('', { status: 401 }));
    const { key } = KeyAnswer.parse(await gateway.order('POST', `${PATH}/check`));
    expect(key.marks).toContain('refused-by-origin');
  });

  test('warns of an organisation with more keys than Grafana’s own list shows, once for a whole list', async () => {
    const gateway = await create();
    const ids = Array.from({ length: 101 }, (_, index) => `key:7:${String(index).padStart(43, '0')}`);
    await Promise.all(ids.map((id) => BOUND.POSTERN_KV.put(id, 'of no interest here')));
    const first = KeyList.parse(await gateway.order('GET', '/keys'));
    expect(first.warnings.map(({ code }) => code)).toEqual(['many-keys']);
    expect(first.warnings[0]?.message).toContain('Organisation 7 has 101 keys');
    const second = await gateway.order('GET', `/keys?cursor=${encodeURIComponent(first.cursor ?? '')}`);
    expect(KeyList.parse(second).warnings).toEqual([]);
    await BOUND.POSTERN_KV.delete(ids[0] ?? '');
    expect(KeyList.parse(await gateway.order('GET', '/keys')).warnings).toEqual([]);
  });

  test('goes on by its cursor, one organisation alone too', async () => {
    const gateway = await create();
    await put(gateway);
    await put(gateway, { token: NEXT.token }, '/keys/1/portal');
    await put(
      gateway,
      { token: LEGACY.token },
      `/keys/${LEGACY.orgId}/~${btoa(unescape(encodeURIComponent(LEGACY.name)))
        .replace(/=+$/, '')
        .replaceAll('+', '-')
        .replaceAll('/', '_')}`,
    );
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: z.output<typeof KeyList> = KeyList.parse(
        await gateway.order('GET', `/keys?limit=1${more}`),
      );
      names.push(...page.keys.map(({ name }) => name));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(names.sort()).toEqual(['portal', 'test1', LEGACY.name]);
    const { keys } = KeyList.parse(await gateway.order('GET', `/keys?orgId=${LEGACY.orgId}`));
    expect(keys.map(({ name }) => name)).toEqual([LEGACY.name]);
  });
});

describe('a mint token', () => {
  async function mint(gateway: AdminGateway): Promise<z.output<typeof MintTokenAnswer>> {
    await put(gateway);
    letPass(gateway, 2);
    const minted = MintTokenAnswer.parse(
      await gateway.order('POST', `${PATH}/mint-tokens`, { note: 'portal' }),
    );
    return minted;
  }
  const LINK = { orgId: 1, name: 'test1', to: `${PAGE}?var-host=a` };

  test('makes links of its key that open', async () => {
    const gateway = await create();
    const { token } = await mint(gateway);
    // No other test signs for this moment: a signature of theirs would be taken for a leak.
    letPass(gateway, 987);
    const answer = await gateway.ask('POST', '/links', { ...LINK, expireSeconds: 60 }, token);
    expect(answer.status).toBe(201);
    const { url } = LinkAnswer.parse(answer.body);
    expect(url.startsWith(`${gateway.at}${LINK.to}&aliyun_`)).toBe(true);
    expect((await gateway.fetch(url)).status).toBe(303);
  });

  test('does nothing else', async () => {
    const gateway = await create();
    const { token, id } = await mint(gateway);
    await put(gateway, { token: NEXT.token }, '/keys/1/portal');
    const others: readonly [string, string, unknown?][] = [
      ['GET', '/keys'],
      ['PUT', PATH, ORDER],
      ['DELETE', PATH],
      ['POST', `${PATH}/mint-tokens`, {}],
      ['POST', '/revocations', { kind: 'all' }],
      ['GET', '/events'],
      ['GET', '/links'],
      ['PUT', '/links', LINK],
      ['POST', '/links', { ...LINK, name: 'portal' }],
    ];
    for (const [method, path, body] of others) {
      const answer = await gateway.ask(method, path, body, token);
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
    await gateway.order('DELETE', `${PATH}/mint-tokens/${id}`);
    expect((await gateway.ask('POST', '/links', LINK, token)).status).toBe(401);
  });

  test('is stored as a hash, and made once for one idempotency key', async () => {
    const gateway = await create();
    await put(gateway);
    letPass(gateway, 2);
    const send = async () => {
      const headers = {
        Authorization: 'Bearer test-admin-token-0123456789abcdefghijkl',
        'Content-Type': 'application/json',
        'Idempotency-Key': 'order-1',
      };
      const response = await gateway.fetch(`/-/api/v1${PATH}/mint-tokens`, {
        method: 'POST',
        headers,
        body: '{}',
      });
      return MintTokenAnswer.parse(await response.json());
    };
    const first = await send();
    expect(await send()).toEqual(first);
    const { key } = KeyAnswer.parse(await gateway.order('GET', PATH));
    expect(key.mintTokens.map(({ id }) => id)).toEqual([first.id]);
    const seen = [await gateway.order('GET', '/keys'), gateway.events, await gateway.kv.values()];
    expect(JSON.stringify(seen)).not.toContain(first.token.slice(-48));
  });
});

describe('making links', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['a dashboard that the key does not list', { to: '/d/uid-two/x' }, 403],
    ['a path that is no dashboard', { to: '/explore' }, 400],
    ['another host', { to: 'https://evil.example.com/d/uid-one/x' }, 400],
    ['a path that begins with two slashes', { to: '//evil.example.com/d/uid-one' }, 400],
    ['a path with dots', { to: '/d/../admin' }, 400],
    ['a fragment', { to: '/d/uid-one/x#y' }, 400],
    ['a query with a space', { to: '/d/uid-one/x?a=b c' }, 400],
    ['a link that is signed already', { to: '/d/uid-one/x?aliyun_api_key_sign=1' }, 400],
    ['a key that there is not', { name: 'nobody' }, 404],
    ['a length of nothing', { expireSeconds: 0 }, 400],
  ])('is refused for %s', async (_, change, status) => {
    const gateway = await create();
    await put(gateway);
    const answer = await gateway.ask('POST', '/links', { orgId: 1, name: 'test1', to: PAGE, ...change });
    expect(answer.status).toBe(status);
  });
});

describe('secrets that rotate', () => {
  test('stored keys are sealed anew, and the former secret is needed no more', async () => {
    const gateway = await create();
    await put(gateway);
    const both = gateway.another('here', {
      keys: [],
      vars: { POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` },
    });
    const resealed = ResealedKeys.parse(await both.order('POST', '/keys/reseal', {}));
    expect(resealed).toMatchObject({ resealed: 1, already: 0, unreadable: [], cursor: null });
    expect(ResealedKeys.parse(await both.order('POST', '/keys/reseal', {}))).toMatchObject({
      resealed: 0,
      already: 1,
    });
    const after = gateway.another('here', { keys: [], vars: { POSTERN_SECRETS: OTHER_SECRET } });
    expect((await after.fetch(linkTo({ key: KEY, at: NOW }))).status).toBe(303);
    letPass(gateway, 120);
    const left = gateway.another('elsewhere', { keys: [], vars: { POSTERN_SECRETS: SECRET } });
    expect(ResealedKeys.parse(await left.order('POST', '/keys/reseal', {})).unreadable).toEqual([
      { orgId: 1, name: 'test1' },
    ]);
  });
});
