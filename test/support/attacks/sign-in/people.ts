import { expect } from 'vitest';
import type { Stage } from './stage.ts';
import { refusedFor, remembering, type Variants } from './variants.ts';

const DOMAINS = { GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS: 'example.com' };
const REDIRECTS = ['http://id.test/token', 'https://evil.test/token', 'https://id.test/elsewhere'] as const;

/** Providers that say something else of a person than they should, and token endpoints that lead on. */
export const PEOPLE: Variants = {
  'oauth-034': [
    ...[
      'ann@ex\u0430mple.com',
      'ann@example.com.',
      'ann@xn--exmple-4nf.com',
      'ann@ＥＸＡＭＰＬＥ.com',
      'ann@example\u3002com',
      'ann@example.com\u200b',
      'ann@example.com\n',
      'ann@sub.example.com',
      'ann@evilexample.com',
      'ann@example.com@evil.test',
      'ann@evil.test@example.com',
      'ann@evil.test,ann@example.com',
      'ann@evil.test> <ann@example.com',
      '@example.com',
      'example.com',
    ].map((email) => ({
      name: JSON.stringify(email),
      vars: DOMAINS,
      lies: { claims: { email }, userinfo: { email } },
      // One with a control character is no text, and so no address at all.
      after: refusedFor(/\p{Cc}/u.test(email) ? 'email-missing' : 'domain-not-allowed'),
    })),
    // Grafana lets every case of a domain in. What must not follow is a second person of the same address.
    {
      name: 'the same in capitals, of somebody else',
      vars: DOMAINS,
      lies: {
        claims: { sub: 'mallory-1', email: 'ANN@EXAMPLE.COM', login: 'mallory' },
        userinfo: { sub: 'mallory-1', email: 'ANN@EXAMPLE.COM', login: 'mallory' },
      },
      before: remembering(),
      after: refusedFor('account-taken'),
    },
  ],
  'oauth-035': [
    ...[
      { login: 'mallory' },
      { email: 'mallory@example.com' },
      { login: 'mallory', email: 'Ann@Example.com' },
      { login: 'mallory', email: 'ａｎｎ@example.com' },
      { login: 'ＡＮＮ', email: 'mallory@example.com' },
      { login: 'ann@example.com', email: 'mallory@example.com' },
    ].map((other) => ({
      name: JSON.stringify(other),
      lies: { claims: { sub: 'mallory-1', ...other }, userinfo: { sub: 'mallory-1', ...other } },
      before: remembering(),
      after: refusedFor('account-taken'),
    })),
  ],
  'oauth-036': [
    ...['bob-1', ' ann-1', 'ANN-1', 7, ['ann-1'], true, {}].map((sub) => ({
      name: JSON.stringify(sub),
      lies: { userinfo: { sub } },
      after: refusedFor('sub-differs'),
    })),
  ],
  'oauth-037': REDIRECTS.flatMap((location) =>
    [302, 307, 308].map((status) => ({
      name: `${status} ${location}`,
      lies: { answers: { token: () => new Response(null, { status, headers: { Location: location } }) } },
      // An address that nobody put up would be told of as a stray one.
      after: (_: Response, { scene }: Stage) => expect(scene.provider.asked).toEqual(['token']),
    })),
  ),
  'oauth-038': [
    {
      name: 'the code of another attempt of the same browser',
      async before({ scene, browser, texts }) {
        const other = new URL(await scene.begin(browser));
        texts.CODE = other.searchParams.get('code') ?? '';
        texts.STATE_COOKIE = browser.header;
      },
      after: refusedFor('provider: grant-refused'),
    },
    {
      name: 'plain alone offered',
      lies: {
        discovery: { code_challenge_methods_supported: ['plain'] },
        answers: { token: () => Response.json({ error: 'invalid_grant' }, { status: 400 }) },
      },
      async after(_, { scene }) {
        const start = await scene.another().fetch('/-/login/start');
        const asked = new URL(start.headers.get('Location') ?? '').searchParams;
        expect(asked.get('code_challenge_method')).toBe('S256');
        expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/);
      },
    },
  ],
};
