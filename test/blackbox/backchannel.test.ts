import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Browser, type Hop, problemOf, describe as tell } from '../support/provider/browser.ts';
import { ANN, PAGE, Scene } from '../support/provider/scene.ts';

const SIGNED_OUT = '/-/login?signedOut=true';
const DATA = '/api/dashboards/uid/uid-one';

let scene: Scene;

/** Signs out at the provider itself, in the browser in which somebody is signed in there. */
async function signOutThere(browser: Browser, from = `${scene.provider.issuer}/session/end`): Promise<Hop> {
  return confirm(browser, await browser.step(from));
}

/** Says yes on the provider's page, which asks once more. */
function confirm(browser: Browser, page: Hop): Promise<Hop> {
  const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page.text) ?? [];
  if (xsrf === undefined) throw new Error(`the provider asks nothing:\n${tell(page)}`);
  return browser.step(`${scene.provider.issuer}/session/end/confirm`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
    from: page.url,
  });
}

function register(withSid: boolean): void {
  scene.provider.register({
    redirectUris: [scene.at('/login/generic_oauth').href],
    signOutUris: [scene.at(SIGNED_OUT).href],
    backchannel: { uri: scene.at('/-/backchannel-logout').href, withSid },
  });
}

const orders = () => scene.gateway.events.filter(({ event }) => event === 'sso.backchannel.logout');

/** What the provider was answered: whatever is not 200 or 204 is an error to it. */
async function expectOrders(count: number, of: 'user' | 'session'): Promise<void> {
  await vi.waitFor(() => expect(orders()).toHaveLength(count));
  for (const order of orders()) expect(order).toMatchObject({ outcome: 'done', subject: 'ann', of });
  expect(scene.gateway.events.filter(({ event }) => event === 'sso.backchannel.refused')).toEqual([]);
}

const statusOf = async (browser: Browser) => (await browser.call(scene.at(DATA))).status;

/** Within what an isolate remembers; KV is this machine's own. */
async function expectEnded(browser: Browser): Promise<void> {
  await vi.waitFor(async () => expect(await statusOf(browser)).toBe(401), { timeout: 5_000, interval: 200 });
}

describe('a provider that signs people out', () => {
  beforeAll(async () => {
    scene = await Scene.set({ REVOCATION_MEMO_SECONDS: '1' });
  });
  afterAll(() => scene.end());
  beforeEach(async () => {
    scene.begin();
    (scene.gateway.events as unknown[]).length = 0;
    // A sign-in of the very second in which somebody was signed out is over, too.
    await wait(1_000);
  });

  test('by their session ends that one, and leaves the one in another browser', async () => {
    register(true);
    const [one, other] = [await scene.signIn(), await scene.signIn()];
    expect([await statusOf(one), await statusOf(other)]).toEqual([200, 200]);
    expect((await signOutThere(one)).status).toBeLessThan(400);
    await expectOrders(1, 'session');
    await expectEnded(one);
    expect(await statusOf(other)).toBe(200);
  });

  test('by their name ends all of them, in every browser, and nobody else’s', async () => {
    register(false);
    scene.provider.people.set('bob', { ...ANN, email: 'bob@example.com', preferred_username: 'bob' });
    const [one, other] = [await scene.signIn(), await scene.signIn()];
    scene.provider.someone = 'bob';
    const bob = await scene.signIn();
    await signOutThere(one);
    await expectOrders(1, 'user');
    await expectEnded(one);
    await expectEnded(other);
    expect(await statusOf(bob)).toBe(200);
  });

  test('leads them to sign-in with a sentence, and in again, without a circle', async () => {
    register(true);
    const browser = await scene.signIn();
    await signOutThere(browser);
    await expectOrders(1, 'session');
    const script = await vi.waitFor(
      async () => {
        const hop = await browser.call(scene.at(DATA));
        expect(hop.status).toBe(401);
        return hop;
      },
      { timeout: 5_000, interval: 200 },
    );
    expect(problemOf(script).code).toBe('sso_session_ended');

    await wait(1_000);
    const again = await scene.signIn();
    await signOutThere(again);
    await expectOrders(2, 'session');
    const page = await vi.waitFor(
      async () => {
        const hops = await again.go(scene.at(PAGE));
        expect(hops[0].status).toBe(303);
        return hops.at(-1);
      },
      { timeout: 5_000, interval: 200 },
    );
    expect(page?.url.pathname).toBe('/-/login');
    expect(page?.text).toContain('Your sign-in has ended.');
    await wait(1_000);
    await scene.signIn(again);
    expect(await statusOf(again)).toBe(200);
  });

  test('closes open sockets', async () => {
    register(true);
    const browser = await scene.signIn();
    const { webSocket } = await scene.gateway.runtime.dispatchFetch(scene.at('/api/live/ws').href, {
      headers: {
        Upgrade: 'websocket',
        Origin: scene.gateway.url.origin,
        Cookie: browser.cookieHeader(scene.gateway.url),
      },
    });
    if (!webSocket) throw new Error('no socket');
    webSocket.accept();
    await signOutThere(browser);
    await expectOrders(1, 'session');
    expect(await scene.origin.sockets[0]?.closed).toBe(4001);
    await vi.waitFor(() =>
      expect(scene.gateway.events).toContainEqual(expect.objectContaining({ event: 'sso.socket.closed' })),
    );
  });

  test('with keys of which the gateway has not heard is believed by its new ones', async () => {
    register(true);
    const browser = await scene.signIn();
    await scene.provider.rotateKeys('replace');
    await signOutThere(browser);
    await expectOrders(1, 'session');
    await expectEnded(browser);
  });

  test('whose clock is ten minutes behind is not believed, and the session stays', async () => {
    register(true);
    const browser = await scene.signIn();
    scene.provider.clockShiftSeconds = -600;
    await signOutThere(browser);
    await vi.waitFor(() =>
      expect(scene.gateway.events).toContainEqual(
        expect.objectContaining({ event: 'sso.backchannel.refused', reason: 'expired' }),
      ),
    );
    scene.provider.clockShiftSeconds = 0;
    expect(await statusOf(browser)).toBe(200);
  });
});

describe('signing out here', () => {
  beforeAll(async () => {
    scene = await Scene.set({ SSO_SIGN_OUT_AT_PROVIDER: 'true', REVOCATION_MEMO_SECONDS: '1' });
  });
  afterAll(() => scene.end());
  beforeEach(() => scene.begin());

  test('leads to the provider, signs out there, and back to a page that says so', async () => {
    register(true);
    const browser = await scene.signIn();
    const page = await browser.arrive(scene.at('/-/logout'), { method: 'POST', from: scene.at(PAGE) });
    expect(page.url.origin).toBe(scene.provider.issuer);
    expect(page.url.pathname).toBe('/session/end');
    expect(Object.fromEntries(page.url.searchParams)).toEqual({
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      client_id: 'grafana',
      post_logout_redirect_uri: scene.at(SIGNED_OUT).href,
    });
    const back = await confirm(browser, page);
    expect(back.location?.href).toBe(scene.at(SIGNED_OUT).href);
    const last = await browser.step(scene.at(SIGNED_OUT));
    expect(last.text).toContain('You have signed out.');
    expect(await statusOf(browser)).toBe(401);
    // There is no session at the provider by which the next sign-in would go through by itself.
    scene.provider.someone = undefined;
    expect((await scene.tryToSignIn(browser)).status).toBe(403);
  });

  test('asks first where another site has led here, and may then lead to the provider', async () => {
    register(true);
    const browser = await scene.signIn();
    const asked = await browser.step(scene.at('/-/logout'), { from: 'https://evil.example/' });
    expect(asked.status).toBe(200);
    expect(asked.headers['content-security-policy']).toContain(`form-action 'self' ${scene.provider.issuer}`);
    expect(await statusOf(browser)).toBe(200);
  });

  test('signs out here all the same where the provider is away', async () => {
    register(true);
    const browser = await scene.signIn();
    scene.provider.fault = { kind: 'cut' };
    const hop = await browser.step(scene.at('/-/logout'), { method: 'POST', from: scene.at(PAGE) });
    expect(hop.status).toBe(303);
    expect(await statusOf(browser)).toBe(401);
  });
});
