import { expect } from 'vitest';
import { refusedFor, tokenNotAsked, type Variants } from './variants.ts';

/** What comes back from the provider in the address of the callback. */
export const CALLBACKS: Variants = {
  'oauth-001': [{ after: tokenNotAsked }],
  'oauth-003': [
    { after: tokenNotAsked },
    {
      name: 'which then also has that browser’s cookie, but under another name',
      before: ({ texts }) => {
        const [, id = ''] = /^([0-9a-f]{16})\./.exec(texts.OTHER_BROWSER_STATE ?? '') ?? [];
        const [, value = ''] = /=(.*)/.exec(texts.STATE_COOKIE ?? '') ?? [];
        texts.STATE_COOKIE = `__Host-postern-tx-${id}=${value}`;
      },
      after: tokenNotAsked,
    },
  ],
  'oauth-004': [{ after: tokenNotAsked }],
  'oauth-005': [{ after: tokenNotAsked }],
  'oauth-006': [
    { name: 'with a state of its own', after: refusedFor('provider: grant-refused') },
    {
      name: 'with its own state and cookie, at a provider that takes it twice',
      lies: { takesCodesTwice: true },
      async before({ scene, browser, texts }) {
        const query = new URLSearchParams({ code: texts.CODE ?? '', state: texts.STATE ?? '' });
        const first = await scene.gateway.fetchAs(browser, `/login/generic_oauth?${query}`);
        expect(first.status).toBe(303);
        texts.USED_CODE = texts.CODE ?? '';
      },
      after: refusedFor('attempt-unknown'),
    },
  ],
  'oauth-008': [{ after: tokenNotAsked }],
  'oauth-009': [
    {
      async after(response, stage) {
        tokenNotAsked(response, stage);
        expect(response.headers.get('Content-Type')).toMatch(/^text\/html/);
        const page = await response.text();
        expect(page).not.toContain('alert(1)');
        expect(page).not.toMatch(/<script(?! nonce)/);
        expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
      },
    },
  ],
  'oauth-011': [
    {
      before: ({ scene }) => {
        scene.gateway.now += 16 * 60;
      },
      after: tokenNotAsked,
    },
  ],
  'oauth-012': [{ after: tokenNotAsked }],
};
