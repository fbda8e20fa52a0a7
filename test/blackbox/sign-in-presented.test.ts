import { setTimeout as wait } from 'node:timers/promises';
import { fetch } from 'miniflare';
import { afterEach, describe, expect, test } from 'vitest';
import { Browser, describe as tell } from '../support/provider/browser.ts';
import type { Vars } from '../support/provider/gateway.ts';
import { ANN, PAGE, Scene } from '../support/provider/scene.ts';

const DATA = '/api/dashboards/uid/uid-one';

let scene: Scene;

async function signInWith(vars: Vars): Promise<Browser> {
  scene = await Scene.set({
    GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: 'role',
    GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
    ...vars,
  });
  return scene.signIn();
}

afterEach(() => scene.end());

describe('somebody presented by auth.proxy', () => {
  const PROXY = {
    ORIGIN_IDENTITY: 'auth-proxy',
    GF_AUTH_PROXY_HEADERS:
      'Name:X-WEBAUTH-NAME Email:X-WEBAUTH-EMAIL Role:X-WEBAUTH-ROLE Groups:X-WEBAUTH-GROUPS',
  };

  test('has the headers that Grafana was told of, and no assertion', async () => {
    await signInWith(PROXY);
    const { headers } = scene.latest;
    expect(headers).toMatchObject({
      'x-webauth-user': expect.stringMatching(/^ann/),
      'x-webauth-name': ANN.name,
      'x-webauth-email': ANN.email,
      'x-webauth-role': 'Editor',
      'x-webauth-groups': ANN.groups.join(','),
    });
    expect(headers['x-jwt-assertion']).toBeUndefined();
    expect(headers.authorization).toBeUndefined();
  });

  test('is not anybody whom the visitor names', async () => {
    const browser = await signInWith({ ...PROXY, GF_AUTH_PROXY_HEADER_NAME: 'X-Remote-User' });
    await browser.call(scene.at(DATA), {
      headers: {
        'X-Remote-User': 'admin',
        X_Remote_User: 'admin',
        'X-WEBAUTH-USER': 'admin',
        'X-WEBAUTH-ROLE': 'Admin',
        x_webauth_role: 'Admin',
        Authorization: `Basic ${btoa('admin:admin')}`,
      },
    });
    const { headers } = scene.latest;
    expect(headers['x-remote-user']).toMatch(/^ann/);
    expect(headers['x-webauth-role']).toBe('Editor');
    expect(headers.authorization).toBeUndefined();
    const named = Object.entries(headers).filter(([name]) => /remote|webauth/i.test(name));
    expect(named.filter(([, value]) => value === 'admin' || value === 'Admin')).toEqual([]);
    expect(named.map(([name]) => name).filter((name) => name.includes('_'))).toEqual([]);
  });
});

describe('the first people of a new gateway', () => {
  test('who come at once are all presented by keys that are published', async () => {
    scene = await Scene.set();
    await Promise.all(Array.from({ length: 10 }, () => scene.signIn()));
    expect(scene.origin.arrived).toHaveLength(10);
    for (const arrived of scene.origin.arrived)
      expect(await scene.readAssertion(arrived)).toMatchObject({ email: ANN.email });
  });
});

describe('a session', () => {
  test('ends by its time, whatever the provider says', async () => {
    const browser = await signInWith({ SSO_SESSION_SECONDS: '3' });
    const copy = new Browser();
    copy.putCookie(
      scene.gateway.url,
      'postern-user',
      browser.cookie(scene.gateway.url, 'postern-user') ?? '',
    );
    expect((await copy.call(scene.at(DATA))).status).toBe(200);
    await wait(3_000);
    expect((await copy.call(scene.at(DATA))).status).toBe(401);
  });

  test('takes its sockets with it when it is signed out', async () => {
    const browser = await signInWith({ REVOCATION_MEMO_SECONDS: '1' });
    const { webSocket } = await fetch(scene.at('/api/live/ws'), {
      headers: {
        Upgrade: 'websocket',
        Origin: scene.gateway.url.origin,
        Cookie: browser.cookieHeader(scene.gateway.url),
      },
    });
    if (!webSocket) throw new Error('no socket');
    const closed = new Promise<number>((resolve) =>
      webSocket.addEventListener('close', ({ code }) => resolve(code)),
    );
    webSocket.accept();
    expect(await Promise.race([closed, wait(1_500, 'open')])).toBe('open');
    await browser.step(scene.at('/-/logout'), { method: 'POST', from: scene.at(PAGE) });
    expect(await Promise.race([closed, wait(10_000, 'open')])).toBe(4001);
    expect(await scene.origin.sockets[0]?.closed).toBe(4001);
  });

  test('without refresh tokens lives on when the access token has run out', async () => {
    scene = await Scene.set();
    scene.provider.settings.accessTokenSeconds = 1;
    const browser = await scene.signIn();
    await wait(1_500);
    expect((await browser.call(scene.at(DATA))).status).toBe(200);
    expect(scene.provider.callsTo('token')).toHaveLength(1);
  });

  test('of many groups still fits into its cookie', async () => {
    scene = await Scene.set({ GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups' });
    const groups = Array.from({ length: 100 }, (_, index) => `a-group-with-quite-a-long-name-${index}`);
    scene.provider.people.set('ann', { ...ANN, groups });
    const browser = await scene.signIn();
    expect(browser.cookieHeader(scene.gateway.url).length).toBeLessThan(4_000);
  });
});

describe('signing out of the provider as well', () => {
  test('leads there with the ID token as a hint, which the provider takes', async () => {
    const back = 'https://portal.example.com/after';
    scene = await Scene.set((issuer) => ({
      GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: `${issuer}/session/end?post_logout_redirect_uri=${encodeURIComponent(back)}`,
    }));
    scene.provider.register({
      redirectUris: [scene.at('/login/generic_oauth').href],
      signOutUris: [back],
    });
    const browser = await scene.signIn();
    const hop = await browser.step(scene.at('/-/logout'), { method: 'POST', from: scene.at(PAGE) });
    expect(hop.status, tell(hop)).toBe(303);
    const to = hop.location ?? new URL('about:blank');
    expect(`${to.origin}${to.pathname}`).toBe(`${scene.provider.issuer}/session/end`);
    expect(to.searchParams.get('post_logout_redirect_uri')).toBe(back);
    expect(to.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
    const asked = await browser.step(to, { from: scene.at(PAGE) });
    expect(asked.status, tell(asked)).toBe(200);
    expect(asked.text).toContain('Sign out of the provider');
    expect(browser.cookie(scene.gateway.url, 'postern-user')).toBeUndefined();
  });

  test('gives no hint to an address that does not ask for one', async () => {
    scene = await Scene.set((issuer) => ({
      GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: `${issuer}/session/end`,
    }));
    const browser = await scene.signIn();
    const hop = await browser.step(scene.at('/-/logout'), { method: 'POST', from: scene.at(PAGE) });
    expect(hop.location?.href).toBe(`${scene.provider.issuer}/session/end`);
  });
});
