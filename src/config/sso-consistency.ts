import { classOf, foldName } from '../headers/names.ts';
import { isReservedOriginHeader } from '../origin/options.ts';
import type { AllowList } from '../sso/claim-settings.ts';
import { orgsInReach } from '../sso/org-mapping.ts';
import { type ConfigMistake, mistakeOf } from './mistakes.ts';
import { defaultOrgOf, readOrgMapping } from './sso.ts';
import type { Values } from './values.ts';
import { VARIABLES } from './variables.ts';

/** A mistake that lies between variables of sign-in. */
interface Rule {
  /** The variable of which it is told. */
  readonly variable: keyof typeof VARIABLES;
  readonly isBroken: (values: Values) => boolean;
  readonly problem: string;
}

/** What has to hold where sign-in is enabled. */
const RULES: readonly Rule[] = [
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_CLIENT_ID',
    isBroken: (values) =>
      values.GF_AUTH_GENERIC_OAUTH_CLIENT_ID === VARIABLES.GF_AUTH_GENERIC_OAUTH_CLIENT_ID.fallback,
    problem: 'is missing: sign-in is enabled, and needs the client id that the provider gave out',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_AUTH_URL',
    isBroken: (values) => values.GF_AUTH_GENERIC_OAUTH_AUTH_URL === undefined && !values.SSO_ISSUER,
    problem: 'is missing: sign-in is enabled, and there is no SSO_ISSUER by which to find it',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_TOKEN_URL',
    isBroken: (values) => values.GF_AUTH_GENERIC_OAUTH_TOKEN_URL === undefined && !values.SSO_ISSUER,
    problem: 'is missing: sign-in is enabled, and there is no SSO_ISSUER by which to find it',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_TEAM_IDS',
    isBroken: (values) => restricts(values.GF_AUTH_GENERIC_OAUTH_TEAM_IDS) && !canAskTeams(values),
    problem:
      'needs GF_AUTH_GENERIC_OAUTH_TEAMS_URL and GF_AUTH_GENERIC_OAUTH_TEAM_IDS_ATTRIBUTE_PATH; or neither of them, and GF_AUTH_GENERIC_OAUTH_API_URL',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS',
    isBroken: (values) =>
      restricts(values.GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS) &&
      !values.GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH,
    problem: 'needs GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: nobody would be in a group without it',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_ALLOWED_ORGANIZATIONS',
    isBroken: (values) =>
      restricts(values.GF_AUTH_GENERIC_OAUTH_ALLOWED_ORGANIZATIONS) && !values.GF_AUTH_GENERIC_OAUTH_API_URL,
    problem: 'needs GF_AUTH_GENERIC_OAUTH_API_URL, below which organisations are asked for (/orgs)',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_ALLOW_ASSIGN_GRAFANA_ADMIN',
    isBroken: (values) =>
      values.GF_AUTH_GENERIC_OAUTH_ALLOW_ASSIGN_GRAFANA_ADMIN &&
      values.GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC,
    problem: 'contradicts GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC, with which no role is looked for',
  },
  {
    variable: 'GF_AUTH_GENERIC_OAUTH_VALIDATE_ID_TOKEN',
    isBroken: (values) =>
      values.GF_AUTH_GENERIC_OAUTH_VALIDATE_ID_TOKEN === true &&
      !values.SSO_ISSUER &&
      !values.GF_AUTH_GENERIC_OAUTH_JWK_SET_URL,
    problem: "needs the provider's keys: SSO_ISSUER or GF_AUTH_GENERIC_OAUTH_JWK_SET_URL",
  },
  {
    variable: 'ORIGIN_IDENTITY',
    isBroken: (values) =>
      values.ORIGIN_IDENTITY === 'auth-proxy' && values.GF_AUTH_GENERIC_OAUTH_ALLOW_ASSIGN_GRAFANA_ADMIN,
    problem:
      'cannot carry a server administrator by headers, which GF_AUTH_GENERIC_OAUTH_ALLOW_ASSIGN_GRAFANA_ADMIN asks for: use jwt',
  },
  {
    variable: 'ORIGIN_IDENTITY',
    isBroken: (values) => values.ORIGIN_IDENTITY === 'auth-proxy' && leavesDefaultOrg(values),
    problem:
      "cannot carry by headers what GF_AUTH_GENERIC_OAUTH_ORG_MAPPING leads to, which is more than Grafana's default organisation: use jwt",
  },
];

/** Mistakes that lie between variables of sign-in. */
export function findSsoMistakes(values: Values, texts: Readonly<Record<string, string>>): ConfigMistake[] {
  if (!values.GF_AUTH_GENERIC_OAUTH_ENABLED)
    return values.VISITORS === 'login' ? [mistakeOf('VISITORS', NO_SIGN_IN, texts)] : [];
  return [
    ...RULES.filter(({ isBroken }) => isBroken(values)).map(({ variable, problem }) =>
      mistakeOf(variable, problem, texts),
    ),
    ...findHeaderMistakes(values, texts),
  ];
}

const NO_SIGN_IN = 'is login, and there is no sign-in: GF_AUTH_GENERIC_OAUTH_ENABLED is not true';

/** Whether a list keeps anybody out who is not on it. A malformed one keeps everybody out, and is told as a warning. */
function restricts(list: AllowList): boolean {
  return list !== 'malformed' && list.length > 0;
}

/** By `teams_url` and a path, or in Grafana's former way by `<api_url>/teams`, whose ids need no path. */
function canAskTeams(values: Values): boolean {
  const hasUrl = values.GF_AUTH_GENERIC_OAUTH_TEAMS_URL !== undefined;
  const hasPath = values.GF_AUTH_GENERIC_OAUTH_TEAM_IDS_ATTRIBUTE_PATH !== undefined;
  return hasUrl === hasPath && (hasUrl || values.GF_AUTH_GENERIC_OAUTH_API_URL !== undefined);
}

function leavesDefaultOrg(values: Values): boolean {
  if (values.GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC) return false;
  const reach = orgsInReach(readOrgMapping(values).mapping);
  return reach === 'all' || [...reach].some((orgId) => orgId !== defaultOrgOf(values));
}

type HeaderVariable = 'GF_AUTH_JWT_HEADER_NAME' | 'GF_AUTH_PROXY_HEADER_NAME' | 'GF_AUTH_PROXY_HEADERS';

/** An identity goes to the origin under names of its own, so that nothing overwrites it, and it overwrites nothing. */
function findHeaderMistakes(values: Values, texts: Readonly<Record<string, string>>): ConfigMistake[] {
  const taken = new Set(Object.keys(values.ORIGIN_HEADERS).map(foldName));
  const mistakes: ConfigMistake[] = [];
  for (const [variable, name] of listIdentityHeaders(values)) {
    const folded = foldName(name);
    if (isOfGateway(name)) mistakes.push(mistakeOf(variable, OF_GATEWAY, texts));
    else if (taken.has(folded)) mistakes.push(mistakeOf(variable, TAKEN, texts));
    taken.add(folded);
  }
  return mistakes;
}

const OF_GATEWAY = 'names a header that the gateway sets itself, or that belongs to the message';
const TAKEN = 'names a header that carries something else to the origin already';

function listIdentityHeaders(values: Values): (readonly [variable: HeaderVariable, name: string])[] {
  if (values.ORIGIN_IDENTITY === 'jwt') return [['GF_AUTH_JWT_HEADER_NAME', values.GF_AUTH_JWT_HEADER_NAME]];
  const further = [...values.GF_AUTH_PROXY_HEADERS.values()];
  return [
    ['GF_AUTH_PROXY_HEADER_NAME', values.GF_AUTH_PROXY_HEADER_NAME],
    ...further.map((name) => ['GF_AUTH_PROXY_HEADERS', name] as const),
  ];
}

function isOfGateway(name: string): boolean {
  const folded = foldName(name);
  return (
    isReservedOriginHeader(folded) ||
    classOf(folded) === 'hop' ||
    classOf(folded) === 'message' ||
    /^(?:forwarded|x-real-ip|x-forwarded-(?:for|host|proto))$/.test(folded)
  );
}
