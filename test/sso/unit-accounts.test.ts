import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LedgerRegistrar } from '../../src/ledger/registrar.ts';
import { StorageUnavailable } from '../../src/lib/storage-error.ts';
import { foldAccountName, isAccountName } from '../../src/sso/account-name.ts';
import { Accounts, accountIdOf } from '../../src/sso/accounts.ts';
import type { Person } from '../../src/sso/person.ts';
import { BOUND } from '../support/bound.ts';
import { NOW } from '../support/gateway.ts';

const ISSUER = 'https://id.test';

/** One isolate's, in front of the real ledgers. */
function accounts(): Accounts {
  return new Accounts(new LedgerRegistrar(BOUND.POSTERN_LEDGER));
}

function person(of: Partial<Person> = {}): Person {
  const ann = { sub: 'ann', login: 'ann', name: 'Ann', email: 'ann@example.com', groups: [] };
  return { ...ann, orgRoles: undefined, isGrafanaAdmin: undefined, ...of };
}

describe('two spellings of one account', () => {
  test.each([
    ['ANN@Example.COM', 'ann@example.com'],
    [' ann ', 'ann'],
    // Full width, a ligature, a letter with its accent apart, and the sign for Kelvin.
    ['ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'ann@example.com'],
    ['ﬁona', 'fiona'],
    ['jose\u0301', 'josé'],
    // MySQL takes these for one, without their accents and what cannot be seen.
    ['jose', 'José'],
    ['an\u200bn', 'ann'],
    ['strasse', 'STRAßE'],
    ['\u212aarl', 'karl'],
    ['\u00a0ann\u3000', 'ann'],
  ])('%j is %j', (one, other) => {
    expect(foldAccountName(one)).toBe(foldAccountName(other));
    expect(foldAccountName(foldAccountName(one))).toBe(foldAccountName(one));
  });

  test.each([
    ['ann', 'anna'],
    ['ann@example.com', 'ann@example.org'],
    ['ann', 'a nn'],
    // Alike to the eye alone: Cyrillic.
    ['ann', '\u0430nn'],
  ])('%j is not %j', (one, other) => expect(foldAccountName(one)).not.toBe(foldAccountName(other)));
});

test('folding once is folding for good, in any case', () => {
  const texts = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(texts, (text) => {
      const folded = foldAccountName(text);
      expect(foldAccountName(folded)).toBe(folded);
      expect(foldAccountName(` ${text.toLowerCase()} `)).toBe(folded);
    }),
    { numRuns: 2_000 },
  );
});

describe('a name that everybody reads the same way', () => {
  test.each([
    'ann',
    'ann@example.com',
    'Ann.O+x@sub.example.com',
    'änn',
    '客户',
    "o'neill",
    'a b',
    'a'.repeat(190),
  ])('%s', (name) => expect(isAccountName(name)).toBe(true));

  test.each([
    ['nothing', ''],
    ['more than Grafana stores', 'a'.repeat(191)],
    ['a space around it', 'ann '],
    ['a line break', 'ann\nx'],
    ['what cannot be seen', 'ann\u200b'],
    ['two addresses', 'ann@example.com@evil.example.com'],
    ['an address in brackets', 'x <ann@example.com>'],
    ['a list of addresses', 'ann@example.com,eve@example.com'],
    ['an address with a comment', 'ann(x)@example.com'],
    ['a quoted address', '"ann"@example.com'],
    ['an address without its first half', '@example.com'],
    ['an address that ends with a dot', 'ann@example.com.'],
    ['a letter that looks Latin', 'ɑnn'],
    ['letters that some databases cannot tell apart', '\u{1d552}\u{10900}'],
  ])('is not %s', (_what, name) => expect(isAccountName(name)).toBe(false));
});

describe('a login and an address', () => {
  test('stay with whoever came with them first, in every isolate', async () => {
    for (let round = 0; round < 3; round++)
      expect(await accounts().hold(person(), ISSUER, NOW + round)).toBe(true);
  });

  test.each([
    ['the address', { login: 'eve', email: 'ann@example.com' }],
    ['the login', { login: 'ann', email: 'eve@example.com' }],
    ['the address as a login', { login: 'ann@example.com', email: 'eve@example.com' }],
    ['the login as an address', { login: 'eve', email: 'ann' }],
    ['the address in capitals', { login: 'eve', email: 'ANN@EXAMPLE.COM' }],
    ['the login in full width', { login: 'ａＮｎ', email: 'eve@example.com' }],
    ['the login with a space', { login: 'ann ', email: 'eve@example.com' }],
  ])('are not another’s: %s', async (_what, names) => {
    expect(await accounts().hold(person(), ISSUER, NOW)).toBe(true);
    expect(await accounts().hold(person({ sub: 'eve', ...names }), ISSUER, NOW)).toBe(false);
    expect(await accounts().hold(person(), ISSUER, NOW)).toBe(true);
  });

  test('are not those of the same name at another provider', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    expect(await accounts().hold(person(), 'https://other.test', NOW)).toBe(false);
    expect(accountIdOf(ISSUER, 'ann')).not.toBe(accountIdOf('https://other.test', 'ann'));
  });

  test('stay free where the other of the two is taken', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    expect(await accounts().hold(person({ sub: 'eve', email: 'eve@example.com' }), ISSUER, NOW)).toBe(false);
    expect(
      await accounts().hold(person({ sub: 'bob', login: 'bob', email: 'eve@example.com' }), ISSUER, NOW),
    ).toBe(true);
  });

  test('are looked up without being claimed', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    const eve = person({ sub: 'eve', login: 'eve', email: 'Ann@example.com' });
    expect(await accounts().findTaken(eve, ISSUER)).toEqual(['Ann@example.com']);
    expect(await accounts().findTaken(person(), ISSUER)).toEqual([]);
    expect(
      await accounts().hold(person({ sub: 'bob', login: 'eve', email: 'bob@example.com' }), ISSUER, NOW),
    ).toBe(true);
  });

  test('may change, and the former ones stay taken', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    expect(await accounts().hold(person({ login: 'ann2', email: 'ann2@example.com' }), ISSUER, NOW)).toBe(
      true,
    );
    expect(await accounts().hold(person({ sub: 'eve', login: 'eve' }), ISSUER, NOW)).toBe(false);
  });

  test('that many come with at once go to one of them', async () => {
    const many = Array.from({ length: 20 }, (_, at) => person({ sub: `sub-${at}` }));
    const held = await Promise.all(many.map((one) => accounts().hold(one, ISSUER, NOW)));
    expect(held.filter(Boolean)).toHaveLength(1);
    const again = await Promise.all(many.map((one) => accounts().hold(one, ISSUER, NOW)));
    expect(again).toEqual(held);
  });

  test('are let go by an operator, each for itself, in any spelling', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    const eve = person({ sub: 'eve' });
    expect(await accounts().release('ANN', NOW)).toBe(true);
    expect(await accounts().hold(eve, ISSUER, NOW)).toBe(false);
    expect(await accounts().release('Ａnn@example.com ', NOW)).toBe(true);
    expect(await accounts().hold(eve, ISSUER, NOW)).toBe(true);
    expect(await accounts().hold(person(), ISSUER, NOW)).toBe(false);
  });

  test('that nobody has are not let go, and stay free', async () => {
    expect(await accounts().release('ann', NOW)).toBe(false);
    expect(await accounts().release('ann', NOW)).toBe(false);
    expect(await accounts().hold(person(), ISSUER, NOW)).toBe(true);
  });

  test('that were claimed until a moment give way to the next one who comes', async () => {
    const [eve, bob] = [person({ sub: 'eve' }), person({ sub: 'bob' })];
    await accounts().hold(person(), ISSUER, NOW);
    await accounts().releaseUntil(NOW);
    expect(await accounts().findTaken(eve, ISSUER)).toEqual([]);
    expect(await accounts().hold(eve, ISSUER, NOW + 1)).toBe(true);
    for (const other of [person(), bob]) {
      expect(await accounts().hold(other, ISSUER, NOW + 2)).toBe(false);
      expect(await accounts().findTaken(other, ISSUER)).toEqual(['ann@example.com', 'ann']);
    }
  });

  test('that were claimed a second later stay, and so does what their holder claims anew', async () => {
    const eve = person({ sub: 'eve' });
    await accounts().hold(person(), ISSUER, NOW);
    await accounts().releaseUntil(NOW - 1);
    expect(await accounts().hold(eve, ISSUER, NOW + 1)).toBe(false);
    await accounts().releaseUntil(NOW);
    expect(await accounts().hold(person(), ISSUER, NOW + 1)).toBe(true);
    expect(await accounts().hold(eve, ISSUER, NOW + 2)).toBe(false);
  });

  test('that were let go up to a moment are not taken back by an earlier one', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    await accounts().releaseUntil(NOW);
    await accounts().releaseUntil(NOW - 100);
    expect(await accounts().release('ann', NOW + 1)).toBe(false);
    expect(await accounts().hold(person({ sub: 'eve' }), ISSUER, NOW + 1)).toBe(true);
  });

  test('that gave way go to one of many who come at once', async () => {
    await accounts().hold(person(), ISSUER, NOW);
    await accounts().releaseUntil(NOW);
    const many = Array.from({ length: 20 }, (_, at) => person({ sub: `sub-${at}` }));
    const held = await Promise.all(many.map((one) => accounts().hold(one, ISSUER, NOW + 1)));
    expect(held.filter(Boolean)).toHaveLength(1);
    expect(await Promise.all(many.map((one) => accounts().hold(one, ISSUER, NOW + 2)))).toEqual(held);
  });

  test('are nobody’s while nobody can say whose they are', async () => {
    const away = () => {
      throw new Error('no object for ann@example.com');
    };
    const failing = new Accounts(new LedgerRegistrar({ getByName: away }));
    await expect(failing.hold(person(), ISSUER, NOW)).rejects.toThrow(StorageUnavailable);
    await expect(failing.releaseUntil(NOW)).rejects.toThrow(StorageUnavailable);
    await expect(failing.release('ann', NOW)).rejects.toThrow(/^storage: (?:read|write) failed$/);
  });
});
