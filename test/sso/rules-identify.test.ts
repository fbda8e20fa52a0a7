import { describe, expect, test } from 'vitest';
import type { ClaimSettings } from '../../src/sso/claim-settings.ts';
import { parseOrgMapping } from '../../src/sso/org-mapping.ts';
import type { PersonRefusal } from '../../src/sso/person.ts';
import type { Step } from '../../src/sso/steps.ts';
import { path, signIn, signInWith } from './scene.ts';

const JANE = { sub: 'jane-1', email: 'jane@example.com' };
const ORGS = new Map([
  [1, 'Main'],
  [2, 'Second'],
  [3, 'Third'],
]);
const mapped = (...entries: string[]) => ({
  orgs: ORGS,
  orgPath: path('orgs'),
  orgMapping: parseOrgMapping(entries, false, ORGS).mapping,
});

type Claims = Readonly<Record<string, unknown>>;
interface Refused {
  readonly claims: Claims;
  readonly userinfo?: Claims;
  readonly set?: Partial<ClaimSettings>;
  readonly given?: Parameters<typeof signIn>[2];
}

const REFUSED: Readonly<Record<PersonRefusal, Readonly<Record<string, Refused>>>> = {
  'email-not-verified': {
    'the operator wants verified ones': {
      claims: { ...JANE, email_verified: false },
      set: { allowsUnverifiedEmail: false },
    },
    'as a text': { claims: { ...JANE, email_verified: 'false' }, set: { allowsUnverifiedEmail: false } },
    'in another source of the same address': {
      claims: JANE,
      userinfo: { email: JANE.email, email_verified: false },
      set: { allowsUnverifiedEmail: false },
    },
    'the primary one of /emails': {
      claims: { sub: 'jane-1' },
      set: { allowsUnverifiedEmail: false },
      given: { emails: [{ email: JANE.email, primary: true, verified: false }] },
    },
    'a domain that it shall prove': {
      claims: { ...JANE, email_verified: false },
      set: { allowedDomains: ['example.com'] },
    },
  },
  'sub-differs': {
    'two texts': { claims: JANE, userinfo: { sub: 'john-2' } },
    'another case': { claims: JANE, userinfo: { sub: 'Jane-1' } },
    'a text and a number': { claims: { ...JANE, sub: '1' }, userinfo: { sub: 1 } },
    'a number and a text': { claims: { ...JANE, sub: 1 }, userinfo: { sub: '1' } },
    'lists, of which none is the other': { claims: { ...JANE, sub: ['a'] }, userinfo: { sub: ['a'] } },
    'before anything else': {
      claims: { sub: 'jane-1' },
      userinfo: { sub: 'john-2' },
      set: { isRoleStrict: true, allowedGroups: 'malformed' },
    },
  },
  'org-claims-unreadable': {
    'a function on null': { claims: JANE, set: { orgPath: path("split(orgs, ',')") } },
    'in one of the sources': {
      claims: JANE,
      userinfo: { orgs: 'a,b' },
      set: { orgPath: path("split(orgs, ',')") },
    },
  },
  'role-missing': {
    'no role_attribute_path': { claims: JANE, set: { isRoleStrict: true } },
    'a path that gives nothing': { claims: JANE, set: { isRoleStrict: true, rolePath: path('role') } },
    'a path that fails': { claims: JANE, set: { isRoleStrict: true, rolePath: path("contains(role, 'x')") } },
    'a text that is no role': {
      claims: { ...JANE, role: 'Denied' },
      set: { isRoleStrict: true, rolePath: path('role') },
    },
    'a list of roles': {
      claims: { ...JANE, role: ['Admin'] },
      set: { isRoleStrict: true, rolePath: path('role') },
    },
    'organisations that are not known': {
      claims: { ...JANE, orgs: ['a'], role: 'Admin' },
      set: { ...mapped('a:*:Editor'), orgs: new Map(), isRoleStrict: true, rolePath: path('role') },
    },
    'before an address is asked for': { claims: { sub: 'jane-1' }, set: { isRoleStrict: true } },
  },
  'email-unavailable': {
    'no answer': { claims: { sub: 'jane-1' } },
    'an answer that is a text': { claims: { sub: 'jane-1' }, given: { emails: 'jane@example.com' } },
    'before groups': { claims: { sub: 'jane-1' }, set: { allowedGroups: ['a'] } },
  },
  'not-in-teams': {
    'another team': {
      claims: JANE,
      set: { teamIds: ['1'], teamsUrl: new URL('https://idp.example/teams'), teamIdsPath: path('[*].id') },
      given: { teams: [{ id: '2' }] },
    },
    'no answer': { claims: JANE, set: { teamIds: ['1'] } },
    'a path that is not set': {
      claims: JANE,
      set: { teamIds: ['1'], teamsUrl: new URL('https://idp.example/teams') },
      given: { teams: [{ id: 1 }] },
    },
    'a path that fails': {
      claims: JANE,
      set: { teamIds: ['1'], teamsUrl: new URL('https://idp.example/teams'), teamIdsPath: path('keys(@)') },
      given: { teams: ['1'] },
    },
    'ids that are texts, where numbers are asked for': {
      claims: JANE,
      set: { teamIds: ['1'] },
      given: { teams: [{ id: '1' }] },
    },
    'a malformed list': { claims: JANE, set: { teamIds: 'malformed' }, given: { teams: [{ id: 1 }] } },
  },
  'not-in-organizations': {
    'another organisation': {
      claims: JANE,
      set: { allowedOrganizations: ['acme'] },
      given: { organizations: [{ login: 'Acme' }, { login: ['acme'] }, 'acme'] },
    },
    'no answer': { claims: JANE, set: { allowedOrganizations: ['acme'] } },
    'a malformed list': { claims: JANE, set: { allowedOrganizations: 'malformed' } },
    'after teams': {
      claims: JANE,
      set: { teamIds: ['1'], allowedOrganizations: ['acme'], allowedGroups: ['a'] },
      given: { teams: [{ id: 1 }] },
    },
  },
  'not-in-groups': {
    'another case': {
      claims: { ...JANE, groups: ['Ops'] },
      set: { groupsPath: path('groups'), allowedGroups: ['ops'] },
    },
    'a text instead of a list': {
      claims: { ...JANE, groups: 'ops' },
      set: { groupsPath: path('groups'), allowedGroups: ['ops'] },
    },
    'no groups_attribute_path': { claims: { ...JANE, groups: ['ops'] }, set: { allowedGroups: ['ops'] } },
    'a malformed list': {
      claims: { ...JANE, groups: ['ops'] },
      set: { groupsPath: path('groups'), allowedGroups: 'malformed' },
    },
    'before an address that is missing': {
      claims: { sub: 'jane-1' },
      set: { allowedGroups: ['ops'], hasUserinfo: false },
    },
  },
  'email-missing': {
    'no api_url': { claims: { sub: 'jane-1' }, set: { hasUserinfo: false } },
    'no primary one': { claims: { sub: 'jane-1' }, given: { emails: [] } },
    'an address of another type': { claims: { sub: 'jane-1', email: [JANE.email] }, given: { emails: [] } },
    'an address with a line break': { claims: { email: 'a@x.test\r\nX: y' }, set: { hasUserinfo: false } },
    'before its domain': {
      claims: { sub: 'jane-1' },
      set: { hasUserinfo: false, allowedDomains: ['x.test'] },
    },
  },
  'domain-not-allowed': {
    'another domain': { claims: JANE, set: { allowedDomains: ['example.org', 'ample.com'] } },
    'a sub-domain': { claims: { email: 'a@x.example.com' }, set: { allowedDomains: ['example.com'] } },
    'a malformed list': { claims: JANE, set: { allowedDomains: 'malformed' } },
  },
};

const table = <T>(rows: Readonly<Record<string, T>>) => Object.entries(rows);

describe.each(table(REFUSED))('%s', (refusal, cases) => {
  test.each(table(cases))('%s', async (_what, { claims, userinfo, set, given }) => {
    const outcome = await signInWith({ id_token: claims, ...(userinfo && { userinfo }) }, set, given);
    expect(outcome.refusal).toBe(refusal);
    expect(outcome.steps.at(-1)).toMatchObject({ about: 'decision', by: refusal, note: expect.any(String) });
  });
});

describe('who somebody is', () => {
  test('where nothing but an address is known', async () => {
    const { person } = await signIn({ email: 'Jane@Example.com' });
    expect(person).toEqual({
      sub: 'email:jane@example.com',
      login: 'Jane@Example.com',
      name: '',
      email: 'Jane@Example.com',
      groups: [],
      orgRoles: [[1, 'Viewer']],
      isGrafanaAdmin: undefined,
    });
  });

  test('is told by the first source of each field', async () => {
    const { person } = await signInWith(
      {
        id_token: { sub: 'jane-1', name: '', groups: [], email: 7 },
        userinfo: {
          sub: 'jane-1',
          display_name: 'Jane',
          groups: ['a', 5, '', 'b'],
          email: 'jane@example.com',
        },
        access_token: { sub: 'jane-1', name: 'No', login: 'jane', groups: ['c'], email: 'no@example.com' },
      },
      { groupsPath: path('groups') },
    );
    expect(person).toMatchObject({ ...JANE, name: 'Jane', login: 'jane', groups: ['a', 'b'] });
  });

  test.each([
    ['login before its path', { login: 'l', username: 'u', x: 'p' }, 'l'],
    ['path before username', { username: 'u', x: 'p' }, 'p'],
    ['username before the address', { username: 'u' }, 'u'],
    ['the address', {}, JANE.email],
    ['a login that is a number is none', { login: 7, username: 'u' }, 'u'],
    ['a login that is an object is none', { login: { a: 1 } }, JANE.email],
    ['a login with a control character is none', { login: 'a\u0000b' }, JANE.email],
    ['a login with half a character is none', { login: 'a\ud800' }, JANE.email],
    ['a login that is too long is none', { login: 'a'.repeat(1025) }, JANE.email],
  ])('login: %s', async (_what, claims, login) => {
    const { person } = await signIn({ ...JANE, ...claims }, { loginPath: path('x') });
    // As JSON, for a report of half a character would not come through.
    expect(JSON.stringify(person?.login)).toBe(JSON.stringify(login));
  });

  test.each([
    ['path before name', { name: 'n', display_name: 'd', x: 'p' }, 'p'],
    ['name before display_name', { name: 'n', display_name: 'd' }, 'n'],
    ['display_name', { display_name: 'd' }, 'd'],
  ])('name: %s', async (_what, claims, name) => {
    const { person } = await signIn({ ...JANE, ...claims }, { namePath: path('x') });
    expect(person?.name).toBe(name);
  });

  test.each([
    ['email before its path', { email: 'e@x.test', x: 'p@x.test' }, 'e@x.test'],
    ['path before attributes', { x: 'p@x.test', attributes: { mail: ['a@x.test'] } }, 'p@x.test'],
    [
      'attributes before upn',
      { attributes: { mail: ['a@x.test', 'b@x.test'] }, upn: 'u@x.test' },
      'a@x.test',
    ],
    ['upn', { attributes: { mail: 'a@x.test' }, upn: 'u@x.test' }, 'u@x.test'],
    ['upn of a name of the host alone', { upn: 'u@host' }, 'u@host'],
    ['no upn that is no address', { upn: 'DOMAIN\\u' }, 'primary@x.test'],
    ['no upn with two dots', { upn: 'u@x..test' }, 'primary@x.test'],
    ['no upn with two @', { upn: 'u@v@x.test' }, 'primary@x.test'],
    ['no attribute of the prototype', { attributes: { constructor: [] } }, 'primary@x.test'],
  ])('address: %s', async (_what, claims, email) => {
    const set = { emailPath: path('x'), emailAttribute: 'mail' };
    const { person } = await signIn(claims, set, { emails: [{ email: 'primary@x.test', primary: true }] });
    expect(person?.email).toBe(email);
  });

  describe('an address that the provider says is not verified', () => {
    const unverified = { ...JANE, email_verified: false };

    test('counts, as in Grafana, where the operator does not mind', async () => {
      expect((await signIn(unverified)).person?.email).toBe(JANE.email);
    });

    test('counts where nothing, or yes, is said', async () => {
      const set = { allowsUnverifiedEmail: false, allowedDomains: ['example.com'] };
      expect((await signIn({ ...JANE, email_verified: true }, set)).person).toBeDefined();
      expect((await signIn(JANE, set)).person).toBeDefined();
    });
  });

  test.each([
    ['another person', { sub: 'service-7' }],
    ['a number', { sub: 7 }],
  ])('an access token of %s is left out whole', async (_what, sub) => {
    const { person, steps } = await signInWith(
      { userinfo: JANE, access_token: { ...sub, login: 'root', role: 'Admin', groups: ['admins'] } },
      { rolePath: path('role'), groupsPath: path('groups') },
    );
    expect(person).toMatchObject({ ...JANE, login: JANE.email, groups: [], orgRoles: [[1, 'Viewer']] });
    expect(steps).toContainEqual(
      expect.objectContaining({ about: 'sub', source: 'access_token', counts: false }),
    );
  });

  test.each([
    ['has none', {}],
    ['has the same', { sub: 'jane-1' }],
    ['has an empty one', { sub: '' }],
    ['has null', { sub: null }],
  ])('a source whose sub %s is believed', async (_what, sub) => {
    for (const source of ['userinfo', 'access_token'] as const) {
      const { person } = await signInWith({ id_token: JANE, [source]: { ...sub, name: 'Jane' } });
      expect(person).toMatchObject({ ...JANE, name: 'Jane' });
    }
  });

  test('an access token alone may give the sub', async () => {
    expect((await signInWith({ userinfo: { email: JANE.email }, access_token: JANE })).person?.sub).toBe(
      'jane-1',
    );
  });
});

describe('roles', () => {
  test.each<[string, Claims, Partial<ClaimSettings>, boolean | undefined]>([
    [
      'GrafanaAdmin, where it may be assigned',
      { role: 'GrafanaAdmin' },
      { mayAssignGrafanaAdmin: true },
      true,
    ],
    ['GrafanaAdmin, where it may not', { role: 'GrafanaAdmin' }, {}, undefined],
    ['another role takes it away', { role: 'Admin' }, { mayAssignGrafanaAdmin: true }, false],
    ['no role takes it away', {}, { mayAssignGrafanaAdmin: true }, false],
    ['no role_attribute_path takes it away', {}, { mayAssignGrafanaAdmin: true, rolePath: undefined }, false],
    ['a text that is no role leaves it', { role: 'Denied' }, { mayAssignGrafanaAdmin: true }, undefined],
    [
      'no role leaves it, if strict',
      { orgs: ['a'] },
      { ...mapped('a:1:Editor'), mayAssignGrafanaAdmin: true, isRoleStrict: true },
      undefined,
    ],
    [
      'roles that are not synchronised leave it',
      { role: 'GrafanaAdmin' },
      { mayAssignGrafanaAdmin: true, skipsOrgRoleSync: true },
      undefined,
    ],
  ])('server administrator: %s', async (_what, claims, set, expected) => {
    const { person } = await signIn({ ...JANE, ...claims }, { rolePath: path('role'), ...set });
    expect(person?.isGrafanaAdmin).toBe(expected);
    expect(person).toBeDefined();
  });

  test('an unknown one never becomes a wider one than the operator assigns', async () => {
    const set = { rolePath: path('role'), autoAssign: { orgId: 7, role: 'None' as const } };
    expect((await signIn({ ...JANE, role: 'Denied' }, set)).person?.orgRoles).toEqual([[7, 'None']]);
  });

  test('are those of the first source that names one', async () => {
    const { person } = await signInWith(
      { id_token: { ...JANE, role: 'Owner' }, userinfo: { role: 'editor' }, access_token: { role: 'Admin' } },
      { rolePath: path('role') },
    );
    expect(person?.orgRoles).toEqual([[1, 'Editor']]);
  });

  test('are looked for without groups where an expression gives nothing, as in Grafana', async () => {
    const set = { rolePath: path("contains(groups[*], 'admins') && 'Admin' || 'Editor'") };
    const { person, steps } = await signIn(JANE, set);
    expect(person?.orgRoles).toEqual([[1, 'Editor']]);
    expect(steps).toContainEqual(
      expect.objectContaining({
        about: 'role',
        gave: null,
        counts: false,
        note: expect.stringContaining('evaluated'),
      }),
    );
    expect(steps).toContainEqual(expect.objectContaining({ gave: 'Editor', note: 'on {"groups":[]}' }));
  });

  test.each<
    [string, readonly string[], readonly string[], string | undefined, Readonly<Record<number, string>>]
  >([
    [
      'the highest in each',
      ['a', 'b'],
      ['a:1:Viewer', 'b:1:Admin', 'a:2:None'],
      undefined,
      { 1: 'Admin', 2: 'None' },
    ],
    ['raised by the direct one', ['a'], ['a:1:Viewer', 'a:2:Admin'], 'Editor', { 1: 'Editor', 2: 'Admin' }],
    ['not beyond those mapped', ['a'], ['a:2:Viewer'], 'Admin', { 2: 'Admin' }],
    [
      'in every organisation',
      ['a'],
      ['a:*:Editor', 'a:2:Admin'],
      undefined,
      { 1: 'Editor', 2: 'Admin', 3: 'Editor' },
    ],
    ['for everybody', [], ['*:3:Editor'], undefined, { 3: 'Editor' }],
    ['the default where none holds', ['x'], ['a:2:Admin'], 'Editor', { 1: 'Editor' }],
    ['an id that is not known', ['a'], ['a:42:Editor'], undefined, { 42: 'Editor' }],
  ])('in organisations: %s', async (_what, orgs, entries, role, expected) => {
    const { person } = await signIn(
      { ...JANE, orgs, role },
      { ...mapped(...entries), rolePath: path('role') },
    );
    expect(Object.fromEntries(person?.orgRoles ?? [])).toEqual(expected);
  });

  test('are left alone where the organisations of `*` are not known', async () => {
    const set = { ...mapped('a:*:Editor', 'a:1:Admin'), orgs: new Map() };
    const { person } = await signIn({ ...JANE, orgs: ['a'] }, set);
    expect(person).toMatchObject({ sub: 'jane-1', orgRoles: undefined });
  });

  test('are left alone with skip_org_role_sync, which evaluates nothing', async () => {
    const set = {
      skipsOrgRoleSync: true,
      isRoleStrict: true,
      orgPath: path("split(orgs, ',')"),
      rolePath: path('role'),
    };
    expect((await signIn({ ...JANE, role: 'Admin' }, set)).person).toMatchObject({ orgRoles: undefined });
  });
});

describe('what the provider is asked', () => {
  test('is nothing where the claims suffice', async () => {
    const { asked } = await signIn(
      { ...JANE, groups: ['a'] },
      { groupsPath: path('groups'), allowedGroups: ['a'] },
    );
    expect(asked).toEqual([]);
  });

  test('is nothing for a malformed list', async () => {
    expect((await signIn(JANE, { teamIds: 'malformed' }, { teams: [{ id: 1 }] })).asked).toEqual([]);
  });

  test('is each once, in order', async () => {
    const { asked, person } = await signIn(
      {},
      { teamIds: ['1', '2'], allowedOrganizations: ['x', 'acme'], allowedDomains: ['example.com'] },
      {
        emails: [{ email: JANE.email, primary: true }],
        teams: [{ id: 9 }, { id: 2 }],
        organizations: [{ login: 'acme' }],
      },
    );
    expect(asked).toEqual(['emails', 'teams', 'organizations']);
    expect(person?.email).toBe(JANE.email);
  });
});

describe('the steps', () => {
  const find = (steps: readonly Step[], about: string) => steps.filter((step) => step.about === about);

  test('tell each source, expression and entry', async () => {
    const { steps } = await signInWith(
      { id_token: { sub: 'jane-1', orgs: ['a'] }, userinfo: { ...JANE, role: 'Editor', nick: 'Jane' } },
      {
        ...mapped('a:1:Viewer', 'b:2:Admin'),
        rolePath: path('role'),
        namePath: path('nick'),
        allowedDomains: ['example.com'],
      },
    );
    expect(find(steps, 'email')).toEqual([
      { about: 'email', source: 'userinfo', by: 'email', gave: JANE.email, counts: true },
    ]);
    expect(find(steps, 'name')).toMatchObject([
      { source: 'id_token', by: 'name_attribute_path = nick', gave: null, counts: false },
      { source: 'userinfo', by: 'name_attribute_path = nick', gave: 'Jane', counts: true },
    ]);
    expect(find(steps, 'role')).toMatchObject([
      { source: 'id_token', by: 'role_attribute_path = role', gave: null, counts: false },
      { source: 'userinfo', by: 'role_attribute_path = role', gave: 'Editor', counts: true },
      { by: 'organisations', gave: { 1: 'Editor' }, counts: true },
    ]);
    expect(find(steps, 'organizations')).toMatchObject([{ source: 'id_token', gave: ['a'], counts: true }]);
    expect(find(steps, 'mapping')).toEqual([
      { about: 'mapping', by: 'a:1:Viewer', gave: 'Viewer', counts: true },
      { about: 'mapping', by: 'b:2:Admin', gave: 'Admin', counts: false },
    ]);
    expect(find(steps, 'allowed')).toMatchObject([
      { by: 'allowed_domains', gave: [JANE.email], counts: true },
    ]);
    expect(steps.at(-1)).toMatchObject({ about: 'decision', by: 'signed in', gave: { sub: 'jane-1' } });
  });

  test('tell of a member of the wrong type', async () => {
    const { steps } = await signIn({ ...JANE, login: 7 });
    expect(find(steps, 'login')).toMatchObject([{ by: 'login', gave: 7, counts: false, note: 'is no text' }]);
  });
});

describe('hostile claims', () => {
  const set = {
    rolePath: path("contains(groups[*], 'admins') && 'Admin' || contains(groups[*], 'editors') && 'Editor'"),
    groupsPath: path('groups'),
    autoAssign: { orgId: 1, role: 'None' as const },
  };

  test.each([
    ["x' || 'Admin"],
    ["admins' || 'x"],
    ['admins\u0000'],
    ['`"Admin"`'],
    ['admins,'],
    ['Admins'],
    [{ expref: true, type: 'Literal', value: 'admins' }],
    [{ toString: 'admins' }],
    [['admins']],
    ['__proto__'],
  ])('a group %j is no other', async (group) => {
    const { person } = await signIn({ ...JANE, groups: [group] }, set);
    expect(person?.orgRoles).toEqual([[1, 'None']]);
  });

  test('a text is no list, of which a part could match', async () => {
    const whole = { ...set, rolePath: path("contains(groups[*], 'admins') && 'Admin'") };
    expect((await signIn({ ...JANE, groups: 'admins' }, whole)).person?.orgRoles).toEqual([[1, 'None']]);
  });

  test('members of prototypes are not there', async () => {
    const claims = JSON.parse(
      '{"email":"a@x.test","__proto__":{"sub":"root","login":"root","groups":["admins"]},"constructor":{"name":"x"}}',
    );
    const { person } = await signIn(claims, { ...set, namePath: path('constructor.name') });
    expect(person).toMatchObject({ sub: 'email:a@x.test', login: 'a@x.test', name: 'x', groups: [] });
    expect(person?.orgRoles).toEqual([[1, 'None']]);
    expect(Object.getPrototypeOf({})).not.toHaveProperty('sub');
  });

  test('a thousand groups are read, and matched exactly', async () => {
    const groups = Array.from({ length: 1000 }, (_, index) => `group-${index}`);
    const { person } = await signIn({ ...JANE, groups }, { ...set, allowedGroups: ['group-999'] });
    expect(person?.groups).toEqual(groups);
  });

  test('a group that could end a header is none', async () => {
    const { person } = await signIn({ ...JANE, groups: ['a\r\nX-Grafana-Role: Admin', 'b,c'] }, set);
    expect(person?.groups).toEqual(['b,c']);
  });

  test('claims that are nested without end are cut', async () => {
    const groups = JSON.parse(`${'['.repeat(4000)}"admins"${']'.repeat(4000)}`);
    expect((await signIn({ ...JANE, groups }, set)).person?.groups).toEqual([]);
  });
});
