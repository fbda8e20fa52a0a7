import { describe, expect, test } from 'vitest';
import { findGrantCookies, findTransport, isOwnCookie, nameGrantCookie } from '../../src/session/cookies.ts';
import type { Grant } from '../../src/session/grant.ts';
import { KEY_DASHBOARDS_MAX } from '../../src/share/key.ts';
import { Gateway } from '../support/gateway.ts';
import { readSetCookies } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';

const KEY = keyNamed('test1');

async function cookieAt(at: string) {
  const gateway = new Gateway({ at });
  const [cookie] = readSetCookies(await gateway.fetch(linkTo({ key: KEY, at: gateway.now })));
  return cookie;
}

describe('the cookie of a session', () => {
  test('over HTTPS comes back inside a foreign iframe, and to this host alone', async () => {
    const cookie = await cookieAt('https://dash.example.com');
    expect(cookie?.name).toMatch(/^__Host-postern-s-[0-9a-f]{8}$/);
    expect(cookie?.attributes).toEqual({
      path: '/',
      httponly: '',
      samesite: 'None',
      'max-age': '3600',
      secure: '',
      partitioned: '',
    });
  });

  test.each([
    'http://localhost:8787',
    'http://127.0.0.1:8787',
    'http://[::1]:8787',
    'http://gateway.localhost',
  ])('over plain HTTP at %s is one that browsers keep there', async (at) => {
    const cookie = await cookieAt(at);
    expect(cookie?.name).toMatch(/^postern-s-[0-9a-f]{8}$/);
    expect(cookie?.attributes).toEqual({ path: '/', httponly: '', samesite: 'Lax', 'max-age': '3600' });
  });

  test.each([
    'http://dash.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://10.0.0.1',
  ])('over plain HTTP at %s stays secure, so that nobody on the way keeps it', async (at) => {
    expect((await cookieAt(at))?.name).toMatch(/^__Host-/);
  });

  test('says nothing of its content: key, dashboards and times are sealed', async () => {
    const { value = '' } = (await cookieAt('https://dash.example.com')) ?? {};
    expect(value).toMatch(/^[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
    const opened = atob((value.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'));
    for (const text of [KEY.name, 'uid-one', 'v2']) expect(opened).not.toContain(text);
  });

  test('with as many dashboards as a key may list fits into what browsers keep', async () => {
    const dashboards = Array.from({ length: KEY_DASHBOARDS_MAX }, (_, index) => `${index}`.padStart(40, 'd'));
    const name = '名'.repeat(190);
    const gateway = new Gateway({ keys: [entryOf(KEY, { name, dashboards })] });
    const to = `/d/${dashboards[0]}/demo`;
    const response = await gateway.fetch(linkTo({ key: { ...KEY, name }, at: gateway.now, to }));
    const [line = ''] = response.headers.getSetCookie();
    expect(line.length).toBeGreaterThan(2000);
    expect(line.split(';')[0]?.length).toBeLessThanOrEqual(4096);
  });
});

describe('the name of a cookie', () => {
  const transport = { isPlainLoopback: false };

  async function nameOf(claims: { orgId?: number; name?: string; dashboards?: string[] }): Promise<string> {
    return nameGrantCookie(
      { orgId: 1, name: 'key', dashboards: ['a'], ...claims } as unknown as Grant,
      transport,
    );
  }

  test('differs for each organisation, key and dashboard', async () => {
    const names = await Promise.all([
      nameOf({}),
      nameOf({ orgId: 2 }),
      nameOf({ name: 'other' }),
      nameOf({ dashboards: ['b'] }),
      nameOf({ dashboards: ['*'] }),
    ]);
    expect(new Set(names).size).toBe(5);
  });

  test('is one for a key with several dashboards, whichever its link opened', async () => {
    expect(await nameOf({ dashboards: ['a', 'b'] })).toBe(await nameOf({ dashboards: ['b', 'a', 'c'] }));
    expect(await nameOf({ dashboards: ['a', 'b'] })).toBe(await nameOf({ dashboards: ['*'] }));
  });

  test('is the hash of organisation, key and dashboard', async () => {
    // printf '1|key|a' | sha256sum
    expect(await nameOf({})).toBe('__Host-postern-s-5df1827e');
  });
});

describe('the cookies that a visitor sends', () => {
  const pairs = [
    '__Host-postern-s-0123abcd',
    'postern-s-0123abcd',
    '__Host-postern-s-0123ABCD',
    'postern-s-x',
    'other',
  ].map((name) => ({ name, value: 'v' }));

  test.each([
    ['https:', 'dash.example.com', '__Host-postern-s-0123abcd'],
    ['http:', 'localhost:8787', 'postern-s-0123abcd'],
  ])('count as sessions over %s//%s only under the name that is set there', (protocol, host, name) => {
    expect(findGrantCookies(pairs, findTransport({ protocol, host })).map((pair) => pair.name)).toEqual([
      name,
    ]);
  });

  test.each([
    ['__Host-postern-s-0123abcd', true],
    ['postern-tx-1', true],
    ['__host-Postern-user', true],
    ['grafana_session', false],
    ['my-postern-s-1', false],
  ])('named %s belong to the gateway: %s', (name, isOwn) => {
    expect(isOwnCookie({ name, value: 'v' })).toBe(isOwn);
  });
});
