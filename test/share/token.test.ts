import { describe, expect, test } from 'vitest';
import { computeChecksum, parseGrafanaToken } from '../../src/share/token.ts';
import { KEYS } from '../support/keys.ts';

function apiKey(fields: unknown): string {
  const bytes = new TextEncoder().encode(typeof fields === 'string' ? fields : JSON.stringify(fields));
  return btoa(String.fromCharCode(...bytes));
}

describe('a token', () => {
  test.each([
    ['nothing', ''],
    ['a word', 'token'],
    ['another prefix of Grafana', 'glc_abcdef_0123abcd'],
    ['no checksum', 'glsa_abcdef'],
    ['a checksum in upper case', 'glsa_abcdef_0123ABCD'],
    ['a checksum that is too long', 'glsa_abcdef_0123abcd0'],
    ['an underscore in its secret', 'glsa_abc_def_0123abcd'],
    ['a line break behind it', 'glsa_abcdef_0123abcd\n'],
    ['base64 that is no JSON', apiKey('not json')],
    ['JSON that is no object', apiKey('"text"')],
    ['JSON of null', apiKey('null')],
    ['no secret', apiKey({ n: 'a', id: 1 })],
    ['an empty secret', apiKey({ k: '', n: 'a', id: 1 })],
    ['an empty name', apiKey({ k: 'x', n: '', id: 1 })],
    ['an organisation of zero', apiKey({ k: 'x', n: 'a', id: 0 })],
    ['an organisation as text', apiKey({ k: 'x', n: 'a', id: '1' })],
    ['an organisation that is no whole number', apiKey({ k: 'x', n: 'a', id: 1.5 })],
    ['base64url instead of base64', 'eyJrIjoi-_8'],
    ['more than 2048 characters', apiKey({ k: 'x'.repeat(2048), n: 'a', id: 1 })],
  ])('with %s is none', (_, text) => {
    expect(parseGrafanaToken(text).ok).toBe(false);
  });

  test('of an account migrated from an API key keeps its old form', () => {
    const token = parseGrafanaToken(apiKey({ k: 'x', n: 'a', id: 1 }));
    expect(token.ok && token.value).toMatchObject({ kind: 'api-key', embedded: { name: 'a', orgId: 1 } });
  });

  test('shows none of its parts when it is printed', () => {
    for (const { token } of KEYS) {
      const parsed = parseGrafanaToken(token);
      const printed = JSON.stringify(parsed);
      expect(printed).toContain('[redacted]');
      expect(printed).not.toContain(token);
    }
  });

  test('whose checksum is wrong is known as such', () => {
    const token = parseGrafanaToken('glsa_yV9HAOVCjNKkvKoLMiypOc5T0OovHXPV_4f5ff3cf');
    expect(token.ok && token.value.checksumHolds).toBe(false);
  });
});

test('the checksum is the CRC-32 of all before it, in little-endian order', () => {
  for (const { token } of KEYS.filter(({ kind }) => kind === 'service-account-token')) {
    const [, rest = '', checksum] = /^(.*)_([0-9a-f]{8})$/.exec(token) ?? [];
    expect(computeChecksum(rest)).toBe(checksum);
  }
});
