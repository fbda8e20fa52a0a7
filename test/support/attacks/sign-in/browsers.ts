import { expect } from 'vitest';
import { HOST, refusalOf } from '../../gateway.ts';
import { readSetCookies } from '../../jar.ts';
import { origin } from '../../origin.ts';
import { findSessions } from '../judge.ts';
import { presented, USER_COOKIE } from './scene.ts';
import type { Stage } from './stage.ts';
import { hanging, presentedAfter, type Variants } from './variants.ts';

const OTHER_PROXIES = ['X-Forwarded-Host', 'X-Host', 'X-Original-Host', 'Forwarded', 'X-Forwarded-Server'];

/** The redirect URI and the cookies of a sign-in that is begun with these headers. */
async function beginWith(headers: Record<string, string>, { scene }: Stage) {
  const start = await scene.gateway.fetch('/-/login/start', { headers });
  const address = new URL(start.headers.get('Location') ?? '');
  return { redirectUri: address.searchParams.get('redirect_uri'), cookies: readSetCookies(start) };
}

function failing(fault: 'never answers' | 'cut' | number): () => Promise<Response> {
  return async () => {
    if (fault === 'never answers') return hanging();
    if (fault === 'cut') throw new TypeError('connection lost');
    return new Response('<h1>ill</h1>', { status: fault });
  };
}

/** Cookies and headers of browsers, and sessions that go on. */
export const BROWSERS: Variants = {
  'hdr-094': [
    {
      async after(_, stage) {
        for (const name of OTHER_PROXIES) {
          const value = name === 'Forwarded' ? 'host=evil.test;proto=http' : 'evil.test';
          const { redirectUri } = await beginWith({ [name]: value }, stage);
          expect(redirectUri).toBe(`https://${HOST}/login/generic_oauth`);
        }
      },
    },
  ],
  'hdr-095': [
    {
      async after(_, stage) {
        for (const name of [
          'X-Forwarded-Proto',
          'X-Forwarded-Scheme',
          'X-Forwarded-Ssl',
          'Front-End-Https',
        ]) {
          const { redirectUri, cookies } = await beginWith({ [name]: 'http' }, stage);
          expect(redirectUri).toBe(`https://${HOST}/login/generic_oauth`);
          expect(cookies.map(({ attributes }) => attributes.secure)).toEqual(['']);
          expect(cookies.map(({ name }) => name.startsWith('__Host-'))).toEqual([true]);
        }
      },
    },
  ],
  'cookie-013': [
    {
      async after(response, { scene, texts }) {
        expect(response.headers.get('Location')).toMatch(/^\/-\/login\?to=/);
        const elsewhere = [`${USER_COOKIE}=${texts.STATE_COOKIE}`, `${texts.STATE_COOKIE}`];
        for (const Cookie of elsewhere) {
          const answer = await scene.gateway.fetch('/api/user', { headers: { Cookie } });
          expect(await refusalOf(answer)).toBe('401 session_required');
        }
        expect(origin.received).toEqual([]);
      },
    },
  ],
  'cookie-023': [
    {
      async after(response, stage) {
        const { scene, texts } = stage;
        const [session] = findSessions(response);
        expect(`${USER_COOKIE}=${session?.value}`).not.toBe(texts.PLANTED_SESSION);
        const ids = scene.gateway.events
          .filter(({ event }) => event === 'sso.signed_in')
          .map(({ sessionId }) => sessionId);
        expect(new Set(ids).size).toBe(2);
        expect(await presentedAfter(response, stage)).toMatchObject({ login: 'ann' });
        await scene.gateway.settle();
        // Nobody who planted it has it either: not here, and not at another isolate.
        const before = origin.received.length;
        for (const gateway of [scene.gateway, scene.another()]) {
          const answer = await gateway.fetch('/api/user', {
            headers: { Cookie: texts.PLANTED_SESSION ?? '' },
          });
          expect(await refusalOf(answer)).toBe('401 sso_session_ended');
        }
        expect(origin.received).toHaveLength(before);
      },
    },
  ],
  'cookie-024': [
    {
      async after(response, { scene, texts }) {
        const cleared = { name: USER_COOKIE, value: '' };
        expect(readSetCookies(response)).toMatchObject([
          { ...cleared, attributes: { 'max-age': '0', path: '/' } },
        ]);
        const start = await scene.gateway.fetch('/-/login/start', {
          headers: { Cookie: texts.SESSION_COOKIE ?? '' },
        });
        expect(readSetCookies(start)).toContainEqual(expect.objectContaining(cleared));
      },
    },
  ],
  'cookie-025': [
    {
      async after(_, { scene, texts }) {
        const Cookie = texts.SESSION_COOKIE ?? '';
        const foreign = [
          { method: 'POST', Origin: 'null' },
          { method: 'POST', Origin: 'https://other.example.com', 'Sec-Fetch-Site': 'same-site' },
          { method: 'POST', Origin: `http://${HOST}` },
          { method: 'GET', 'Sec-Fetch-Site': 'cross-site' },
          { method: 'GET', 'Sec-Fetch-Site': 'same-site' },
          { method: 'GET' },
          { method: 'HEAD', 'Sec-Fetch-Site': 'none' },
        ];
        for (const { method, ...headers } of foreign) {
          const answer = await scene.gateway.fetch('/-/logout', { method, headers: { Cookie, ...headers } });
          expect(readSetCookies(answer)).toEqual([]);
        }
        const still = await scene.gateway.fetch('/api/user', { headers: { Cookie } });
        expect(still.status).toBe(200);
        expect(scene.gateway.eventNames).not.toContain('sso.signed_out');
      },
    },
  ],
  'oauth-072': [
    ...(['never answers', 'cut', 503, 429, 500] as const).map((fault) => ({
      name: `${fault}`,
      lies: { answers: { token: failing(fault) } },
      milliseconds: fault === 'never answers' ? 20_000 : 5_000,
      before: ({ scene }: Stage) => {
        scene.gateway.now += 600;
      },
      async after(response: Response, stage: Stage) {
        const { scene, texts } = stage;
        expect(response.status).toBe(200);
        expect(scene.provider.asked).toContain('token');
        expect(presented()).toMatchObject({ login: 'ann' });
        expect(scene.gateway.eventNames).toContain('sso.refresh.failed');
        // What is no grace for is a provider that answers, and says no.
        scene.provider.lies = {};
        scene.provider.forgetRefreshToken();
        scene.gateway.now += 60;
        const headers = { Cookie: texts.SESSION_COOKIE ?? '' };
        expect(await refusalOf(await scene.gateway.fetch('/api/user', { headers }))).toBe(
          '401 sso_session_ended',
        );
      },
    })),
  ],
  'embed-005': [
    {
      async after(response, { scene }) {
        const others = [
          '/-/logout',
          '/login',
          '/-/login/start',
          '/-/login?to=//evil.com',
          '/login/generic_oauth',
        ];
        const answers = await Promise.all(others.map((path) => scene.gateway.fetch(path)));
        for (const page of [response, ...answers]) {
          if (page.status >= 300 && page.status < 400) continue;
          const policy = page.headers.get('Content-Security-Policy') ?? '';
          expect(policy).toMatch(/frame-ancestors '(?:self|none)'(?:;|$)/);
        }
        expect((await scene.gateway.fetch('/-/login')).headers.get('Content-Security-Policy')).toMatch(
          /frame-ancestors '(?:self|none)'$/,
        );
      },
    },
  ],
};
