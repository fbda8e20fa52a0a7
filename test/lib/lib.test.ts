import { describe, expect, test } from 'vitest';
import { decodeUtf8, fromBase64, fromBase64Url, toBase64Url, toHex, utf8 } from '../../src/lib/bytes.ts';
import { equalInConstantTime } from '../../src/lib/constant-time.ts';
import { formatCookies, formatSetCookie, parseCookies } from '../../src/lib/cookie.ts';
import { crc32 } from '../../src/lib/crc32.ts';
import { LruMap } from '../../src/lib/lru.ts';
import { md5Hex } from '../../src/lib/md5.ts';
import { pbkdf2Sha256 } from '../../src/lib/pbkdf2.ts';
import { isLoopbackHost, splitRequestUrl } from '../../src/lib/request-url.ts';

describe('digests', () => {
  /** RFC 1321 §A.5. */
  test.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ])('MD5 of %j', (text, digest) => {
    expect(md5Hex(text)).toBe(digest);
  });

  test('CRC-32 of its check text', () => {
    expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  });

  test('PBKDF2-HMAC-SHA256 of RFC 7914 §11', async () => {
    const derived = await pbkdf2Sha256('passwd', 'salt', { iterations: 1, lengthBytes: 64 });
    expect(toHex(derived)).toBe(
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    );
  });
});

describe('bytes as text', () => {
  test.each(['', 'a', 'ab', 'abc', '\u0000\u00ff', '客户'])('%j comes back from base64url', (text) => {
    const encoded = toBase64Url(utf8(text));
    expect(encoded).toMatch(/^[A-Za-z0-9_-]*$/);
    expect(fromBase64Url(encoded)).toEqual(utf8(text));
  });

  test.each(['a', 'ab=', 'ab==', 'a b', 'ab+/', 'ab\n'])('%j is no base64url', (text) => {
    expect(fromBase64Url(text)).toBeUndefined();
  });

  test.each(['a', 'ab', 'abc', 'ab=', 'a===', 'ab-_', 'abcd\n', 'ab==cd=='])('%j is no base64', (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  test('what is not UTF-8 is no text', () => {
    expect(decodeUtf8(Uint8Array.of(0xff))).toBeUndefined();
    expect(decodeUtf8(Uint8Array.of(0xc0, 0xaf))).toBeUndefined();
    expect(decodeUtf8(utf8('客户'))).toBe('客户');
  });
});

test.each([
  ['', '', true],
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['abc', 'ab', false],
  ['abc', '', false],
  ['客', '客', true],
])('%j and %j are equal: %s', async (one, other, isEqual) => {
  expect(await equalInConstantTime(one, other)).toBe(isEqual);
});

describe('cookies', () => {
  test('are read in their order, repeated ones too', () => {
    expect(parseCookies('a=1; b=2=3;a=4 ; =x; y; c=')).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '2=3' },
      { name: 'a', value: '4' },
      { name: 'c', value: '' },
    ]);
  });

  test('are written as one header', () => {
    expect(
      formatCookies([
        { name: 'a', value: '1' },
        { name: 'b', value: '' },
      ]),
    ).toBe('a=1; b=');
  });

  test('are always for the whole gateway and out of the reach of scripts', () => {
    const attributes = { secure: false, sameSite: 'Lax', partitioned: false, maxAgeSeconds: 5 } as const;
    expect(formatSetCookie('a', 'b', attributes)).toBe('a=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=5');
  });
});

describe('the address of a request', () => {
  test.each([
    ['https://a.example.com', { protocol: 'https:', host: 'a.example.com', path: '/', query: '' }],
    ['http://a:8787/x/y?b=1?c#d?e', { protocol: 'http:', host: 'a:8787', path: '/x/y', query: 'b=1?c' }],
    ['https://a/x#?b=1', { protocol: 'https:', host: 'a', path: '/x', query: '' }],
    ['https://a?b', { protocol: 'https:', host: 'a', path: '/', query: 'b' }],
  ])('%s is taken apart', (url, parts) => {
    expect(splitRequestUrl(url)).toEqual(parts);
  });

  test('that is not absolute is no request', () => {
    expect(() => splitRequestUrl('/x')).toThrow(TypeError);
  });

  test.each([
    ['localhost', true],
    ['LOCALHOST:8787', true],
    ['a.b.localhost', true],
    ['127.0.0.1', true],
    ['127.255.1.2:80', true],
    ['[::1]:8787', true],
    ['localhost.example.com', false],
    ['127.0.0.1.example.com', false],
    ['10.0.0.1', false],
    ['[::2]', false],
    ['xlocalhost', false],
  ])('%s is this machine itself: %s', (host, isLoopback) => {
    expect(isLoopbackHost(host)).toBe(isLoopback);
  });
});

describe('a memory with a bound', () => {
  test('forgets what was used longest ago', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
  });

  test('keeps one value for one key', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('a', 2);
    expect([map.get('a'), map.size]).toEqual([2, 1]);
    map.clear();
    expect(map.size).toBe(0);
  });
});
