import { describe, expect, test } from 'vitest';
import { findRefusedAncestor } from '../../src/headers/ancestors.ts';

const OWN = 'https://dash.example.com';

function isRefused(page: string, sources: readonly string[], destination = 'iframe'): boolean {
  const headers = new Headers({ 'Sec-Fetch-Dest': destination, Referer: `${page}/path?query` });
  return findRefusedAncestor(headers, sources, OWN) === page;
}

/** A source of CSP, a page, and whether the page matches (CSP Level 3 §6.7.2). */
const MATCHES: readonly (readonly [source: string, page: string, matches: boolean])[] = [
  ['*', 'https://any.test', true],
  ['*', 'http://any.test:81', true],
  ["'self'", OWN, true],
  ["'self'", 'https://portal.test', false],
  ["'self'", 'http://dash.example.com', false],
  ["'none'", 'https://portal.test', false],
  ['https://portal.test', 'https://portal.test', true],
  ['https://PORTAL.test', 'https://portal.test', true],
  ['HTTPS://portal.test', 'https://portal.test', true],
  ['https://portal.test', 'http://portal.test', false],
  ['http://portal.test', 'https://portal.test', true],
  ['http://portal.test', 'http://portal.test', true],
  ['https://portal.test', 'https://x.portal.test', false],
  ['https://portal.test', 'https://portal.test.evil', false],
  ['https://portal.test', 'https://notportal.test', false],
  ['https://*.portal.test', 'https://x.portal.test', true],
  ['https://*.portal.test', 'https://x.y.portal.test', true],
  ['https://*.portal.test', 'https://portal.test', false],
  ['https://*.portal.test', 'https://xportal.test', false],
  ['https://portal.test:443', 'https://portal.test', true],
  ['http://portal.test:80', 'http://portal.test', true],
  ['https://portal.test:8443', 'https://portal.test:8443', true],
  ['https://portal.test:8443', 'https://portal.test', false],
  ['https://portal.test', 'https://portal.test:8443', false],
  ['https://portal.test:443', 'https://portal.test:8443', false],
  ['http://portal.test:80', 'http://portal.test:8080', false],
  ['https://portal.test:*', 'https://portal.test:8443', true],
  ['https://portal.test:*', 'https://portal.test', true],
  ['https://*.portal.test:*', 'https://x.portal.test:1', true],
  ['http://[::1]:3000', 'http://[::1]:3000', true],
  ['http://[::1]', 'http://[::2]', false],
  ['http://localhost:3000', 'http://localhost:3000', true],
];

describe('a page', () => {
  test.each(MATCHES)('that %s stands for: is %s one? %s', (source, page, matches) => {
    expect(isRefused(page, [source])).toBe(!matches);
  });

  test('may match any of several sources', () => {
    const sources = ["'self'", 'https://a.test', 'https://b.test'];
    expect(isRefused('https://b.test', sources)).toBe(false);
    expect(isRefused('https://c.test', sources)).toBe(true);
    expect(isRefused('https://c.test', [])).toBe(true);
  });

  test.each([
    ['iframe', true],
    ['frame', true],
    ['document', false],
    ['empty', false],
    ['image', false],
  ])('is known to embed by Sec-Fetch-Dest: %s (%s)', (destination, isKnown) => {
    expect(isRefused('https://foreign.test', ["'self'"], destination)).toBe(isKnown);
  });
});
