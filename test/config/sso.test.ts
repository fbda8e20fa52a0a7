import { describe, expect, test } from 'vitest';
import { messagesOf, problemsOf, readRight } from '../support/config.ts';
import { oauth, SIGN_IN } from '../support/sso-settings.ts';

/** Left out of {@link SIGN_IN}. */
const NO_ENDPOINTS = oauth({ auth_url: '', token_url: '' });
const PROXY = { ORIGIN_IDENTITY: 'auth-proxy', GF_AUTH_PROXY_HEADERS: 'Role:X-WEBAUTH-ROLE' };

const warningsOf = (vars: Readonly<Record<string, unknown>>) => readRight({ ...SIGN_IN, ...vars }).warnings;

/** Wrong values of one variable, and what is said of each; wrong whether sign-in is on or not. */
const WRONG_FORMS: readonly (readonly [option: string, value: unknown, problem: string])[] = [
  ['enabled', 'maybe', 'is neither true nor false'],
  ['enabled', 'tRUE', 'is neither true nor false'],
  ['name', 'a\nb', 'has a line break or another control character'],
  ['client_id', '$__env{ID}', 'is to be filled in by Grafana ($__…): set the value itself'],
  ['client_secret', 'hunter2 ', 'begins or ends with white space'],
  ['client_secret', 'hun\nter2', 'has a line break or another control character'],
  ['client_secret', '$__file{/etc/hunter2}', 'is to be filled in by Grafana ($__…): set the value itself'],
  ['auth_url', 'id.test/authorize', 'is not an absolute address'],
  ['auth_url', '/authorize', 'is not an absolute address'],
  ['auth_url', 'http://id.test/authorize', 'is not an https address (http is for this machine alone)'],
  ['token_url', 'https://u:hunter2@id.test/token', 'carries credentials'],
  ['api_url', 'https://id.test/me#a', 'has a fragment'],
  ['teams_url', 'file://teams', 'is neither an http nor an https address'],
  [
    'jwk_set_url',
    'http://localhost.id.test/keys',
    'is not an https address (http is for this machine alone)',
  ],
  ['signout_redirect_url', 'javascript:alert(1)', 'is neither an http nor an https address'],
  ['auth_style', 'basic', 'is none of InParams, InHeader, AutoDetect'],
  ['scopes', '[openid]', 'begins with [ and is not a JSON list of texts'],
  ['org_mapping', '["a:1", 2]', 'begins with [ and is not a JSON list of texts'],
  ['login_prompt', 'Login', 'is none of login, consent, select_account'],
  ['tls_client_ca', '/etc/ca.pem', 'a Worker trusts the public certificate authorities'],
  ['tls_client_ca', '/etc/ca.pem', 'through a tunnel'],
  ['tls_skip_verify_insecure', 'true', 'a Worker trusts the public certificate authorities'],
  ['tls_client_cert', '/etc/tls.pem', 'npx wrangler mtls-certificate upload'],
  ['tls_client_key', '/etc/tls.key', 'bind it as SSO_MTLS'],
];

const PATHS = ['login', 'name', 'email', 'role', 'org', 'groups', 'team_ids'].map(
  (name) => `${name}_attribute_path`,
);

describe('an option of [auth.generic_oauth] that is not in its form', () => {
  test.each(WRONG_FORMS)('%s=%s is a mistake, on or off', (option, value, problem) => {
    const vars = oauth({ [option]: value });
    const variable = Object.keys(vars).join();
    for (const mistakes of [problemsOf(vars), problemsOf({ ...SIGN_IN, ...vars })]) {
      expect(mistakes).toEqual([expect.stringContaining(`${variable} `)]);
      expect(mistakes[0]).toContain(problem);
    }
  });

  test.each(PATHS)('%s that is no JMESPath is a mistake that shows where', (option) => {
    expect(problemsOf(oauth({ [option]: 'groups[' }))).toEqual([
      expect.stringMatching(/_ATTRIBUTE_PATH is not a JMESPath expression: .{5}/),
    ]);
    expect(problemsOf(oauth({ [option]: 'uper(name)' }))).toEqual([
      expect.stringContaining('is not a JMESPath expression: there is no function uper()'),
    ]);
    expect(readRight({ ...SIGN_IN, ...oauth({ [option]: 'upper(name)' }) }).sso).toBeDefined();
  });

  test('that nobody knows is a mistake, also as a list', () => {
    const list = oauth({ allowed_domain: ['example.com'] });
    for (const vars of [list, oauth({ allowed_domain: 'example.com' })])
      expect(messagesOf(vars)).toContain('did you mean GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS?');
  });

  test('repeats no secret', () => {
    const wrong = WRONG_FORMS.map(([option, value]) => oauth({ [option]: value }));
    const keys = oauth({ tls_client_key: '-----hunter2', tls_client_cert: '-----hunter2' });
    const queries = oauth({ auth_url: 'https://id.test/a#?key=hunter2', client_secret: 'hunter2\n' });
    for (const vars of [...wrong, keys, queries]) {
      expect(messagesOf(vars)).not.toMatch(/hun|ter2/);
      expect(messagesOf({ ...SIGN_IN, ...vars })).not.toMatch(/hun|ter2/);
    }
  });
});

/** Wrong values of the other variables of sign-in. */
const WRONG_OTHERS: readonly (readonly [variable: string, value: unknown, problem: string])[] = [
  ['SSO_ISSUER', 'id.test', 'is not an absolute address'],
  ['SSO_ISSUER', 'https:id.test', 'is not an absolute address'],
  ['SSO_ISSUER', ' https://id.test', 'has white space in it'],
  ['SSO_ISSUER', 'http://id.test', 'is not an https address (http is for this machine alone)'],
  ['SSO_ISSUER', 'https://u:hunter2@id.test', 'carries credentials'],
  ['SSO_ISSUER', 'https://id.test/?a=b', 'has a query or a fragment'],
  ['SSO_ISSUER', 'https://id.test/#a', 'has a query or a fragment'],
  [
    'SSO_ISSUER',
    'https://id.test/.well-known/openid-configuration',
    'is the address of the discovery document',
  ],
  ['SSO_SESSION_SECONDS', '0', 'is not between 1 and 31536000'],
  ['SSO_GRACE_SECONDS', '86401', 'is not between 0 and 86400'],
  ['GRAFANA_ORGS', '["Main Org."]', 'is not a JSON object of ids and names'],
  ['GRAFANA_ORGS', '{"one":"Main Org."}', 'has an id that is not a positive whole number'],
  ['GRAFANA_ORGS', '{"0":"Main Org."}', 'has an id that is not a positive whole number'],
  ['GRAFANA_ORGS', '{"1":2}', 'is not a text'],
  ['GRAFANA_ORGS', '{"1":""}', 'is empty'],
  ['GRAFANA_ORGS', '{"1":"a","2":"a"}', 'has one name for two organisations'],
  ['GF_USERS_AUTO_ASSIGN_ORG', 'maybe', 'is neither true nor false'],
  ['GF_USERS_AUTO_ASSIGN_ORG_ID', '0', 'is not between 1 and 2147483647'],
  ['GF_USERS_AUTO_ASSIGN_ORG_ROLE', 'viewer', 'is none of None, Viewer, Editor, Admin'],
  ['ORIGIN_IDENTITY', 'proxy', 'is neither jwt nor auth-proxy'],
  ['GF_AUTH_PROXY_HEADER_PROPERTY', 'login', 'is neither username nor email'],
  ['GF_AUTH_PROXY_HEADERS_ENCODED', 'maybe', 'is neither true nor false'],
  [
    'GF_AUTH_PROXY_HEADERS',
    'X-WEBAUTH-NAME',
    'has a pair that does not begin with Name, Email, Login, Role or Groups',
  ],
  ['GF_AUTH_PROXY_HEADERS', 'role:X-WEBAUTH-ROLE', 'has a pair that does not begin with Name'],
  ['GF_AUTH_PROXY_HEADERS', 'Team:X-WEBAUTH-TEAM', 'has a pair that does not begin with Name'],
  ['GF_AUTH_PROXY_HEADERS', 'Role:X@Y', 'has a name that is not a header name'],
  ['GF_AUTH_PROXY_HEADERS', 'Role:', 'has a name that is not a header name'],
  ['GF_AUTH_PROXY_HEADERS', 'Role:X-A Role:X-B', 'has two headers for one thing'],
  ['GF_AUTH_PROXY_HEADERS', 'Role:X-A Name:x_a', 'has one header for two things'],
  ['GF_SECURITY_ADMIN_USER', 'a\tb', 'has a line break or another control character'],
];

describe('another variable of sign-in that is not in its form', () => {
  test.each(WRONG_OTHERS)('%s=%s is a mistake, on or off', (variable, value, problem) => {
    for (const mistakes of [
      problemsOf({ [variable]: value }),
      problemsOf({ ...SIGN_IN, [variable]: value }),
    ]) {
      expect(mistakes).toEqual([expect.stringContaining(`${variable} `)]);
      expect(mistakes[0]).toContain(problem);
    }
    expect(messagesOf({ [variable]: value })).not.toContain('hunter2');
  });
});

type Vars = Readonly<Record<string, unknown>>;

/** What contradicts itself where sign-in is on; what is said; and what would be right. */
const CONTRADICTIONS: readonly (readonly [what: string, wrong: Vars, said: RegExp, right: Vars])[] = [
  ['no client id', oauth({ client_id: '' }), /^GF_.*CLIENT_ID is missing/, {}],
  ["Grafana's own placeholder", oauth({ client_id: 'some_id' }), /^GF_.*CLIENT_ID is missing/, {}],
  [
    'no auth_url',
    oauth({ auth_url: '' }),
    /^GF_.*AUTH_URL is missing/,
    oauth({ auth_url: 'https://a.test' }),
  ],
  [
    'no token_url',
    oauth({ token_url: '' }),
    /^GF_.*TOKEN_URL is missing/,
    { ...NO_ENDPOINTS, SSO_ISSUER: 'https://a.test', ...oauth({ scopes: 'openid' }) },
  ],
  [
    'teams without an address',
    oauth({ team_ids: 'a', team_ids_attribute_path: 'b', api_url: 'https://id.test/me' }),
    /TEAM_IDS needs/,
    oauth({ team_ids: 'a', team_ids_attribute_path: 'b', teams_url: 'https://id.test/t' }),
  ],
  [
    'teams without a path',
    oauth({ team_ids: 'a', teams_url: 'https://id.test/t', api_url: 'https://id.test/me' }),
    /TEAM_IDS needs/,
    oauth({ team_ids: '1', api_url: 'https://id.test/me' }),
  ],
  [
    'groups without a path',
    oauth({ allowed_groups: 'a' }),
    /ALLOWED_GROUPS needs GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH/,
    oauth({ allowed_groups: 'a', groups_attribute_path: 'groups' }),
  ],
  [
    'organisations without api_url',
    oauth({ allowed_organizations: 'a' }),
    /ALLOWED_ORGANIZATIONS needs GF_AUTH_GENERIC_OAUTH_API_URL/,
    oauth({ allowed_organizations: 'a', api_url: 'https://id.test/me' }),
  ],
  [
    'server administrators without roles',
    oauth({ allow_assign_grafana_admin: 'true', skip_org_role_sync: 'true' }),
    /ALLOW_ASSIGN_GRAFANA_ADMIN contradicts GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC/,
    oauth({ allow_assign_grafana_admin: 'true', skip_org_role_sync: 'false' }),
  ],
  [
    'ID tokens that are to be validated without keys',
    oauth({ validate_id_token: 'true', jwk_set_url: '' }),
    /VALIDATE_ID_TOKEN needs the provider's keys/,
    oauth({ validate_id_token: 'true' }),
  ],
  [
    'server administrators by headers',
    { ...PROXY, ...oauth({ allow_assign_grafana_admin: 'true' }) },
    /^ORIGIN_IDENTITY cannot carry a server administrator/,
    PROXY,
  ],
  [
    'two organisations by headers',
    { ...PROXY, ...oauth({ org_mapping: 'a:1:Editor b:2:Editor' }) },
    /^ORIGIN_IDENTITY cannot carry by headers .* more than Grafana's default organisation/,
    { ...PROXY, ...oauth({ org_mapping: 'a:1:Editor b:1:Admin' }) },
  ],
  [
    'one organisation by headers that is not the default',
    { ...PROXY, ...oauth({ org_mapping: 'a:2:Editor' }) },
    /^ORIGIN_IDENTITY cannot carry by headers/,
    { ...PROXY, ...oauth({ org_mapping: 'a:2:Editor' }), GF_USERS_AUTO_ASSIGN_ORG_ID: '2' },
  ],
  [
    'all organisations by headers',
    { ...PROXY, ...oauth({ org_mapping: 'a:*:Editor' }), GRAFANA_ORGS: '{"1":"Main Org."}' },
    /^ORIGIN_IDENTITY cannot carry by headers/,
    { ...PROXY, ...oauth({ org_mapping: 'a:*:Editor', skip_org_role_sync: 'true' }) },
  ],
  [
    'an assertion in the header of credentials',
    { GF_AUTH_JWT_HEADER_NAME: 'Authorization' },
    /^GF_AUTH_JWT_HEADER_NAME names a header that the gateway sets itself/,
    { GF_AUTH_JWT_HEADER_NAME: 'X-Assertion' },
  ],
  [
    'an assertion in the header of the organisation',
    { GF_AUTH_JWT_HEADER_NAME: 'x-grafana-org-id' },
    /^GF_AUTH_JWT_HEADER_NAME names a header that the gateway sets itself/,
    { ...PROXY, GF_AUTH_JWT_HEADER_NAME: 'x-grafana-org-id' },
  ],
  [
    'a user in a header of the connection',
    { ...PROXY, GF_AUTH_PROXY_HEADER_NAME: 'X_Forwarded_Host' },
    /^GF_AUTH_PROXY_HEADER_NAME names a header that the gateway sets itself/,
    { ...PROXY, GF_AUTH_PROXY_HEADER_NAME: 'X-Forwarded-User' },
  ],
  [
    'a role in the cookie',
    { ...PROXY, GF_AUTH_PROXY_HEADERS: 'Role:Cookie' },
    /^GF_AUTH_PROXY_HEADERS names a header that the gateway sets itself/,
    PROXY,
  ],
  [
    'user and role in one header',
    { ...PROXY, GF_AUTH_PROXY_HEADER_NAME: 'X-WEBAUTH_ROLE' },
    /^GF_AUTH_PROXY_HEADERS names a header that carries something else/,
    PROXY,
  ],
  [
    "an assertion in a header of the origin's guard",
    { ORIGIN_HEADERS: '{"x-jwt-assertion":"a"}' },
    /^GF_AUTH_JWT_HEADER_NAME names a header that carries something else/,
    { ...PROXY, ORIGIN_HEADERS: '{"x-jwt-assertion":"a"}' },
  ],
];

describe('variables of sign-in that contradict each other', () => {
  test.each(CONTRADICTIONS)('%s: a mistake where sign-in is on', (_, wrong, said, right) => {
    expect(problemsOf({ ...SIGN_IN, ...wrong })).toEqual([expect.stringMatching(said)]);
    expect(readRight({ ...SIGN_IN, ...right }).sso).toBeDefined();
    expect(readRight({ ...SIGN_IN, ...wrong, GF_AUTH_GENERIC_OAUTH_ENABLED: 'false' })).toMatchObject({
      sso: undefined,
      warnings: [],
    });
  });

  test.each([
    'Cookie',
    'Content_Encoding',
    'Host',
    'Proxy-Authorization',
    'Origin',
    'Sec-WebSocket-Protocol',
    'Forwarded',
    'X-Real-IP',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
  ])('an assertion in %s: a mistake where sign-in is on', (name) => {
    expect(problemsOf({ ...SIGN_IN, GF_AUTH_JWT_HEADER_NAME: name })).toEqual([
      'GF_AUTH_JWT_HEADER_NAME names a header that the gateway sets itself, or that belongs to the message',
    ]);
  });

  test('are all told at once, each with what it holds', () => {
    const vars = {
      ...SIGN_IN,
      ...oauth({ client_id: '', allowed_groups: 'staff', api_url: '' }),
      ...NO_ENDPOINTS,
    };
    expect(problemsOf(vars)).toHaveLength(4);
    expect(messagesOf(vars)).toContain('(it holds: staff)');
    expect(messagesOf(vars)).toContain('Example: GF_AUTH_GENERIC_OAUTH_CLIENT_ID=grafana');
  });

  test('VISITORS=login needs sign-in', () => {
    const said = ['VISITORS is login, and there is no sign-in: GF_AUTH_GENERIC_OAUTH_ENABLED is not true'];
    expect(problemsOf({ VISITORS: 'login' })).toEqual(said);
    expect(problemsOf({ ...SIGN_IN, ...oauth({ enabled: 'false' }), VISITORS: 'login' })).toEqual(said);
  });
});

describe('an allow-list', () => {
  const LISTS = [
    ['allowed_groups', 'allowedGroups'],
    ['allowed_organizations', 'allowedOrganizations'],
    ['allowed_domains', 'allowedDomains'],
    ['team_ids', 'teamIds'],
  ] as const;

  test.each(LISTS)('%s that is malformed lets nobody in, and is told', (option, field) => {
    for (const text of ['[a, b]', '["a"', '[1]', ',', ' , ']) {
      const { sso, warnings } = readRight({ ...SIGN_IN, ...oauth({ [option]: text }) });
      expect(sso?.claims[field]).toBe('malformed');
      expect(warnings).toEqual([
        `GF_AUTH_GENERIC_OAUTH_${option.toUpperCase()}: is not a list, so nobody can sign in`,
      ]);
    }
  });

  test.each(LISTS)('%s that is empty restricts nobody', (option, field) => {
    for (const text of ['', '  ', '[]', []]) {
      const { sso, warnings } = readRight({ ...SIGN_IN, ...oauth({ [option]: text }) });
      expect(sso?.claims[field]).toEqual([]);
      expect(warnings).toEqual([]);
    }
  });
});

/** What is probably not meant; what is said; and the same without it. */
const SUSPICIOUS: readonly (readonly [what: string, vars: Vars, said: RegExp, right: Vars])[] = [
  [
    'PKCE that is to be off',
    oauth({ use_pkce: 'false' }),
    /USE_PKCE: false has no effect/,
    oauth({ use_pkce: 'true' }),
  ],
  [
    'ID tokens that are not to be validated',
    oauth({ validate_id_token: 'false' }),
    /VALIDATE_ID_TOKEN: false has no effect/,
    oauth({ validate_id_token: 'true' }),
  ],
  [
    'no keys',
    oauth({ jwk_set_url: '' }),
    /^SSO_ISSUER: is not set, .* cannot be verified/,
    { SSO_ISSUER: 'https://id.test', ...oauth({ jwk_set_url: '', scopes: 'openid' }) },
  ],
  [
    'an issuer that is not asked for an ID token',
    { SSO_ISSUER: 'https://id.test', ...oauth({ scopes: 'user:email' }) },
    /SCOPES: has no openid/,
    { SSO_ISSUER: 'https://id.test' },
  ],
  [
    'an issuer and no scopes at all',
    { SSO_ISSUER: 'https://id.test', ...oauth({ scopes: 'openid', empty_scopes: 'true' }) },
    /SCOPES: has no openid/,
    {},
  ],
  [
    'names in headers',
    { ...PROXY, GF_AUTH_PROXY_HEADERS: 'Role:X-A Name:X-B' },
    /^GF_AUTH_PROXY_HEADERS: has Name\. .* sync_ttl = 0/,
    { GF_AUTH_PROXY_HEADERS: 'Role:X-A Name:X-B' },
  ],
  [
    'no roles in headers',
    { ...PROXY, GF_AUTH_PROXY_HEADERS: 'Email:X-A' },
    /^GF_AUTH_PROXY_HEADERS: has no Role/,
    { ...PROXY, GF_AUTH_PROXY_HEADERS: '', ...oauth({ skip_org_role_sync: 'true' }) },
  ],
  [
    'an entry that cannot be read',
    oauth({ org_mapping: 'a:1:Editor a:b:c:d' }),
    /^GF_.*ORG_MAPPING: "a:b:c:d" is not .*; the entry is left out$/,
    oauth({ org_mapping: 'a:1:Editor' }),
  ],
  [
    'an organisation that nobody knows',
    oauth({ org_mapping: 'a:Shop:Editor' }),
    /ORG_MAPPING: "a:Shop:Editor" names no organisation/,
    { ...oauth({ org_mapping: 'a:Shop:Editor' }), GRAFANA_ORGS: '{"2":"Shop"}' },
  ],
  [
    'a bad entry where roles are strict',
    oauth({ org_mapping: 'a:1:Editor b:1', role_attribute_strict: 'true' }),
    /"b:1" needs a role.*; role_attribute_strict is set, so the whole mapping is dropped$/,
    oauth({ org_mapping: 'a:1:Editor b:1:None', role_attribute_strict: 'true' }),
  ],
  [
    'all organisations, which nobody has named',
    oauth({ org_mapping: 'a:*:Viewer' }),
    /all organisations \(\*\), and GRAFANA_ORGS does not name them/,
    { ...oauth({ org_mapping: 'a:*:Viewer' }), GRAFANA_ORGS: { 1: 'Main Org.' } },
  ],
];

describe('warnings of sign-in', () => {
  test('are none by default', () => {
    expect(warningsOf({})).toEqual([]);
  });

  test.each(SUSPICIOUS)('tell of %s', (_, vars, said, right) => {
    expect(warningsOf(vars)).toEqual([expect.stringMatching(said)]);
    expect(warningsOf(right)).toEqual([]);
    expect(warningsOf({ ...vars, GF_AUTH_GENERIC_OAUTH_ENABLED: 'false' })).toEqual([]);
  });
});
