import { beforeEach, describe, expect, test } from 'vitest';
import { createKeyring } from '../../src/lib/keyring.ts';
import { seal } from '../../src/lib/seal.ts';
import { Secret } from '../../src/lib/secret.ts';
import { sha256Base64Url } from '../../src/lib/sha256.ts';
import type { Arrival } from '../../src/session/keeper.ts';
import { type Attempt, Attempts, challengeOf, sessionIdOf, startAttempt } from '../../src/sso/attempt.ts';
import { HOST, NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';

const REDIRECT = `https://${HOST}/login/generic_oauth`;

function arrive(cookies: string | null, at: Partial<Arrival['url']> = {}, now = NOW): Arrival {
  return { url: { protocol: 'https:', host: HOST, ...at }, cookies, now };
}

const start = (now = NOW) => startAttempt('/d/uid-one', REDIRECT, now);
const pairOf = (setCookie = '') => setCookie.slice(0, setCookie.indexOf(';'));

describe('an attempt', () => {
  const attempts = new Attempts([new Secret(SECRET)]);
  let attempt: Attempt;
  let cookie: string;

  beforeEach(async () => {
    attempt = start();
    cookie = pairOf((await attempts.keep(attempt, arrive(null))).at(-1));
  });

  test('comes back whole, beside cookies of others', async () => {
    expect(await attempts.find(attempt.state, arrive(`a=b; ${cookie}; __Host-postern-user=x`))).toEqual(
      attempt,
    );
  });

  test('says nothing of what is in it', () => {
    expect(cookie).toMatch(/^__Host-postern-tx-[0-9a-f]{16}=[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
    for (const text of [attempt.state, attempt.nonce, attempt.codeVerifier])
      expect(cookie).not.toContain(text);
  });

  test.each([
    ['599 seconds', 599, true],
    ['600 seconds', 600, false],
  ])('is good for less than ten minutes: after %s', async (_what, seconds, isGood) => {
    const found = await attempts.find(attempt.state, arrive(cookie, {}, NOW + seconds));
    expect(found !== undefined).toBe(isGood);
  });

  test.each([
    ['another host', arriveWith((value) => value, { host: 'other.example.com' })],
    ['the same host at another port', arriveWith((value) => value, { host: `${HOST}:8443` })],
    ['a changed seal', arriveWith((value) => `${value.slice(0, -2)}${value.endsWith('AA') ? 'BB' : 'AA'}`)],
    ['two of one name', arriveWith((value) => `${value}; ${value}`)],
    ['two of one name, one of them empty', arriveWith((value) => `${value}; ${nameOf(value)}=`)],
    ['the name that another subdomain could set', arriveWith((value) => value.replace('__Host-', ''))],
    ['more than a browser keeps', arriveWith((value) => `${value}${'A'.repeat(8_192)}`)],
    ['no value', arriveWith((value) => `${nameOf(value)}=`)],
    ['none at all', () => arrive(null)],
  ])('is not found at or with %s', async (_what, arrivalWith) => {
    expect(await attempts.find(attempt.state, arrivalWith(cookie))).toBeUndefined();
  });

  test('is not found by the state of another, nor under the name of another', async () => {
    const other = start();
    const both = `${cookie}; ${pairOf((await attempts.keep(other, arrive(null))).at(-1))}`;
    expect((await attempts.find(other.state, arrive(both)))?.nonce).toBe(other.nonce);
    const secret = other.state.slice(17);
    expect(await attempts.find(`${attempt.id}.${secret}`, arrive(both))).toBeUndefined();
    const renamed = cookie.replace(attempt.id, other.id);
    expect(await attempts.find(other.state, arrive(renamed))).toBeUndefined();
    expect(await attempts.find(`${other.id}.${attempt.state.slice(17)}`, arrive(renamed))).toBeUndefined();
  });

  test('is not one that was sealed for another purpose', async () => {
    const { state, nonce, codeVerifier, to, redirectUri } = attempt;
    const text = JSON.stringify([state, nonce, codeVerifier, to, redirectUri, NOW]);
    for (const [purpose, isOurs] of [
      ['attempt', true],
      ['sign-in', false],
      ['grant', false],
    ] as const) {
      const ring = await createKeyring([new Secret(SECRET)], purpose);
      const sealed = await seal(ring, text, `tx|${attempt.id}|${HOST}`);
      const found = await attempts.find(state, arrive(`__Host-postern-tx-${attempt.id}=${sealed}`));
      expect(found !== undefined).toBe(isOurs);
    }
  });

  test('outlives a change of secrets that keeps the former one, and no other', async () => {
    const both = new Attempts([new Secret(OTHER_SECRET), new Secret(SECRET)]);
    const other = new Attempts([new Secret(OTHER_SECRET)]);
    expect(await both.find(attempt.state, arrive(cookie))).toEqual(attempt);
    expect(await other.find(attempt.state, arrive(cookie))).toBeUndefined();
  });

  test('has a cookie of its own that goes when it is done', async () => {
    const [line = ''] = (await attempts.keep(attempt, arrive(null))).slice(-1);
    expect(line.slice(line.indexOf(';'))).toBe('; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure');
    expect(attempts.formatCleared(attempt.state, arrive(null))).toBe(
      `${nameOf(cookie)}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure`,
    );
    expect(attempts.formatCleared('no state', arrive(null))).toBeUndefined();
  });

  test('at this machine, over plain HTTP, is kept under a name that browsers keep there', async () => {
    const here = { protocol: 'http:', host: 'localhost:8787' };
    const [line = ''] = (await attempts.keep(attempt, arrive(null, here))).slice(-1);
    expect(line).toMatch(/^postern-tx-[0-9a-f]{16}=(?!.*Secure)/);
    expect(await attempts.find(attempt.state, arrive(pairOf(line), here))).toEqual(attempt);
  });
});

describe('attempts side by side', () => {
  const attempts = new Attempts([new Secret(SECRET)]);

  async function hold(count: number): Promise<{ states: string[]; cookies: string[] }> {
    const all = Array.from({ length: count }, () => start());
    const cookies = await Promise.all(
      all.map(async (one) => pairOf((await attempts.keep(one, arrive(null))).at(-1))),
    );
    return { states: all.map(({ state }) => state), cookies };
  }

  test('are eight', async () => {
    const { states, cookies } = await hold(7);
    const kept = await attempts.keep(start(), arrive(['a=b', ...cookies].join('; ')));
    expect(kept).toHaveLength(1);
    for (const state of states) expect(await attempts.find(state, arrive(cookies.join('; ')))).toBeDefined();
  });

  test('beyond that make room for the newest, and touch nobody else’s cookies', async () => {
    const { cookies } = await hold(8);
    const newest = start();
    const lines = await attempts.keep(
      newest,
      arrive(['other=1', ...cookies, '__Host-postern-user=x'].join('; ')),
    );
    expect(lines.slice(0, -1).map((line) => line.split('=')[0])).toEqual(cookies.map(nameOf));
    expect(lines.slice(0, -1).every((line) => line.includes('=; ') && line.includes('Max-Age=0'))).toBe(true);
    expect(await attempts.find(newest.state, arrive(pairOf(lines.at(-1))))).toEqual(newest);
  });
});

describe('what is random of an attempt', () => {
  test('is new each time, and of the length that its standard asks for', async () => {
    const many = Array.from({ length: 50 }, () => start());
    for (const field of ['id', 'state', 'nonce', 'codeVerifier'] as const)
      expect(new Set(many.map((one) => one[field])).size).toBe(50);
    const [one] = many;
    if (!one) throw new Error('none');
    expect(one.state).toMatch(/^[0-9a-f]{16}\.[A-Za-z0-9_-]{43}$/);
    expect(one.state.startsWith(`${one.id}.`)).toBe(true);
    expect(one.codeVerifier).toMatch(/^[A-Za-z0-9_-]{128}$/);
    expect(await challengeOf(one)).toBe(sha256Base64Url(one.codeVerifier));
  });

  test('names one session: the same for one attempt, another for every other', () => {
    const [one, other] = [start(), start()];
    expect(sessionIdOf(one)).toMatch(/^[0-9a-f]{16}$/);
    expect(sessionIdOf({ ...one, nonce: 'x', to: '/' })).toBe(sessionIdOf(one));
    expect(sessionIdOf(other)).not.toBe(sessionIdOf(one));
    expect(one.state).not.toContain(sessionIdOf(one));
  });
});

function nameOf(pair: string): string {
  return pair.slice(0, pair.indexOf('='));
}

function arriveWith(change: (cookie: string) => string, at: Partial<Arrival['url']> = {}) {
  return (cookie: string) => arrive(change(cookie), at);
}
