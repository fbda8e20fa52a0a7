import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findPathProblem } from '../../src/headers/path.ts';
import { findReturnPath, HOME } from '../../src/sso/return-to.ts';

const OWN = 'https://dash.example.com';

describe('a page to come back to', () => {
  test.each([
    ['/', '/'],
    ['/d/uid-one/demo', '/d/uid-one/demo'],
    ['/d/uid-one/demo?orgId=1&from=now-6h', '/d/uid-one/demo?orgId=1&from=now-6h'],
    ['/d/uid-one/%E5%AE%A2', '/d/uid-one/%E5%AE%A2'],
    ['/explore?left=%7B%22a%22%3A1%7D', '/explore?left=%7B%22a%22%3A1%7D'],
    // What follows # is for the browser alone, which does not send it.
    ['/d/uid-one#panel', '/d/uid-one'],
    ['/d/a?to=//evil.example.com', '/d/a?to=//evil.example.com'],
    ['/d/a?to=https://evil.example.com/#x', '/d/a?to=https://evil.example.com/'],
    ['/d/a?x="<>', '/d/a?x=%22%3C%3E'],
    [`/d/${'a'.repeat(2_045)}`, `/d/${'a'.repeat(2_045)}`],
    // Names that only begin like ours.
    ['/loginx', '/loginx'],
    ['/logouts?x', '/logouts?x'],
    ['/-x', '/-x'],
    ['/d/login', '/d/login'],
  ])('%s is kept', (asked, kept) => expect(findReturnPath(asked)).toBe(kept));

  test.each([
    '/-',
    '/-/login',
    '/-/login?to=/d/a',
    '/-/logout',
    '/-/api/v1/keys',
    '/login',
    '/login/',
    '/login?x',
    '/login/generic_oauth?code=a&state=b',
    '/logout',
    '/logout/x',
  ])('%s would lead in a circle, or out: home instead', (asked) => {
    expect(findReturnPath(asked)).toBe(HOME);
  });

  test.each([
    ['nothing', ''],
    ['a path that begins elsewhere', 'd/uid-one'],
    ['another host without its scheme', '//evil.example.com'],
    ['the same with one slash turned', '/\\evil.example.com'],
    ['with both turned', '\\\\evil.example.com'],
    ['behind a dot', '/.//evil.example.com'],
    ['behind two', '/..//evil.example.com'],
    ['behind an encoded dot', '/%2e//evil.example.com'],
    ['behind a tab, which browsers drop', '/\t/evil.example.com'],
    ['behind a line feed', '/\n/evil.example.com'],
    ['behind a space', ' //evil.example.com'],
    ['another host', 'https://evil.example.com/'],
    ['this very host, spelt out', `${OWN}/d/uid-one`],
    ['a script', 'javascript:alert(1)'],
    ['a path whose first segment is a host', '/@evil.example.com//'],
    ['dot segments', '/d/../login'],
    ['a dot segment at the end', '/d/.'],
    ['encoded dot segments', '/d/%2e%2e/login'],
    ['an encoded slash', '/d%2Flogin'],
    ['an encoded backslash', '/d/%5cevil'],
    ['a backslash', '/d/a\\b'],
    ['a backslash in the query', '/d/a?x=\\'],
    ['a space', '/d/a b'],
    ['a letter that has to be encoded', '/d/ü'],
    ['a semicolon', '/d/a;b'],
    ['a broken escape', '/d/%zz'],
    ['an escape of a plain letter', '/%6cogin'],
    ['a line break in the query', '/d/a?x=\r\nSet-Cookie: a=b'],
    ['more than 2048 characters', `/d/${'a'.repeat(2_046)}`],
  ])('%s is no page of this host', (_what, asked) => expect(findReturnPath(asked)).toBeUndefined());
});

/** What addresses of other hosts are made of, put together in any order. */
const pieces = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5C',
    '%',
    '@',
    ':',
    '?',
    '#',
    '&',
    '=',
    ';',
    '\t',
    '\n',
    '\0',
  ],
  ...[
    ' ',
    'ü',
    '。',
    '%E5%AE%A2',
    'https:',
    'evil.example.com',
    '[::1]',
    'd',
    'login',
    'logout',
    '-',
    'to=',
    '"',
  ],
);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`),
  fc.webPath(),
  fc.webUrl(),
);

test('whatever goes in, what comes out is a page of this host, and stays what it is', () => {
  let kept = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const path = findReturnPath(text);
      if (path === undefined) return;
      kept++;
      expect(path).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
      const read = new URL(path, OWN);
      expect(read.href).toBe(`${OWN}${path}`);
      expect(findPathProblem(read.pathname)).toBeUndefined();
      expect(read.pathname).not.toMatch(/^\/(?:login|logout|-)(?:\/|$)/);
      expect(findReturnPath(path)).toBe(path);
    }),
    { numRuns: 5_000 },
  );
  // Otherwise nothing was looked at.
  expect(kept).toBeGreaterThan(200);
});
