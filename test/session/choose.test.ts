import { describe, expect, test } from 'vitest';
import {
  type ChooseContext,
  type ChooseRefusal,
  chooseGrant,
  type FindKey,
} from '../../src/session/choose.ts';
import type { Grant, GrantClaims } from '../../src/session/grant.ts';
import { nameTarget } from '../../src/session/named-target.ts';
import type { Scope } from '../../src/session/scope.ts';
import { type StandingOf, UNTOUCHED } from '../../src/session/standing.ts';
import { HOST, NOW } from '../support/gateway.ts';

/** A visitor's grants, by the names of their cookies: three tenants, the newest last but one. */
const GRANTS: Readonly<Record<string, Partial<GrantClaims>>> = {
  one: { name: 'one', orgId: 1, dashboards: ['uid-one'], start: NOW - 30 },
  two: { name: 'two', orgId: 2, dashboards: ['uid-two', 'shared'], start: NOW - 10 },
  three: { name: 'three', orgId: 3, dashboards: ['uid-three', 'shared'], start: NOW - 20 },
  ended: { name: 'ended', orgId: 4, dashboards: ['uid-four'], start: NOW - 5000, end: NOW },
  removed: { name: 'removed', orgId: 5, dashboards: ['uid-five'], start: NOW },
};

const KEYS: Readonly<Record<string, Scope>> = {
  one: { name: 'one', orgId: 1, dashboards: ['uid-one'] },
  two: { name: 'two', orgId: 2, dashboards: ['uid-two', 'shared'] },
  three: { name: 'three', orgId: 3, dashboards: ['uid-three', 'shared'] },
  ended: { name: 'ended', orgId: 4, dashboards: ['uid-four'] },
};

function grant(claims: Partial<GrantClaims>): Grant {
  const whole = {
    uid: claims.dashboards?.[0] ?? '',
    version: 'v2',
    linkId: 'id',
    end: NOW + 3600,
    ...claims,
  };
  return whole as unknown as Grant;
}

interface Asked {
  readonly pathUid?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
}

/** A day is the longest that a session lasts here; nothing was revoked, unless a test says so. */
function contextWith(
  findKey: FindKey<Scope>,
  standingOf: StandingOf = () => UNTOUCHED,
): ChooseContext<Scope> {
  return { findKey, standingOf, sessionMaxSeconds: 86_400, now: NOW };
}

function nameReason(reason: ChooseRefusal): string {
  return typeof reason === 'string' ? reason : reason.code;
}

/** The grant that serves a request, or why none does. */
async function choose(
  { pathUid, headers = {}, query = '' }: Asked,
  names = Object.keys(GRANTS),
): Promise<string> {
  const target = nameTarget({ pathUid, headers: new Headers(headers), query, host: HOST });
  if (!target.ok) return target.reason;
  const held = names.map((name) => ({ cookie: name, grant: grant(GRANTS[name] ?? {}) }));
  const chosen = await chooseGrant(
    held,
    target.value,
    contextWith((given) => KEYS[given.name]),
  );
  return chosen.ok ? chosen.value.grant.name : nameReason(chosen.reason);
}

const page = (uid: string, host = HOST) => ({ Referer: `https://${host}/d/${uid}/slug?orgId=9` });

/** What a request says, and the grant that serves it. */
const TABLE: readonly (readonly [what: string, asked: Asked, serves: string])[] = [
  ['the dashboard in its path', { pathUid: 'uid-one' }, 'one'],
  ['a dashboard in its path that no grant lists', { pathUid: 'uid-nine' }, 'not-shared'],
  [
    'a dashboard in its path before one in its header',
    { pathUid: 'uid-one', headers: { 'X-Dashboard-Uid': 'uid-two' } },
    'one',
  ],
  ['a dashboard in its header', { headers: { 'X-Dashboard-Uid': 'uid-three' } }, 'three'],
  [
    'a dashboard in its header before its referrer',
    { headers: { 'X-Dashboard-Uid': 'uid-three', ...page('uid-one') } },
    'three',
  ],
  [
    'a dashboard in its header that no grant lists',
    { headers: { 'X-Dashboard-Uid': 'uid-nine' } },
    'not-shared',
  ],
  ['a referrer of this host', { headers: page('uid-one') }, 'one'],
  ['a referrer of this host to a dashboard that no grant lists', { headers: page('uid-nine') }, 'not-shared'],
  ['a referrer of another host', { headers: page('uid-one', 'evil.test') }, 'two'],
  [
    'a referrer of a host that begins like this one',
    { headers: page('uid-one', `${HOST}.evil.test`) },
    'two',
  ],
  ['a referrer of this host to no dashboard', { headers: { Referer: `https://${HOST}/explore` } }, 'two'],
  ['an empty header', { headers: { 'X-Dashboard-Uid': '', ...page('uid-one') } }, 'one'],
  ['an organisation in its query', { query: 'from=1&orgId=3' }, 'three'],
  ['an organisation in its header', { headers: { 'X-Grafana-Org-Id': '1' } }, 'one'],
  [
    'an organisation in its query before one in its header',
    { query: 'orgId=3', headers: { 'X-Grafana-Org-Id': '1' } },
    'three',
  ],
  [
    'organisation 0, as a frontend does that does not know yet',
    { headers: { 'X-Grafana-Org-Id': '0' } },
    'two',
  ],
  ['an organisation that no grant is of', { query: 'orgId=9' }, 'not-shared'],
  ['a dashboard of two tenants and an organisation', { pathUid: 'shared', query: 'orgId=3' }, 'three'],
  ['a dashboard of two tenants alone', { pathUid: 'shared' }, 'two'],
  [
    'a dashboard and an organisation that do not go together',
    { pathUid: 'uid-one', query: 'orgId=2' },
    'one',
  ],
  ['nothing at all', {}, 'two'],
  ['the dashboard of a grant that has ended', { pathUid: 'uid-four' }, 'ended'],
  ['the dashboard of a grant whose key is gone', { pathUid: 'uid-five' }, 'ended'],
  ['the organisation of a grant that has ended', { query: 'orgId=4' }, 'ended'],
  [
    'two dashboards in one header',
    { headers: { 'X-Dashboard-Uid': 'uid-one, uid-two' } },
    'dashboard-header',
  ],
  ['a path in its header', { headers: { 'X-Dashboard-Uid': '../uid-one' } }, 'dashboard-header'],
  ['two organisations in one header', { headers: { 'X-Grafana-Org-Id': '1, 2' } }, 'organisation-header'],
  ['an organisation that is no number', { headers: { 'X-Grafana-Org-Id': 'main' } }, 'organisation-header'],
];

describe('the grant that serves a request which names', () => {
  test.each(TABLE)('%s', async (_, asked, serves) => {
    expect(await choose(asked)).toBe(serves);
    expect(await choose(asked, Object.keys(GRANTS).reverse())).toBe(serves);
  });
});

describe('choosing a grant', () => {
  test('finds none where the visitor holds none', async () => {
    expect(await choose({}, [])).toBe('none');
  });

  test('takes a cookie that does not open for a session that has ended', async () => {
    const held = [{ cookie: 'broken', grant: undefined }];
    const context = contextWith(() => undefined);
    expect(await chooseGrant(held, { uid: undefined, orgId: undefined }, context)).toMatchObject({
      ok: false,
      reason: 'ended',
    });
  });

  test('asks for no guess where one cookie came twice', async () => {
    expect(await choose({ pathUid: 'uid-one' }, ['one', 'one'])).toBe('two-cookies');
  });

  test('takes the one that lasts longest of two that began together', async () => {
    const both = [NOW + 10, NOW + 20].map((end) => ({
      cookie: String(end),
      grant: grant({ name: 'one', orgId: 1, dashboards: ['uid-one'], start: NOW, end }),
    }));
    const chosen = await chooseGrant(
      both,
      { uid: 'uid-one', orgId: undefined },
      contextWith(() => KEYS.one),
    );
    expect(chosen.ok && chosen.value.end).toBe(NOW + 20);
  });
});

/** A key that was narrowed while a grant of `uid-one` and `uid-two` runs, asked for `uid-one`. */
const NARROWED: readonly (readonly [what: string, key: Partial<Scope>, serves: string])[] = [
  ['its dashboards lost this one', { dashboards: ['uid-two'] }, 'not-shared'],
  ['its dashboards lost another', { dashboards: ['uid-one'] }, 'uid-one'],
  ['it lists all', { dashboards: ['*'] }, 'uid-one uid-two'],
  ['its sessions became shorter than this one is old', { maxSessionSeconds: 100 }, 'ended'],
  ['its sessions became shorter, but not that short', { maxSessionSeconds: 101 }, 'uid-one uid-two'],
  ['it ended a moment ago', { expiresAt: NOW }, 'ended'],
  ['it ends in a moment', { expiresAt: NOW + 1 }, 'uid-one uid-two'],
];

describe('a grant that runs while its key changes', () => {
  const running = grant({ name: 'one', orgId: 1, dashboards: ['uid-one', 'uid-two'], start: NOW - 100 });

  test.each(NARROWED)('is bound: %s', async (_, change, serves) => {
    const key = { name: 'one', orgId: 1, dashboards: ['uid-one', 'uid-two'], ...change };
    const chosen = await chooseGrant(
      [{ cookie: 'one', grant: running }],
      { uid: 'uid-one', orgId: 1 },
      contextWith(() => key),
    );
    expect(chosen.ok ? chosen.value.dashboards.join(' ') : nameReason(chosen.reason)).toBe(serves);
  });

  test('serves no longer than its key', async () => {
    const key = { name: 'one', orgId: 1, dashboards: ['*'], expiresAt: NOW + 7 };
    const chosen = await chooseGrant(
      [{ cookie: 'one', grant: running }],
      { uid: 'uid-one', orgId: 1 },
      contextWith(() => key),
    );
    expect(chosen.ok && chosen.value.end).toBe(NOW + 7);
  });
});
