import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { ExplainAnswer, type ExplanationJson } from '../../src/api/sso.ts';
import { sha256Hex } from '../../src/lib/sha256.ts';
import { jwtOf } from '../sso/scene.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { readProblem } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { origin } from '../support/origin.ts';
import { PlainProvider, type Shape } from '../support/plain-provider.ts';
import { oauth } from '../support/sso-settings.ts';

const ISSUER = 'https://id.example';
const {
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: AUTHORIZATION,
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: TOKEN,
  GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO,
} = OBJECT_VARIABLES;
const TEAMS = 'https://idp.test/teams-of';
const ANN = { iss: ISSUER, sub: 'user-1', email: 'Ann@Example.com', name: 'Ann', login: 'ann' };

type Vars = Readonly<Record<string, unknown>>;
type Claims = Readonly<Record<string, unknown>>;

/** What somebody pastes, and what a provider then answers. */
interface Order {
  readonly idToken?: Claims;
  readonly userinfo?: Claims;
  readonly accessToken?: Claims;
  readonly emails?: unknown;
  readonly teams?: unknown;
  readonly organizations?: unknown;
}

function createGateway(vars: Vars = {}): Promise<AdminGateway> {
  return AdminGateway.create({ vars: { VISITORS: 'login', ...OBJECT_VARIABLES, ...vars } });
}

async function explain(gateway: AdminGateway, order: unknown): Promise<ExplanationJson> {
  const answer = await gateway.order('POST', '/sso/explain', order);
  return (ExplainAnswer as z.ZodType<ExplanationJson>).parse(answer);
}

const codesOf = ({ warnings }: ExplanationJson) => warnings.map(({ code }) => code);

/** The provider that answers what was pasted. */
function providerOf(order: Order, gateway: AdminGateway): PlainProvider {
  const { idToken, accessToken, userinfo, emails, teams, organizations } = order;
  const answers: readonly (readonly [string, unknown])[] = [
    [USERINFO, userinfo],
    [`${USERINFO}/emails`, emails],
    [`${USERINFO}/teams`, teams],
    [TEAMS, teams],
    [`${USERINFO}/orgs`, organizations],
  ];
  const shape: Shape = {
    authorization: AUTHORIZATION,
    token: TOKEN,
    api: Object.fromEntries(answers.filter(([, answer]) => answer !== undefined)),
    rotates: true,
    ...(idToken && { idToken }),
    ...(accessToken && { accessToken }),
  };
  return new PlainProvider(shape, () => gateway.now).install();
}

async function signIn(gateway: AdminGateway, provider: PlainProvider) {
  const jar = new Jar();
  const start = await gateway.fetchAs(jar, '/-/login/start');
  const callback = provider.authorize(start.headers.get('Location') ?? '');
  const answer = await gateway.fetchAs(jar.take(start), callback);
  return { answer, jar: jar.take(answer) };
}

const byTeams = {
  ...oauth({ teams_url: TEAMS, team_ids_attribute_path: 'values[*].slug', team_ids: 'one' }),
};

describe('somebody who would be let in', () => {
  /** What Grafana is told does not depend on how many sources there are, but on what they say. */
  const CASES: readonly (readonly [what: string, vars: Vars, order: Order])[] = [
    ['by an ID token', {}, { idToken: { ...ANN, role: 'editor' }, userinfo: { role: 'Admin' } }],
    ['by userinfo alone, whose issuer is the token endpoint', {}, { userinfo: { ...ANN, role: 'Admin' } }],
    ['by the claims of an access token', {}, { userinfo: {}, accessToken: { ...ANN, role: 'Viewer' } }],
    ['without a sub', {}, { userinfo: { email: 'ann@example.com' } }],
    [
      'by an address of its own',
      {},
      { userinfo: { sub: 'user-1' }, emails: [{ email: 'ann@example.com', primary: true }] },
    ],
    ['in a team', byTeams, { userinfo: ANN, teams: { values: [{ slug: 'two' }, { slug: 'one' }] } }],
    [
      'in a team by its number, as old Grafana had it',
      oauth({ team_ids: '42' }),
      { userinfo: ANN, teams: [{ id: 7 }, { id: 42 }] },
    ],
    [
      'in an organisation',
      oauth({ allowed_organizations: 'acme' }),
      { userinfo: ANN, organizations: [{ login: 'acme' }] },
    ],
    [
      'with roles in several organisations',
      {
        ...oauth({
          org_attribute_path: 'orgs',
          org_mapping: 'one:1:Viewer two:2:Admin',
          groups_attribute_path: 'orgs',
        }),
        GRAFANA_ORGS: '{"1":"Main Org.","2":"Other"}',
      },
      { idToken: { ...ANN, orgs: ['one', 'two'] }, userinfo: {} },
    ],
    [
      'as a server administrator',
      oauth({ allow_assign_grafana_admin: 'true' }),
      { idToken: { ...ANN, role: 'GrafanaAdmin' }, userinfo: {} },
    ],
    ['whose roles are Grafana’s own', oauth({ skip_org_role_sync: 'true' }), { userinfo: ANN }],
  ];

  test.each(CASES)('%s: Grafana is told what was said it would be', async (_, vars, order) => {
    const gateway = await createGateway(vars);
    const { decision } = await explain(gateway, order);
    const { answer, jar } = await signIn(gateway, providerOf(order, gateway));
    expect([answer.status, await answer.clone().text()]).toEqual([303, '']);
    await gateway.fetchAs(jar, '/d/uid-one/demo');
    const {
      iss: _iss,
      iat: _iat,
      exp: _exp,
      ...claims
    } = decodeJwt(origin.only.headers.get('X-JWT-Assertion') ?? '');
    expect(decision).toMatchObject({
      allowed: true,
      presented: { mode: 'jwt', header: 'X-JWT-Assertion', claims },
    });
    expect(
      decision.allowed === true && decision.presented.mode === 'jwt' && decision.presented.claims,
    ).toEqual(claims);
  });

  test('by headers, where Grafana trusts those', async () => {
    const headers = 'Name:X-WEBAUTH-NAME Email:X-WEBAUTH-EMAIL Role:X-WEBAUTH-ROLE Groups:X-WEBAUTH-GROUPS';
    const gateway = await createGateway({
      ORIGIN_IDENTITY: 'auth-proxy',
      GF_AUTH_PROXY_HEADERS: headers,
      GF_AUTH_PROXY_HEADERS_ENCODED: 'true',
      ...oauth({ groups_attribute_path: 'groups' }),
    });
    const order = { userinfo: { ...ANN, name: 'Änn', role: 'Editor', groups: ['one', 'two'] } };
    const { decision } = await explain(gateway, order);
    const { jar } = await signIn(gateway, providerOf(order, gateway));
    await gateway.fetchAs(jar, '/d/uid-one/demo');
    const presented = decision.allowed === true ? decision.presented : undefined;
    if (presented?.mode !== 'auth-proxy') throw new Error('no headers');
    expect(presented.headers.map(({ name }) => name)).toEqual([
      'X-WEBAUTH-USER',
      'X-WEBAUTH-NAME',
      'X-WEBAUTH-EMAIL',
      'X-WEBAUTH-ROLE',
      'X-WEBAUTH-GROUPS',
    ]);
    for (const { name, value } of presented.headers) expect(origin.only.headers.get(name)).toBe(value);
  });

  test('is described, with every step on the way', async () => {
    const gateway = await createGateway(
      oauth({ allowed_domains: 'example.com', login_attribute_path: 'nick' }),
    );
    const { decision, steps } = await explain(gateway, {
      idToken: { iss: ISSUER, sub: 'user-1', email: 'ann@example.com' },
      userinfo: { nick: 'annie', role: 'none-such' },
      accessToken: { role: 'Editor' },
    });
    expect(decision).toMatchObject({
      allowed: true,
      person: {
        sub: 'user-1',
        login: 'annie',
        name: '',
        email: 'ann@example.com',
        orgRoles: [{ orgId: 1, role: 'Editor' }],
        isGrafanaAdmin: null,
        groups: [],
      },
    });
    const role = 'role_attribute_path = role';
    expect(steps.slice(0, 10)).toEqual([
      { about: 'sub', source: 'id_token', by: 'sub', gave: 'user-1', counts: true, note: null },
      { about: 'role', source: 'id_token', by: role, gave: null, counts: false, note: null },
      {
        about: 'role',
        source: 'userinfo',
        by: role,
        gave: 'none-such',
        counts: false,
        note: 'is no role of Grafana',
      },
      { about: 'role', source: 'access_token', by: role, gave: 'Editor', counts: true, note: null },
      {
        about: 'role',
        source: null,
        by: 'organisations',
        gave: { '1': 'Editor' },
        counts: true,
        note: expect.stringContaining('default organisation'),
      },
      {
        about: 'login',
        source: 'id_token',
        by: 'login_attribute_path = nick',
        gave: null,
        counts: false,
        note: null,
      },
      {
        about: 'login',
        source: 'userinfo',
        by: 'login_attribute_path = nick',
        gave: 'annie',
        counts: true,
        note: null,
      },
      { about: 'email', source: 'id_token', by: 'email', gave: 'ann@example.com', counts: true, note: null },
      {
        about: 'allowed',
        source: null,
        by: 'allowed_domains',
        gave: ['ann@example.com'],
        counts: true,
        note: '"ann@example.com" is on the list',
      },
      {
        about: 'account',
        source: null,
        by: 'names that Grafana can be told',
        counts: true,
        note: 'Grafana can be told of this person.',
      },
    ]);
    expect(steps.at(-1)).toEqual({ about: 'decision', source: null, by: 'let in', counts: true, note: null });
  });

  test('and is in more groups than a header holds is told that Grafana learns of none', async () => {
    const gateway = await createGateway(oauth({ groups_attribute_path: 'groups' }));
    const groups = Array.from({ length: 500 }, (_, index) => `group-${index}`);
    const explanation = await explain(gateway, { userinfo: { ...ANN, groups } });
    expect(codesOf(explanation)).toEqual(['groups-not-told']);
    expect(explanation.decision).toMatchObject({ allowed: true, person: { groups } });
    expect(explanation.decision).not.toHaveProperty('presented.claims.groups');
  });

  test('and has no login is told to have the address for one', async () => {
    const { steps } = await explain(await createGateway(), { userinfo: { email: 'ann@example.com' } });
    const note = 'no source gives one, so the address stands in';
    expect(steps.filter(({ by }) => by === 'email' && steps.length > 0)).toEqual([
      { about: 'email', source: 'userinfo', by: 'email', gave: 'ann@example.com', counts: true, note: null },
      { about: 'sub', source: null, by: 'email', gave: 'email:ann@example.com', counts: true, note },
      { about: 'login', source: null, by: 'email', gave: 'ann@example.com', counts: true, note },
    ]);
  });
});

describe('somebody who would be refused', () => {
  const CASES: readonly (readonly [reason: string, code: string, vars: Vars, order: Order])[] = [
    ['sub-differs', 'sso_identity_differs', {}, { idToken: ANN, userinfo: { sub: 'user-2' } }],
    [
      'org-claims-unreadable',
      'sso_claims_unreadable',
      oauth({ org_attribute_path: 'abs(orgs)', org_mapping: '*:1' }),
      { userinfo: { ...ANN, orgs: 'x' } },
    ],
    ['role-missing', 'sso_role_missing', oauth({ role_attribute_strict: 'true' }), { userinfo: ANN }],
    ['email-unavailable', 'sso_email_unavailable', {}, { userinfo: { sub: 'user-1' }, emails: 'none' }],
    ['email-missing', 'sso_email_missing', {}, { userinfo: { sub: 'user-1' }, emails: [] }],
    [
      'email-not-verified',
      'sso_email_not_verified',
      oauth({ allowed_domains: 'example.com' }),
      { userinfo: { ...ANN, email_verified: false } },
    ],
    ['not-in-teams', 'sso_not_in_allowed_teams', byTeams, { userinfo: ANN, teams: { values: [] } }],
    [
      'not-in-organizations',
      'sso_not_in_allowed_organizations',
      oauth({ allowed_organizations: 'acme' }),
      { userinfo: ANN, organizations: [{ login: 'other' }] },
    ],
    [
      'not-in-groups',
      'sso_not_in_allowed_groups',
      oauth({ allowed_groups: 'Staff', groups_attribute_path: 'groups' }),
      { userinfo: { ...ANN, groups: ['staff'] } },
    ],
    [
      'domain-not-allowed',
      'sso_domain_not_allowed',
      oauth({ allowed_domains: 'example.org' }),
      { userinfo: ANN },
    ],
    [
      'domain-not-allowed',
      'sso_domain_not_allowed',
      oauth({ allowed_domains: '["example.com"' }),
      { userinfo: ANN },
    ],
    ['name: reserved', 'sso_name_not_accepted', {}, { userinfo: { ...ANN, login: 'ADMIN' } }],
    ['name: reserved', 'sso_name_not_accepted', {}, { userinfo: { ...ANN, email: 'admin@localhost' } }],
    ['name: not-presentable', 'sso_name_not_accepted', {}, { userinfo: { ...ANN, login: ' ann' } }],
  ];

  test.each(CASES)('%s: the page shows %s, as was said', async (reason, code, vars, order) => {
    const gateway = await createGateway(vars);
    const { decision, steps } = await explain(gateway, order);
    expect(decision).toEqual({ allowed: false, reason, code, detail: expect.stringMatching(/\.$/) });
    expect(steps.at(-1)).toMatchObject({ about: 'decision', by: code });
    expect(steps.filter(({ about }) => about === 'decision')).toHaveLength(1);
    const { answer } = await signIn(gateway, providerOf(order, gateway));
    expect((await readProblem(answer)).code).toBe(code);
    expect(gateway.events.find(({ event }) => event === 'sso.refused')).toMatchObject({ reason });
  });

  test.each([
    ['the sub', { subject: 'user-1' }],
    ['the address', { subject: 'ANN@example.com' }],
    ['everything', { kind: 'all' }],
  ])('by a revocation of %s', async (_, target) => {
    const gateway = await createGateway();
    const mode = 'until-lifted';
    const { revocation } = await gateway.revoke({ kind: 'subject', mode, publicReason: 'Bye', ...target });
    const order = { userinfo: ANN };
    const { decision, steps } = await explain(gateway, order);
    expect(decision).toEqual({
      allowed: false,
      reason: 'revoked',
      code: 'revoked',
      detail: expect.stringContaining('Bye'),
    });
    expect(steps.find(({ by }) => by === 'revocations')).toMatchObject({ gave: revocation.id });
    const { answer } = await signIn(gateway, providerOf(order, gateway));
    expect((await readProblem(answer)).code).toBe('revoked');
    await gateway.order('DELETE', `/revocations/${revocation.id}`);
    expect((await explain(gateway, order)).decision.allowed).toBe(true);
  });
});

describe('names that another user holds', () => {
  test.each([
    ['the address', { login: 'anna' }, ['Ann@Example.com']],
    ['the login', { email: 'anna@example.com' }, ['ann']],
    [
      'the login, by an address',
      { email: 'anna@example.com', login: 'ann@example.COM' },
      ['ann@example.COM'],
    ],
    ['both', {}, ['Ann@Example.com', 'ann']],
  ])('%s: refused, as the page would, until it is let go', async (_, claims, taken) => {
    const gateway = await createGateway();
    const provider = providerOf({ userinfo: ANN }, gateway);
    expect((await signIn(gateway, provider)).answer.status).toBe(303);
    const other = { ...ANN, sub: 'user-2', ...claims };
    const { decision, steps, warnings } = await explain(gateway, { userinfo: other });
    expect(decision).toMatchObject({ allowed: false, reason: 'account-taken', code: 'sso_account_taken' });
    expect(steps.find(({ by }) => by === 'names of other users')).toMatchObject({ gave: taken });
    expect(warnings).toEqual([]);
    provider.change({ api: { [USERINFO]: other } });
    expect((await readProblem((await signIn(gateway, provider)).answer)).code).toBe('sso_account_taken');
    expect((await explain(gateway, { userinfo: ANN })).decision.allowed).toBe(true);

    for (const name of taken) await gateway.order('POST', '/sso/release', { name });
    expect((await explain(gateway, { userinfo: other })).decision.allowed).toBe(true);
    expect((await signIn(gateway, provider)).answer.status).toBe(303);
  });

  test('are told apart by the issuer, too', async () => {
    const gateway = await createGateway();
    const provider = providerOf({ idToken: ANN, userinfo: {} }, gateway);
    expect((await signIn(gateway, provider)).answer.status).toBe(303);
    const ofAnother = { ...ANN, iss: 'https://other.example' };
    expect((await explain(gateway, { idToken: ANN })).decision.allowed).toBe(true);
    expect((await explain(gateway, { idToken: ofAnother })).decision).toMatchObject({
      code: 'sso_account_taken',
    });
  });

  test('and that cannot be looked up are no decision', async () => {
    const namespace = { getByName: () => ({ readRecord: () => Promise.reject(new Error('down')) }) };
    const gateway = await createGateway({ POSTERN_LEDGER: namespace });
    const { status, body } = await gateway.ask('POST', '/sso/explain', { userinfo: ANN });
    expect([status, body]).toEqual([503, expect.objectContaining({ code: 'storage_unavailable' })]);
  });
});

describe('what was not pasted', () => {
  const LISTS = { ...byTeams, ...oauth({ allowed_organizations: 'acme' }) };
  const teams = { values: [{ slug: 'one' }] };
  const organizations = [{ login: 'acme' }];

  test.each<[string, Order, string[]]>([
    ['teams', { organizations }, ['teams']],
    ['organisations', { teams }, ['organizations']],
    ['both', {}, ['teams', 'organizations']],
  ])('%s: nobody says that they are refused, or let in', async (_, pasted, missing) => {
    const gateway = await createGateway(LISTS);
    const explanation = await explain(gateway, { userinfo: ANN, ...pasted });
    expect(explanation.decision).toMatchObject({
      allowed: null,
      missing,
      person: { email: ANN.email },
      presented: { claims: { email: ANN.email } },
    });
    expect(codesOf(explanation)).toEqual(missing.map((name) => `${name}-missing`));
    const open = explanation.steps.filter(({ note }) => note?.startsWith('not pasted'));
    expect(open.map(({ about }) => about)).toEqual(missing.map(() => 'allowed'));
    expect(explanation.steps.at(-1)).toMatchObject({
      by: 'open',
      note: `Not pasted: ${missing.join(', ')}.`,
    });
  });

  test('the addresses, where no source gives one', async () => {
    const explanation = await explain(await createGateway(byTeams), { userinfo: { sub: 'user-1' } });
    expect(explanation.decision).toEqual({
      allowed: null,
      missing: ['teams', 'emails'],
      person: null,
      presented: null,
    });
    expect(codesOf(explanation)).toEqual(['teams-missing', 'emails-missing']);
    expect(explanation.steps.filter(({ source }) => source === 'emails')).toEqual([
      expect.objectContaining({ about: 'email', note: expect.stringContaining('not pasted') }),
    ]);
  });

  test('refuses nobody, and lets nobody in whom something else refuses', async () => {
    const gateway = await createGateway({ ...LISTS, ...oauth({ allowed_domains: 'example.org' }) });
    const { decision } = await explain(gateway, { userinfo: ANN });
    expect(decision).toMatchObject({ allowed: false, code: 'sso_domain_not_allowed' });
  });

  test('does not matter where the list cannot be read: nobody is on it', async () => {
    const gateway = await createGateway({ ...byTeams, ...oauth({ team_ids: '["one"' }) });
    const explanation = await explain(gateway, { userinfo: ANN });
    expect(explanation.decision).toMatchObject({ allowed: false, code: 'sso_not_in_allowed_teams' });
    expect(codesOf(explanation)).toEqual([]);
  });

  test.each<[string, Vars, unknown, string[]]>([
    ['userinfo', {}, { idToken: ANN }, ['not-verified', 'userinfo-missing']],
    [
      'the ID token, where one is asked for',
      oauth({ scopes: 'openid' }),
      { userinfo: ANN },
      ['id-token-missing', 'names-not-checked'],
    ],
    [
      'nothing, but nobody would ask for it',
      oauth({ api_url: '' }),
      { idToken: ANN, userinfo: { sub: 'another' }, emails: [] },
      ['not-verified', 'userinfo-not-asked', 'emails-not-asked'],
    ],
    ['an account of Grafana', oauth({ allow_sign_up: 'false' }), { userinfo: ANN }, ['sign-up-not-checked']],
  ])('is told of: %s', async (_, vars, order, codes) => {
    const explanation = await explain(await createGateway(vars), order);
    expect(explanation.decision.allowed).toBe(true);
    expect(codesOf(explanation)).toEqual(codes);
  });

  test('leaves the issuer of a sub open where an ID token would name it', async () => {
    const vars = oauth({ scopes: 'openid' });
    const { decision, warnings } = await explain(await createGateway(vars), { userinfo: ANN });
    expect(warnings.find(({ code }) => code === 'names-not-checked')?.message).toContain('the issuer');
    expect(decision).toMatchObject({ allowed: true, presented: { claims: { login: 'ann' } } });
    expect(JSON.stringify(decision.allowed === true && decision.presented)).not.toContain('"sub"');
    const known = await createGateway({ ...vars, SSO_ISSUER: ISSUER });
    const explanation = await explain(known, { userinfo: ANN });
    expect(explanation.decision).toMatchObject({
      presented: { claims: { sub: sha256Hex(`${ISSUER}|user-1`) } },
    });
    expect(codesOf(explanation)).toEqual(['id-token-missing']);
  });
});

describe('a pasted token', () => {
  test('is read and not verified, and that is said', async () => {
    const gateway = await createGateway();
    const explanation = await explain(gateway, {
      idToken: ` ${jwtOf({ ...ANN, exp: 1, aud: 'somebody else' })}\n`,
      userinfo: {},
      accessToken: jwtOf({ role: 'Editor' }, { alg: 'none' }),
    });
    expect(explanation.decision).toMatchObject({
      allowed: true,
      person: { sub: 'user-1', orgRoles: [{ orgId: 1, role: 'Editor' }] },
    });
    expect(codesOf(explanation)).toEqual(['not-verified']);
  });

  test('that is no JWT has no claims: an access token may be one, an ID token not', async () => {
    const gateway = await createGateway();
    const opaque = 'opaque-token-of-the-provider';
    const explanation = await explain(gateway, { userinfo: ANN, accessToken: opaque });
    expect(explanation.decision.allowed).toBe(true);
    expect(codesOf(explanation)).toEqual(['not-verified', 'access-token-opaque']);
    const { status, body } = await gateway.ask('POST', '/sso/explain', { idToken: opaque });
    expect([status, body]).toEqual([400, expect.objectContaining({ code: 'invalid_input' })]);
    expect(JSON.stringify([body, gateway.events])).not.toContain(opaque);
  });
});

describe('what is taken', () => {
  test.each<[string, unknown]>([
    ['the address of a provider', { idToken: ANN, issuer: ISSUER }],
    ['another address', { idToken: ANN, api_url: USERINFO }],
    ['a setting', { idToken: ANN, settings: {} }],
    ['nothing', {}],
    ['no source', { emails: [], teams: [], organizations: [] }],
    ['a list of claims', { idToken: [ANN] }],
    ['a number', { userinfo: 1 }],
    ['null', { userinfo: null }],
    ['a token in place of userinfo', { userinfo: jwtOf(ANN) }],
    ['an empty token', { idToken: '' }],
    ['an array', []],
    ['more than 64 KiB', { userinfo: { ...ANN, more: 'x'.repeat(70_000) } }],
  ])('is not %s', async (_, order) => {
    const gateway = await createGateway();
    const { status, body } = await gateway.ask('POST', '/sso/explain', order);
    expect([status, body]).toEqual([400, expect.objectContaining({ code: 'invalid_input' })]);
  });

  test.each([' ', '\t', '', 'x'.repeat(1_025), 'a\nb', 1, undefined])('is no name: %j', async (name) => {
    const gateway = await createGateway();
    expect((await gateway.ask('POST', '/sso/release', { name })).status).toBe(400);
  });

  test('claims may be nested as deep as JSON allows', async () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    const { decision } = await explain(await createGateway(), {
      userinfo: { ...ANN, deep, ['__proto__']: { role: 'Admin' } },
    });
    expect(decision).toMatchObject({ allowed: true, person: { orgRoles: [{ orgId: 1, role: 'Viewer' }] } });
  });

  test.each(['/sso/explain', '/sso/release'])('%s needs the admin token, and sign-in', async (path) => {
    const order = path === '/sso/explain' ? { idToken: ANN } : { name: 'ann' };
    const gateway = await createGateway();
    expect((await gateway.ask('POST', path, order, `${ADMIN_TOKEN}x`)).status).toBe(401);
    const off = await AdminGateway.create();
    const { status, body } = await off.ask('POST', path, order);
    expect([status, body]).toEqual([
      409,
      expect.objectContaining({
        code: 'conflict',
        detail: expect.stringContaining('GF_AUTH_GENERIC_OAUTH_ENABLED'),
      }),
    ]);
  });
});

test('explaining asks nobody, keeps nothing, logs nothing and signs nobody in', async () => {
  const gateway = await createGateway();
  const provider = providerOf({ idToken: ANN, userinfo: ANN }, gateway);
  for (const sub of ['user-1', 'user-2']) {
    const answer = await gateway.ask('POST', '/sso/explain', { idToken: { ...ANN, sub } });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
  }
  await gateway.ask('POST', '/sso/explain', { idToken: { ...ANN, email: 1 } });
  await gateway.settle();
  expect([provider.asked, origin.received, origin.strays]).toEqual([[], [], []]);
  expect(gateway.eventNames.filter((name) => name !== 'config.warning')).toEqual([]);
  expect(await gateway.kv.names()).toEqual([]);
  expect(await gateway.order('GET', '/events')).toMatchObject({ events: [] });
  // Nobody has claimed the names: the first who really signs in gets them.
  provider.change({ idToken: { ...ANN, sub: 'user-3' }, api: {} });
  expect((await signIn(gateway, provider)).answer.status).toBe(303);
});

describe('a name that is let go', () => {
  test('is of whoever signs in with it next, and the event does not say whose', async () => {
    const gateway = await createGateway();
    const provider = providerOf({ userinfo: ANN }, gateway);
    const become = (claims: Claims) => provider.change({ api: { [USERINFO]: { ...ANN, ...claims } } });
    expect((await signIn(gateway, provider)).answer.status).toBe(303);
    become({ sub: 'user-2', login: 'anna' });
    expect((await readProblem((await signIn(gateway, provider)).answer)).code).toBe('sso_account_taken');

    const release = (name: string) => gateway.order('POST', '/sso/release', { name });
    const released = gateway.events.length;
    expect(await release(' ANN@example.COM ')).toEqual({ released: true });
    expect(await release('ann@example.com')).toEqual({ released: false });
    expect(await release('nobody@example.com')).toEqual({ released: false });
    expect(gateway.events.slice(released)).toEqual([
      {
        time: expect.any(String),
        requestId: expect.any(String),
        event: 'sso.account.released',
        outcome: 'done',
        by: 'operator',
      },
    ]);

    expect((await signIn(gateway, provider)).answer.status).toBe(303);
    become({});
    expect((await readProblem((await signIn(gateway, provider)).answer)).code).toBe('sso_account_taken');
    expect(JSON.stringify(gateway.events)).not.toMatch(/ann@example|"anna?"/i);
  });
});
