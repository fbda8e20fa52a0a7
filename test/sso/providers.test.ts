import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/lib/sha256.ts';
import { Gateway, HOST, NOW, readProblem } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { ORIGIN, origin } from '../support/origin.ts';
import { CLIENT, PlainProvider, type Shape } from '../support/plain-provider.ts';

const PAGE = '/d/uid-one/demo?orgId=1';

type Vars = Readonly<Record<string, string>>;

/** A provider of Grafana's documentation: what it answers, what the operator sets, and who comes out. */
interface Case {
  readonly name: string;
  readonly shape: Shape;
  /** Without the prefix of the section, in lower case, as Grafana's documentation has them. */
  readonly options: Vars;
  readonly vars?: Vars;
  readonly person: Readonly<Record<string, unknown>>;
  /** What the provider is asked, once for one sign-in. */
  readonly asked: readonly string[];
}

const KEYCLOAK = 'https://keycloak.example.com/realms/example';
const BITBUCKET: Shape = {
  authorization: 'https://bitbucket.org/site/oauth2/authorize',
  token: 'https://bitbucket.org/site/oauth2/access_token',
  api: {
    'https://api.bitbucket.org/2.0/user': {
      type: 'user',
      uuid: '{2f0a9b7e-7b0e-4a87-9a2f-6d3c1a5c9f11}',
      account_id: '557058:2f0a9b7e',
      username: 'ann-example',
      nickname: 'ann',
      display_name: 'Ann Example',
      links: { self: { href: 'https://api.bitbucket.org/2.0/users/ann' } },
    },
    'https://api.bitbucket.org/2.0/user/emails': {
      pagelen: 10,
      page: 1,
      size: 2,
      values: [
        { type: 'email', email: 'old@example.com', is_primary: false, is_confirmed: true },
        { type: 'email', email: 'ann@example.com', is_primary: true, is_confirmed: true },
      ],
    },
    'https://api.bitbucket.org/2.0/user/permissions/workspaces': {
      pagelen: 10,
      values: [
        { permission: 'member', workspace: { type: 'workspace', slug: 'example-team', name: 'Example' } },
        { permission: 'owner', workspace: { type: 'workspace', slug: 'ann-example', name: 'Ann' } },
      ],
    },
  },
  extra: { scopes: 'email account', refresh_token: 'bitbucket-refresh-token', state: 'authorization_code' },
};

const BITBUCKET_OPTIONS: Vars = {
  name: 'BitBucket',
  scopes: 'account email',
  auth_url: 'https://bitbucket.org/site/oauth2/authorize',
  token_url: 'https://bitbucket.org/site/oauth2/access_token',
  api_url: 'https://api.bitbucket.org/2.0/user',
  teams_url: 'https://api.bitbucket.org/2.0/user/permissions/workspaces',
  team_ids_attribute_path: 'values[*].workspace.slug',
  team_ids: 'example-team',
  use_refresh_token: 'true',
};

const CASES: readonly Case[] = [
  {
    name: 'Auth0, whose issuer ends with a slash and whose own claims are addresses',
    shape: {
      authorization: 'https://example.eu.auth0.com/authorize',
      token: 'https://example.eu.auth0.com/oauth/token',
      keys: 'https://example.eu.auth0.com/.well-known/jwks.json',
      discovery: [
        'https://example.eu.auth0.com/.well-known/openid-configuration',
        {
          issuer: 'https://example.eu.auth0.com/',
          authorization_endpoint: 'https://example.eu.auth0.com/authorize',
          token_endpoint: 'https://example.eu.auth0.com/oauth/token',
          userinfo_endpoint: 'https://example.eu.auth0.com/userinfo',
          jwks_uri: 'https://example.eu.auth0.com/.well-known/jwks.json',
          id_token_signing_alg_values_supported: ['HS256', 'RS256'],
        },
      ],
      idToken: {
        iss: 'https://example.eu.auth0.com/',
        sub: 'auth0|64f0c0ffee',
        nickname: 'ann',
        name: 'Ann Example',
        email: 'ann@example.com',
        email_verified: true,
        'https://grafana.example.com/roles': ['admin'],
      },
      api: {
        'https://example.eu.auth0.com/userinfo': {
          sub: 'auth0|64f0c0ffee',
          nickname: 'ann',
          name: 'Ann Example',
          email: 'ann@example.com',
          email_verified: true,
          'https://grafana.example.com/roles': ['admin'],
        },
      },
      auth: 'post',
      extra: { scope: 'openid profile email offline_access', refresh_token: 'auth0-refresh-token' },
    },
    options: {
      name: 'Auth0',
      scopes: 'openid profile email offline_access',
      login_attribute_path: 'nickname',
      role_attribute_path: `contains("https://grafana.example.com/roles"[*], 'admin') && 'Admin' || 'Viewer'`,
      use_pkce: 'true',
    },
    vars: { SSO_ISSUER: 'https://example.eu.auth0.com/' },
    person: {
      sub: 'https://example.eu.auth0.com/|auth0|64f0c0ffee',
      login: 'ann',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'Admin',
      orgs: ['1/Admin'],
      groups: [],
    },
    asked: [
      'GET https://example.eu.auth0.com/.well-known/openid-configuration',
      // Basic first, since nobody said which.
      'POST https://example.eu.auth0.com/oauth/token',
      'POST https://example.eu.auth0.com/oauth/token',
      'GET https://example.eu.auth0.com/.well-known/jwks.json',
      'GET https://example.eu.auth0.com/userinfo',
    ],
  },
  {
    name: 'Bitbucket, which knows neither ID tokens nor sub, and has addresses and teams elsewhere',
    shape: BITBUCKET,
    options: BITBUCKET_OPTIONS,
    person: {
      sub: 'https://bitbucket.org|email:ann@example.com',
      login: 'ann-example',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'Viewer',
      orgs: ['1/Viewer'],
      groups: [],
    },
    asked: [
      'POST https://bitbucket.org/site/oauth2/access_token',
      'GET https://api.bitbucket.org/2.0/user',
      'GET https://api.bitbucket.org/2.0/user/emails',
      'GET https://api.bitbucket.org/2.0/user/permissions/workspaces',
    ],
  },
  {
    name: 'OneLogin, by its addresses, its keys and no issuer',
    shape: {
      authorization: 'https://example.onelogin.com/oidc/2/auth',
      token: 'https://example.onelogin.com/oidc/2/token',
      keys: 'https://example.onelogin.com/oidc/2/certs',
      idToken: {
        iss: 'https://example.onelogin.com/oidc/2',
        sub: '36401843',
        email: 'ann@example.com',
        preferred_username: 'ann',
        name: 'Ann Example',
      },
      api: {
        'https://example.onelogin.com/oidc/2/me': {
          sub: '36401843',
          email: 'ann@example.com',
          preferred_username: 'ann',
          name: 'Ann Example',
          groups: ['Administrators', 'Grafana users'],
        },
      },
    },
    options: {
      name: 'OneLogin',
      scopes: 'openid email name',
      auth_url: 'https://example.onelogin.com/oidc/2/auth',
      token_url: 'https://example.onelogin.com/oidc/2/token',
      api_url: 'https://example.onelogin.com/oidc/2/me',
      jwk_set_url: 'https://example.onelogin.com/oidc/2/certs',
      login_attribute_path: 'preferred_username',
      groups_attribute_path: 'groups',
      allowed_groups: '"Grafana users"',
      role_attribute_path: `contains(groups[*], 'Administrators') && 'GrafanaAdmin'`,
      allow_assign_grafana_admin: 'true',
    },
    person: {
      sub: 'https://example.onelogin.com/oidc/2|36401843',
      login: 'ann',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'GrafanaAdmin',
      orgs: ['1/Admin'],
      groups: ['Administrators', 'Grafana users'],
    },
    asked: [
      'POST https://example.onelogin.com/oidc/2/token',
      'GET https://example.onelogin.com/oidc/2/certs',
      'GET https://example.onelogin.com/oidc/2/me',
    ],
  },
  {
    name: 'Dex, whose groups have colons in them and lead to organisations',
    shape: {
      authorization: 'https://dex.example.com/dex/auth',
      token: 'https://dex.example.com/dex/token',
      keys: 'https://dex.example.com/dex/keys',
      discovery: [
        'https://dex.example.com/dex/.well-known/openid-configuration',
        {
          issuer: 'https://dex.example.com/dex',
          authorization_endpoint: 'https://dex.example.com/dex/auth',
          token_endpoint: 'https://dex.example.com/dex/token',
          userinfo_endpoint: 'https://dex.example.com/dex/userinfo',
          jwks_uri: 'https://dex.example.com/dex/keys',
          id_token_signing_alg_values_supported: ['RS256'],
        },
      ],
      idToken: {
        iss: 'https://dex.example.com/dex',
        sub: 'CgcyMzQyNzQ5EgZnaXRodWI',
        at_hash: 'not-looked-at',
        email: 'ann@example.com',
        email_verified: true,
        groups: ['example-org:platform', 'example-org'],
        name: 'Ann Example',
        preferred_username: 'ann',
      },
      api: {
        'https://dex.example.com/dex/userinfo': { sub: 'CgcyMzQyNzQ5EgZnaXRodWI', email: 'ann@example.com' },
      },
    },
    options: {
      name: 'Dex',
      scopes: 'openid email profile groups offline_access',
      login_attribute_path: 'preferred_username',
      groups_attribute_path: 'groups',
      org_attribute_path: 'groups',
      org_mapping: 'example-org\\:platform:1:Admin "example-org:Shop floor:Editor" nobody:3:Admin *:4:Viewer',
      role_attribute_strict: 'true',
    },
    vars: {
      SSO_ISSUER: 'https://dex.example.com/dex',
      GRAFANA_ORGS: '{"1":"Main Org.","2":"Shop floor","3":"Secret","4":"Everybody"}',
    },
    person: {
      sub: 'https://dex.example.com/dex|CgcyMzQyNzQ5EgZnaXRodWI',
      login: 'ann',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'Viewer',
      orgs: ['1/Admin', '2/Editor', '4/Viewer'],
      groups: ['example-org:platform', 'example-org'],
    },
    asked: [
      'GET https://dex.example.com/dex/.well-known/openid-configuration',
      'POST https://dex.example.com/dex/token',
      'GET https://dex.example.com/dex/keys',
      'GET https://dex.example.com/dex/userinfo',
    ],
  },
  {
    name: 'Keycloak, whose roles are in the access token alone',
    shape: {
      authorization: `${KEYCLOAK}/protocol/openid-connect/auth`,
      token: `${KEYCLOAK}/protocol/openid-connect/token`,
      keys: `${KEYCLOAK}/protocol/openid-connect/certs`,
      idToken: {
        iss: KEYCLOAK,
        azp: CLIENT.id,
        sub: 'e2a3c5f0-5d0b-4f4e-9a63-0b6c1f6d2a10',
        typ: 'ID',
        sid: '0b7c4b5e',
        preferred_username: 'ann',
        name: 'Ann Example',
        email: 'ann@example.com',
        email_verified: true,
      },
      accessToken: {
        iss: KEYCLOAK,
        aud: ['account', 'other'],
        azp: CLIENT.id,
        sub: 'e2a3c5f0-5d0b-4f4e-9a63-0b6c1f6d2a10',
        typ: 'Bearer',
        realm_access: { roles: ['offline_access', 'default-roles-example'] },
        resource_access: { grafana: { roles: ['editor'] } },
        groups: ['/staff', '/staff/on-call'],
      },
      api: {
        [`${KEYCLOAK}/protocol/openid-connect/userinfo`]: {
          sub: 'e2a3c5f0-5d0b-4f4e-9a63-0b6c1f6d2a10',
          username: 'ann',
          full_name: 'Ann Example',
          email: 'ann@example.com',
          email_verified: true,
        },
      },
      extra: { scope: 'openid email profile', 'not-before-policy': 0, session_state: '0b7c4b5e' },
    },
    options: {
      name: 'Keycloak-OAuth',
      scopes: 'openid email profile offline_access roles',
      email_attribute_path: 'email',
      login_attribute_path: 'username',
      name_attribute_path: 'full_name',
      auth_url: `${KEYCLOAK}/protocol/openid-connect/auth`,
      token_url: `${KEYCLOAK}/protocol/openid-connect/token`,
      api_url: `${KEYCLOAK}/protocol/openid-connect/userinfo`,
      jwk_set_url: `${KEYCLOAK}/protocol/openid-connect/certs`,
      groups_attribute_path: 'groups',
      allowed_groups: '/staff',
      role_attribute_path: `contains(resource_access.grafana.roles[*], 'admin') && 'Admin' || contains(resource_access.grafana.roles[*], 'editor') && 'Editor' || ''`,
      role_attribute_strict: 'true',
    },
    person: {
      sub: `${KEYCLOAK}|e2a3c5f0-5d0b-4f4e-9a63-0b6c1f6d2a10`,
      login: 'ann',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'Editor',
      orgs: ['1/Editor'],
      groups: ['/staff', '/staff/on-call'],
    },
    asked: [
      `POST ${KEYCLOAK}/protocol/openid-connect/token`,
      `GET ${KEYCLOAK}/protocol/openid-connect/certs`,
      `GET ${KEYCLOAK}/protocol/openid-connect/userinfo`,
    ],
  },
  {
    name: 'Descope, which wants the secret in the parameters',
    shape: {
      authorization: 'https://api.descope.com/oauth2/v1/authorize',
      token: 'https://api.descope.com/oauth2/v1/token',
      idToken: {
        iss: 'https://api.descope.com/P2example',
        sub: 'U2example',
        name: 'Ann Example',
        email: 'ann@example.com',
        amr: ['email'],
        drn: 'DS',
      },
      api: {
        'https://api.descope.com/oauth2/v1/userinfo': {
          sub: 'U2example',
          name: 'Ann Example',
          email: 'ann@example.com',
          email_verified: true,
          phone_number: '',
          roles: ['Grafana Editor'],
          tenants: { T2example: { roles: ['Tenant Admin'] } },
        },
      },
      auth: 'post',
      extra: { expires_in: '600' },
    },
    options: {
      name: 'Descope',
      scopes: 'openid profile email descope.claims descope.custom_claims',
      auth_url: 'https://api.descope.com/oauth2/v1/authorize',
      token_url: 'https://api.descope.com/oauth2/v1/token',
      api_url: 'https://api.descope.com/oauth2/v1/userinfo',
      auth_style: 'InParams',
      role_attribute_path: `contains(roles[*], 'Grafana Admin') && 'Admin' || contains(roles[*], 'Grafana Editor') && 'Editor'`,
      use_pkce: 'true',
    },
    person: {
      sub: 'https://api.descope.com/P2example|U2example',
      login: 'ann@example.com',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'Editor',
      orgs: ['1/Editor'],
      groups: [],
    },
    asked: ['POST https://api.descope.com/oauth2/v1/token', 'GET https://api.descope.com/oauth2/v1/userinfo'],
  },
  {
    name: 'Azure, which has no address but upn, and no userinfo',
    shape: {
      authorization: 'https://login.microsoftonline.com/0a1b/oauth2/authorize',
      token: 'https://login.microsoftonline.com/0a1b/oauth2/token',
      keys: 'https://login.microsoftonline.com/0a1b/discovery/keys',
      idToken: {
        iss: 'https://sts.windows.net/0a1b/',
        sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
        oid: 'd7a9f1b2-0000-4000-8000-7b2b5c1a9e10',
        tid: '0a1b',
        name: 'Ann Example',
        unique_name: 'ann@example.com',
        upn: 'ann@example.com',
        roles: ['Editor'],
        ver: '1.0',
      },
      extra: { expires_in: '3599', ext_expires_in: '3599', resource: '00000003-0000' },
    },
    options: {
      name: 'Azure AD',
      scopes: 'openid email profile',
      auth_url: 'https://login.microsoftonline.com/0a1b/oauth2/authorize',
      token_url: 'https://login.microsoftonline.com/0a1b/oauth2/token',
      api_url: '',
      jwk_set_url: 'https://login.microsoftonline.com/0a1b/discovery/keys',
      role_attribute_path: 'roles[0]',
      role_attribute_strict: 'true',
      allowed_domains: 'EXAMPLE.com',
    },
    person: {
      sub: 'https://sts.windows.net/0a1b/|AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      login: 'ann@example.com',
      name: 'Ann Example',
      email: 'ann@example.com',
      role: 'Editor',
      orgs: ['1/Editor'],
      groups: [],
    },
    asked: [
      'POST https://login.microsoftonline.com/0a1b/oauth2/token',
      'GET https://login.microsoftonline.com/0a1b/discovery/keys',
    ],
  },
];

function gatewayFor(options: Vars, vars: Vars = {}): Gateway {
  const named = Object.entries({ enabled: 'true', client_id: CLIENT.id, ...options }).map(
    ([option, value]) => [`GF_AUTH_GENERIC_OAUTH_${option.toUpperCase()}`, value],
  );
  return new Gateway({
    bindings: 'real',
    vars: {
      VISITORS: 'login',
      GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: CLIENT.secret,
      ...Object.fromEntries(named),
      ...vars,
    },
  });
}

/** What a browser does: out to the provider and back. The answer of the callback, and what it holds then. */
async function signIn(gateway: Gateway, provider: PlainProvider): Promise<{ answer: Response; jar: Jar }> {
  const jar = new Jar();
  const start = await gateway.fetchAs(jar, `/-/login/start?to=${encodeURIComponent(PAGE)}`);
  expect(start.status).toBe(303);
  jar.take(start);
  const callback = provider.authorize(start.headers.get('Location') ?? '');
  expect(new URL(callback).href).toContain(`https://${HOST}/login/generic_oauth?`);
  const answer = await gateway.fetchAs(jar, callback);
  return { answer, jar: jar.take(answer) };
}

describe('providers of Grafana’s documentation, through the whole flow', () => {
  test.each(CASES)('$name', async ({ shape, options, vars, person, asked }) => {
    const provider = new PlainProvider(shape, () => NOW).install();
    const gateway = gatewayFor(options, vars);
    const { answer, jar } = await signIn(gateway, provider);
    expect([answer.status, answer.headers.get('Location')], await answer.clone().text()).toEqual([303, PAGE]);
    expect(provider.asked).toEqual(asked);

    const page = await gateway.fetchAs(jar, PAGE);
    expect(page.status).toBe(200);
    const assertion = decodeJwt(origin.only.headers.get('X-JWT-Assertion') ?? '');
    const { iat, exp, iss, aud, ...claims } = assertion;
    expect({ ...claims, orgs: [...(claims.orgs as string[])].sort() }).toEqual({
      ...person,
      // Issuer and `sub`, as one name that no database takes for another.
      sub: sha256Hex(String(person.sub)),
    });
    expect([iat, iss, aud]).toEqual([NOW, `https://${HOST}`, ORIGIN]);
    expect(Number(exp) - NOW).toBeLessThanOrEqual(120);
    // Nobody is asked again while the session lives.
    expect(provider.asked).toEqual(asked);
  });
});

/** The same provider with other answers. */
function bitbucketWith(api: Readonly<Record<string, unknown>>): Shape {
  return { ...BITBUCKET, api: { ...BITBUCKET.api, ...api } };
}

interface RefusedCase {
  readonly what: string;
  readonly shape: Shape;
  readonly options?: Vars;
  readonly code: string;
}

const REFUSED: readonly RefusedCase[] = [
  {
    what: 'who is in no team',
    shape: bitbucketWith({ 'https://api.bitbucket.org/2.0/user/permissions/workspaces': { values: [] } }),
    code: 'sso_not_in_allowed_teams',
  },
  {
    what: 'whose teams cannot be had',
    shape: bitbucketWith({ 'https://api.bitbucket.org/2.0/user/permissions/workspaces': 500 }),
    code: 'sso_not_in_allowed_teams',
  },
  {
    what: 'whose addresses cannot be had',
    shape: bitbucketWith({ 'https://api.bitbucket.org/2.0/user/emails': 403 }),
    code: 'sso_email_unavailable',
  },
  {
    what: 'who has no primary address',
    shape: bitbucketWith({ 'https://api.bitbucket.org/2.0/user/emails': { values: [] } }),
    code: 'sso_email_missing',
  },
  {
    what: 'who is in no organisation',
    shape: bitbucketWith({ 'https://api.bitbucket.org/2.0/user/orgs': [{ login: 'others' }] }),
    options: { allowed_organizations: 'example' },
    code: 'sso_not_in_allowed_organizations',
  },
];

describe('somebody of a provider without ID tokens', () => {
  test.each(REFUSED)('$what is not let in', async ({ shape, options, code }) => {
    const provider = new PlainProvider(shape, () => NOW).install();
    const gateway = gatewayFor({ ...BITBUCKET_OPTIONS, ...options });
    const { answer, jar } = await signIn(gateway, provider);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const { code: refused, requestId } = await readProblem(answer);
    expect(refused).toBe(code);
    expect(jar.names).toEqual([]);
    expect(origin.received).toEqual([]);
    expect(
      gateway.events.filter((event) => event.requestId === requestId && event.event === 'sso.refused'),
    ).toHaveLength(1);
  });

  test('gets in where the token comes as a form, as old providers send it', async () => {
    const provider = new PlainProvider({ ...BITBUCKET, tokenAnswer: 'form' }, () => NOW).install();
    const { answer } = await signIn(gatewayFor(BITBUCKET_OPTIONS), provider);
    expect(answer.status).toBe(303);
  });

  test('is asked for teams by number where there is no address of teams, as old Grafana did', async () => {
    const { 'https://api.bitbucket.org/2.0/user/permissions/workspaces': _, ...api } = BITBUCKET.api ?? {};
    const teams = { 'https://api.bitbucket.org/2.0/user/teams': [{ id: 7 }, { id: 42 }] };
    const provider = new PlainProvider({ ...BITBUCKET, api: { ...api, ...teams } }, () => NOW).install();
    const { teams_url: _url, team_ids_attribute_path: _path, ...options } = BITBUCKET_OPTIONS;
    const { answer } = await signIn(gatewayFor({ ...options, team_ids: '42' }), provider);
    expect(answer.status).toBe(303);
  });
});

describe('a gateway that people reach under another name', () => {
  test('begins where the provider leads back to, and is the issuer under that name', async () => {
    const PUBLIC = 'https://dashboards.example.org';
    const provider = new PlainProvider(BITBUCKET, () => NOW).install();
    const gateway = gatewayFor(BITBUCKET_OPTIONS, { PUBLIC_URL: PUBLIC });
    const elsewhere = await gateway.fetch(`/-/login/start?to=${encodeURIComponent(PAGE)}`);
    const start = `${PUBLIC}/-/login/start?to=${encodeURIComponent(PAGE)}`;
    expect([elsewhere.status, elsewhere.headers.get('Location')]).toEqual([303, start]);
    expect(elsewhere.headers.getSetCookie()).toEqual([]);

    const jar = new Jar();
    const begun = await gateway.fetchAs(jar, start);
    const callback = provider.authorize(begun.headers.get('Location') ?? '');
    expect(callback).toContain(`${PUBLIC}/login/generic_oauth?`);
    jar.take(await gateway.fetchAs(jar.take(begun), callback));
    expect((await gateway.fetchAs(jar, `${PUBLIC}${PAGE}`)).status).toBe(200);
    expect(decodeJwt(origin.only.headers.get('X-JWT-Assertion') ?? '').iss).toBe(PUBLIC);
  });
});
