import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { Gateway, NOW, refusalOf, SECRET } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { origin } from '../support/origin.ts';
import { PlainProvider, type Shape } from '../support/plain-provider.ts';

const PAGE = '/d/uid-one/demo';
const DATA = '/api/dashboards/uid/uid-one';
const TOKEN_SECONDS = 600;
/** The default: what Durable Objects refresh by in these tests are their own variables, not the gateway's. */
const GRACE_SECONDS = 1_800;

const {
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: AUTHORIZATION,
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: TOKEN,
  GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO,
} = OBJECT_VARIABLES;

const SHAPE: Shape = {
  authorization: AUTHORIZATION,
  token: TOKEN,
  api: { [USERINFO]: { sub: 'ann', email: 'ann@example.com', role: 'Editor' } },
  rotates: true,
  extra: { expires_in: TOKEN_SECONDS },
};

const VARS = { ...OBJECT_VARIABLES, VISITORS: 'login', POSTERN_SECRETS: SECRET };

interface Scene {
  readonly gateway: Gateway;
  readonly provider: PlainProvider;
  readonly jar: Jar;
  ask(): Promise<Response>;
  refreshes(): number;
}

/** Somebody who has signed in at a provider without ID tokens. */
async function setScene(
  vars: Readonly<Record<string, string>> = {},
  shape: Partial<Shape> = {},
): Promise<Scene> {
  const gateway = new Gateway({
    bindings: 'real',
    vars: { ...VARS, ...vars },
  });
  const provider = new PlainProvider({ ...SHAPE, ...shape }, () => gateway.now).install();
  const jar = new Jar();
  const start = await gateway.fetchAs(jar, `/-/login/start?to=${encodeURIComponent(PAGE)}`);
  const callback = provider.authorize(start.headers.get('Location') ?? '');
  const answer = await gateway.fetchAs(jar.take(start), callback);
  expect([answer.status, await answer.clone().text()]).toEqual([303, '']);
  jar.take(answer);
  provider.asked.length = 0;
  const asked = (line: string) => provider.asked.filter((one) => one === line).length;
  return {
    gateway,
    provider,
    jar,
    ask: () => gateway.fetchAs(jar, DATA, { headers: { Accept: 'application/json' } }),
    refreshes: () => asked(`POST ${TOKEN}`),
  };
}

const presentedRole = () =>
  decodeJwt(origin.received.at(-1)?.headers.get('X-JWT-Assertion') ?? '').role as string;

describe('a provider that cannot be asked when a token runs out', () => {
  test.each([503, 429, 'cut'] as const)(
    '(%s) lets the session go on for the grace, and no longer',
    async (fault) => {
      const { gateway, provider, ask } = await setScene();
      provider.fault = fault;
      gateway.now = NOW + TOKEN_SECONDS;
      expect((await ask()).status).toBe(200);
      gateway.now = NOW + TOKEN_SECONDS + GRACE_SECONDS - 1;
      expect((await ask()).status).toBe(200);
      expect(presentedRole()).toBe('Editor');
      const before = origin.received.length;
      gateway.now = NOW + TOKEN_SECONDS + GRACE_SECONDS + 61;
      expect((await ask()).status).toBeGreaterThanOrEqual(400);
      expect(origin.received).toHaveLength(before);
    },
  );

  test('is asked again now and then, and once it is back the session is as good as new', async () => {
    const { gateway, provider, ask, refreshes } = await setScene();
    provider.fault = 503;
    for (let second = 0; second < 120; second += 2) {
      gateway.now = NOW + TOKEN_SECONDS + second;
      expect((await ask()).status).toBe(200);
    }
    expect(refreshes()).toBeGreaterThanOrEqual(2);
    expect(refreshes()).toBeLessThanOrEqual(5);
    provider.fault = undefined;
    provider.change({ api: { [USERINFO]: { sub: 'ann', email: 'ann@example.com', role: 'Viewer' } } });
    gateway.now += 60;
    expect((await ask()).status).toBe(200);
    expect(presentedRole()).toBe('Viewer');
    // The grace begins anew with the next failure.
    provider.fault = 503;
    gateway.now += TOKEN_SECONDS + GRACE_SECONDS - 60;
    expect((await ask()).status).toBe(200);
  });

  test('ends no session for good: after the grace it goes on where the provider has come back', async () => {
    const { gateway, provider, ask } = await setScene();
    provider.fault = 503;
    gateway.now = NOW + TOKEN_SECONDS;
    await ask();
    gateway.now += GRACE_SECONDS + 120;
    expect((await ask()).status).toBeGreaterThanOrEqual(400);
    provider.fault = undefined;
    gateway.now += 60;
    expect((await ask()).status).toBe(200);
  });

  test('outlives no session: its end stays its end', async () => {
    const { gateway, provider, ask } = await setScene({ SSO_SESSION_SECONDS: '700' });
    provider.fault = 503;
    gateway.now = NOW + 650;
    expect((await ask()).status).toBe(200);
    gateway.now = NOW + 701;
    expect(await refusalOf(await ask())).toBe('401 session_required');
  });
});

describe('a token that runs out', () => {
  test('is refreshed in the order of its rotation, all day long', async () => {
    const { gateway, ask, refreshes } = await setScene({ SSO_SESSION_SECONDS: '86400' });
    for (let round = 1; round <= 20; round++) {
      gateway.now += TOKEN_SECONDS;
      expect((await ask()).status).toBe(200);
      expect(refreshes()).toBe(round);
    }
  });

  test('of a provider that gives the role away follows', async () => {
    const { gateway, provider, ask } = await setScene();
    await ask();
    expect(presentedRole()).toBe('Editor');
    provider.change({ api: { [USERINFO]: { sub: 'ann', email: 'ann@example.com', role: 'Admin' } } });
    gateway.now += TOKEN_SECONDS;
    await ask();
    expect(presentedRole()).toBe('Admin');
  });

  test('of somebody else ends the session', async () => {
    const { gateway, provider, ask } = await setScene();
    provider.change({ api: { [USERINFO]: { sub: 'bob', email: 'bob@example.com', role: 'Admin' } } });
    gateway.now += TOKEN_SECONDS;
    expect((await ask()).status).toBeGreaterThanOrEqual(400);
    provider.change(SHAPE);
    expect((await ask()).status).toBe(401);
    expect(origin.received).toEqual([]);
  });

  test('and is refused ends the session for good', async () => {
    const { gateway, provider, ask, refreshes } = await setScene();
    provider.forgetRefreshToken();
    gateway.now += TOKEN_SECONDS;
    for (let round = 0; round < 3; round++) expect((await ask()).status).toBe(401);
    expect(refreshes()).toBe(1);
    expect(origin.received).toEqual([]);
  });

  test('where the provider gave no refresh token ends the session, as Grafana has it', async () => {
    const { gateway, ask, refreshes } = await setScene({}, { rotates: false });
    expect((await ask()).status).toBe(200);
    gateway.now += TOKEN_SECONDS;
    expect((await ask()).status).toBe(401);
    expect(refreshes()).toBe(0);
  });
});

describe('a session that was signed out', () => {
  test('is over at once where that was done, and within a minute in every other isolate', async () => {
    const { gateway, jar, ask } = await setScene();
    const other = new Gateway({ bindings: 'real', vars: VARS });
    const askOther = () => other.fetchAs(jar, DATA, { headers: { Accept: 'application/json' } });
    expect([(await ask()).status, (await askOther()).status]).toEqual([200, 200]);
    const out = await gateway.fetchAs(jar, '/-/logout', {
      method: 'POST',
      headers: { Origin: gateway.at, 'Sec-Fetch-Site': 'same-origin' },
    });
    expect(out.status).toBe(303);
    expect(await refusalOf(await ask())).toBe('401 sso_session_ended');
    other.now += 60;
    expect(await refusalOf(await askOther())).toBe('401 sso_session_ended');
  });
});
