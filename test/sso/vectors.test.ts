import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/lib/json.ts';
import { toBareJson, toBareObject } from '../../src/sso/bare-json.ts';
import { readPath } from '../../src/sso/claims.ts';
import { compileExpression } from '../../src/sso/expression.ts';
import { identify } from '../../src/sso/identify.ts';
import { readJwtPayload } from '../../src/sso/jwt-payload.ts';
import { parseList } from '../../src/sso/list.ts';
import { mapOrgRoles, matchRules, type OrgRoles, parseOrgMapping } from '../../src/sso/org-mapping.ts';
import type { FurtherAnswers, PersonRefusal, Source } from '../../src/sso/person.ts';
import { readProfile } from '../../src/sso/profile.ts';
import { isRole } from '../../src/sso/roles.ts';
import type { Step, StepSubject } from '../../src/sso/steps.ts';
import { jwtOf, settings } from './scene.ts';
import { STRICTER } from './stricter.ts';
import { answerOf, type Members, orgsOf, settingsOf, VECTORS, type Vector, vectorsOf } from './vectors.ts';

const isStricter = ({ name }: Vector) => Object.hasOwn(STRICTER, name);
const table = (vectors: readonly Vector[]) => vectors.map((vector) => [vector.name, vector] as const);
const asGrafana = (kind: string) => table(vectorsOf(kind).filter((vector) => !isStricter(vector)));
const stricter = (kind: string) => table(vectorsOf(kind).filter(isStricter));

/** What Grafana says where it refuses, and what the gateway says. */
const REFUSALS: Readonly<Record<string, PersonRefusal>> = {
  'oauth.role_attribute_strict_violation': 'role-missing',
  'Error getting email address': 'email-unavailable',
  'User not a member of one of the required teams': 'not-in-teams',
  'User not a member of one of the required organizations': 'not-in-organizations',
  'user not a member of one of the required groups': 'not-in-groups',
};

function asks(vector: Vector): FurtherAnswers {
  return {
    emails: async () => answerOf(vector.emails_response),
    teams: async () => answerOf(vector.teams_response),
    organizations: async () => answerOf(vector.orgs_response),
  };
}

/** The sources of a vector. Tokens go the way that they go in a sign-in: as JWTs whose payload is read. */
async function sourcesOf(vector: Vector): Promise<readonly Source[]> {
  const { id_token_claims, id_token_raw, userinfo, access_token_claims, access_token_raw } = vector;
  const idToken = id_token_raw ?? (id_token_claims && jwtOf(id_token_claims));
  const accessToken = access_token_raw ?? (access_token_claims && jwtOf(access_token_claims));
  const claims = [
    ['id_token', idToken && (await readJwtPayload(idToken))],
    ['userinfo', userinfo],
    ['access_token', accessToken && (await readJwtPayload(accessToken))],
  ] as const;
  return claims.flatMap(([name, held]) => (held ? [{ name, claims: held }] : []));
}

const byId = (roles: OrgRoles | undefined) => (roles === undefined ? null : Object.fromEntries(roles));

/** The last thing that counted. */
function settled(steps: readonly Step[], about: StepSubject, by?: string): unknown {
  return steps.findLast((step) => step.about === about && step.counts && (!by || step.by === by))?.gave;
}

/** What was found out, in a vector's words; from the steps for somebody who is not let in. */
async function run(vector: Vector): Promise<Members> {
  const steps: Step[] = [];
  const read = settingsOf(vector);
  if (!read.ok) throw new Error(`cannot be read: ${read.reason}`);
  const outcome = await identify(await sourcesOf(vector), read.value, asks(vector), (step) =>
    steps.push(step),
  );
  if (outcome.ok) {
    const { orgRoles, isGrafanaAdmin = null, groups, ...fields } = outcome.value;
    const [first] = groups;
    return {
      ...fields,
      groups: first === undefined ? null : groups,
      org_roles: byId(orgRoles),
      is_grafana_admin: isGrafanaAdmin,
    };
  }
  return {
    refusal: outcome.reason,
    email: settled(steps, 'email') ?? '',
    login: settled(steps, 'login') ?? '',
    name: settled(steps, 'name') ?? '',
    groups: settled(steps, 'groups') ?? null,
    org_roles: settled(steps, 'role', 'organisations') ?? null,
    is_grafana_admin: settled(steps, 'role', 'allow_assign_grafana_admin') ?? null,
  };
}

describe('userinfo', () => {
  test.each(asGrafana('userinfo'))('%s', async (_name, vector) => {
    const { error, ...expected } = vector.expect;
    const found = await run(vector);
    if (error !== undefined) expect(found.refusal).toBe(REFUSALS[String(error)]);
    // Grafana's own tests end before the login layer, which then refuses somebody without an address.
    else expect(found.refusal).toBe(found.email === '' ? 'email-missing' : undefined);
    expect(found).toMatchObject(expected);
  });

  test.each(stricter('userinfo'))('stricter: %s', (_name, vector) => {
    const broken = Object.keys(vector.settings).filter((option) => vector.settings[option] === '[');
    expect(settingsOf(vector)).toEqual({ ok: false, reason: broken.join() });
  });
});

describe('id_token_decode', () => {
  test.each(asGrafana('id_token_decode'))('%s', async (_name, vector) => {
    const claims = await readJwtPayload(vector.id_token_raw ?? '');
    expect(claims !== undefined).toBe(vector.expect.id_token_used);
    expect(claims?.email ?? null).toBe(vector.expect.email);
  });
});

describe('org_mapping_parse', () => {
  test.each(asGrafana('org_mapping_parse'))('%s', (_name, vector) => {
    const { org_mapping, role_attribute_strict } = vector.settings;
    const entries = (org_mapping ?? []) as readonly string[];
    const { mapping } = parseOrgMapping(entries, role_attribute_strict === true, orgsOf(vector));
    const parsed: Record<string, Record<string, string>> = {};
    for (const { external, target, role } of mapping.rules) {
      parsed[external] = { ...parsed[external], [target]: role };
    }
    expect(parsed).toEqual(vector.expect.mapping);
  });
});

describe('the units of org_mapping', () => {
  const units = VECTORS.filter(({ unit }) => unit);
  test('are fifteen', () => expect(units).toHaveLength(15));

  test.each(table(units))('%s', (_name, vector) => {
    const { unit, context } = vector;
    if (!unit) throw new Error('has no unit');
    const { mapping } = parseOrgMapping(unit.org_mapping, unit.strict, orgsOf(vector));
    const direct = unit.directly_mapped_role;
    const roles = mapOrgRoles(matchRules(mapping, unit.external_orgs), isRole(direct) ? direct : undefined, {
      isRoleStrict: unit.strict,
      orgs: context?.org_list_error ? new Map() : orgsOf(vector),
      autoAssign: { orgId: context?.auto_assign_org_id ?? 1, role: 'Viewer' },
    });
    expect(roles.ok ? byId(roles.value) : null).toEqual(unit.mapped);
  });
});

describe('split_string', () => {
  test.each(asGrafana('split_string'))('%s', (_name, { settings: { value }, expect: { list } }) => {
    expect(parseList(String(value))).toEqual(list);
  });

  test.each(stricter('split_string'))('stricter: %s', (_name, { settings: { value } }) => {
    expect(parseList(String(value))).toBe('malformed');
  });
});

describe('json_search', () => {
  test.each(asGrafana('json_search'))('%s', (_name, vector) => {
    const body = vector.raw_json === undefined ? vector.userinfo : parseJson(vector.raw_json);
    const read = settingsOf(vector);
    if (!read.ok) throw new Error(read.reason);
    const { emailPath, rolePath } = read.value;
    const { groups, value } = vector.expect;
    if (groups !== undefined) {
      const claims = body ? [{ source: 'userinfo', data: toBareObject(body) } as const] : [];
      expect(readProfile(claims, read.value, () => {}).groups).toEqual(groups);
    }
    const path = emailPath ?? rolePath;
    if (path) expect(readPath(path, toBareJson(body)).gave ?? '').toBe(value);
  });
});

describe('email_allowed', () => {
  test.each(asGrafana('email_allowed'))('%s', async (_name, vector) => {
    const found = await run(vector);
    expect(found.refusal === undefined).toBe(vector.expect.allowed);
  });
});

describe('settings_parse', () => {
  test.each(asGrafana('settings_parse'))('%s', (_name, { settings: given, expect: { parsed } }) => {
    const { team_ids, allowed_organizations, ...texts } = parsed as Members;
    expect(parseList(String(given.team_ids ?? ''))).toEqual(team_ids);
    expect(parseList(String(given.allowed_organizations ?? ''))).toEqual(allowed_organizations);
    for (const name of ['name_attribute_path', 'login_attribute_path']) {
      const compiled = compileExpression(String(given[name] ?? ''));
      expect(compiled.ok ? compiled.value.text : '').toBe(texts[name] ?? '');
    }
  });
});

test('the settings of the scene let everybody in, and change nothing', async () => {
  const sources: readonly Source[] = [{ name: 'userinfo', claims: { email: 'a@example.com' } }];
  const outcome = await identify(sources, settings(), asks({} as Vector));
  expect(outcome.ok && outcome.value).toMatchObject({
    sub: 'email:a@example.com',
    orgRoles: [[1, 'Viewer']],
  });
});
