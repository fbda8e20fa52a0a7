import { fetch } from 'miniflare';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, problemOf, describe as tell } from '../support/provider/browser.ts';
import { CLIENT_ID } from '../support/provider/provider.ts';
import { ANN, PAGE, Scene } from '../support/provider/scene.ts';

const REDIRECT = '/login/generic_oauth';
const startTo = (path: string) => `/-/login/start?to=${encodeURIComponent(path)}`;
const isAttempt = (name: string) => name.startsWith('postern-tx-');

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.set({
    GF_AUTH_GENERIC_OAUTH_NAME: 'Example Login',
    GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: 'role',
    GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
  });
});

afterAll(() => scene.end());

beforeEach(() => scene.begin());

describe('signing in, where the issuer is all that is known of the provider', () => {
  test('leads from the page over the sign-in page and the provider to the page', async () => {
    const browser = new Browser();
    const [refused, login] = await browser.go(scene.at(PAGE));
    expect(refused.status).toBe(303);
    expect(refused.location?.href).toBe(scene.at(`/-/login?to=${encodeURIComponent(PAGE)}`).href);
    expect(login?.status).toBe(200);
    expect(login?.headers['content-type']).toMatch(/^text\/html/);
    expect(login?.headers['cache-control']).toContain('no-store');
    expect(login?.text).toContain('Example Login');
    const button = /href="(\/-\/login\/start[^"]*)"/.exec(login?.text ?? '')?.[1]?.replaceAll('&amp;', '&');
    if (button === undefined) throw new Error(`no button: ${login?.text}`);
    expect(scene.origin.arrived).toEqual([]);

    const hops = await browser.go(scene.at(button), { from: scene.at('/-/login') });
    const last = hops.at(-1);
    expect(last?.url.href, hops.map(tell).join('\n')).toBe(scene.at(PAGE).href);
    expect(last?.status).toBe(200);
    expect(last?.text).toBe('<title>dashboard</title>');
    expect(browser.cookieNames(scene.gateway.url)).toContain('postern-user');
    expect(browser.cookieNames(scene.gateway.url).filter(isAttempt)).toEqual([]);
  });

  test('asks for a code with state, nonce and PKCE, and binds the attempt to the browser', async () => {
    const browser = new Browser();
    const start = await browser.step(scene.at(startTo(PAGE)));
    expect(start.status).toBe(303);
    const { origin, pathname, searchParams } = start.location ?? new URL('about:blank');
    expect(`${origin}${pathname}`).toBe(`${scene.provider.issuer}/auth`);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: scene.at(REDIRECT).href,
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w.~-]{22,}$/),
      nonce: expect.stringMatching(/^[\w-]{22,}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(start.headers['cache-control']).toContain('no-store');
    expect(start.setCookies).toEqual([
      expect.stringMatching(/^postern-tx-[\w-]+=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/),
    ]);
  });

  test('sets one session cookie at the end, and clears the attempt', async () => {
    const browser = new Browser();
    const hops = await browser.go(scene.at(startTo(PAGE)));
    const callback = hops.find(({ url }) => url.pathname === REDIRECT);
    expect(callback?.status, hops.map(tell).join('\n')).toBe(303);
    expect(callback?.headers.location).toBe(PAGE);
    expect(callback?.headers['cache-control']).toContain('no-store');
    expect([...(callback?.setCookies ?? [])].sort()).toEqual([
      expect.stringMatching(/^postern-tx-[\w-]+=; Path=\/; HttpOnly; SameSite=Lax; Max-Age=0$/),
      expect.stringMatching(/^postern-user=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/),
    ]);
    // A cookie that outgrows 4 KB is dropped by browsers.
    expect(browser.cookieHeader(scene.gateway.url).length).toBeLessThan(3_500);
  });

  test('asks each endpoint no more often than it needs', async () => {
    await scene.signIn();
    scene.provider.calls.length = 0;
    await scene.signIn();
    const counts = (['discovery', 'keys', 'token', 'userinfo'] as const).map(
      (endpoint) => scene.provider.callsTo(endpoint).length,
    );
    expect(counts).toEqual([0, 0, 1, 1]);
  });

  test('lets nobody in by a callback that is used twice, or by one of another browser', async () => {
    const browser = new Browser();
    const hops = await browser.go(scene.at(startTo(PAGE)));
    const callback = hops.find(({ url }) => url.pathname === REDIRECT)?.url;
    if (!callback) throw new Error(hops.map(tell).join('\n'));
    scene.provider.calls.length = 0;
    for (const visitor of [browser, new Browser()]) {
      const again = await visitor.step(callback, { headers: { Accept: 'application/json' } });
      expect(again.status).toBe(400);
      expect(problemOf(again)).toMatchObject({ code: expect.stringMatching(/^sso_/) });
      expect(again.setCookies.filter((line) => line.startsWith('postern-user='))).toEqual([]);
    }
    expect(scene.provider.callsTo('token')).toEqual([]);
  });

  test('works in two tabs at once, and each of them gets to its own page', async () => {
    const browser = new Browser();
    const pages = ['/d/uid-one/first', '/d/uid-two/second?orgId=1'];
    const starts = await Promise.all(pages.map((page) => browser.step(scene.at(startTo(page)))));
    expect(browser.cookieNames(scene.gateway.url).filter(isAttempt)).toHaveLength(2);
    // The one that began first ends last.
    for (const [index, start] of [...starts.entries()].reverse()) {
      const end = await browser.arrive(start.location ?? '', { from: scene.at('/-/login') });
      expect(end.url.href, tell(end)).toBe(scene.at(pages[index] ?? '').href);
      expect(end.status).toBe(200);
    }
    expect(browser.cookieNames(scene.gateway.url).filter(isAttempt)).toEqual([]);
  });

  test.each([
    ['https://evil.example/'],
    ['//evil.example/d/uid-one'],
    ['/\\evil.example/'],
    ['/.//evil.example/'],
    ['/%09/evil.example'],
    ['javascript:alert(1)'],
    ['/-/logout'],
    ['/login/generic_oauth?code=1&state=2'],
    ['/d/uid-one\r\nSet-Cookie: postern-user=1'],
  ])('leads nobody astray by the return address %j', async (to) => {
    const browser = new Browser();
    const start = await browser.step(scene.at(startTo(to)));
    if (start.status === 400) return;
    expect(start.status).toBe(303);
    const hops = await browser.go(start.location ?? '', { from: scene.at('/-/login') });
    const callback = hops.find(({ url }) => url.pathname === REDIRECT && url.searchParams.has('state'));
    expect(callback?.status).toBe(303);
    expect(callback?.location?.origin).toBe(scene.gateway.url.origin);
    expect(callback?.headers.location).toMatch(/^\/(?![/\\-])/);
    expect(callback?.location?.pathname).not.toBe(REDIRECT);
    expect(hops.at(-1)?.status).toBe(200);
  });
});

describe('Grafana’s own addresses', () => {
  test('/login and /logout lead to the gateway’s', async () => {
    for (const name of ['login', 'logout']) {
      const hop = await new Browser().step(scene.at(`/${name}`));
      expect([hop.status, hop.location?.pathname]).toEqual([303, `/-/${name}`]);
    }
    expect(scene.origin.arrived).toEqual([]);
  });

  test('the sign-in page leads someone who is signed in nowhere by itself', async () => {
    const browser = await scene.signIn();
    scene.provider.calls.length = 0;
    await browser.step(scene.at('/-/login'));
    expect(scene.provider.calls).toEqual([]);
  });
});

describe('what the origin gets to know', () => {
  test('is an assertion that its published keys verify', async () => {
    await scene.signIn();
    const { arrived } = scene.origin;
    expect(arrived).toHaveLength(1);
    const payload = await scene.readAssertion();
    expect(payload).toMatchObject({
      login: expect.any(String),
      email: ANN.email,
      name: ANN.name,
      role: 'Editor',
      orgs: ['1/Editor'],
      groups: ANN.groups,
    });
    expect(payload.sub).toMatch(/^[0-9a-f]{64}$/);
    expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(120);
    expect(Math.abs(Number(payload.iat) - Date.now() / 1000)).toBeLessThan(60);
  });

  test('is nothing of the visitor’s cookies and of the provider’s tokens', async () => {
    const browser = await scene.signIn();
    browser.putCookie(scene.gateway.url, 'grafana_session', 'of-the-visitor');
    await browser.call(scene.at('/api/dashboards/uid/uid-one'));
    const text = JSON.stringify(scene.latest.headers);
    expect(text).not.toContain('postern-');
    expect(text).not.toContain('of-the-visitor');
    expect(scene.latest.headers.authorization).toBeUndefined();
  });

  test('is published without anything private', async () => {
    const hop = await new Browser().call(scene.at('/-/jwks.json'));
    expect(hop.status).toBe(200);
    expect(hop.headers['content-type']).toMatch(/^application\/(?:jwk-set\+)?json/);
    const { keys } = JSON.parse(hop.text);
    expect(keys.length).toBeGreaterThanOrEqual(1);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  const FORGED = {
    'X-JWT-Assertion': 'forged',
    X_JWT_Assertion: 'forged',
    'X-WEBAUTH-USER': 'admin',
    x_webauth_user: 'admin',
    'X-WEBAUTH-ROLE': 'Admin',
    'X-Grafana-Id': 'forged',
    'X-Id-Token': 'forged',
    Authorization: `Basic ${btoa('admin:admin')}`,
  };

  test('is never a name that the visitor claims', async () => {
    const browser = await scene.signIn();
    await browser.call(scene.at('/api/dashboards/uid/uid-one'), { headers: FORGED });
    const { headers } = scene.latest;
    expect(JSON.stringify(headers)).not.toContain('forged');
    expect(headers.authorization).toBeUndefined();
    expect(Object.keys(headers).filter((name) => /webauth/i.test(name))).toEqual([]);
    expect(await scene.readAssertion()).toMatchObject({ email: ANN.email });
  });

  test('is never a name that a stranger claims', async () => {
    const hop = await new Browser().call(scene.at('/api/dashboards/uid/uid-one'), { headers: FORGED });
    expect(hop.status).toBe(401);
    expect(scene.origin.arrived).toEqual([]);
  });

  test('is asserted on the socket of Grafana Live as well', async () => {
    const browser = await scene.signIn();
    const { webSocket, status } = await fetch(scene.at('/api/live/ws'), {
      headers: {
        Upgrade: 'websocket',
        Origin: scene.gateway.url.origin,
        Cookie: browser.cookieHeader(scene.gateway.url),
        ...FORGED,
      },
    });
    expect(status).toBe(101);
    webSocket?.accept();
    webSocket?.close(1000);
    expect(scene.latest.path).toBe('/api/live/ws');
    expect(await scene.readAssertion()).toMatchObject({ email: ANN.email });
    expect(scene.latest.headers.authorization).toBeUndefined();
  });

  test('opens no socket for a page of another site', async () => {
    const browser = await scene.signIn();
    scene.origin.begin();
    const { status } = await fetch(scene.at('/api/live/ws'), {
      headers: {
        Upgrade: 'websocket',
        Origin: 'https://evil.example',
        Cookie: browser.cookieHeader(scene.gateway.url),
      },
    });
    expect(status).toBe(403);
    expect(scene.origin.arrived).toEqual([]);
  });

  test('is nothing that another site sends with the cookie', async () => {
    const browser = await scene.signIn();
    scene.origin.begin();
    const hop = await browser.call(scene.at('/api/dashboards/db'), {
      method: 'POST',
      headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      body: '{}',
    });
    expect(hop.status).toBe(403);
    expect(scene.origin.arrived).toEqual([]);
  });
});

describe('who comes without a session', () => {
  test('is led to sign-in where a browser wants a page, with what it asked for', async () => {
    const hop = await new Browser().step(scene.at('/explore?left=%7B%22a%22:1%7D'));
    expect(hop.status).toBe(303);
    expect(hop.location?.pathname).toBe('/-/login');
    expect(hop.location?.searchParams.get('to')).toBe('/explore?left=%7B%22a%22:1%7D');
    expect(hop.headers['cache-control']).toContain('no-store');
  });

  test('is told 401 where a script asks', async () => {
    for (const visit of [{}, { method: 'POST', body: '{}' }]) {
      const hop = await new Browser().call(scene.at('/api/ds/query'), visit);
      expect(hop.status).toBe(401);
      expect(problemOf(hop)).toMatchObject({ code: 'session_required' });
    }
    expect(scene.origin.arrived).toEqual([]);
  });

  test('gets nowhere with a cookie that is not ours', async () => {
    const browser = new Browser();
    browser.putCookie(scene.gateway.url, 'postern-user', 'AAAA');
    expect((await browser.call(scene.at('/api/ds/query'))).status).toBe(401);
    expect((await browser.step(scene.at(PAGE))).location?.pathname).toBe('/-/login');
  });
});

describe('signing out', () => {
  const signOut = (browser: Browser) =>
    browser.step(scene.at('/-/logout'), { method: 'POST', from: scene.at(PAGE) });

  test('clears the cookie, and says so', async () => {
    const browser = await scene.signIn();
    const hop = await signOut(browser);
    expect(hop.status).toBe(303);
    expect(hop.headers.location).toBe('/-/login?signedOut=true');
    expect(browser.cookie(scene.gateway.url, 'postern-user')).toBeUndefined();
    expect((await browser.step(scene.at('/-/login?signedOut=true'))).status).toBe(200);
    expect((await browser.call(scene.at('/api/ds/query'))).status).toBe(401);
  });

  test('ends a copy of the cookie as well', async () => {
    const browser = await scene.signIn();
    const copy = browser.cookie(scene.gateway.url, 'postern-user') ?? '';
    await browser.call(scene.at('/api/ds/query'));
    await signOut(browser);
    const thief = new Browser();
    thief.putCookie(scene.gateway.url, 'postern-user', copy);
    expect((await thief.call(scene.at('/api/ds/query'))).status).toBe(401);
  });

  test('leaves other sessions of the same person', async () => {
    const [one, other] = [await scene.signIn(), await scene.signIn()];
    await signOut(one);
    expect((await other.call(scene.at('/api/ds/query'))).status).toBe(200);
  });

  test('by its address is asked first where another site leads there', async () => {
    const browser = await scene.signIn();
    const asked = await browser.step(scene.at('/-/logout'), { from: 'https://evil.example/' });
    expect(asked.status).toBe(200);
    expect(asked.text).toMatch(/<form[^>]+method="post"/i);
    expect(browser.cookie(scene.gateway.url, 'postern-user')).toBeDefined();
    expect((await browser.call(scene.at('/api/ds/query'))).status).toBe(200);
  });

  test.each(['/-/logout', '/logout'])(
    'by %s happens where a page of the gateway leads there',
    async (path) => {
      const browser = await scene.signIn();
      const end = await browser.arrive(scene.at(path), { from: scene.at(PAGE) });
      expect(end.url.href).toBe(scene.at('/-/login?signedOut=true').href);
      expect(browser.cookie(scene.gateway.url, 'postern-user')).toBeUndefined();
    },
  );

  test('is not done for another site', async () => {
    const browser = await scene.signIn();
    const hop = await browser.step(scene.at('/-/logout'), {
      method: 'POST',
      from: 'https://evil.example/',
      headers: { Accept: 'application/json' },
    });
    expect(hop.status).toBe(403);
    expect((await browser.call(scene.at('/api/ds/query'))).status).toBe(200);
  });
});
