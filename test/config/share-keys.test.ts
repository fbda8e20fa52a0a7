import { describe, expect, test } from 'vitest';
import { messagesOf, problemsOf, readRight } from '../support/config.ts';
import { entryOf, KEYS, type KeyEntry, keyNamed } from '../support/keys.ts';

const KEY = keyNamed('test1');
const API_KEY = keyNamed('test1-legacy');

function readKeys(...entries: readonly Readonly<Record<string, unknown>>[]) {
  return readRight({ SHARE_KEYS: JSON.stringify(entries) }).share.keys;
}

function problemsOfKeys(...entries: readonly Readonly<Record<string, unknown>>[]): string[] {
  return problemsOf({ SHARE_KEYS: JSON.stringify(entries) });
}

function with_(more: Readonly<Record<string, unknown>>): KeyEntry {
  return entryOf(KEY, more);
}

describe('SHARE_KEYS', () => {
  test('takes keys of both kinds, and every field', () => {
    const [first, second] = readKeys(
      with_({
        dashboards: ['uid-one', '*'],
        frameAncestors: ['https://portal.example.com', 'https://*.example.com:8443', "'self'"],
        maxSessionSeconds: 7200,
        live: true,
        resources: ['data-source'],
        expires: '2027-01-31',
      }),
      entryOf(API_KEY),
    );
    expect(first).toMatchObject({ name: 'test1', orgId: 1, live: true, dashboards: ['uid-one', '*'] });
    // The end of that day, UTC.
    expect(first?.expiresAt).toBe(Date.UTC(2027, 1, 1) / 1000);
    expect(first?.token.text.reveal()).toBe(KEY.token);
    expect(second).toMatchObject({ name: 'test1-legacy', live: false, resources: [], expiresAt: undefined });
  });

  test('takes all keys of the vectors together', () => {
    expect(readKeys(...KEYS.map((key) => entryOf(key)))).toHaveLength(KEYS.length);
  });

  test('takes one name in two organisations', () => {
    expect(readKeys(entryOf(KEY), { ...entryOf(keyNamed('portal')), name: KEY.name })).toHaveLength(2);
  });

  test.each([
    ['2027-01-31T18:00:00Z', Date.UTC(2027, 0, 31, 18) / 1000],
    ['2027-01-31T18:00+02:00', Date.UTC(2027, 0, 31, 16) / 1000],
    ['2027-01-31', Date.UTC(2027, 1, 1) / 1000],
  ])('reads the end %s', (expires, seconds) => {
    expect(readKeys(with_({ expires }))[0]?.expiresAt).toBe(seconds);
  });
});

/** Entries with a mistake, and what is said about it. */
const WRONG: readonly (readonly [what: string, entry: Readonly<Record<string, unknown>>, problem: RegExp])[] =
  [
    ['no name', with_({ name: undefined }), /at \[0\]\.name is missing/],
    ['an empty name', with_({ name: '' }), /at \[0\]\.name is not 1 to 190 characters long/],
    ['a long name', with_({ name: 'x'.repeat(191) }), /at \[0\]\.name is not 1 to 190/],
    ['a name with a control character', with_({ name: 'a\u0000b' }), /at \[0\]\.name/],
    ['no token', with_({ token: undefined }), /at \[0\]\.token is missing/],
    [
      'a token of no known form',
      with_({ token: 'glsa_short' }),
      /at \[0\]\.token is neither a service account token/,
    ],
    ['an organisation of zero', with_({ orgId: 0 }), /at \[0\]\.orgId is not a positive whole number/],
    ['an organisation as text', with_({ orgId: '1' }), /at \[0\]\.orgId is not a whole number/],
    [
      'an organisation of eleven digits',
      with_({ orgId: 10_000_000_000 }),
      /at \[0\]\.orgId is not a positive/,
    ],
    ['no dashboard in its list', with_({ dashboards: [] }), /at \[0\]\.dashboards lists no dashboard/],
    ['a dashboard that is no uid', with_({ dashboards: ['a/b'] }), /at \[0\]\.dashboards\[0\] is neither/],
    [
      '46 dashboards',
      with_({ dashboards: Array.from({ length: 46 }, (_, i) => `d${i}`) }),
      /lists more than 45/,
    ],
    [
      'a frame source that is none',
      with_({ frameAncestors: ['portal'] }),
      /at \[0\]\.frameAncestors\[0\] is not a source/,
    ],
    ['a session of no length', with_({ maxSessionSeconds: 0 }), /at \[0\]\.maxSessionSeconds/],
    ['a word for live', with_({ live: 'yes' }), /at \[0\]\.live is neither true nor false/],
    ['an end that is no date', with_({ expires: 'tomorrow' }), /at \[0\]\.expires is neither a day/],
    ['an end without time zone', with_({ expires: '2027-01-31T18:00:00' }), /at \[0\]\.expires is neither/],
    ['a day that does not exist', with_({ expires: '2027-13-41' }), /at \[0\]\.expires is neither/],
    ['an unknown field', with_({ dashbords: ['a'] }), /at \[0\] has an unknown field: dashbords/],
    ['an API key of another name', entryOf(API_KEY, { name: 'other' }), /was made for another name/],
    [
      'an API key of another organisation',
      entryOf(API_KEY, { orgId: 2 }),
      /was made for another organisation/,
    ],
  ];

describe('SHARE_KEYS with a mistake', () => {
  test.each(WRONG)('names %s', (_, entry, problem) => {
    expect(problemsOfKeys(entry)).toEqual([expect.stringMatching(problem)]);
  });

  test('names one name of one organisation that is there twice', () => {
    const other = { ...entryOf(keyNamed('wall-display')), name: KEY.name, orgId: KEY.orgId };
    expect(problemsOfKeys(entryOf(KEY), other)).toEqual([
      'SHARE_KEYS lists one name of one organisation twice (entries 0 and 1)',
    ]);
  });

  test.each([
    ['in one organisation', { name: 'copy' }],
    ['in two organisations', { name: 'copy', orgId: 9 }],
  ])('names one token under two names %s', (_, change) => {
    expect(problemsOfKeys(entryOf(KEY), { ...entryOf(KEY), ...change })).toEqual([
      expect.stringMatching(/lists one token under two names \(entries 0 and 1\)/),
    ]);
  });

  test('names every entry with a mistake', () => {
    expect(problemsOfKeys(with_({ orgId: 0 }), entryOf(API_KEY), with_({ token: 'x' }))).toEqual([
      expect.stringContaining('[0].orgId'),
      expect.stringContaining('[2].token'),
    ]);
  });

  test('says where more keys belong than a variable holds', () => {
    const entries = Array.from({ length: 60 }, (_, i) =>
      with_({ name: `key-${i}`, dashboards: ['a-long-dashboard-uid'] }),
    );
    expect(problemsOfKeys(...entries)).toEqual([expect.stringMatching(/longer than the 5 KB.*belong in KV/)]);
  });

  test('repeats no token', () => {
    const said = messagesOf({
      SHARE_KEYS: JSON.stringify([with_({ orgId: 0 }), with_({ name: 'copy', live: 1 })]),
    });
    expect(said).not.toContain(KEY.token);
    expect(said).not.toContain(KEY.secret);
  });
});
