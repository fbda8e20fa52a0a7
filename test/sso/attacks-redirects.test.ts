import { describe, expect, test } from 'vitest';
import { ATTACKS } from '../support/attacks/cases.ts';
import { judgeAnswer } from '../support/attacks/judge.ts';
import { fillIn } from '../support/attacks/placeholders.ts';
import { GATEWAY, SignInScene, sceneOf } from '../support/attacks/sign-in/scene.ts';
import { HOST } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const CASES = ATTACKS.filter(({ area }) => area === 'open-redirect');

/** Addresses that lead elsewhere in some reading of them, beside those of the cases. */
const MORE = [
  'https://evil.com',
  '//evil.com/%2e%2e',
  '///evil.com',
  '////evil.com',
  '/\t/evil.com',
  '/\u000b/evil.com',
  '\t//evil.com',
  ' //evil.com',
  '\u00a0//evil.com',
  '\u0000//evil.com',
  '/\u2215evil.com',
  '/\uff0fevil.com',
  '\uff0f\uff0fevil.com',
  '/\u3002evil.com',
  '/\\/evil.com',
  '\\/\\/evil.com',
  '/%5cevil.com',
  '/%09/evil.com',
  '/%0d%0aSet-Cookie:x=1',
  '/d/ok\r\nSet-Cookie: x=1',
  '/d/ok%2f..%2f..%2f%2fevil.com',
  '/;@evil.com',
  '/d/ok;//evil.com',
  '//evil.com:443@dash.example.com',
  '/d/../../../evil.com',
  '/d/.//evil.com',
  '/d/%2e%2e//evil.com',
  'd/ok',
  '?to=//evil.com',
  '#//evil.com',
  '',
  `/${'a'.repeat(3_000)}`,
  'vbscript:msgbox(1)',
  'blob:https://evil.com/x',
  'file:///etc/passwd',
] as const;

const OF_CASES = CASES.filter(({ id }) => id !== 'redir-060').map(({ request, id }) => ({
  id,
  // The gateway's own name, and no placeholder of a scene but that.
  raw:
    new URLSearchParams(fillIn(request.path.slice(request.path.indexOf('?') + 1), sceneOf({}))).get('to') ??
    '',
}));
const VALUES = [...OF_CASES, ...MORE.map((raw) => ({ id: 'further', raw }))];

/** Names under which gateways and applications take an address to go on to. */
const NAMES = [
  'to',
  'rd',
  'redirect',
  'redirect_to',
  'redirectTo',
  'redirect_uri',
  'return',
  'returnTo',
  'next',
  'url',
  'continue',
  'post_logout_redirect_uri',
];

/** How a browser follows a link of the gateway's own page. */
const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'document' };

/** A `Location` that stays here in every reading: of the runtime, of a browser, and of a proxy between them. */
function expectHere(location: string | null): void {
  expect(location).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
  const address = new URL(location ?? '', GATEWAY);
  expect(address.origin).toBe(GATEWAY);
  expect(address.pathname).not.toMatch(/^\/[/\\]|\\/);
  // What is read once more, as by a proxy that decodes, leads nowhere else either.
  expect(new URL(decodeURIComponent(address.pathname), GATEWAY).origin).toBe(GATEWAY);
}

/** Where somebody ends up, from the first answer over the provider to the page. */
async function follow(scene: SignInScene, browser: Jar, first: Response): Promise<string | undefined> {
  browser.take(first);
  if (first.status === 400) return undefined;
  expect(first.status).toBe(303);
  const answer = await scene.gateway.fetchAs(
    browser,
    scene.provider.authorize(first.headers.get('Location') ?? ''),
  );
  expect(answer.status).toBe(303);
  return answer.headers.get('Location') ?? '';
}

const withParameter = (path: string, name: string, raw: string) =>
  `${path}?${name}=${encodeURIComponent(raw)}`;

describe('hostile input: open-redirect', () => {
  test.each(CASES)(
    '$id leads to no other place where sign-in goes on by itself: $request.path',
    async (attack) => {
      const scene = new SignInScene({ vars: { GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: 'true' } });
      const browser = new Jar();
      const first = await scene.gateway.fetch(`${GATEWAY}${fillIn(attack.request.path, sceneOf({}))}`);
      expect(attack.expect.status).toContain(first.status);
      expect(origin.received).toEqual([]);
      const location = await follow(scene, browser, first);
      if (location === undefined) return;
      expectHere(location);
      judgeAnswer(attack, new Response(null, { status: 303, headers: { Location: location } }), []);
      // The one of the cases that is a path here: bytes that become a line break where somebody cuts off their upper half.
      expect(attack.id === 'redir-060' ? ['/d/ok'] : ['/%E5%98%8A%E5%98%8Dlocation:evil.com']).toContain(
        location,
      );
    },
  );
});

describe.each(VALUES)('$id, $raw', ({ raw }) => {
  test('is no way out of the sign-in page, of its start, and of what a sign-in ends at', async () => {
    const scene = new SignInScene();
    const { gateway } = scene;
    const page = await gateway.fetch(withParameter('/-/login', 'to', raw));
    const [, href] = /<a class="open" href="([^"]*)"/.exec(await page.text()) ?? [];
    if (page.status !== 400) {
      expect(href).toMatch(/^\/-\/login\/start(?:\?|$)/);
      expectHere(new URL(href ?? '', GATEWAY).searchParams.get('to') ?? '/');
    }
    const browser = new Jar();
    const start = await gateway.fetch(withParameter('/-/login/start', 'to', raw));
    const end = await follow(scene, browser, start);
    if (end !== undefined) expectHere(end);
    expect(start.headers.get('Set-Cookie') ?? '').not.toContain('x=1');
  });

  test('is nothing to Grafana’s own addresses of sign-in, under any name, nor to sign-out', async () => {
    const { gateway } = new SignInScene();
    for (const name of NAMES) {
      const login = await gateway.fetch(withParameter('/login', name, raw), {
        headers: { Cookie: `redirect_to=${encodeURIComponent(raw)}` },
      });
      expect(login.headers.get('Location')).toBe('/-/login');
      const logout = await gateway.fetch(withParameter('/logout', name, raw));
      expect(logout.headers.get('Location')).toBe('/-/logout');
      for (const method of ['GET', 'POST']) {
        const headers = OWN_PAGE;
        const out = await gateway.fetch(withParameter('/-/logout', name, raw), { method, headers });
        expect(out.headers.get('Location')).toBe('/-/login?signedOut=true');
      }
    }
  });

  test('changes nothing of where the provider is told to lead after a sign-out', async () => {
    const out = 'https://id.test/logout?post_logout_redirect_uri=https%3A%2F%2Fdash.example.com%2F-%2Flogin';
    const { gateway } = new SignInScene({ vars: { GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: out } });
    const headers = OWN_PAGE;
    for (const name of NAMES) {
      const answer = await gateway.fetch(withParameter('/-/logout', name, raw), { headers });
      expect(answer.headers.get('Location')).toBe(out);
    }
  });

  test('is no state, and no header makes it an address', async () => {
    const scene = new SignInScene();
    const { gateway } = scene;
    const browser = new Jar();
    const callback = await scene.begin(browser, '/d/ok');
    const answer = await gateway.fetchAs(browser, withParameter('/login/generic_oauth', 'state', raw));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('Location')).toBeNull();
    const headers = new Headers();
    // What no header can hold, no browser sends.
    const value = /^[\x20-\x7e]*$/.test(raw) ? raw : encodeURIComponent(raw);
    for (const name of [
      'X-Auth-Request-Redirect',
      'X-Forwarded-Uri',
      'X-Original-URL',
      'X-Rewrite-URL',
      'Referer',
    ])
      headers.set(name, value);
    const back = await gateway.fetchAs(
      browser,
      `${callback}&${NAMES.slice(0, 10)
        .map((name) => `${name}=${encodeURIComponent(raw)}`)
        .join('&')}`,
      { headers },
    );
    expect(back.headers.get('Location')).toBe('/d/ok');
  });

  test('stays in the query of a share link, whose page is the one that was signed for', async () => {
    const { gateway } = new SignInScene();
    const query = NAMES.map((name) => `${name}=${encodeURIComponent(raw)}`).join('&');
    const link = linkTo({ key: keyNamed('test1'), at: gateway.now, to: `/d/uid-one/demo?${query}` });
    const answer = await gateway.fetch(link);
    expect(answer.status).toBe(303);
    const location = answer.headers.get('Location');
    expectHere(location);
    expect(location).toMatch(/^\/d\/uid-one\/demo\?/);
    expect(answer.headers.get('Set-Cookie') ?? '').not.toContain('x=1');
  });

  test('as the page that somebody asks for without a session leads to sign-in here, or nowhere', async () => {
    const { gateway } = new SignInScene();
    // As bytes that a runtime reads as an address: what it cannot read never gets here.
    for (const target of [`${GATEWAY}/${raw}`, `${GATEWAY}${raw.startsWith('/') ? raw : `/${raw}`}`]) {
      if (!URL.canParse(target) || new URL(target).host !== HOST) continue;
      const answer = await gateway.fetch(target, { headers: { Accept: 'text/html' } });
      if (answer.status === 400) continue;
      expect(answer.status).toBe(303);
      const location = answer.headers.get('Location') ?? '';
      expectHere(location);
      expect(location).toMatch(/^\/-\/login(?:\?|$)/);
      const to = new URL(location, GATEWAY).searchParams.get('to');
      if (to !== null) expectHere(to);
    }
  });
});

describe('an address that stays here', () => {
  test.each([
    ['/d/uid-one/demo?from=now-6h&to=now&var-x=%2F%2Fevil.com', undefined],
    ['/d/uid-one/demo?next=//evil.com', undefined],
    ['/d/uid-one/demo#//evil.com', '/d/uid-one/demo'],
    // Whoever signed in would be led out again, or round in a circle.
    ['/-/logout', '/'],
    ['/logout', '/'],
    ['/login/generic_oauth?state=x', '/'],
    ['/-/login?to=/-/login', '/'],
    ['/-', '/'],
  ])('%s is where a sign-in ends', async (to, end = to) => {
    const scene = new SignInScene();
    const browser = new Jar();
    const answer = await scene.gateway.fetchAs(browser, await scene.begin(browser, to));
    expectHere(answer.headers.get('Location'));
    expect(answer.headers.get('Location')).toBe(end);
  });

  test('is asked for once: two are one too many, whichever is the good one', async () => {
    const { gateway } = new SignInScene();
    for (const path of ['/-/login', '/-/login/start']) {
      for (const query of [
        'to=/d/ok&to=//evil.com',
        'to=//evil.com&to=/d/ok',
        'to=/d/ok&to=/d/ok',
        'to&to=/d/ok',
      ])
        expect((await gateway.fetch(`${path}?${query}`)).status).toBe(400);
    }
  });
});
