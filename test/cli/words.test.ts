import { describe, expect, test } from 'vitest';
import { findNearest } from '../../src/cli/nearest.ts';
import { createStyle, formatRows, hideKeys, showText } from '../../src/cli/print.ts';
import { formatDuration, formatInstant, formatMoment } from '../../src/cli/words.ts';

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [59, '59 seconds'],
  [60, '1 minute'],
  [61, '1 minute 1 second'],
  [3600, '1 hour'],
  [3601, '1 hour'],
  [97_200, '1 day 3 hours'],
  [31_536_000, '1 year'],
  [9_999_999_999, '317 years 35 days'],
])('%i seconds are %s', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test.each([
  [0, '1970-01-01T00:00:00Z', '1970-01-01 00:00:00 UTC'],
  [9_999_999_999, '2286-11-20T17:46:39Z', '2286-11-20 17:46:39 UTC'],
])('the moment %i', (seconds, instant, moment) => {
  expect(formatInstant(seconds)).toBe(instant);
  expect(formatMoment(seconds)).toBe(moment);
});

test.each([
  ['inspct', 'inspect'],
  ['revok', 'revoke'],
  ['LINK', undefined],
  ['', undefined],
  ['x'.repeat(50), undefined],
])('a command near to %j: %s', (word, command) => {
  expect(findNearest(word, ['link', 'inspect', 'revoke'])).toBe(command);
});

describe('printing', () => {
  test('has colours only where they are wanted', () => {
    expect(createStyle(true).bad('no')).toBe('\x1b[31mno\x1b[39m');
    expect(createStyle(false).bad('no')).toBe('no');
  });

  test('aligns rows, and their further lines', () => {
    expect(
      formatRows([
        ['a', 'one\ntwo'],
        ['long', 'three'],
        ['b', ''],
      ]),
    ).toBe('  a      one\n         two\n  long   three\n  b');
  });

  test('spells out what cannot be seen', () => {
    expect(showText('a\x1b[31m\u202eb\u2028户')).toBe('a\\u{1b}[31m\\u{202e}b\\u{2028}户');
  });

  test.each([
    ['glsa_yV9HAOVCjNKkvKoLMiypOc5T0OovHXPV_4f5ff3ce', '[redacted]'],
    ['x=glsa_abc&y', 'x=[redacted]&y'],
    ['eyJrIjoiOGhMUld5bUZWRUE5', '[redacted]'],
    ['/d/abc?orgId=1', '/d/abc?orgId=1'],
  ])('hides the key in %s', (text, shown) => {
    expect(hideKeys(text)).toBe(shown);
  });
});
