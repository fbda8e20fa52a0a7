import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { RecoverAnswer, type RecoveryJson } from '../../src/api/sso-recover.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { skipWritePause } from '../support/clock.ts';
import { readProblem, refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { origin } from '../support/origin.ts';
import { PlainProvider, type Shape } from '../support/plain-provider.ts';

const ISSUER = 'https://idp.test';
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const {
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: AUTHORIZATION,
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: TOKEN,
  GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO,
} = OBJECT_VARIABLES;
const KEYS = `${ISSUER}/keys`;
const PAGE = '/d/uid-one/demo';
const ANN = { sub: 'user-1', email: 'ann@example.com', login: 'ann', role: 'Editor' };
const SHAPE: Shape = {
  authorization: AUTHORIZATION,
  token: TOKEN,
  api: { [USERINFO]: ANN },
  rotates: true,
};
const HTML = { headers: { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' } };

type Order = Readonly<Record<string, unknown>>;

interface Scene {
  readonly gateway: AdminGateway;
  readonly provider: PlainProvider;
}

async function setUp(vars: Order = {}, shape: Partial<Shape> = {}): Promise<Scene> {
  const gateway = await AdminGateway.create({ vars: { VISITORS: 'login', ...OBJECT_VARIABLES, ...vars } });
  return { gateway, provider: new PlainProvider({ ...SHAPE, ...shape }, () => gateway.now).install() };
}

async function tryToSignIn({ gateway, provider }: Scene, jar = new Jar()) {
  const start = await gateway.fetchAs(jar, '/-/login/start');
  const callback = provider.authorize(start.headers.get('Location') ?? '');
  const answer = await gateway.fetchAs(jar.take(start), callback);
  return { answer, jar: jar.take(answer) };
}

async function signIn(scene: Scene): Promise<Jar> {
  const { answer, jar } = await tryToSignIn(scene);
  expect([answer.status, await answer.text()]).toEqual([303, '']);
  return jar;
}

/** Signed in a while before, so that a recovery of this second is a later one. */
async function signInBefore(scene: Scene): Promise<Jar> {
  const jar = await signIn(scene);
  scene.gateway.now += 5;
  return jar;
}

async function recover(gateway: AdminGateway, order: Order = {}): Promise<RecoveryJson> {
  const answer = RecoverAnswer.parse(await gateway.order('POST', '/sso/recover', order));
  skipWritePause();
  return answer;
}

/** Id of the key that the latest assertion was signed with. */
async function findSigningKid(gateway: AdminGateway, jar: Jar): Promise<string | undefined> {
  origin.received.length = 0;
  await gateway.fetchAs(jar, PAGE);
  return decodeProtectedHeader(origin.only.headers.get('X-JWT-Assertion') ?? '').kid;
}

async function findPublishedKids(gateway: AdminGateway): Promise<string[]> {
  const { keys } = (await (await gateway.fetch('/-/jwks.json')).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

const statesOf = ({ steps }: RecoveryJson) =>
  Object.fromEntries(steps.map(({ step, state }) => [step, state]));

describe('a recovery ends sign-ins', () => {
  test('and leads people to sign-in, from where they come back', async () => {
    const scene = await setUp();
    const { gateway } = scene;
    const jar = await signInBefore(scene);
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
    await recover(gateway);

    const led = await gateway.fetchAs(jar, PAGE, HTML);
    const login = led.headers.get('Location') ?? '';
    expect([led.status, login]).toEqual([303, expect.stringContaining(`to=${encodeURIComponent(PAGE)}`)]);
    expect(await (await gateway.fetch(login, HTML)).text()).toContain('Your sign-in has ended.');
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('401 sso_session_ended');
    jar.take(led);
    expect(jar.names).toEqual([]);

    gateway.now += 1;
    const again = await signIn(scene);
    expect((await gateway.fetchAs(again, PAGE)).status).toBe(200);
  });

  test('in every isolate, within the bound that it names', async () => {
    const scene = await setUp();
    const jar = await signInBefore(scene);
    const other = scene.gateway.another('elsewhere', { vars: scene.gateway.env });
    expect((await other.fetchAs(jar, PAGE)).status).toBe(200);
    const { effectiveSeconds } = await recover(scene.gateway);
    other.now = scene.gateway.now += effectiveSeconds;
    expect(await refusalOf(await other.fetchAs(jar, PAGE))).toBe('401 sso_session_ended');
  });

  test('of everybody, but whoever was revoked by name is told so, and stays out', async () => {
    const scene = await setUp();
    const jar = await signInBefore(scene);
    await scene.gateway.revoke({ kind: 'subject', subject: ANN.sub, publicReason: 'Contract ended' });
    skipWritePause();
    await recover(scene.gateway);
    const { code, detail } = await readProblem(await scene.gateway.fetchAs(jar, PAGE));
    expect([code, detail]).toEqual(['revoked', expect.stringContaining('Contract ended')]);
  });

  test('and may be lifted, as any revocation', async () => {
    const scene = await setUp();
    const jar = await signInBefore(scene);
    await recover(scene.gateway);
    const list = await scene.gateway.order<{ revocations: unknown[] }>('GET', '/revocations?kind=sign-ins');
    expect(list.revocations).toMatchObject([{ id: 'sign-ins:*', kind: 'sign-ins', mode: 'issued-before' }]);
    await scene.gateway.order('DELETE', '/revocations/sign-ins:*');
    expect((await scene.gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });

  test('for as long as one could last, and a little more', async () => {
    const scene = await setUp({ SSO_SESSION_SECONDS: '864000' });
    const jar = await signInBefore(scene);
    await recover(scene.gateway);
    scene.gateway.now += 863_990;
    expect(await refusalOf(await scene.gateway.fetchAs(jar, PAGE))).toBe('401 sso_session_ended');
  });
});

describe('what share links have opened', () => {
  test('stays open', async () => {
    const { gateway } = await setUp();
    const jar = await gateway.open();
    gateway.now += 5;
    const recovery = await recover(gateway);
    expect(statesOf(recovery)['share-sessions']).toBe('left');
    gateway.now += 120;
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  });

  test('is closed where that is asked for, and links that are signed later open', async () => {
    const { gateway } = await setUp();
    const jar = await gateway.open();
    gateway.now += 5;
    const recovery = await recover(gateway, { shareSessions: true });
    expect(statesOf(recovery)['share-sessions']).toBe('done');
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    gateway.now += 1;
    expect((await gateway.fetchAs(await gateway.open(), PAGE)).status).toBe(200);
  });
});

describe('the key for assertions', () => {
  test('is a new one, published beside the former one for an hour', async () => {
    const scene = await setUp();
    const { gateway } = scene;
    const before = await findSigningKid(gateway, await signInBefore(scene));
    const { assertionKeySeconds } = await recover(gateway);
    // Five minutes in isolates, and five more in Grafana: until then the former one signs.
    expect(assertionKeySeconds).toBe(600);
    gateway.now += 1;
    const jar = await signIn(scene);
    expect(await findSigningKid(gateway, jar)).toBe(before);
    const [former, after] = await findPublishedKids(gateway);
    expect([former, after === before]).toEqual([before, false]);
    expect(await findPublishedKids(gateway.another('here', { vars: gateway.env }))).toEqual([before, after]);
    gateway.now += 600;
    expect(await findSigningKid(gateway, jar)).toBe(after);
    gateway.now += 3_600;
    expect(await findPublishedKids(gateway)).toEqual([after]);
  });

  test('stays where that is asked for', async () => {
    const scene = await setUp();
    const before = await findSigningKid(scene.gateway, await signInBefore(scene));
    const recovery = await recover(scene.gateway, { keepAssertionKey: true });
    expect([statesOf(recovery)['assertion-key'], recovery.assertionKeySeconds]).toEqual(['left', 0]);
    scene.gateway.now += 1;
    expect(await findSigningKid(scene.gateway, await signIn(scene))).toBe(before);
  });
});

describe('what was learnt of the provider', () => {
  const shape: Partial<Shape> = {
    keys: KEYS,
    idToken: { ...ANN, iss: ISSUER },
    discovery: [
      DISCOVERY,
      {
        issuer: ISSUER,
        authorization_endpoint: AUTHORIZATION,
        token_endpoint: TOKEN,
        userinfo_endpoint: USERINFO,
        jwks_uri: KEYS,
      },
    ],
  };
  const vars = {
    SSO_ISSUER: ISSUER,
    GF_AUTH_GENERIC_OAUTH_AUTH_URL: '',
    GF_AUTH_GENERIC_OAUTH_TOKEN_URL: '',
    GF_AUTH_GENERIC_OAUTH_API_URL: '',
  };
  const readings = ({ asked }: PlainProvider) =>
    [DISCOVERY, KEYS].map((address) => asked.filter((one) => one === `GET ${address}`).length);

  test('is read anew: discovery at once, keys with the next sign-in', async () => {
    const scene = await setUp(vars, shape);
    await signInBefore(scene);
    expect(readings(scene.provider)).toEqual([1, 1]);
    await recover(scene.gateway);
    const [documents = 0, keys] = readings(scene.provider);
    expect([documents > 1, keys]).toEqual([true, 1]);
    scene.gateway.now += 1;
    await signIn(scene);
    expect(readings(scene.provider)[1]).toBe(2);
  });

  test('stays in a dry run', async () => {
    const scene = await setUp(vars, shape);
    await signInBefore(scene);
    await recover(scene.gateway, { dryRun: true });
    expect(readings(scene.provider)).toEqual([1, 1]);
  });

  test('that cannot be had is said, and the rest is done', async () => {
    const scene = await setUp(vars, shape);
    const jar = await signInBefore(scene);
    scene.provider.fault = 503;
    const { findings, left } = await recover(scene.gateway);
    expect(findings).toMatchObject([{ check: 'sso.discovery', verdict: 'red' }]);
    expect(left[0]).toContain('postern doctor');
    expect(await refusalOf(await scene.gateway.fetchAs(jar, PAGE))).toBe('401 sso_session_ended');
  });
});

describe('the client secret', () => {
  const clientOf = ({ findings }: RecoveryJson) => findings.find(({ check }) => check === 'sso.client');

  test.each([undefined, true])('that the provider takes (dry run: %s)', async (dryRun) => {
    const { gateway, provider } = await setUp();
    const recovery = await recover(gateway, { dryRun });
    expect(clientOf(recovery)).toMatchObject({ verdict: 'green', milliseconds: expect.any(Number) });
    expect(provider.asked).toEqual([`POST ${TOKEN}`]);
  });

  test('that it does not take any more', async () => {
    const { gateway } = await setUp({ GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: 'the-former-secret' });
    const recovery = await recover(gateway);
    expect(clientOf(recovery)).toMatchObject({
      verdict: 'red',
      seen: expect.stringContaining('invalid_client'),
    });
    expect(recovery.left[0]).toContain('wrangler secret put GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET');
    expect(JSON.stringify(recovery)).not.toContain('the-former-secret');
  });

  test.each([
    ['cut', 'red'],
    [503, 'red'],
    [404, 'yellow'],
  ] as const)('of which nothing is known, since the provider answers %s', async (fault, verdict) => {
    const { gateway, provider } = await setUp();
    provider.fault = fault;
    expect(clientOf(await recover(gateway))).toMatchObject({ verdict });
  });
});

describe('logins and addresses', () => {
  /** As a provider gives new names to the same people, which was restored from older data. */
  function renumber({ provider }: Scene, sub: string): void {
    provider.change({ api: { [USERINFO]: { ...ANN, sub } } });
  }

  const codeOf = async (scene: Scene) => refusalOf((await tryToSignIn(scene)).answer);

  test('stay whose they are', async () => {
    const scene = await setUp();
    await signInBefore(scene);
    const recovery = await recover(scene.gateway);
    expect(statesOf(recovery).accounts).toBe('left');
    scene.gateway.now += 1;
    renumber(scene, 'user-100');
    expect(await codeOf(scene)).toBe('403 sso_account_taken');
  });

  test('are free where that is asked for, and then of whoever comes first', async () => {
    const scene = await setUp();
    await signInBefore(scene);
    expect(statesOf(await recover(scene.gateway, { releaseAccounts: true })).accounts).toBe('done');
    scene.gateway.now += 1;
    renumber(scene, 'user-100');
    await signIn(scene);
    renumber(scene, ANN.sub);
    expect(await codeOf(scene)).toBe('403 sso_account_taken');
    renumber(scene, 'user-101');
    expect(await codeOf(scene)).toBe('403 sso_account_taken');
  });

  test('are kept by their former holder who comes first', async () => {
    const scene = await setUp();
    await signInBefore(scene);
    await recover(scene.gateway, { releaseAccounts: true });
    scene.gateway.now += 1;
    await signIn(scene);
    renumber(scene, 'user-100');
    expect(await codeOf(scene)).toBe('403 sso_account_taken');
  });

  test('are told as free by an explanation, too', async () => {
    const scene = await setUp();
    await signInBefore(scene);
    const explain = () =>
      scene.gateway.order('POST', '/sso/explain', { userinfo: { ...ANN, sub: 'user-100' } });
    expect(await explain()).toMatchObject({ decision: { allowed: false, code: 'sso_account_taken' } });
    await recover(scene.gateway, { releaseAccounts: true });
    expect(await explain()).toMatchObject({ decision: { allowed: true } });
  });
});

test('a dry run changes nothing, and says what would be done', async () => {
  const scene = await setUp();
  const { gateway } = scene;
  const jar = await signInBefore(scene);
  const shared = await gateway.open();
  gateway.now += 5;
  const kid = await findSigningKid(gateway, jar);
  const before = [await gateway.kv.values(), await findPublishedKids(gateway), gateway.eventNames];
  const order = { dryRun: true, shareSessions: true, releaseAccounts: true };
  const recovery = await recover(gateway, order);
  expect(recovery.dryRun).toBe(true);
  expect(new Set(Object.values(statesOf(recovery)))).toEqual(new Set(['planned']));
  for (const { says } of recovery.steps) expect(says).toMatch(/ would be | would sign /);

  expect([await gateway.kv.values(), await findPublishedKids(gateway), gateway.eventNames]).toEqual(before);
  expect(await findSigningKid(gateway, jar)).toBe(kid);
  expect((await gateway.fetchAs(shared, PAGE)).status).toBe(200);
  scene.provider.change({ api: { [USERINFO]: { ...ANN, sub: 'user-100' } } });
  expect(await refusalOf((await tryToSignIn(scene)).answer)).toBe('403 sso_account_taken');
});

test('may be repeated, and tells each time', async () => {
  const scene = await setUp();
  await signInBefore(scene);
  await recover(scene.gateway);
  scene.gateway.now += 1;
  const jar = await signIn(scene);
  scene.gateway.now += 1;
  await recover(scene.gateway);
  expect(await refusalOf(await scene.gateway.fetchAs(jar, PAGE))).toBe('401 sso_session_ended');
  const told = scene.gateway.events.filter(({ event }) => event === 'sso.recovered');
  expect(told).toMatchObject([
    { outcome: 'done', by: 'operator', shareSessions: false, accounts: false, assertionKey: true },
    { outcome: 'done' },
  ]);
});

describe('is refused', () => {
  test('without the admin token', async () => {
    const { gateway } = await setUp();
    expect((await gateway.ask('POST', '/sso/recover', {}, `${ADMIN_TOKEN}x`)).status).toBe(401);
  });

  test.each<[string, Order]>([
    ['nobody signs in', { GF_AUTH_GENERIC_OAUTH_ENABLED: 'false', VISITORS: 'deny' }],
    ['nothing can be revoked', { POSTERN_KV: undefined }],
  ])('where %s', async (_, vars) => {
    const { gateway } = await setUp(vars);
    const { status, body } = await gateway.ask('POST', '/sso/recover', {});
    expect([status, body]).toEqual([409, expect.objectContaining({ code: 'conflict' })]);
  });

  test.each<[string, unknown]>([
    ['an unknown field', { dryrun: true }],
    ['a text for a flag', { dryRun: 'yes' }],
    ['a list', []],
  ])('with %s, and nothing is done', async (_, order) => {
    const { gateway } = await setUp();
    const { status, body } = await gateway.ask('POST', '/sso/recover', order);
    expect([status, body]).toEqual([400, expect.objectContaining({ code: 'invalid_input' })]);
    expect(await gateway.kv.names()).toEqual([]);
  });
});
