import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import { sha256Hex } from '../../src/lib/sha256.ts';
import { foldAccountName } from '../../src/sso/account-name.ts';
import { AssertionKeys, type StoredText, type TextBook } from '../../src/sso/assertion-keys.ts';
import type { PresentationOptions, ProxyField, ProxyPresentation } from '../../src/sso/options.ts';
import type { Person } from '../../src/sso/person.ts';
import { findPresentationProblem, Presenter, subjectOf } from '../../src/sso/presentation.ts';
import { formatProxyHeaders } from '../../src/sso/proxy-headers.ts';
import { NOW, SECRET } from '../support/gateway.ts';
import { ORIGIN } from '../support/origin.ts';

const ISSUER = 'https://id.test';
const GATEWAY = 'https://dash.example.com';
const RESERVED = new Set(['admin', 'admin@localhost'].map(foldAccountName));

/** One text in memory: what the ledgers do is tested with the keys. */
function createBook(): TextBook {
  let stored: StoredText | undefined;
  return {
    read: async () => stored,
    swap: async (_name, revision, text) => {
      if ((stored?.revision ?? 0) !== revision) return false;
      stored = { revision: revision + 1, text };
      return true;
    },
  };
}

function presenterOf(options: PresentationOptions): Presenter {
  const keys = new AssertionKeys(createBook(), [new Secret(SECRET)]);
  return new Presenter({ options, keys, audience: ORIGIN });
}

const JWT: PresentationOptions = { kind: 'jwt', header: 'X-JWT-Assertion', reserved: RESERVED };

function person(of: Partial<Person> = {}): Person {
  return {
    sub: 'subject-1',
    login: 'ann',
    name: 'Ann Example',
    email: 'ann@example.com',
    orgRoles: [[1, 'Editor']],
    isGrafanaAdmin: undefined,
    groups: ['a', 'b'],
    ...of,
  };
}

async function assertionOf(of: Partial<Person> = {}): Promise<string> {
  const headers = await presenterOf(JWT).present({ person: person(of), issuer: ISSUER }, GATEWAY, NOW);
  const [[name, value] = [], ...more] = headers ?? [];
  expect([name, more]).toEqual(['X-JWT-Assertion', []]);
  return value ?? '';
}

describe('an assertion', () => {
  test('says who somebody is, for whom it is meant, and until when', async () => {
    const assertion = await assertionOf();
    expect(decodeJwt(assertion)).toEqual({
      iss: GATEWAY,
      aud: ORIGIN,
      sub: sha256Hex('https://id.test|subject-1'),
      iat: NOW,
      exp: NOW + 120,
      login: 'ann',
      email: 'ann@example.com',
      name: 'Ann Example',
      role: 'Editor',
      orgs: ['1/Editor'],
      groups: ['a', 'b'],
    });
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'ES256', typ: 'JWT' });
  });

  test.each<[string, Partial<Person>, unknown, unknown]>([
    [
      'several organisations: the lowest role',
      {
        orgRoles: [
          [1, 'Admin'],
          [7, 'Viewer'],
          [3, 'Editor'],
        ],
      },
      'Viewer',
      ['1/Admin', '7/Viewer', '3/Editor'],
    ],
    [
      'none of one of them',
      {
        orgRoles: [
          [1, 'Admin'],
          [2, 'None'],
        ],
      },
      'None',
      ['1/Admin', '2/None'],
    ],
    [
      'an administrator of the server',
      { orgRoles: [[1, 'Admin']], isGrafanaAdmin: true },
      'GrafanaAdmin',
      ['1/Admin'],
    ],
    [
      'no administrator of the server',
      { orgRoles: [[1, 'Admin']], isGrafanaAdmin: false },
      'Admin',
      ['1/Admin'],
    ],
    ['whom Grafana gives what it has', { orgRoles: undefined }, undefined, undefined],
    ['who is in no organisation', { orgRoles: [] }, undefined, []],
  ])('of %s', async (_what, of, role, orgs) => {
    const claims = decodeJwt(await assertionOf(of));
    expect([claims.role, claims.orgs]).toEqual([role, orgs]);
    expect('role' in claims).toBe(role !== undefined);
    expect('orgs' in claims).toBe(orgs !== undefined);
  });

  test('is signed once for 90 seconds, and for one person as they are', async () => {
    const presenter = presenterOf(JWT);
    const ann = { person: person(), issuer: ISSUER };
    const present = async (who: typeof ann, now: number) =>
      (await presenter.present(who, GATEWAY, now))?.[0]?.[1];
    const first = await present(ann, NOW);
    expect(presenter.present(ann, GATEWAY, NOW + 89)).not.toBeInstanceOf(Promise);
    expect(await present(ann, NOW + 89)).toBe(first);
    const second = await present(ann, NOW + 90);
    expect(second).not.toBe(first);
    expect(decodeJwt(second ?? '').iat).toBe(NOW + 90);
    // After a refresh it is another person, whatever is the same about them.
    const refreshed = await present({ ...ann, person: person({ orgRoles: [[1, 'Viewer']] }) }, NOW + 91);
    expect(decodeJwt(refreshed ?? '').role).toBe('Viewer');
    expect(await present(ann, NOW + 92)).toBe(second);
  });

  test('has a subject that Grafana can store, and that no other user has', () => {
    const subjects = [
      subjectOf({ issuer: ISSUER, person: person() }),
      subjectOf({ issuer: `${ISSUER}/`, person: person() }),
      subjectOf({ issuer: ISSUER, person: person({ sub: 'Subject-1' }) }),
      subjectOf({ issuer: ISSUER, person: person({ sub: 's'.repeat(255) }) }),
    ];
    for (const subject of subjects) expect(subject).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(subjects).size).toBe(4);
    expect(subjectOf({ issuer: ISSUER, person: person({ login: 'other' }) })).toBe(subjects[0]);
  });

  test('names all groups, or none where they are too many for a header', async () => {
    const groups = Array.from({ length: 400 }, (_, at) => `group-${at}`);
    expect(decodeJwt(await assertionOf({ groups: groups.slice(0, 300) })).groups).toEqual(
      groups.slice(0, 300),
    );
    expect(decodeJwt(await assertionOf({ groups }))).not.toHaveProperty('groups');
    expect((await assertionOf({ groups: groups.slice(0, 300) })).length).toBeLessThan(8_192);
  });
});

const PROXY: ProxyPresentation = {
  kind: 'auth-proxy',
  header: 'X-WEBAUTH-USER',
  property: 'username',
  fields: new Map<ProxyField, string>([
    ['Name', 'X-WEBAUTH-NAME'],
    ['Email', 'X-WEBAUTH-EMAIL'],
    ['Role', 'X-WEBAUTH-ROLE'],
    ['Groups', 'X-WEBAUTH-GROUPS'],
  ]),
  isEncoded: false,
  reserved: RESERVED,
};

describe('who cannot be presented', () => {
  test.each<[string, Partial<Person>, string | undefined, string | undefined]>([
    ['anybody', {}, undefined, undefined],
    ['the first administrator', { login: 'admin' }, 'reserved', 'reserved'],
    ['the same in capitals', { login: 'ADMIN' }, 'reserved', 'reserved'],
    ['in full width', { login: 'ａｄｍｉｎ' }, 'reserved', 'reserved'],
    ['with a space', { login: 'admin ' }, 'reserved', 'reserved'],
    ['by their address', { email: 'Admin@localhost' }, 'reserved', 'reserved'],
    ['by the address as a login', { login: 'admin@localhost' }, 'reserved', 'reserved'],
    ['a name that only begins so', { login: 'administrator' }, undefined, undefined],
    ['a line break', { login: 'ann\r\nX-WEBAUTH-ROLE: Admin' }, 'not-presentable', 'not-presentable'],
    ['a line feed at the end', { email: 'ann@example.com\n' }, 'not-presentable', 'not-presentable'],
    ['a NUL', { login: 'ann\0' }, 'not-presentable', 'not-presentable'],
    ['a sign that turns the writing round', { login: 'ann\u202e' }, 'not-presentable', 'not-presentable'],
    ['half a character', { login: 'ann\ud800' }, 'not-presentable', 'not-presentable'],
    ['a space in front', { email: ' ann@example.com' }, 'not-presentable', 'not-presentable'],
    ['an address that is two', { email: 'x <ann@example.com>' }, 'not-presentable', 'not-presentable'],
    [
      'a name longer than any provider may give',
      { sub: 's'.repeat(256) },
      'not-presentable',
      'not-presentable',
    ],
    ['no login', { login: '' }, 'not-presentable', 'not-presentable'],
    // An assertion carries any letter, a header does not.
    ['letters beyond ASCII', { login: 'änn' }, undefined, 'not-presentable'],
  ])('%s', (_what, of, byJwt, byProxy) => {
    expect(findPresentationProblem(person(of), JWT)).toBe(byJwt);
    expect(findPresentationProblem(person(of), PROXY)).toBe(byProxy);
  });
});

describe('headers of auth.proxy', () => {
  const headersOf = (of: Partial<Person>, options: Partial<ProxyPresentation> = {}) =>
    formatProxyHeaders(person(of), { ...PROXY, ...options });
  const oneOf = (name: string, of: Partial<Person>, options: Partial<ProxyPresentation> = {}) =>
    headersOf(of, options)?.find(([one]) => one === name)?.[1];

  test('carry what they are set up for, and nothing else', () => {
    expect(headersOf({})).toEqual([
      ['X-WEBAUTH-USER', 'ann'],
      ['X-WEBAUTH-NAME', 'Ann Example'],
      ['X-WEBAUTH-EMAIL', 'ann@example.com'],
      ['X-WEBAUTH-ROLE', 'Editor'],
      ['X-WEBAUTH-GROUPS', 'a,b'],
    ]);
    expect(headersOf({}, { fields: new Map() })).toEqual([['X-WEBAUTH-USER', 'ann']]);
    expect(headersOf({}, { fields: new Map(), property: 'email' })).toEqual([
      ['X-WEBAUTH-USER', 'ann@example.com'],
    ]);
  });

  test('leave out what there is not', () => {
    expect(headersOf({ name: '', orgRoles: undefined, groups: [] })).toEqual([
      ['X-WEBAUTH-USER', 'ann'],
      ['X-WEBAUTH-EMAIL', 'ann@example.com'],
    ]);
  });

  test('carry no group that would be two, a list, or end the line', () => {
    const groups = ['a,Admins', 'b', 'c\r\nX: y', 'd\u200b', 'e f', '"g"', '[h', 'ü', 'i-j'];
    expect(oneOf('X-WEBAUTH-GROUPS', { groups })).toBe('b,i-j');
    expect(oneOf('X-WEBAUTH-GROUPS', { groups }, { isEncoded: true })).toBe('b,=C3=BC,i-j');
    expect(oneOf('X-WEBAUTH-GROUPS', { groups: ['a,b'] })).toBeUndefined();
  });

  /** Go's reader of quoted-printable gives up on a line of more than 4096 bytes. */
  test('are of a length that Grafana decodes', () => {
    const groups = Array.from({ length: 80 }, (_, at) => `${'组'.repeat(10)}-${at}`);
    const value = oneOf('X-WEBAUTH-GROUPS', { groups }, { isEncoded: true }) ?? '';
    expect(value.length).toBeLessThanOrEqual(4_096);
  });

  test('are none for somebody who cannot be presented', () => {
    const presenter = presenterOf(PROXY);
    const present = (of: Partial<Person>) =>
      presenter.present({ person: person(of), issuer: ISSUER }, GATEWAY, NOW);
    expect(present({ login: 'ann\n' })).toBeUndefined();
    expect(present({})).toEqual(headersOf({}));
  });

  test.each([
    ['a line break', 'Ann\r\nX-WEBAUTH-ROLE: Admin'],
    ['a line feed', 'Ann\nx'],
    ['a NUL', 'Ann\0'],
    ['a space in front', ' Ann'],
    ['a tab behind', 'Ann\t'],
    ['letters beyond ASCII', 'Änn'],
  ])('leave a display name out that has %s; encoded, only what ends the line', (what, name) => {
    expect(oneOf('X-WEBAUTH-NAME', { name })).toBeUndefined();
    const isLetters = what.startsWith('letters');
    expect(oneOf('X-WEBAUTH-NAME', { name }, { isEncoded: true }) !== undefined).toBe(isLetters);
    // The login and the address find the account: without them there is nobody.
    expect(headersOf({ login: name })).toBeUndefined();
    expect(headersOf({ email: name })).toBeUndefined();
  });

  test.each([
    ['ann', 'ann'],
    ['Ann Example', 'Ann Example'],
    ['Änn', '=C3=84nn'],
    ['a=b', 'a=3Db'],
    ['=C3=84', '=3DC3=3D84'],
    ['客户', '=E5=AE=A2=E6=88=B7'],
    ['😀', '=F0=9F=98=80'],
    ['!"#$~', '!"#$~'],
  ])('say %j as %j where Grafana decodes them', (text, encoded) => {
    expect(oneOf('X-WEBAUTH-USER', { login: text }, { isEncoded: true })).toBe(encoded);
    // What a decoder reads is what was meant.
    const bytes = encoded.replace(/=([0-9A-F]{2})/g, '%$1');
    expect(decodeURIComponent(bytes)).toBe(text);
  });

  test('are ASCII whatever a person is called, and one line', () => {
    const strange = { login: 'ann ö', name: '\u2028x', groups: ['ü', 'x\u2029'] };
    for (const [, value] of headersOf(strange, { isEncoded: true }) ?? [['', '\n']])
      expect(value).toMatch(/^[\x20-\x7e]+$/);
  });
});
