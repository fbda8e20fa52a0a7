import { orgsInReach } from '../sso/org-mapping.ts';
import { listScopes, readOrgMapping } from './sso.ts';
import type { Values } from './values.ts';

const ALLOW_LISTS = [
  'GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS',
  'GF_AUTH_GENERIC_OAUTH_ALLOWED_ORGANIZATIONS',
  'GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS',
  'GF_AUTH_GENERIC_OAUTH_TEAM_IDS',
] as const satisfies readonly (keyof Values)[];

/** What is allowed with sign-in but probably not meant, one sentence each. */
export function findSsoWarnings(values: Values): string[] {
  if (!values.GF_AUTH_GENERIC_OAUTH_ENABLED) return [];
  return [
    ...ALLOW_LISTS.filter((name) => values[name] === 'malformed').map(
      (name) => `${name}: is not a list, so nobody can sign in`,
    ),
    ...findMappingWarnings(values),
    ...SUSPICIONS.filter(({ isRaised }) => isRaised(values)).map(({ says }) => says),
  ];
}

function findMappingWarnings(values: Values): string[] {
  if (values.GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC) return [];
  const { mapping, problems } = readOrgMapping(values);
  const consequence = values.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT
    ? 'role_attribute_strict is set, so the whole mapping is dropped'
    : 'the entry is left out';
  const warnings = problems.map((problem) => `GF_AUTH_GENERIC_OAUTH_ORG_MAPPING: ${problem}; ${consequence}`);
  if (orgsInReach(mapping) === 'all' && values.GRAFANA_ORGS.size === 0)
    warnings.push(
      'GF_AUTH_GENERIC_OAUTH_ORG_MAPPING: has an entry for all organisations (*), and GRAFANA_ORGS does not name them: nobody for whom it holds gets roles',
    );
  return warnings;
}

interface Suspicion {
  readonly isRaised: (values: Values) => boolean;
  readonly says: string;
}

const SUSPICIONS: readonly Suspicion[] = [
  {
    isRaised: (values) => values.GF_AUTH_GENERIC_OAUTH_USE_PKCE === false,
    says: 'GF_AUTH_GENERIC_OAUTH_USE_PKCE: false has no effect, PKCE is always used',
  },
  {
    isRaised: (values) => values.GF_AUTH_GENERIC_OAUTH_VALIDATE_ID_TOKEN === false,
    says: 'GF_AUTH_GENERIC_OAUTH_VALIDATE_ID_TOKEN: false has no effect, ID tokens are verified wherever the keys of the provider are known',
  },
  {
    isRaised: (values) => !values.SSO_ISSUER && !values.GF_AUTH_GENERIC_OAUTH_JWK_SET_URL,
    says: 'SSO_ISSUER: is not set, nor is GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: signatures of ID tokens cannot be verified, what they say is believed because it comes from the token endpoint itself',
  },
  {
    isRaised: (values) => values.SSO_ISSUER !== undefined && !listScopes(values).includes('openid'),
    says: 'GF_AUTH_GENERIC_OAUTH_SCOPES: has no openid, without which most providers of OpenID Connect hand out no ID token',
  },
  {
    isRaised: (values) => values.SSO_SIGN_OUT_AT_PROVIDER && !values.SSO_ISSUER,
    says: 'SSO_SIGN_OUT_AT_PROVIDER: has no effect without SSO_ISSUER, by which the address for it is found',
  },
  {
    isRaised: (values) => values.ORIGIN_IDENTITY === 'auth-proxy' && values.GF_AUTH_PROXY_HEADERS.has('Name'),
    says: 'GF_AUTH_PROXY_HEADERS: has Name. People who choose their own name can take the place of others in the cache of auth.proxy, unless Grafana has sync_ttl = 0: leave Name out, or use ORIGIN_IDENTITY=jwt',
  },
  {
    isRaised: (values) =>
      values.ORIGIN_IDENTITY === 'auth-proxy' &&
      !values.GF_AUTH_PROXY_HEADERS.has('Role') &&
      !values.GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC,
    says: 'GF_AUTH_PROXY_HEADERS: has no Role, so Grafana learns no roles',
  },
];
