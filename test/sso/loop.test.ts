import { describe, expect, test } from 'vitest';
import { PAGE, SignInScene } from '../support/attacks/sign-in/scene.ts';
import type { Gateway } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { origin } from '../support/origin.ts';

const AUTO = { GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: 'true' };
const TRIES = '__Host-postern-tries';
const NAVIGATION = { Accept: 'text/html', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'none' };

/** A browser that keeps what it is told to keep. */
interface Keeping {
  readonly jar: Jar;
  keep(response: Response): void;
}

const all = (): Keeping => {
  const jar = new Jar();
  return { jar, keep: (response) => jar.take(response) };
};

/** One that keeps no cookies at all. */
const none = (): Keeping => ({ jar: new Jar(), keep: () => undefined });

/** One that keeps every cookie but these: it blocks them, or has no room for them. */
const allBut = (name: RegExp): Keeping => {
  const jar = new Jar();
  return {
    jar,
    keep(response) {
      const kept = response.headers.getSetCookie().filter((line) => !name.test(line));
      jar.take(new Response(null, { headers: kept.map((line) => ['Set-Cookie', line]) }));
    },
  };
};

interface Journey {
  /** Paths of the gateway, and `provider`, in the order in which they were gone to. */
  readonly way: readonly string[];
  readonly last: Response;
}

const STEPS_MAX = 40;

/** Goes to an address as a browser does, with the person at the provider who says yes each time. */
async function travel(
  scene: SignInScene,
  { jar, keep }: Keeping,
  start: string,
  gateway: Gateway = scene.gateway,
): Promise<Journey> {
  const way: string[] = [];
  let next = start;
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    way.push(new URL(next, gateway.at).pathname);
    const answer = await gateway.fetchAs(jar, next, { headers: NAVIGATION });
    keep(answer);
    const location = answer.headers.get('Location');
    if (location === null) return { way, last: answer };
    next = new URL(location, gateway.at).href;
    if (new URL(next).origin === gateway.at) continue;
    way.push('provider');
    next = scene.provider.authorize(next);
  }
  throw new Error(`went round and round: ${way.join(' ')}`);
}

const roundsIn = ({ way }: Journey) => way.filter((place) => place === 'provider').length;

describe('with auto_login, nobody circles between gateway and provider:', () => {
  test('somebody whose sign-in works goes there once', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const browser = all();
    const journey = await travel(scene, browser, PAGE);
    expect(journey.way).toEqual([PAGE, '/-/login', 'provider', '/login/generic_oauth', PAGE]);
    expect([journey.last.status, browser.jar.names.sort()]).toEqual([200, [TRIES, '__Host-postern-user']]);
  });

  test('a browser that keeps no cookies at all ends where it comes back, with the reason', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const browser = none();
    for (const start of [PAGE, '/', '/-/login']) {
      const journey = await travel(scene, browser, start);
      expect([roundsIn(journey), journey.last.status]).toEqual([1, 400]);
      expect(await journey.last.text()).toContain('sso_attempt_unknown');
    }
  });

  test('a browser that does not keep the session is led there twice, and then told', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const journey = await travel(scene, allBut(/^__Host-postern-user=/), PAGE);
    expect([roundsIn(journey), journey.last.status]).toEqual([2, 200]);
    expect(journey.way.at(-1)).toBe('/-/login');
    const text = await journey.last.text();
    expect(text).toContain('Sign-in goes round in circles');
    expect(text).toContain('twice within a minute');
    expect(text).toContain('Let this browser keep cookies of this site');
    expect(text).toContain(`href="/-/login/start?to=${encodeURIComponent(PAGE)}"`);
    expect(text).toMatch(/<dd>[0-9a-f-]{36}<\/dd>/);
    expect(journey.last.headers.get('Cache-Control')).toBe('no-store');
    expect(scene.gateway.events.at(-1)).toMatchObject({ event: 'sso.loop.stopped', returns: 2 });
  });

  test('somebody whose sessions do not hold is led there twice, and then told', async () => {
    const scene = new SignInScene({ vars: AUTO });
    // An isolate with other secrets opens no session that the first one gave out.
    const other = new SignInScene({
      vars: { ...AUTO, POSTERN_SECRETS: 'another-secret-0123456789abcdefghijklmno' },
    });
    const browser = all();
    let rounds = 0;
    for (let turn = 0; turn < 6; turn++) {
      const before = rounds;
      rounds += roundsIn(await travel(scene, browser, '/-/login'));
      const there = await other.gateway.fetchAs(browser.jar, PAGE, { headers: NAVIGATION });
      expect(there.headers.get('Location')).toContain('/-/login');
      if (rounds === before) break;
    }
    expect(rounds).toBe(2);
  });

  test('somebody who is refused each time is led there twice, and then told', async () => {
    const scene = new SignInScene({ vars: AUTO });
    scene.provider.lies = { claims: { aud: 'another-client' } };
    const browser = all();
    const journeys = [
      await travel(scene, browser, PAGE),
      await travel(scene, browser, PAGE),
      await travel(scene, browser, PAGE),
    ];
    expect(journeys.map(roundsIn)).toEqual([1, 1, 0]);
    expect(journeys.map(({ last }) => last.status)).toEqual([401, 401, 200]);
    expect(await journeys[2]?.last.text()).toContain('Sign-in goes round in circles');
  });

  test('the button leads there all the same, and a minute later the page does, too', async () => {
    const scene = new SignInScene({ vars: AUTO });
    scene.provider.lies = { claims: { aud: 'another-client' } };
    const browser = all();
    await travel(scene, browser, PAGE);
    await travel(scene, browser, PAGE);
    expect(roundsIn(await travel(scene, browser, PAGE))).toBe(0);
    expect(roundsIn(await travel(scene, browser, '/-/login/start'))).toBe(1);
    scene.gateway.now += 59;
    expect(roundsIn(await travel(scene, browser, PAGE))).toBe(0);
    scene.gateway.now += 1;
    expect(roundsIn(await travel(scene, browser, PAGE))).toBe(1);
    expect(roundsIn(await travel(scene, browser, PAGE))).toBe(1);
    expect(roundsIn(await travel(scene, browser, PAGE))).toBe(0);
  });

  test('two refusals more than a minute apart are two beginnings', async () => {
    const scene = new SignInScene({ vars: AUTO });
    scene.provider.lies = { claims: { aud: 'another-client' } };
    const browser = all();
    for (let turn = 0; turn < 4; turn++) {
      expect(roundsIn(await travel(scene, browser, PAGE))).toBe(1);
      scene.gateway.now += 61;
    }
  });

  test('who has signed out begins anew', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const browser = all();
    for (let turn = 0; turn < 4; turn++) {
      expect(roundsIn(await travel(scene, browser, PAGE))).toBe(1);
      const headers = { Origin: scene.gateway.at };
      const out = await scene.gateway.fetchAs(browser.jar, '/-/logout', { method: 'POST', headers });
      expect(out.status).toBe(303);
      browser.keep(out);
      expect(browser.jar.names).toEqual([]);
    }
  });

  test('who opens many tabs at once is led on in each', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const browser = all();
    const callbacks: string[] = [];
    for (let tab = 0; tab < 5; tab++) {
      const led = await scene.gateway.fetchAs(browser.jar, `/-/login?to=/d/tab-${tab}/x`, {
        headers: NAVIGATION,
      });
      browser.keep(led);
      callbacks.push(scene.provider.authorize(led.headers.get('Location') ?? ''));
    }
    for (const [tab, callback] of callbacks.entries()) {
      const answer = await scene.gateway.fetchAs(browser.jar, callback, { headers: NAVIGATION });
      browser.keep(answer);
      expect(answer.headers.get('Location')).toBe(`/d/tab-${tab}/x`);
    }
    expect(roundsIn(await travel(scene, browser, PAGE))).toBe(0);
  });
});

describe('what counts returns', () => {
  test('is a cookie for this host alone, for a minute, with nothing in it that matters', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const callback = await scene.begin(new Jar());
    const [cookie] = readSetCookies(await scene.gateway.fetch(callback)).filter(({ name }) => name === TRIES);
    expect(cookie?.value).toBe(String(scene.gateway.now));
    expect(cookie?.attributes).toEqual({
      path: '/',
      httponly: '',
      samesite: 'Lax',
      'max-age': '60',
      secure: '',
    });
  });

  test('stays where nobody is led on without a click', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    expect(browser.names).toEqual(['__Host-postern-user']);
  });

  test.each([
    ['words', 'stop'],
    ['too many', '1726823533.1726823533.1726823533'],
    ['times to come', '1999999999.1999999999'],
    ['long past', '1000000000.1000000000'],
    ['nothing', ''],
  ])('%s in it are worth nothing', async (_, value) => {
    const scene = new SignInScene({ vars: AUTO });
    const headers = { ...NAVIGATION, Cookie: `${TRIES}=${value}` };
    expect((await scene.gateway.fetch('/-/login', { headers })).status).toBe(303);
  });

  test('without its prefix is worth nothing: a page of a subdomain can set it', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const twice = `${scene.gateway.now}.${scene.gateway.now}`;
    const pages = await Promise.all(
      [`postern-tries=${twice}`, `${TRIES}=${twice}`].map((Cookie) =>
        scene.gateway.fetch('/-/login', { headers: { ...NAVIGATION, Cookie } }),
      ),
    );
    expect(pages.map(({ status }) => status)).toEqual([303, 200]);
  });

  test('does not reach Grafana', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const browser = all();
    await travel(scene, browser, PAGE);
    expect(origin.received.at(-1)?.headers.get('Cookie')).toBeNull();
  });
});

describe('the page', () => {
  test.each([
    ['en', '/-/login', 'These dashboards are for people who have signed in.'],
    ['en', '/-/login?ended=true', 'Your sign-in has ended. Sign in again to go on where you were.'],
    ['en', '/-/login?signedOut=true', 'You have signed out.'],
    ['zh-CN', '/-/login?ended=true', '您的登录已结束，请重新登录以继续。'],
    ['zh-CN', '/-/login?signedOut=true&ended=true', '您已退出登录。'],
  ])('in %s says why it is there: %s', async (language, path, sentence) => {
    const scene = new SignInScene();
    const page = await scene.gateway.fetch(path, { headers: { ...NAVIGATION, 'Accept-Language': language } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(`<p>${sentence}</p>`);
  });

  test('explains in Chinese, too, why it leads nowhere', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const headers = {
      ...NAVIGATION,
      'Accept-Language': 'zh-CN,zh;q=0.9',
      Cookie: `${TRIES}=${scene.gateway.now - 20}.${scene.gateway.now}`,
    };
    const text = await (await scene.gateway.fetch('/-/login', { headers })).text();
    expect(text).toContain('lang="zh-CN"');
    expect(text).toContain('登录陷入循环');
    expect(text).toContain('您在一分钟内两次从登录服务返回');
    expect(text).toContain('请允许浏览器保留此站点的 Cookie');
  });

  test('of a sign-in that has ended leads on where it always does', async () => {
    const scene = new SignInScene({ vars: AUTO });
    const browser = all();
    await travel(scene, browser, PAGE);
    scene.provider.forgetRefreshToken();
    scene.gateway.now += 600;
    const journey = await travel(scene, browser, PAGE);
    expect([journey.way[1], roundsIn(journey), journey.last.status]).toEqual(['/-/login', 1, 200]);
  });
});

describe('somebody whose sign-in has ended', () => {
  async function ended(): Promise<{ scene: SignInScene; browser: Jar }> {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    scene.provider.forgetRefreshToken();
    scene.gateway.now += 600;
    return { scene, browser };
  }

  test.each([
    ['a page', {}, { ...NAVIGATION }, 303],
    ['a page, in an old browser', {}, { Accept: 'text/html' }, 303],
    ['a page in a frame', {}, { Accept: 'text/html', 'Sec-Fetch-Dest': 'iframe' }, 401],
    ['what a script asks for', {}, { Accept: 'application/json' }, 401],
    ['what a form sends', { method: 'POST' }, { ...NAVIGATION, Origin: 'https://dash.example.com' }, 401],
  ] as const)('is led to sign-in where it is %s, and told otherwise', async (_, init, headers, status) => {
    const { scene, browser } = await ended();
    const answer = await scene.gateway.fetchAs(browser, PAGE, { ...init, headers });
    expect(answer.status).toBe(status);
    expect(browser.take(answer).names).toEqual([]);
    if (status === 303)
      expect(answer.headers.get('Location')).toBe(`/-/login?to=${encodeURIComponent(PAGE)}&ended=true`);
    else expect(await answer.text()).toContain('sso_session_ended');
  });
});
