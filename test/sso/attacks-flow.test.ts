import { describe, expect, test } from 'vitest';
import { findSessions } from '../support/attacks/judge.ts';
import { ISSUER } from '../support/attacks/sign-in/provider.ts';
import { GATEWAY, PAGE, presented, SignInScene, USER_COOKIE } from '../support/attacks/sign-in/scene.ts';
import { type Gateway, HOST, OTHER_SECRET, refusalOf } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { origin } from '../support/origin.ts';

function reasonOf({ gateway }: SignInScene): unknown {
  return gateway.events.findLast(({ event }) => event === 'sso.refused')?.reason;
}

/** A callback with more in its address, or with something else. */
function withParameters(callback: string, set: Record<string, string>): string {
  const address = new URL(callback);
  for (const [name, value] of Object.entries(set)) address.searchParams.set(name, value);
  return address.href;
}

describe('one attempt', () => {
  test('leads to one session at most, however many callbacks come at once', async () => {
    const scene = new SignInScene({ lies: { takesCodesTwice: true } });
    const browser = new Jar();
    const callback = await scene.begin(browser);
    const isolates = [scene.gateway, scene.another(), scene.another(), scene.gateway];
    const answers = await Promise.all(isolates.map((gateway) => gateway.fetchAs(browser, callback)));
    expect(answers.filter((answer) => findSessions(answer).length > 0)).toHaveLength(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400]);
  });

  test('leads to one person, where two codes of two people come at once', async () => {
    const scene = new SignInScene();
    const browser = new Jar();
    const callbacks = [await scene.begin(browser), await scene.begin(browser)];
    // Each answer of the provider is about another person; the attempts keep their own codes apart.
    let turn = 0;
    scene.provider.lies = {
      idToken: async () => undefined,
      answers: {
        userinfo: () =>
          Response.json(
            [
              { sub: 'a', email: 'a@x.test' },
              { sub: 'b', email: 'b@x.test' },
            ][turn++ % 2],
          ),
      },
    };
    const answers = await Promise.all(callbacks.map((callback) => scene.gateway.fetchAs(browser, callback)));
    const names = await Promise.all(
      answers.map(async (answer) => {
        const gateway = scene.another();
        await gateway.fetchAs(new Jar().take(answer), '/api/user');
        return presented()?.email;
      }),
    );
    expect(names.sort()).toEqual(['a@x.test', 'b@x.test']);
  });

  test('is over after ten minutes, to the second', async () => {
    const scene = new SignInScene();
    const browser = new Jar();
    const callback = await scene.begin(browser);
    scene.gateway.now += 600;
    expect(await refusalOf(await scene.gateway.fetchAs(browser, callback))).toBe('400 sso_attempt_unknown');
    scene.gateway.now -= 1;
    expect((await scene.gateway.fetchAs(browser, callback)).status).toBe(303);
  });

  test('of one host, or under another secret, is none', async () => {
    const scene = new SignInScene();
    const browser = new Jar();
    const callback = await scene.begin(browser);
    const { search } = new URL(callback);
    for (const at of ['https://other.example.com', 'https://dash.example.com:8443']) {
      const answer = await scene.another(at).fetchAs(browser, `/login/generic_oauth${search}`);
      expect(await refusalOf(answer)).toBe('400 sso_attempt_unknown');
    }
    const rotated = new SignInScene({ vars: { POSTERN_SECRETS: OTHER_SECRET } });
    expect(await refusalOf(await rotated.gateway.fetchAs(browser, callback))).toBe('400 sso_attempt_unknown');
    expect(scene.provider.asked).not.toContain('token');
  });

  test.each([
    ['without its cookie (login CSRF)', () => ''],
    ['with its cookie twice', (pair: string) => `${pair}; ${pair}`],
    ['with its cookie under the name of development', (pair: string) => pair.replace('__Host-', '')],
    ['with its cookie under a name that only looks like it', (pair: string) => `\u00a0${pair}`],
    ['with its cookie as another’s value', (pair: string) => `a=${pair}`],
    ['with its cookie in another case', (pair: string) => pair.toUpperCase()],
    ['with its cookie cut', (pair: string) => pair.slice(0, -1)],
  ])('%s is none', async (_, change) => {
    const scene = new SignInScene();
    const browser = new Jar();
    const callback = await scene.begin(browser);
    const answer = await scene.gateway.fetch(callback, { headers: { Cookie: change(browser.header) } });
    expect(await refusalOf(answer)).toBe('400 sso_attempt_unknown');
    expect(scene.provider.asked).not.toContain('token');
  });

  test('shows nothing of itself to anybody: neither verifier nor page stand in its cookie or its address', async () => {
    const scene = new SignInScene();
    const start = await scene.gateway.fetch('/-/login/start?to=/d/secret-page');
    const shown = `${start.headers.get('Location')} ${start.headers.get('Set-Cookie')}`;
    expect(shown).not.toContain('secret-page');
    expect(shown).not.toContain('code_verifier');
  });

  test('of a hundred leaves a browser with eight at most', async () => {
    const scene = new SignInScene();
    const browser = new Jar();
    for (let begun = 0; begun < 100; begun++) {
      browser.take(await scene.gateway.fetchAs(browser, '/-/login/start'));
      expect(browser.names.length).toBeLessThanOrEqual(8);
    }
  });
});

describe('the callback', () => {
  test.each([
    ['another provider, of an issuer that is known', { iss: 'https://evil.test' }, 'answer-malformed'],
    ['the same with a slash', { iss: `${ISSUER}/` }, 'answer-malformed'],
    ['an ID token in its address', { id_token: 'a.b.c' }, 'answer-malformed'],
    ['an access token in its address', { access_token: 'x', token_type: 'bearer' }, undefined],
    ['a code and an error', { error: 'access_denied' }, 'denied: access_denied'],
    ['an error that is a text', { error: '<script>alert(1)</script>' }, 'denied: other'],
    ['a form of its own (JARM)', { response: 'a.b.c' }, 'answer-malformed'],
    ['an empty code', { code: '' }, 'answer-malformed'],
  ])('with %s signs nobody in by it', async (_, set, reason) => {
    const scene = new SignInScene();
    const browser = new Jar();
    const answer = await scene.gateway.fetchAs(browser, withParameters(await scene.begin(browser), set));
    // What the standard says nothing of is not looked at: the code alone counts.
    if (reason === undefined) return expect(answer.status).toBe(303);
    expect([answer.status < 400, reasonOf(scene)]).toEqual([false, reason]);
    expect(findSessions(answer)).toEqual([]);
    expect(scene.provider.asked).not.toContain('token');
    return undefined;
  });

  test('of a provider that always says who it is, without its name, is none (RFC 9207)', async () => {
    const scene = new SignInScene({
      lies: { discovery: { authorization_response_iss_parameter_supported: true } },
    });
    expect(await refusalOf(await scene.finish(new Jar()))).toBe('400 sso_answer_malformed');
    expect(scene.provider.asked).not.toContain('token');
  });

  test.each(['POST', 'PUT', 'HEAD', 'DELETE', 'PATCH'])('is no %s', async (method) => {
    const scene = new SignInScene();
    const browser = new Jar();
    const answer = await scene.gateway.fetchAs(browser, await scene.begin(browser), { method });
    expect(answer.status).toBe(400);
    expect(scene.provider.asked).not.toContain('token');
  });

  test.each([
    '/login/generic_oauth/',
    '/LOGIN/generic_oauth',
    '/login/Generic_OAuth',
    '/login/generic_oauth/x',
    '/login/generic%5Foauth',
    '/login//generic_oauth',
    '/login/github',
  ])('is at no other address (%s)', async (path) => {
    const scene = new SignInScene();
    const browser = new Jar();
    const { search } = new URL(await scene.begin(browser));
    const answer = await scene.gateway.fetchAs(browser, `${path}${search}`);
    expect(findSessions(answer)).toEqual([]);
    expect(scene.provider.asked).not.toContain('token');
    expect(origin.received).toEqual([]);
  });

  test('keeps the code and the state out of what follows: no referrer, no copy, no log', async () => {
    const scene = new SignInScene();
    const browser = new Jar();
    const callback = await scene.begin(browser);
    const answer = await scene.gateway.fetchAs(browser, callback);
    expect(answer.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    const { searchParams } = new URL(callback);
    const logged = JSON.stringify(scene.gateway.events);
    for (const name of ['code', 'state']) expect(logged).not.toContain(searchParams.get(name));
  });
});

describe('what discovery says', () => {
  test.each([
    ['another issuer', { issuer: 'https://evil.test' }],
    ['the issuer with a path', { issuer: `${ISSUER}/realm` }],
    ['no token endpoint', { token_endpoint: undefined }],
    ['a token endpoint over plain http', { token_endpoint: 'http://id.test/token' }],
    ['an authorization endpoint that is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['an authorization endpoint over plain http', { authorization_endpoint: 'http://id.test/authorize' }],
  ])('of %s leads nobody anywhere', async (_, discovery) => {
    const scene = new SignInScene({ lies: { discovery } });
    const answer = await scene.gateway.fetch('/-/login/start');
    expect(await refusalOf(answer)).toBe('502 sso_provider_answer_invalid');
    expect(answer.headers.get('Location')).toBeNull();
  });

  test('in a redirect is not followed', async () => {
    const answers = {
      discovery: () => new Response(null, { status: 302, headers: { Location: 'https://evil.test/' } }),
    };
    const scene = new SignInScene({ lies: { answers } });
    expect((await scene.gateway.fetch('/-/login/start')).status).toBe(502);
  });
});

describe('claims of many groups', () => {
  test.each([
    ['jwt', {}],
    [
      'auth-proxy',
      {
        ORIGIN_IDENTITY: 'auth-proxy',
        GF_AUTH_PROXY_HEADERS: 'Groups:X-WEBAUTH-GROUPS Role:X-WEBAUTH-ROLE',
      },
    ],
  ])('do not become headers that no origin takes (%s)', async (_, vars) => {
    const groups = Array.from({ length: 2_000 }, (_each, index) => `a-group-of-many-${index}`);
    const scene = new SignInScene({
      vars: { GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups', ...vars },
      lies: { userinfo: { groups } },
    });
    const browser = await scene.signIn();
    expect((await scene.ask(browser)).status).toBe(200);
    const lengths = [...origin.only.headers].map(([, value]) => value.length);
    expect(Math.max(...lengths)).toBeLessThan(16_384);
  });
});

describe('a page of another site', () => {
  test.each(['cross-site', 'same-site'])('signs nobody out by leading to sign-in (%s)', async (site) => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' };
    for (const path of ['/-/login', '/-/login/start', '/-/logout', '/login', '/logout']) {
      const answer = await scene.gateway.fetchAs(browser, path, { headers });
      expect(readSetCookies(answer).filter(({ name }) => name === USER_COOKIE)).toEqual([]);
    }
  });
});

test('what people sign in with is text, whatever the operator calls it', async () => {
  const { gateway } = new SignInScene({
    vars: { GF_AUTH_GENERIC_OAUTH_NAME: `"><script>alert(1)</script>` },
  });
  const page = await (await gateway.fetch('/-/login')).text();
  expect(page).not.toContain('<script>alert');
});

test('a sign-in of a gateway with a name of its own begins there, whatever host was asked', async () => {
  const scene = new SignInScene({ vars: { PUBLIC_URL: GATEWAY } });
  const elsewhere: Gateway = scene.another('https://postern.evil.workers.dev');
  const answer = await elsewhere.fetch(`/-/login/start?to=${encodeURIComponent(PAGE)}`);
  expect(answer.headers.get('Location')).toBe(`https://${HOST}/-/login/start?to=${encodeURIComponent(PAGE)}`);
  expect(answer.headers.getSetCookie()).toEqual([]);
});
