import { describe, expect, test } from 'vitest';
import { parseCookies } from '../../src/lib/cookie.ts';
import { isPlainHost, splitRequestUrl } from '../../src/lib/request-url.ts';

describe('the host of an address', () => {
  test.each([
    ['https://A.Test/X', 'a.test', '/X'],
    ['https://a.test./x', 'a.test', '/x'],
    ['https://A.TEST.:8443/x', 'a.test:8443', '/x'],
    ['https://a.test../x', 'a.test.', '/x'],
    ['http://[::1]:80/', '[::1]:80', '/'],
  ])('has one spelling: %s', (url, host, path) => {
    expect(splitRequestUrl(url)).toMatchObject({ host, path });
  });

  test.each(['a', 'a.test', 'a-b.test:1', '127.0.0.1:65535', '[::1]', '[::ffff:1.2.3.4]:80', 'a_b.test'])(
    'is plain: %s',
    (host) => {
      expect(isPlainHost(host)).toBe(true);
    },
  );

  test.each([
    '',
    '.',
    'a.',
    'a..b',
    '.a',
    'a@b',
    'a/b',
    'a\\b',
    'a?b',
    'a#b',
    'a b',
    'a%62',
    'a:',
    'a:b',
    'a:1:2',
  ])('is not plain: %j', (host) => {
    expect(isPlainHost(host)).toBe(false);
  });
});

describe('cookies', () => {
  test('of one line are kept in their order', () => {
    expect(parseCookies('a=1; b=2;c=3; d')).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
      { name: 'c', value: '3' },
    ]);
  });

  test('of hostile length are read in time', async () => {
    await scheduler.wait(1);
    const start = Date.now();
    for (let round = 0; round < 10; round++) parseCookies(`a=${', x'.repeat(20_000)}`);
    await scheduler.wait(1);
    expect(Date.now() - start).toBeLessThan(300);
  });
});
