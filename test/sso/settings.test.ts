import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.ts';
import type { SsoOptions } from '../../src/sso/options.ts';
import { problemsOf, readRight } from '../support/config.ts';
import { oauth, SIGN_IN } from '../support/sso-settings.ts';
import vectors from '../vectors/generic-oauth.json';

const PREFIX = 'GF_AUTH_GENERIC_OAUTH_';

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly expect: Readonly<Record<string, unknown>>;
}

function vectorsOf(kind: string): readonly (readonly [name: string, vector: Vector])[] {
  const all = vectors.vectors as unknown as readonly Vector[];
  return all.filter((vector) => vector.kind === kind).map((vector) => [vector.name, vector]);
}

function readSso(vars: Readonly<Record<string, unknown>> = {}): SsoOptions {
  const { sso } = readRight({ ...SIGN_IN, ...vars });
  if (!sso) throw new Error('sign-in is off');
  return sso;
}

/** What a vector gives that does not apply here, and why. */
const DOES_NOT_APPLY: Readonly<Record<string, string>> = {
  requester_is_grafana_admin:
    "Grafana's SSO API asks who changes a setting. Here the operator alone sets variables, and no API changes them.",
};

/** What is said of each setting that Grafana's SSO API refuses. */
const SAID: Readonly<Record<string, string>> = {
  'validate: invalid field type': `${PREFIX}INVALID_FIELD is not a variable of Postern`,
  'validate: client_id empty': `${PREFIX}CLIENT_ID is missing: sign-in is enabled, and needs the client id that the provider gave out`,
  'validate: auth_url empty': `${PREFIX}AUTH_URL is missing: sign-in is enabled, and there is no SSO_ISSUER by which to find it`,
  'validate: token_url is a path': `${PREFIX}TOKEN_URL is not an absolute address`,
  'validate: teams_url with file scheme': `${PREFIX}TEAMS_URL is neither an http nor an https address`,
  'validate: team_ids string without teams_url/path': `${PREFIX}TEAM_IDS needs ${PREFIX}TEAMS_URL and ${PREFIX}TEAM_IDS_ATTRIBUTE_PATH; or neither of them, and ${PREFIX}API_URL`,
  'validate: team_ids array without teams_url/path': `${PREFIX}TEAM_IDS needs ${PREFIX}TEAMS_URL and ${PREFIX}TEAM_IDS_ATTRIBUTE_PATH; or neither of them, and ${PREFIX}API_URL`,
  'validate: login_prompt invalid': `${PREFIX}LOGIN_PROMPT is none of login, consent, select_account`,
};

describe("settings that Grafana's SSO API judges", () => {
  const cases = vectorsOf('settings_validate');

  test('are all here', () => {
    expect(cases).toHaveLength(12);
    const known = ['name', 'kind', 'source', 'settings', 'id_token_claims', 'userinfo', 'expect'];
    const further = new Set(cases.flatMap(([, vector]) => Object.keys(vector)));
    expect([...further].filter((key) => !known.includes(key))).toEqual(Object.keys(DOES_NOT_APPLY));
    const refused = cases
      .filter(
        ([
          ,
          {
            expect: { valid },
          },
        ]) => !valid,
      )
      .map(([name]) => name);
    expect(refused).toEqual(Object.keys(SAID));
  });

  test.each(cases)('%s', (name, { settings, expect: { valid } }) => {
    const vars = oauth({ enabled: 'true', ...settings });
    if (valid) expect(readRight(vars).sso).toBeDefined();
    else expect(problemsOf(vars)).toContain(SAID[name]);
  });
});

describe('settings as Grafana parses them', () => {
  const cases = vectorsOf('settings_parse');

  test('are all here', () => {
    expect(cases).toHaveLength(5);
  });

  test.each(cases)('%s', (_, { settings, expect: { parsed } }) => {
    // Teams and organisations are asked for below api_url, without which they cannot be restricted to.
    const { claims, provider } = readSso(oauth({ api_url: 'https://id.test/me', ...settings }));
    const read = {
      name_attribute_path: claims.namePath?.text ?? '',
      login_attribute_path: claims.loginPath?.text ?? '',
      id_token_attribute_name: provider.idTokenName,
      team_ids: claims.teamIds,
      allowed_organizations: claims.allowedOrganizations,
    };
    // Grafana puts `id_token` in the place of an empty name when it reads a token (generic_oauth.go).
    const expected = parsed as Readonly<Record<string, unknown>>;
    const isUnset = expected.id_token_attribute_name === '';
    expect(read).toMatchObject(isUnset ? { ...expected, id_token_attribute_name: 'id_token' } : expected);
  });
});

/** `conf/defaults.ini` of Grafana, and what stands for an empty `auth_style` and `id_token_attribute_name`. */
const DEFAULTS: Readonly<Record<string, string>> = {
  enabled: 'false',
  name: 'OAuth',
  icon: 'signin',
  client_id: 'some_id',
  client_secret: '',
  auth_url: '',
  token_url: '',
  api_url: '',
  auth_style: 'AutoDetect',
  scopes: 'user:email',
  empty_scopes: 'false',
  allow_sign_up: 'true',
  auto_login: 'false',
  id_token_attribute_name: 'id_token',
  login_attribute_path: '',
  name_attribute_path: '',
  email_attribute_path: '',
  email_attribute_name: 'email:primary',
  role_attribute_path: '',
  role_attribute_strict: 'false',
  org_attribute_path: '',
  org_mapping: '',
  allow_assign_grafana_admin: 'false',
  skip_org_role_sync: 'false',
  groups_attribute_path: '',
  allowed_groups: '',
  allowed_organizations: '',
  allowed_domains: '',
  team_ids: '',
  team_ids_attribute_path: '',
  teams_url: '',
  tls_client_cert: '',
  tls_client_key: '',
  tls_client_ca: '',
  tls_skip_verify_insecure: 'false',
  use_pkce: 'false',
  use_refresh_token: 'false',
  login_prompt: '',
  hosted_domain: '',
  signout_redirect_url: '',
  jwk_set_url: '',
  validate_id_token: 'false',
};

describe('the options of [auth.generic_oauth]', () => {
  const variables = Object.entries(VARIABLES).filter(([name]) => name.startsWith(PREFIX));

  test('are all there, with the defaults that Grafana has', () => {
    const fallbacks = variables.map(([name, { fallback }]) => [
      name.slice(PREFIX.length).toLowerCase(),
      fallback,
    ]);
    expect(Object.fromEntries(fallbacks)).toEqual(DEFAULTS);
  });

  test.each(variables)('%s reads the same unset as set to its default', (name, { schema, fallback }) => {
    if (fallback === '') return expect([undefined, []]).toContainEqual(schema.parse(undefined));
    // Of what has no effect, only what is set is told.
    const unset = schema.parse(undefined) ?? (name === `${PREFIX}SCOPES` ? ['user:email'] : false);
    return expect([unset]).toEqual([schema.parse(fallback)]);
  });

  test('ask for what OpenID Connect needs where an issuer is named, and nothing else is said', () => {
    const scopesOf = (vars: Record<string, string>) => readRight({ ...SIGN_IN, ...vars }).sso?.client.scopes;
    expect(scopesOf({})).toEqual(['user:email']);
    expect(scopesOf({ SSO_ISSUER: 'https://id.test' })).toEqual(['openid', 'email', 'profile']);
    expect(scopesOf({ SSO_ISSUER: 'https://id.test', ...oauth({ scopes: 'openid' }) })).toEqual(['openid']);
  });

  test('are off by default, and need little to be on', () => {
    expect(readRight().sso).toBeUndefined();
    expect(readSso()).toEqual({
      button: { name: 'OAuth', icon: 'signin' },
      autoLogin: false,
      allowSignUp: true,
      client: {
        id: 'grafana',
        secret: undefined,
        authStyle: 'auto-detect',
        scopes: ['user:email'],
        prompt: undefined,
        hostedDomain: undefined,
      },
      provider: {
        issuer: undefined,
        authorizationUrl: new URL('https://id.test/authorize'),
        tokenUrl: new URL('https://id.test/token'),
        userinfoUrl: undefined,
        keysUrl: new URL('https://id.test/keys'),
        idTokenName: 'id_token',
      },
      claims: {
        loginPath: undefined,
        namePath: undefined,
        emailPath: undefined,
        emailAttribute: 'email:primary',
        rolePath: undefined,
        isRoleStrict: false,
        mayAssignGrafanaAdmin: false,
        skipsOrgRoleSync: false,
        orgPath: undefined,
        orgMapping: { rules: [] },
        orgs: new Map(),
        autoAssign: { orgId: 1, role: 'Viewer' },
        groupsPath: undefined,
        allowedGroups: [],
        allowedOrganizations: [],
        allowedDomains: [],
        allowsUnverifiedEmail: true,
        teamIds: [],
        teamIdsPath: undefined,
        teamsUrl: undefined,
        hasUserinfo: false,
      },
      usesRefreshTokens: false,
      signOutUrl: undefined,
      signsOutAtProvider: false,
      sessionSeconds: 43_200,
      graceSeconds: 1800,
      presentation: {
        kind: 'jwt',
        header: 'X-JWT-Assertion',
        reserved: new Set(['admin', 'admin@localhost']),
      },
    } satisfies SsoOptions);
  });

  test('arrive where they belong', () => {
    const sso = readSso({
      ...oauth({
        name: ' Company account ',
        icon: 'shield',
        client_secret: 'shh',
        auth_url: 'https://id.test/authorize?tenant=a',
        api_url: 'https://id.test/me',
        auth_style: 'inPARAMS',
        scopes: 'openid email',
        allow_sign_up: 'no',
        auto_login: '1',
        id_token_attribute_name: 'idToken',
        login_attribute_path: 'a.login',
        name_attribute_path: 'a.name',
        email_attribute_path: 'a.email',
        email_attribute_name: 'mail',
        role_attribute_path: "'Editor'",
        role_attribute_strict: 'T',
        org_attribute_path: 'orgs',
        org_mapping: 'staff:Shop:Editor',
        allow_assign_grafana_admin: true,
        groups_attribute_path: 'groups',
        allowed_groups: 'one two',
        allowed_organizations: '["acme"]',
        allowed_domains: 'example.com',
        team_ids: 'red',
        team_ids_attribute_path: 'teams',
        teams_url: 'https://id.test/teams',
        use_refresh_token: 'on',
        login_prompt: 'select_account',
        hosted_domain: 'example.com',
        signout_redirect_url: 'https://id.test/logout?post_logout_redirect_uri=https%3A%2F%2Fdash.test',
      }),
      SSO_ISSUER: 'https://id.test/',
      SSO_SESSION_SECONDS: '60',
      SSO_GRACE_SECONDS: '0',
      GRAFANA_ORGS: '{"2":"Shop","10":"Main Org."}',
      GF_USERS_AUTO_ASSIGN_ORG_ID: '10',
      GF_USERS_AUTO_ASSIGN_ORG_ROLE: 'None',
    });
    expect(sso).toMatchObject({
      button: { name: 'Company account', icon: 'shield' },
      autoLogin: true,
      allowSignUp: false,
      client: {
        authStyle: 'in-params',
        scopes: ['openid', 'email'],
        prompt: 'select_account',
        hostedDomain: 'example.com',
      },
      provider: { issuer: 'https://id.test/', idTokenName: 'idToken' },
      claims: {
        loginPath: { text: 'a.login' },
        namePath: { text: 'a.name' },
        emailPath: { text: 'a.email' },
        emailAttribute: 'mail',
        rolePath: { text: "'Editor'" },
        isRoleStrict: true,
        mayAssignGrafanaAdmin: true,
        orgPath: { text: 'orgs' },
        orgMapping: { rules: [{ external: 'staff', target: 2, role: 'Editor' }] },
        orgs: new Map([
          [2, 'Shop'],
          [10, 'Main Org.'],
        ]),
        autoAssign: { orgId: 10, role: 'None' },
        groupsPath: { text: 'groups' },
        allowedGroups: ['one', 'two'],
        allowedOrganizations: ['acme'],
        allowedDomains: ['example.com'],
        teamIds: ['red'],
        teamIdsPath: { text: 'teams' },
        hasUserinfo: true,
      },
      usesRefreshTokens: true,
      sessionSeconds: 60,
      graceSeconds: 0,
    });
    expect(sso.client.secret?.reveal()).toBe('shh');
    expect(sso.provider.authorizationUrl?.href).toBe('https://id.test/authorize?tenant=a');
    expect(sso.provider.userinfoUrl?.href).toBe('https://id.test/me');
    expect(sso.claims.teamsUrl?.href).toBe('https://id.test/teams');
    expect(sso.signOutUrl?.searchParams.get('post_logout_redirect_uri')).toBe('https://dash.test');
  });

  test('may leave the endpoints to the issuer', () => {
    const unset = { GF_AUTH_GENERIC_OAUTH_AUTH_URL: '', GF_AUTH_GENERIC_OAUTH_TOKEN_URL: '' };
    const { provider } = readSso({ ...unset, SSO_ISSUER: 'http://localhost:9000/realms/a' });
    expect(provider).toMatchObject({
      issuer: 'http://localhost:9000/realms/a',
      authorizationUrl: undefined,
      tokenUrl: undefined,
    });
  });

  test('ask for no scope where scopes are to be empty', () => {
    expect(readSso(oauth({ empty_scopes: 'true', scopes: 'openid' })).client.scopes).toEqual([]);
  });

  test.each([
    ['InParams', 'in-params'],
    ['INHEADER', 'in-header'],
    ['autodetect', 'auto-detect'],
  ])('take %s as a way to send the secret', (text, style) => {
    expect(readSso(oauth({ auth_style: text })).client.authStyle).toBe(style);
  });

  test.each(['1', 't', 'T', 'true', 'TRUE', 'True', 'YES', 'yes', 'Yes', 'y', 'ON', 'on', 'On'])(
    'take %s for true, as Grafana does',
    (text) => expect(readSso(oauth({ auto_login: text })).autoLogin).toBe(true),
  );

  test.each(['0', 'f', 'F', 'false', 'FALSE', 'False', 'NO', 'no', 'No', 'n', 'OFF', 'off', 'Off'])(
    'take %s for false, as Grafana does',
    (text) => expect(readSso(oauth({ allow_sign_up: text })).allowSignUp).toBe(false),
  );

  test('lead people to the first organisation while auto_assign_org is off', () => {
    const vars = { GF_USERS_AUTO_ASSIGN_ORG: 'false', GF_USERS_AUTO_ASSIGN_ORG_ID: '7' };
    expect(readSso(vars).claims.autoAssign.orgId).toBe(1);
    expect(readSso({ ...vars, GF_USERS_AUTO_ASSIGN_ORG: 'true' }).claims.autoAssign.orgId).toBe(7);
  });
});

describe('how Grafana is told who somebody is', () => {
  test('by headers, with what each of them holds', () => {
    const { presentation } = readSso({
      ORIGIN_IDENTITY: 'auth-proxy',
      GF_AUTH_PROXY_HEADER_NAME: 'X-Sso-User',
      GF_AUTH_PROXY_HEADER_PROPERTY: 'email',
      GF_AUTH_PROXY_HEADERS: 'Role:X-Sso-Role, Groups:X-Sso-Groups',
      GF_AUTH_PROXY_HEADERS_ENCODED: 'true',
      GF_SECURITY_ADMIN_USER: 'Ｒoot',
      GF_SECURITY_ADMIN_EMAIL: 'Root@example.com',
    });
    expect(presentation).toEqual({
      kind: 'auth-proxy',
      header: 'X-Sso-User',
      property: 'email',
      fields: new Map([
        ['Role', 'X-Sso-Role'],
        ['Groups', 'X-Sso-Groups'],
      ]),
      isEncoded: true,
      reserved: new Set(['root', 'root@example.com']),
    });
  });

  test('and none of these names comes in from outside, whatever is chosen', () => {
    const vars = {
      GF_AUTH_PROXY_HEADER_NAME: 'X-A',
      GF_AUTH_PROXY_HEADERS: 'Name:X-B Email:X-C Login:X-D Role:X-E Groups:X_F',
      GF_AUTH_JWT_HEADER_NAME: 'X-G',
    };
    const claims = ['x-a', 'x-b', 'x-c', 'x-d', 'x-e', 'x-f', 'x-g'];
    expect(readRight(vars).headers.claims).toEqual(claims);
    expect(readRight({ ...SIGN_IN, ...vars }).headers.claims).toEqual(claims);
  });
});

test('people without a session are led to sign-in where there is one', () => {
  expect(readRight({ ...SIGN_IN, VISITORS: 'login' }).visitors).toBe('login');
});
