import { describe, expect, test } from 'vitest';
import { Gateway, NOW, OTHER_SECRET, refusalOf, SECRET } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const OTHER = keyNamed('portal');

function page(uid: string): string {
  return `/d/${uid}/demo`;
}

describe('a session', () => {
  test('opens the one dashboard of its link where the key lists none', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open({ to: page('uid-one') });
    expect((await gateway.fetchAs(jar, page('uid-one'))).status).toBe(200);
    expect(await refusalOf(await gateway.fetchAs(jar, page('uid-two')))).toBe('403 path_not_shared');
  });

  test('opens every dashboard of its key, and no other', async () => {
    const gateway = new Gateway({ keys: [entryOf(KEY, { dashboards: ['uid-one', 'uid-two'] })] });
    const jar = await gateway.open({ to: page('uid-one') });
    expect((await gateway.fetchAs(jar, page('uid-two'))).status).toBe(200);
    expect(await refusalOf(await gateway.fetchAs(jar, page('uid-three')))).toBe('403 path_not_shared');
  });

  test('opens any dashboard of the organisation where the key lists the star', async () => {
    const gateway = new Gateway({ keys: [entryOf(KEY, { dashboards: ['*'] })] });
    const jar = await gateway.open({ to: page('uid-one') });
    expect((await gateway.fetchAs(jar, page('anything'))).status).toBe(200);
  });

  test('ends at the second that its link named, and is not lengthened by use', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open({ expireSeconds: 100 });
    gateway.now = NOW + 99;
    const used = await gateway.fetchAs(jar, page('uid-one'));
    expect(used.status).toBe(200);
    expect(readSetCookies(used)).toEqual([]);
    gateway.now = NOW + 100;
    expect(await refusalOf(await gateway.fetchAs(jar, page('uid-one')))).toBe('401 session_required');
  });

  test('that has ended asks for a new link even where visitors may pass', async () => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    const jar = await gateway.open({ expireSeconds: 100 });
    gateway.now = NOW + 100;
    expect(await refusalOf(await gateway.fetchAs(jar, page('uid-one')))).toBe('401 session_required');
    expect(origin.received).toEqual([]);
    expect((await gateway.fetch(page('uid-one'))).status).toBe(200);
  });

  test('is good on its own host only', async () => {
    const here = new Gateway({ at: 'https://one.example.com' });
    const there = new Gateway({ at: 'https://two.example.com' });
    const jar = await here.open();
    expect((await here.fetchAs(jar, page('uid-one'))).status).toBe(200);
    expect(await refusalOf(await there.fetchAs(jar, page('uid-one')))).toBe('401 session_required');
  });

  test('is good in front of its own origin only', async () => {
    const jar = await new Gateway().open();
    const moved = new Gateway({ vars: { ORIGIN_URL: 'https://grafana.test/other' } });
    expect(await refusalOf(await moved.fetchAs(jar, page('uid-one')))).toBe('401 session_required');
  });

  test('outlives a new secret before the old one, and ends where the old one is gone', async () => {
    const jar = await new Gateway({ vars: { POSTERN_SECRETS: SECRET } }).open();
    const rotated = new Gateway({ vars: { POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` } });
    expect((await rotated.fetchAs(jar, page('uid-one'))).status).toBe(200);
    const gone = new Gateway({ vars: { POSTERN_SECRETS: OTHER_SECRET } });
    expect(await refusalOf(await gone.fetchAs(jar, page('uid-one')))).toBe('401 session_required');
  });
});

/** What the operator changes while a session of `uid-one` and `uid-two` runs, and what it then sees of `uid-one`. */
const CHANGES: readonly (readonly [what: string, keys: readonly object[], vars: object, answer: string])[] = [
  ['the key is as it was', [{ dashboards: ['uid-one', 'uid-two'] }], {}, '200'],
  ['the dashboard left its list', [{ dashboards: ['uid-two'] }], {}, '403 path_not_shared'],
  ['its list is gone: the dashboard that was opened stays', [{}], {}, '200'],
  [
    'its sessions became shorter',
    [{ dashboards: ['uid-one'], maxSessionSeconds: 50 }],
    {},
    '401 session_required',
  ],
  ['it is no longer registered', [], {}, '401 session_required'],
  ['it ended', [{ dashboards: ['uid-one'], expires: '2024-01-01' }], {}, '401 session_required'],
  ['sharing is off', [{ dashboards: ['uid-one'] }], { API_KEY_SHARE: 'false' }, '401 session_required'],
  [
    'version 2 is off',
    [{ dashboards: ['uid-one'] }],
    { API_KEY_SHARE_VERSION: 'v1' },
    '401 session_required',
  ],
];

describe('a session that runs while its key changes', () => {
  test.each(CHANGES)('is bound by it: %s', async (_, keys, vars, answer) => {
    const before = new Gateway({ keys: [entryOf(KEY, { dashboards: ['uid-one', 'uid-two'] })] });
    const jar = await before.open();
    const after = new Gateway({
      keys: keys.map((more) => entryOf(KEY, { ...more })),
      vars: { ...vars },
      now: NOW + 60,
    });
    expect(await refusalOf(await after.fetchAs(jar, page('uid-one')))).toBe(answer);
  });
});

describe('the sessions of one browser', () => {
  test('that links open in parallel touch nothing of each other', async () => {
    const gateway = new Gateway({ keys: [entryOf(KEY), entryOf(OTHER)] });
    const links = [
      linkTo({ key: KEY, at: NOW, to: page('uid-one') }),
      linkTo({ key: KEY, at: NOW, to: page('uid-two') }),
      linkTo({ key: OTHER, at: NOW, to: page('uid-one') }),
    ];
    const jar = new Jar();
    for (const response of await Promise.all(links.map((link) => gateway.fetch(link)))) {
      expect(readSetCookies(response)).toHaveLength(1);
      jar.take(response);
    }
    expect(jar.names).toHaveLength(3);
    for (const [target, key] of [
      [page('uid-two'), KEY],
      [`${page('uid-one')}?orgId=1`, KEY],
      [`${page('uid-one')}?orgId=2`, OTHER],
    ] as const) {
      origin.received = [];
      expect((await gateway.fetchAs(jar, target)).status).toBe(200);
      expect(origin.only.headers.get('Authorization')).toBe(`Bearer ${key.token}`);
    }
  });

  test('are at most 16: one more clears the oldest', async () => {
    const gateway = new Gateway();
    const jar = new Jar();
    for (let index = 0; index < 16; index++) {
      gateway.now = NOW + index;
      await gateway.open({ to: page(`uid-${index}`) }, jar);
    }
    expect(jar.names).toHaveLength(16);
    const [oldest] = jar.names;
    gateway.now = NOW + 16;
    const response = await gateway.fetchAs(jar, linkTo({ key: KEY, at: gateway.now, to: page('uid-16') }));
    const [kept, cleared, ...others] = readSetCookies(response);
    expect(kept?.attributes['max-age']).toBe('3600');
    expect(cleared).toMatchObject({
      name: oldest,
      value: '',
      attributes: { 'max-age': '0', path: '/', secure: '' },
    });
    expect(others).toEqual([]);
    jar.take(response);
    expect(jar.names).toHaveLength(16);
    expect(await refusalOf(await gateway.fetchAs(jar, page('uid-0')))).toBe('403 path_not_shared');
    expect((await gateway.fetchAs(jar, page('uid-1'))).status).toBe(200);
  });

  test('lose those that do not open before those that do', async () => {
    const gateway = new Gateway();
    const jar = new Jar();
    for (let index = 0; index < 15; index++) await gateway.open({ to: page(`uid-${index}`) }, jar);
    const broken = '__Host-postern-s-00000000';
    const response = await gateway.fetch(linkTo({ key: KEY, at: NOW, to: page('uid-15') }), {
      headers: { Cookie: `${jar.header}; ${broken}=00000000.${'A'.repeat(60)}` },
    });
    const cleared = readSetCookies(response).filter(({ value }) => value === '');
    expect(cleared.map(({ name }) => name)).toEqual([broken]);
  });

  test('take the place of one of the same key and dashboard', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open();
    gateway.now = NOW + 10;
    await gateway.open({}, jar);
    expect(jar.names).toHaveLength(1);
  });
});
