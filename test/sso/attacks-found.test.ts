import { describe, expect, test } from 'vitest';
import { findSessions } from '../support/attacks/judge.ts';
import { type Lies, PLACES, pairNamed } from '../support/attacks/sign-in/provider.ts';
import { presented, SignInScene, USER_COOKIE } from '../support/attacks/sign-in/scene.ts';
import { refusalOf } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { origin } from '../support/origin.ts';

// Attacks that got through when they were first tried.

const saying = (claims: Record<string, unknown>): Lies => ({ claims, userinfo: claims });

describe('names that change after a sign-in', () => {
  /** What becomes of Ann's session once the provider calls her something else. */
  async function refreshAs(claims: Record<string, unknown>, before?: (scene: SignInScene) => Promise<void>) {
    const scene = new SignInScene();
    await before?.(scene);
    const browser = await scene.signIn();
    await scene.ask(browser);
    scene.provider.lies = saying(claims);
    scene.gateway.now += 600;
    origin.received = [];
    const answer = await scene.ask(browser);
    return { scene, browser, answer };
  }

  test.each([
    { login: 'admin' },
    { login: 'ＡＤＭＩＮ' },
    { email: 'admin@localhost' },
    { login: 'ann ' },
    { login: 'ann\u200b' },
  ])('%j is refused at refresh as it is at sign-in', async (claims) => {
    const { answer } = await refreshAs(claims);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(origin.received).toEqual([]);
  });

  test.each([{ login: 'bob' }, { email: 'bob@example.com' }, { login: 'bob@example.com' }])(
    '%j, which is another’s, is refused at refresh as it is at sign-in',
    async (claims) => {
      const { answer } = await refreshAs(claims, async (scene) => {
        scene.provider.lies = saying({ sub: 'bob-1', login: 'bob', email: 'bob@example.com' });
        await scene.signIn();
        scene.provider.lies = {};
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(origin.received).toEqual([]);
    },
  );

  test('are held from then on: nobody else gets the new one', async () => {
    const { scene, answer } = await refreshAs({ login: 'ann-new' });
    expect([answer.status, presented()?.login]).toEqual([200, 'ann-new']);
    scene.provider.lies = saying({ sub: 'mallory-1', login: 'ann-new', email: 'mallory@example.com' });
    expect(await refusalOf(await scene.finish(new Jar()))).toBe('403 sso_account_taken');
  });
});

describe("names that Grafana's database takes for another", () => {
  // MySQL compares Grafana's logins by utf8mb4_unicode_ci, to which these are one name.
  test.each(['ádmin', 'admiñ', 'a\u0301dmin', 'ädmïn'])(
    '%s is not, where accents make no difference',
    async (login) => {
      const scene = new SignInScene({ lies: saying({ login }) });
      expect(await refusalOf(await scene.finish(new Jar()))).toBe('403 sso_name_not_accepted');
    },
  );
});

describe('discovery', () => {
  test.each([
    ['keys over plain http', { jwks_uri: PLACES.keys.replace('https', 'http') }],
    ['keys at no address', { jwks_uri: 'keys' }],
    ['no keys at all', { jwks_uri: undefined }],
  ])('with %s never makes an ID token believed unverified', async (_, discovery) => {
    const forged: Lies = {
      discovery,
      signedBy: () => pairNamed('stolen'),
      claims: {
        iss: 'https://evil.test',
        sub: 'boss-1',
        login: 'boss',
        email: 'boss@example.com',
        nonce: undefined,
      },
      userinfo: { sub: undefined },
    };
    const scene = new SignInScene({ lies: forged });
    const answer = await scene.finish(new Jar());
    expect([answer.status >= 400, findSessions(answer)]).toEqual([true, []]);
  });
});

test('a refresh that names another issuer, where nobody named one, names another person', async () => {
  const scene = new SignInScene({
    vars: {
      SSO_ISSUER: undefined,
      GF_AUTH_GENERIC_OAUTH_AUTH_URL: PLACES.authorize,
      GF_AUTH_GENERIC_OAUTH_TOKEN_URL: PLACES.token,
      GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: PLACES.keys,
    },
  });
  const browser = await scene.signIn();
  scene.provider.lies = { claims: { iss: 'https://other-tenant.test', name: 'Mallory' } };
  scene.gateway.now += 600;
  await scene.ask(browser);
  expect(presented()?.name).not.toBe('Mallory');
});

describe('claims that are too large', () => {
  const GROUPS = { GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups' };
  const many = Array.from({ length: 20_000 }, (_, index) => `group-${index}`);

  test.each([
    ['jwt', {}],
    [
      'auth-proxy',
      { ORIGIN_IDENTITY: 'auth-proxy', GF_AUTH_PROXY_HEADERS: 'Groups:X-WEBAUTH-GROUPS Role:X-WEBAUTH-ROLE' },
    ],
  ])('in groups do not become headers that no origin takes (%s)', async (_, vars) => {
    const scene = new SignInScene({ vars: { ...GROUPS, ...vars }, lies: { userinfo: { groups: many } } });
    const browser = await scene.signIn();
    expect((await scene.ask(browser)).status).toBe(200);
    const lengths = [...origin.only.headers].map(([, value]) => value.length);
    expect(Math.max(...lengths)).toBeLessThan(16_384);
  });

  test.each([
    ['sub', { sub: 'x'.repeat(1_024), email: `${'x'.repeat(1_012)}@example.com` }],
    ['sid', { sid: 'x'.repeat(20_000) }],
    ['sub, in letters of three bytes', { sub: '名'.repeat(1_024) }],
  ])('in %s do not become a cookie that no browser keeps, and so a circle', async (_, claims) => {
    const scene = new SignInScene({
      lies: { claims, userinfo: { sub: 'sub' in claims ? claims.sub : 'ann-1' } },
    });
    const answer = await scene.finish(new Jar());
    const [line = ''] = answer.headers.getSetCookie().filter((one) => one.startsWith(`${USER_COOKIE}=`));
    // Browsers drop what is longer than 4096 bytes (RFC 6265bis §5.6): then a page leads to sign-in, and so on.
    expect(line.length).toBeLessThanOrEqual(4_096);
    if (answer.status === 303) expect((await scene.ask(new Jar().take(answer))).status).toBe(200);
  });

  test('in names do not become another’s, where Grafana’s database cuts them off at 190', async () => {
    const scene = new SignInScene({
      lies: saying({ login: `${'a'.repeat(190)}b`, email: 'long@example.com' }),
    });
    expect((await scene.finish(new Jar())).status).toBe(403);
  });
});

describe('a page that staff see', () => {
  const LOADED = ['image', 'iframe', 'script', 'style', 'empty'];

  test.each(['/-/logout', '/-/login', '/-/login/start', '/logout', '/login'])(
    'signs nobody out by loading %s',
    async (path) => {
      const scene = new SignInScene();
      const browser = await scene.signIn();
      for (const destination of LOADED) {
        const headers = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': destination };
        const answer = await scene.gateway.fetchAs(browser, path, { headers });
        const cleared = readSetCookies(answer).filter(({ name }) => name === USER_COOKIE);
        expect([destination, cleared]).toEqual([destination, []]);
      }
      expect((await scene.ask(browser)).status).toBe(200);
    },
  );
});
