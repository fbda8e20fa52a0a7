import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { LedgerTexts } from '../../src/ledger/texts.ts';
import { Secret } from '../../src/lib/secret.ts';
import { StorageUnavailable } from '../../src/lib/storage-error.ts';
import { AssertionKeys, type TextBook } from '../../src/sso/assertion-keys.ts';
import { BOUND } from '../support/bound.ts';
import { NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';

const DAY = 86_400;
const TURN = NOW + 30 * DAY;

const book = () => new LedgerTexts(BOUND.POSTERN_LEDGER);

/** One isolate's, in front of the real ledger. */
function keysOf(...secrets: readonly string[]): AssertionKeys {
  const held = secrets.length === 0 ? [SECRET] : secrets;
  return new AssertionKeys(
    book(),
    held.map((text) => new Secret(text)),
  );
}

const kidOf = async (keys: AssertionKeys, now: number) => (await keys.findSigning(now)).kid;
const published = async (keys: AssertionKeys, now: number) =>
  (await keys.publish(now)).keys.map(({ kid }) => kid);

describe('the first key', () => {
  test('signs at once, and what it signs is verified by what is published', async () => {
    const keys = keysOf();
    const { kid, key } = await keys.findSigning(NOW);
    const assertion = await new SignJWT({ login: 'ann' }).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
    const set = createLocalJWKSet((await keysOf().publish(NOW)) as JSONWebKeySet);
    expect((await jwtVerify(assertion, set)).payload.login).toBe('ann');
  });

  test('shows its public half alone, and cannot be taken out', async () => {
    const { keys } = await keysOf().publish(NOW);
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
    const { key } = await keysOf().findSigning(NOW);
    expect([key.extractable, key.type, key.usages]).toEqual([false, 'private', ['sign']]);
  });

  test('is stored sealed', async () => {
    const { keys } = await keysOf().publish(NOW);
    const { text } = (await book().read('assertion-keys')) ?? {};
    expect(text).toMatch(/^[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
    expect(text).not.toContain(keys[0]?.x);
  });

  test('is one, however many isolates begin at once', async () => {
    const isolates = Array.from({ length: 8 }, () => keysOf());
    const kids = await Promise.all(isolates.map((keys) => kidOf(keys, NOW)));
    expect(new Set(kids).size).toBe(1);
    const sets = await Promise.all(isolates.map((keys) => published(keys, NOW)));
    expect(new Set(sets.map(String))).toEqual(new Set([String(kids.slice(0, 1))]));
  });
});

describe('the next key', () => {
  test('is published a day before it signs, and the former one for an hour after', async () => {
    const warm = keysOf();
    const first = await kidOf(warm, NOW);
    const seen: string[][] = [];
    for (const [now, count] of [
      [NOW + 29 * DAY, 1],
      [NOW + 29 * DAY + 1, 2],
      [TURN - 1, 2],
      [TURN, 2],
      [TURN + 3_599, 2],
      [TURN + 3_600, 1],
    ] as const) {
      const kids = await published(warm, now);
      expect([now - NOW, kids.length]).toEqual([now - NOW, count]);
      // An isolate that has just begun says the same.
      expect(await published(keysOf(), now)).toEqual(kids);
      seen.push(kids as string[]);
    }
    const [, both = [], , , , last] = seen;
    expect(both[0]).toBe(first);
    expect(last).toEqual([both[1]]);
  });

  test('signs from its turn on, and not a second earlier', async () => {
    const [warm, other] = [keysOf(), keysOf()];
    const first = await kidOf(warm, NOW);
    const [, second] = await published(warm, TURN - DAY + 1);
    expect(await kidOf(other, TURN - 1)).toBe(first);
    // Remembered only until its turn ends.
    expect((await warm.findSigning(TURN - 10)).goodUntil).toBe(TURN);
    expect(await kidOf(warm, TURN - 1)).toBe(first);
    expect(await kidOf(warm, TURN)).toBe(second);
    expect(await kidOf(other, TURN)).toBe(second);
  });

  test('is one, however many isolates find that it is due', async () => {
    await kidOf(keysOf(), NOW);
    const isolates = Array.from({ length: 8 }, () => keysOf());
    const sets = await Promise.all(isolates.map((keys) => published(keys, TURN - 60)));
    expect(new Set(sets.map(String)).size).toBe(1);
    expect(sets[0]).toHaveLength(2);
  });

  test('is made at once where nobody asked while it would have been due', async () => {
    const first = await kidOf(keysOf(), NOW);
    const later = TURN + 40 * DAY;
    const keys = keysOf();
    const second = await kidOf(keys, later);
    expect(second).not.toBe(first);
    expect(await published(keys, later)).toEqual([second]);
  });

  test('follows on for years, never more than two at a time, and always one that signs', async () => {
    const keys = keysOf();
    for (let day = 0; day < 400; day += 0.5) {
      const now = NOW + day * DAY;
      const kids = await published(keys, now);
      expect(kids.length).toBeLessThanOrEqual(2);
      expect(kids).toContain(await kidOf(keys, now));
    }
  });
});

describe('a key that takes the place of another at once', () => {
  test('signs from that second, and what the former one signed is verified for its overlap', async () => {
    const [here, elsewhere] = [keysOf(), keysOf()];
    const first = await kidOf(here, NOW);
    await kidOf(elsewhere, NOW);
    const second = await here.renew(NOW + 100);
    expect(second).not.toBe(first);
    expect(await kidOf(here, NOW + 100)).toBe(second);
    // Another isolate goes on with what it remembers, for five minutes.
    expect(await kidOf(elsewhere, NOW + 299)).toBe(first);
    expect(await kidOf(elsewhere, NOW + 300)).toBe(second);
    for (const [now, kids] of [
      [NOW + 100, [first, second]],
      [NOW + 3_699, [first, second]],
      [NOW + 3_700, [second]],
    ] as const) {
      expect(await published(here, now)).toEqual(kids);
      expect(await published(keysOf(), now)).toEqual(kids);
    }
  });

  test('signs later where it shall be known first', async () => {
    const keys = keysOf();
    const first = await kidOf(keys, NOW);
    const second = await keys.renew(NOW + 100, 600);
    expect(await published(keys, NOW + 100)).toEqual([first, second]);
    expect(await kidOf(keys, NOW + 699)).toBe(first);
    expect(await kidOf(keys, NOW + 700)).toBe(second);
  });

  test('signs as long as any, and is followed as any', async () => {
    const keys = keysOf();
    await kidOf(keys, NOW);
    const renewed = await keys.renew(NOW + DAY);
    expect(await kidOf(keys, TURN + DAY - 1)).toBe(renewed);
    expect(await kidOf(keys, TURN + DAY)).not.toBe(renewed);
  });

  test('takes the place of the next one too, which has signed nothing', async () => {
    const keys = keysOf();
    const first = await kidOf(keys, NOW);
    const [, next] = await published(keys, TURN - 60);
    const renewed = await keys.renew(TURN - 30);
    expect(await published(keys, TURN - 30)).toEqual([first, renewed]);
    expect(await kidOf(keys, TURN)).toBe(renewed);
    expect(renewed).not.toBe(next);
  });

  test('is made where there was none, and by several at once', async () => {
    const isolates = Array.from({ length: 3 }, () => keysOf());
    const kids = await Promise.all(isolates.map((keys) => keys.renew(NOW)));
    expect(new Set(kids).size).toBe(3);
    const all = await published(keysOf(), NOW);
    expect([...all].sort()).toEqual([...kids].sort());
    expect(await kidOf(keysOf(), NOW)).toBe(all.at(-1));
  });

  test('is stored sealed, or not made at all', async () => {
    const keys = keysOf();
    const kid = await keys.renew(NOW);
    expect((await book().read('assertion-keys'))?.text).not.toContain(kid);
    const stubborn: TextBook = { read: async () => undefined, swap: async () => false };
    await expect(new AssertionKeys(stubborn, [new Secret(SECRET)]).renew(NOW)).rejects.toThrow(
      StorageUnavailable,
    );
  });
});

describe('whoever loses the secrets', () => {
  test('gets a new key at once, and the old one is published no more', async () => {
    const first = await kidOf(keysOf(), NOW);
    const keys = keysOf(OTHER_SECRET);
    const second = await kidOf(keys, NOW + 1);
    expect(second).not.toBe(first);
    expect(await published(keys, NOW + 1)).toEqual([second]);
  });

  test('and keeps the former one beside it keeps the key', async () => {
    const first = await kidOf(keysOf(), NOW);
    expect(await kidOf(keysOf(OTHER_SECRET, SECRET), NOW + 1)).toBe(first);
  });

  test('or finds something else stored, is no worse off', async () => {
    await book().swap('assertion-keys', 0, 'hello');
    const kid = await kidOf(keysOf(), NOW);
    expect(await published(keysOf(), NOW)).toEqual([kid]);
  });
});

describe('a key that signs', () => {
  test('is looked for anew after five minutes', async () => {
    const counted = countReads();
    const keys = new AssertionKeys(counted.book, [new Secret(SECRET)]);
    await keys.findSigning(NOW);
    const { reads } = counted;
    for (const second of [1, 100, 299]) expect(keys.findSigning(NOW + second)).not.toBeInstanceOf(Promise);
    expect(counted.reads).toBe(reads);
    await keys.findSigning(NOW + 300);
    expect(counted.reads).toBe(reads + 1);
  });

  test('cannot be had where storage is away, or never agrees', async () => {
    const away = new LedgerTexts({
      getByName: () => {
        throw new Error('away');
      },
    });
    await expect(new AssertionKeys(away, [new Secret(SECRET)]).publish(NOW)).rejects.toThrow(
      StorageUnavailable,
    );
    const stubborn: TextBook = { read: async () => undefined, swap: async () => false };
    const keys = new AssertionKeys(stubborn, [new Secret(SECRET)]);
    await expect((async () => keys.findSigning(NOW))()).rejects.toThrow(StorageUnavailable);
  });
});

function countReads(): { readonly book: TextBook; readonly reads: number } {
  const counted = {
    reads: 0,
    book: {
      read: (name: string) => {
        counted.reads++;
        return book().read(name);
      },
      swap: (name: string, revision: number, text: string) => book().swap(name, revision, text),
    },
  };
  return counted;
}
