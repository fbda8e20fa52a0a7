import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Browser, type Hop, problemOf, describe as tell } from '../support/provider/browser.ts';
import type { Claims } from '../support/provider/configuration.ts';
import type { Vars } from '../support/provider/gateway.ts';
import type { Fault } from '../support/provider/provider.ts';
import { ANN, PAGE, Scene } from '../support/provider/scene.ts';

let scene: Scene;

/** What a refused sign-in looks like from outside, and the event that its request id finds. */
async function expectRefused(hop: Hop, status: number, code: string, reason?: string): Promise<void> {
  expect(hop.url.pathname, tell(hop)).toMatch(/^\/(?:login\/generic_oauth|-\/login\/start)$/);
  expect(hop.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = problemOf(hop);
  expect([hop.status, problem.code, problem.status]).toEqual([status, code, status]);
  expect(String(problem.detail)).toMatch(/\w+ \w+.*\.$/);
  expect(hop.setCookies.filter((line) => line.startsWith('postern-user='))).toEqual([]);
  expect(scene.origin.arrived).toEqual([]);
  await vi.waitFor(() => {
    const [event] = scene.gateway
      .eventsOf(problem.requestId)
      .filter(({ event: name }) => name === 'sso.refused');
    expect(event).toMatchObject({ outcome: 'refused', reason: reason ?? expect.any(String) });
  });
}

describe('somebody whom the rules do not let in', () => {
  beforeAll(async () => {
    scene = await Scene.set({
      GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
      GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS: 'dashboards',
      GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS: 'example.com example.org',
      GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: 'role',
      GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT: 'true',
    });
  });
  afterAll(() => scene.end());
  beforeEach(() => scene.begin());

  test.each<[what: string, claims: Claims, status: number, code: string]>([
    ['who is in no group', { ...ANN, groups: ['others'] }, 403, 'sso_not_in_allowed_groups'],
    [
      'whose group differs in its letters',
      { ...ANN, groups: ['Dashboards'] },
      403,
      'sso_not_in_allowed_groups',
    ],
    ['whose groups are no list', { ...ANN, groups: 'dashboards' }, 403, 'sso_not_in_allowed_groups'],
    ['of another domain', { ...ANN, email: 'ann@example.net' }, 403, 'sso_domain_not_allowed'],
    ['of a domain below', { ...ANN, email: 'ann@sub.example.com' }, 403, 'sso_domain_not_allowed'],
    ['without a role', { ...ANN, role: undefined }, 403, 'sso_role_missing'],
    ['with a role that is none', { ...ANN, role: 'Owner' }, 403, 'sso_role_missing'],
    ['without an address', { ...ANN, email: undefined }, 403, 'sso_email_missing'],
  ])('%s: refused, with a code, and an event to the id', async (_, claims, status, code) => {
    scene.provider.people.set('ann', claims);
    await expectRefused(await scene.tryToSignIn(), status, code);
  });

  test('sees a page with the code, the id, and a way to try again', async () => {
    scene.provider.people.set('ann', { ...ANN, groups: [] });
    const hop = await new Browser().arrive(scene.at(`/-/login/start?to=${encodeURIComponent(PAGE)}`));
    expect(hop.status).toBe(403);
    expect(hop.headers['content-type']).toMatch(/^text\/html/);
    expect(hop.text).toContain('sso_not_in_allowed_groups');
    expect(hop.text).toContain('/-/login');
    expect(hop.headers['cache-control']).toContain('no-store');
  });

  test('who belongs there gets in', async () => {
    await scene.signIn();
    expect(scene.origin.arrived).toHaveLength(1);
  });

  test('who declines at the provider is told so, and may try again', async () => {
    scene.provider.someone = undefined;
    const browser = new Browser();
    const hop = await scene.tryToSignIn(browser);
    await expectRefused(hop, 403, 'sso_denied');
    expect(hop.text).not.toContain('access_denied"');
    scene.provider.someone = 'ann';
    await scene.signIn(browser);
  });
});

describe('a provider that is not well', () => {
  beforeEach(async () => {
    scene = await Scene.set();
  });
  afterEach(() => scene.end());

  test.each<[what: string, fault: Fault]>([
    ['answers 503 to the code', { kind: 503, at: ['token'] }],
    ['cuts the exchange of the code', { kind: 'cut', at: ['token'] }],
    ['does not give its keys', { kind: 503, at: ['keys'] }],
  ])('that %s: 502 with a code, and once it is well again, people sign in', async (_, fault) => {
    scene.provider.fault = fault;
    await expectRefused(await scene.tryToSignIn(), 502, 'sso_provider_unreachable', 'provider: unreachable');
    scene.provider.fault = undefined;
    await scene.signIn();
  });

  test.each<Fault>([{ kind: 'cut' }, { kind: 503 }])(
    'whose discovery fails (%j): 502 with a code, and nobody is led there',
    async (fault) => {
      scene.provider.fault = fault;
      await expectRefused(
        await scene.tryToSignIn(),
        502,
        'sso_provider_unreachable',
        'provider: unreachable',
      );
    },
  );

  test('whose discovery failed is asked again after a moment, and by nobody before', async () => {
    scene.provider.fault = { kind: 'cut' };
    await scene.tryToSignIn();
    scene.provider.fault = undefined;
    expect((await scene.tryToSignIn()).status).toBe(502);
    expect(scene.provider.callsTo('discovery')).toHaveLength(1);
    await vi.waitFor(() => scene.signIn(), { timeout: 20_000, interval: 500 });
  });

  test('whose userinfo fails lets people in by the ID token', async () => {
    scene.provider.fault = { kind: 500, at: ['userinfo'] };
    await scene.signIn();
    expect(await scene.readAssertion()).toMatchObject({ email: ANN.email });
  });

  test('that has changed its keys with an overlap stays known', async () => {
    await scene.signIn();
    await scene.provider.rotateKeys('overlap');
    await scene.signIn();
  });

  test('that has replaced its keys becomes known again at once', async () => {
    await scene.signIn();
    await scene.provider.rotateKeys('replace');
    await scene.signIn();
    expect(scene.provider.callsTo('keys').length).toBeLessThanOrEqual(2);
  });

  test.each([30, -30])('whose clock is wrong by %i seconds is as good as any', async (seconds) => {
    scene.provider.clockShiftSeconds = seconds;
    await scene.signIn();
  });

  test.each([
    ['ahead', 600, 3_600, 'id-token: issued-in-future'],
    ['behind', -600, 300, 'id-token: expired'],
  ])(
    'whose clock is ten minutes %s is refused, with the reason',
    async (_, seconds, idTokenSeconds, reason) => {
      scene.provider.clockShiftSeconds = seconds;
      scene.provider.settings.idTokenSeconds = idTokenSeconds;
      await expectRefused(await scene.tryToSignIn(), 401, 'sso_id_token_invalid', reason);
    },
  );
});

describe('a client that the provider knows otherwise', () => {
  const redirectUris = () => [scene.at('/login/generic_oauth').href];

  async function setScene(vars: Vars): Promise<void> {
    scene = await Scene.set(vars);
  }
  afterEach(() => scene.end());

  test('by a secret in the parameters: found out by itself', async () => {
    await setScene({});
    scene.provider.register({ auth: 'client_secret_post', redirectUris: redirectUris() });
    await scene.signIn();
  });

  test('by a secret in the parameters, as the operator says', async () => {
    await setScene({ GF_AUTH_GENERIC_OAUTH_AUTH_STYLE: 'InParams' });
    scene.provider.register({ auth: 'client_secret_post', redirectUris: redirectUris() });
    await scene.signIn();
    expect(scene.provider.callsTo('token')).toHaveLength(1);
  });

  test('by no secret at all, with PKCE', async () => {
    await setScene({ GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: '' });
    scene.provider.register({ auth: 'none', redirectUris: redirectUris() });
    await scene.signIn();
  });

  test('by another secret: 502 with a code, and the secret nowhere', async () => {
    const secret = 'not-the-right-secret-0123456789';
    await setScene({ GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: secret });
    const hop = await scene.tryToSignIn();
    await expectRefused(hop, 502, 'sso_client_refused');
    expect(hop.text + JSON.stringify(scene.gateway.events)).not.toContain(secret);
  });

  test('with AUTO_LOGIN goes to the provider at once, unless told not to', async () => {
    await setScene({ GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: 'true' });
    const browser = new Browser();
    const hops = await browser.go(scene.at(PAGE));
    expect(hops.at(-1)?.url.href, hops.map(tell).join('\n')).toBe(scene.at(PAGE).href);
    expect(hops.at(-1)?.status).toBe(200);
    for (const path of [
      '/-/login?disableAutoLogin',
      '/-/login?disableAutoLogin=true',
      '/-/login?signedOut=true',
    ]) {
      expect((await new Browser().step(scene.at(path))).status).toBe(200);
    }
  });
});
