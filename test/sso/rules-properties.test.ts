import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBareJson } from '../../src/sso/bare-json.ts';
import type { ClaimSettings } from '../../src/sso/claim-settings.ts';
import { identify } from '../../src/sso/identify.ts';
import { parseList } from '../../src/sso/list.ts';
import { mapOrgRoles, matchRules, orgsInReach, parseOrgMapping } from '../../src/sso/org-mapping.ts';
import { higherRole, ROLES, readRole } from '../../src/sso/roles.ts';
import { answers, path, settings, signIn, sourcesOf } from './scene.ts';

const ORGS = new Map([
  [1, 'Main'],
  [2, 'Second'],
  [3, 'Third'],
]);
const roles = fc.constantFrom(...ROLES);
const externals = fc.constantFrom('a', 'b', 'c', '*');
const targets = fc.constantFrom('1', '2', '3', '*');
const entries = fc.uniqueArray(fc.record({ external: externals, target: targets, role: roles }), {
  maxLength: 12,
  selector: ({ external, target }) => `${external}:${target}`,
});
const write = (list: readonly { external: string; target: string; role: string }[]) =>
  list.map(({ external, target, role }) => `${external}:${target}:${role}`);
const DEFAULTS = { isRoleStrict: false, orgs: ORGS, autoAssign: { orgId: 1, role: 'Viewer' as const } };

/** Any JSON, with the names that matter more often than chance would have them. */
const NAMES = [
  'sub',
  'email',
  'login',
  'username',
  'upn',
  'name',
  'attributes',
  'groups',
  'role',
  'orgs',
  'info',
  '__proto__',
];
const claims = fc.dictionary(
  fc.oneof(fc.constantFrom(...NAMES), fc.string()),
  fc.jsonValue({ maxDepth: 4 }),
  {
    maxKeys: 12,
  },
);

test('the highest role counts, in whatever order entries and organisations come', () => {
  const run = (list: readonly string[], orgs: readonly string[], direct: 'Editor' | undefined) =>
    mapOrgRoles(matchRules(parseOrgMapping(list, false, ORGS).mapping, orgs), direct, DEFAULTS);
  const direct = fc.constantFrom(undefined, 'Editor' as const);
  const orders = entries.chain((list) =>
    fc.record({
      list: fc.constant(list),
      shuffled: fc.shuffledSubarray(list, { minLength: list.length }),
      direct,
      orgs: fc.shuffledSubarray(['a', 'b', 'c']),
    }),
  );
  fc.assert(
    fc.property(orders, ({ list, shuffled, direct, orgs }) => {
      const one = run(write(list), orgs, direct);
      expect(run(write(shuffled), orgs.toReversed(), direct)).toEqual(one);
      for (const { external, target, role } of list) {
        if (external !== '*' && !orgs.includes(external)) continue;
        const got = Object.fromEntries(one.ok ? one.value : []);
        for (const id of target === '*' ? [...ORGS.keys()] : [Number(target)]) {
          const held = got[id] ?? 'None';
          expect(higherRole(held, role)).toBe(held);
        }
      }
    }),
  );
});

test('nobody gets an organisation that the mapping cannot lead to', () => {
  fc.assert(
    fc.property(entries, fc.array(externals), (list, orgs) => {
      const { mapping } = parseOrgMapping(write(list), false, ORGS);
      const reach = orgsInReach(mapping);
      const found = mapOrgRoles(matchRules(mapping, orgs), undefined, DEFAULTS);
      const allowed = new Set([DEFAULTS.autoAssign.orgId, ...(reach === 'all' ? ORGS.keys() : reach)]);
      expect(found.ok && found.value.every(([id]) => allowed.has(id))).toBe(true);
    }),
  );
});

test('an escaped name comes back as it was', () => {
  // A backslash at the end of a name would escape the separator, which is so in Grafana too.
  const names = fc.string({ minLength: 1 }).filter((name) => !name.includes('\\'));
  fc.assert(
    fc.property(names, (name) => {
      const entry = `${name.replaceAll(':', '\\:')}:1:Editor`;
      expect(parseOrgMapping([entry], true, ORGS).mapping.rules).toMatchObject([
        { external: name, target: 1 },
      ]);
    }),
  );
});

test('a JSON array of texts is the list that it says', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (list) => {
      expect(parseList(JSON.stringify(list))).toEqual(list);
    }),
  );
});

test('a plain list is never malformed, and its items have no comma and no space', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/["[]/.test(text)),
      (text) => {
        const list = parseList(text);
        expect(list).not.toBe('malformed');
        for (const item of list) expect(item).not.toMatch(/[, \t\n\v\f\r]/);
      },
    ),
  );
});

test('a text that is a role is one of the four in ASCII', () => {
  fc.assert(
    fc.property(fc.mixedCase(fc.constantFrom(...ROLES)), (text) => {
      expect(readRole(text)?.role.toLowerCase()).toBe(text.toLowerCase());
    }),
  );
});

test('nothing that a claim holds changes the expression', async () => {
  const rolePath = path(
    "contains(groups[*], 'admins') && 'Admin' || contains(groups[*], 'editors') && 'Editor' || 'Viewer'",
  );
  const bits = fc.constantFrom(
    "'",
    '"',
    '`',
    '||',
    '&&',
    ' ',
    'admins',
    'Admin',
    'editors',
    '@',
    '$',
    '[*]',
    '\\',
    ')',
  );
  const groups = fc.array(
    fc.oneof(
      fc.string(),
      fc.array(bits).map((list) => list.join('')),
      fc.jsonValue(),
    ),
  );
  await fc.assert(
    fc.asyncProperty(groups, async (list) => {
      const { person } = await signIn({ email: 'a@x.test', groups: list }, { rolePath });
      const role = list.includes('admins') ? 'Admin' : list.includes('editors') ? 'Editor' : 'Viewer';
      expect(person?.orgRoles).toEqual([[1, role]]);
    }),
  );
});

test('a search leaves its data as it was', () => {
  const searches = [
    'sort(groups)',
    'reverse(groups)',
    'merge(@, {role: `1`})',
    'groups[] | sort_by(@, &name)',
  ].map(path);
  fc.assert(
    fc.property(claims, (data) => {
      const bare = toBareJson(data);
      const before = JSON.stringify(bare);
      for (const one of searches) one.search(bare);
      expect(JSON.stringify(bare)).toBe(before);
    }),
  );
});

test('nobody is ever thrown on', async () => {
  const set: Partial<ClaimSettings> = {
    rolePath: path("contains(info.roles[*], 'a') && 'Admin' || role"),
    orgPath: path('orgs'),
    orgMapping: parseOrgMapping(['a:1:Editor', '*:*:Viewer'], false, ORGS).mapping,
    orgs: ORGS,
    groupsPath: path('groups'),
    loginPath: path('info.login'),
    namePath: path('join(name, groups)'),
    emailPath: path('emails[0]'),
    emailAttribute: '__proto__',
    mayAssignGrafanaAdmin: true,
  };
  const restrictions: fc.Arbitrary<Partial<ClaimSettings>> = fc.record(
    {
      isRoleStrict: fc.boolean(),
      allowedGroups: fc.constant(['a']),
      allowedOrganizations: fc.constant(['a']),
      teamIds: fc.constant(['1']),
      teamIdsPath: fc.constant(path('[*].id')),
      teamsUrl: fc.constantFrom(undefined, new URL('https://idp.example/teams')),
      allowedDomains: fc.constant(['x.test']),
    },
    { requiredKeys: [] },
  );
  const given = fc.record(
    { emails: fc.jsonValue(), teams: fc.jsonValue(), organizations: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const sources = fc.record(
    { id_token: claims, userinfo: claims, access_token: claims },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(sources, restrictions, given, async (held, restricted, answered) => {
      const found = await identify(
        sourcesOf(held),
        settings({ ...set, ...restricted }),
        answers(answered).ask,
      );
      if (!found.ok) return;
      const { sub, login, email, groups } = found.value;
      for (const text of [sub, login, email, ...groups]) expect(text).toMatch(/^\P{Cc}+$/u);
    }),
    { numRuns: 500 },
  );
});
