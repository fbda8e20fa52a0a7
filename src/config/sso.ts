import { foldAccountName } from '../sso/account-name.ts';
import type { ClaimSettings } from '../sso/claim-settings.ts';
import type { ClientOptions, PresentationOptions, ProviderOptions, SsoOptions } from '../sso/options.ts';
import { type OrgMapping, parseOrgMapping } from '../sso/org-mapping.ts';
import type { Values } from './values.ts';

/** Grafana's first organisation, where people belong while `auto_assign_org` is off. */
const FIRST_ORG_ID = 1;

/** Sign-in out of the variables; undefined where it is off. */
export function arrangeSso(values: Values): SsoOptions | undefined {
  if (!values.GF_AUTH_GENERIC_OAUTH_ENABLED) return undefined;
  return {
    button: { name: values.GF_AUTH_GENERIC_OAUTH_NAME, icon: values.GF_AUTH_GENERIC_OAUTH_ICON },
    autoLogin: values.GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN,
    allowSignUp: values.GF_AUTH_GENERIC_OAUTH_ALLOW_SIGN_UP,
    client: arrangeClient(values),
    provider: arrangeProvider(values),
    claims: arrangeClaims(values),
    usesRefreshTokens: values.GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN,
    signOutUrl: values.GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL,
    signsOutAtProvider: values.SSO_SIGN_OUT_AT_PROVIDER,
    sessionSeconds: values.SSO_SESSION_SECONDS,
    graceSeconds: values.SSO_GRACE_SECONDS,
    presentation: arrangePresentation(values),
  };
}

function arrangeClient(values: Values): ClientOptions {
  return {
    id: values.GF_AUTH_GENERIC_OAUTH_CLIENT_ID,
    secret: values.GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET,
    authStyle: values.GF_AUTH_GENERIC_OAUTH_AUTH_STYLE,
    scopes: listScopes(values),
    prompt: values.GF_AUTH_GENERIC_OAUTH_LOGIN_PROMPT,
    hostedDomain: values.GF_AUTH_GENERIC_OAUTH_HOSTED_DOMAIN,
  };
}

/** Grafana's default, and what a provider of OpenID Connect understands. */
const USUAL_SCOPES = { grafana: ['user:email'], openid: ['openid', 'email', 'profile'] };

/** What is asked for in the end. */
export function listScopes(values: Values): readonly string[] {
  if (values.GF_AUTH_GENERIC_OAUTH_EMPTY_SCOPES) return [];
  const usual = values.SSO_ISSUER === undefined ? USUAL_SCOPES.grafana : USUAL_SCOPES.openid;
  return values.GF_AUTH_GENERIC_OAUTH_SCOPES ?? usual;
}

function arrangeProvider(values: Values): ProviderOptions {
  return {
    issuer: values.SSO_ISSUER,
    authorizationUrl: values.GF_AUTH_GENERIC_OAUTH_AUTH_URL,
    tokenUrl: values.GF_AUTH_GENERIC_OAUTH_TOKEN_URL,
    userinfoUrl: values.GF_AUTH_GENERIC_OAUTH_API_URL,
    keysUrl: values.GF_AUTH_GENERIC_OAUTH_JWK_SET_URL,
    idTokenName: values.GF_AUTH_GENERIC_OAUTH_ID_TOKEN_ATTRIBUTE_NAME,
  };
}

function arrangeClaims(values: Values): ClaimSettings {
  return {
    loginPath: values.GF_AUTH_GENERIC_OAUTH_LOGIN_ATTRIBUTE_PATH,
    namePath: values.GF_AUTH_GENERIC_OAUTH_NAME_ATTRIBUTE_PATH,
    emailPath: values.GF_AUTH_GENERIC_OAUTH_EMAIL_ATTRIBUTE_PATH,
    emailAttribute: values.GF_AUTH_GENERIC_OAUTH_EMAIL_ATTRIBUTE_NAME,
    rolePath: values.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH,
    isRoleStrict: values.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT,
    mayAssignGrafanaAdmin: values.GF_AUTH_GENERIC_OAUTH_ALLOW_ASSIGN_GRAFANA_ADMIN,
    skipsOrgRoleSync: values.GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC,
    orgPath: values.GF_AUTH_GENERIC_OAUTH_ORG_ATTRIBUTE_PATH,
    orgMapping: readOrgMapping(values).mapping,
    orgs: values.GRAFANA_ORGS,
    autoAssign: { orgId: defaultOrgOf(values), role: values.GF_USERS_AUTO_ASSIGN_ORG_ROLE },
    groupsPath: values.GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH,
    allowedGroups: values.GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS,
    allowedOrganizations: values.GF_AUTH_GENERIC_OAUTH_ALLOWED_ORGANIZATIONS,
    allowedDomains: values.GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS,
    allowsUnverifiedEmail: values.SSO_UNVERIFIED_EMAIL === 'allow',
    teamIds: values.GF_AUTH_GENERIC_OAUTH_TEAM_IDS,
    teamIdsPath: values.GF_AUTH_GENERIC_OAUTH_TEAM_IDS_ATTRIBUTE_PATH,
    teamsUrl: values.GF_AUTH_GENERIC_OAUTH_TEAMS_URL,
    hasUserinfo: values.GF_AUTH_GENERIC_OAUTH_API_URL !== undefined,
  };
}

/** `org_mapping`, and what is wrong with entries of it. */
export function readOrgMapping(values: Values): {
  readonly mapping: OrgMapping;
  readonly problems: readonly string[];
} {
  return parseOrgMapping(
    values.GF_AUTH_GENERIC_OAUTH_ORG_MAPPING,
    values.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT,
    values.GRAFANA_ORGS,
  );
}

/** Where people belong whom no mapping leads elsewhere. */
export function defaultOrgOf(values: Values): number {
  return values.GF_USERS_AUTO_ASSIGN_ORG ? values.GF_USERS_AUTO_ASSIGN_ORG_ID : FIRST_ORG_ID;
}

function arrangePresentation(values: Values): PresentationOptions {
  const reserved = new Set(
    [values.GF_SECURITY_ADMIN_USER, values.GF_SECURITY_ADMIN_EMAIL].map(foldAccountName),
  );
  if (values.ORIGIN_IDENTITY === 'jwt')
    return { kind: 'jwt', header: values.GF_AUTH_JWT_HEADER_NAME, reserved };
  return {
    kind: 'auth-proxy',
    header: values.GF_AUTH_PROXY_HEADER_NAME,
    property: values.GF_AUTH_PROXY_HEADER_PROPERTY,
    fields: values.GF_AUTH_PROXY_HEADERS,
    isEncoded: values.GF_AUTH_PROXY_HEADERS_ENCODED,
    reserved,
  };
}
