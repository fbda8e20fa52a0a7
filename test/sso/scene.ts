import { toBase64Url, utf8 } from '../../src/lib/bytes.ts';
import type { ClaimSettings } from '../../src/sso/claim-settings.ts';
import { compileExpression, type Expression } from '../../src/sso/expression.ts';
import { identify } from '../../src/sso/identify.ts';
import { NO_ORG_MAPPING } from '../../src/sso/org-mapping.ts';
import type { FurtherAnswers, Source, SourceName } from '../../src/sso/person.ts';
import type { Step } from '../../src/sso/steps.ts';

/** A JMESPath that is known to be one. */
export function path(text: string): Expression {
  const compiled = compileExpression(text);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.reason}`);
  return compiled.value;
}

/** Nothing set but what a test is about. */
export function settings(set: Partial<ClaimSettings> = {}): ClaimSettings {
  return {
    loginPath: undefined,
    namePath: undefined,
    emailPath: undefined,
    emailAttribute: 'email:primary',
    rolePath: undefined,
    isRoleStrict: false,
    mayAssignGrafanaAdmin: false,
    skipsOrgRoleSync: false,
    orgPath: undefined,
    orgMapping: NO_ORG_MAPPING,
    orgs: new Map(),
    autoAssign: { orgId: 1, role: 'Viewer' },
    groupsPath: undefined,
    allowedGroups: [],
    allowedOrganizations: [],
    allowedDomains: [],
    teamIds: [],
    teamIdsPath: undefined,
    teamsUrl: undefined,
    allowsUnverifiedEmail: true,
    hasUserinfo: true,
    ...set,
  };
}

/** Answers of a provider; one that a test does not give cannot be had. */
export function answers(given: { emails?: unknown; teams?: unknown; organizations?: unknown } = {}) {
  const asked: string[] = [];
  const answer = (name: keyof typeof given) => async () => {
    asked.push(name);
    return given[name];
  };
  const ask: FurtherAnswers = {
    emails: answer('emails'),
    teams: answer('teams'),
    organizations: answer('organizations'),
  };
  return { ask, asked };
}

type Sources = Partial<Record<SourceName, Readonly<Record<string, unknown>>>>;

export function sourcesOf(claims: Sources): readonly Source[] {
  return (['id_token', 'userinfo', 'access_token'] as const).flatMap((name) => {
    const held = claims[name];
    return held === undefined ? [] : [{ name, claims: held }];
  });
}

/** Signs somebody in whose claims stand in an ID token alone. */
export async function signIn(
  claims: Readonly<Record<string, unknown>>,
  set: Partial<ClaimSettings> = {},
  given: Parameters<typeof answers>[0] = {},
) {
  return signInWith({ id_token: claims }, set, given);
}

export async function signInWith(
  claims: Sources,
  set: Partial<ClaimSettings> = {},
  given: Parameters<typeof answers>[0] = {},
) {
  const steps: Step[] = [];
  const { ask, asked } = answers(given);
  const outcome = await identify(sourcesOf(claims), settings(set), ask, (step) => steps.push(step));
  return {
    steps,
    asked,
    person: outcome.ok ? outcome.value : undefined,
    refusal: outcome.ok ? undefined : outcome.reason,
  };
}

/** A JWT that nobody signed. */
export function jwtOf(payload: unknown, header: unknown = { alg: 'RS256', typ: 'JWT' }): string {
  const encode = (value: unknown) => toBase64Url(utf8(JSON.stringify(value)));
  return `${encode(header)}.${encode(payload)}.c2ln`;
}
