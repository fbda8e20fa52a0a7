import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  type IdTokenExpectation,
  type IdTokenRefusal,
  readIdToken,
  verifyIdToken,
} from '../../src/sso/provider/id-token.ts';
import { NOW } from '../support/gateway.ts';
import { jwtOf } from './scene.ts';

const EXPECTED: IdTokenExpectation = {
  issuer: 'https://id.test',
  clientId: 'client',
  nonce: 'the-nonce',
  algorithms: undefined,
  now: NOW,
};
const CLAIMS: JWTPayload = {
  iss: 'https://id.test',
  aud: 'client',
  sub: 'ann',
  nonce: 'the-nonce',
  iat: NOW,
  exp: NOW + 300,
};

const CLAIM_CASES: readonly (readonly [
  what: string,
  changed: Readonly<Record<string, unknown>>,
  outcome: IdTokenRefusal | undefined,
])[] = [
  ['that is whole', {}, undefined],
  ['of another issuer', { iss: 'https://evil.test' }, 'issuer'],
  ['for another client', { aud: 'other' }, 'audience'],
  ['for several, this one meant', { aud: ['client', 'other'], azp: 'client' }, undefined],
  ['for several, nobody meant', { aud: ['client', 'other'] }, 'audience'],
  ['for several, another meant', { aud: ['client', 'other'], azp: 'other' }, 'audience'],
  ['that ended a minute ago', { exp: NOW - 60 }, 'expired'],
  ['that ended less than a minute ago', { exp: NOW - 59 }, undefined],
  ['of another attempt', { nonce: 'other' }, 'nonce'],
];

const { publicKey, privateKey } = await generateKeyPair('RS256');
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }] });
const sign = (claims: object, header: object = {}) =>
  new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
    .sign(privateKey);

describe('an ID token with keys to verify it', () => {
  const verify = async (token: string, expected: Partial<IdTokenExpectation> = {}) => {
    const judged = await verifyIdToken(
      token,
      { keys, findNewer: async () => undefined },
      { ...EXPECTED, ...expected },
    );
    return judged.ok ? undefined : judged.reason;
  };

  test.each([
    ...CLAIM_CASES,
    ['without an end', { exp: undefined }, 'expired'],
    ['without a subject', { sub: undefined }, 'malformed'],
    ['without an audience', { aud: undefined }, 'audience'],
    ['without the nonce that was asked for', { nonce: undefined }, 'nonce'],
    ['issued a minute ahead', { iat: NOW + 60 }, undefined],
    ['issued more than a minute ahead', { iat: NOW + 61 }, 'issued-in-future'],
  ] as const)('%s', async (_what, changed, outcome) => {
    expect(await verify(await sign(changed))).toBe(outcome);
  });

  test('need not repeat the nonce after a refresh', async () => {
    expect(await verify(await sign({ nonce: undefined }), { nonce: undefined })).toBeUndefined();
  });

  test('is signed as its provider signs', async () => {
    expect(await verify(await sign({}), { algorithms: ['ES256'] })).toBe('algorithm');
    expect(await verify(await sign({}), { algorithms: ['none', 'HS256'] })).toBe('algorithm');
    expect(await verify(jwtOf(CLAIMS, { alg: 'none' }))).not.toBeUndefined();
    expect(await verify(jwtOf(CLAIMS, { alg: 'RS256', kid: 'one' }))).toBe('signature');
  });

  test.each([
    ['an unknown key', { kid: 'two' }],
    ['a key that has been replaced', {}],
  ])('that the remembered keys do not fit is tried with newer ones once: %s', async (_what, header) => {
    const other = await generateKeyPair('RS256');
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
      .sign(other.privateKey);
    const newer = createLocalJWKSet({
      keys: [{ ...(await exportJWK(other.publicKey)), kid: 'one', ...header }],
    });
    let asked = 0;
    const findNewer = async () => {
      asked++;
      return newer;
    };
    expect((await verifyIdToken(token, { keys, findNewer }, EXPECTED)).ok).toBe(true);
    expect(asked).toBe(1);
    // What does not hold for other reasons makes nobody ask.
    expect((await verifyIdToken(await sign({ aud: 'other' }), { keys, findNewer }, EXPECTED)).ok).toBe(false);
    expect(asked).toBe(1);
  });

  test('without a key id is tried with each key that could be meant', async () => {
    const other = await generateKeyPair('RS256');
    const both = createLocalJWKSet({
      keys: [
        { ...(await exportJWK(other.publicKey)), alg: 'RS256' },
        { ...(await exportJWK(publicKey)), alg: 'RS256' },
      ],
    });
    const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    const source = { keys: both, findNewer: async () => undefined };
    expect((await verifyIdToken(token, source, EXPECTED)).ok).toBe(true);
    const late = { ...EXPECTED, now: NOW + 3_600 };
    expect(await verifyIdToken(token, source, late)).toEqual({ ok: false, reason: 'expired' });
  });
});

describe('an ID token without keys, straight from the token endpoint', () => {
  test.each([
    ...CLAIM_CASES,
    ['that says little', { aud: undefined, exp: undefined, nonce: undefined }, undefined],
    ['whose end is a text', { exp: '4102444800' }, 'expired'],
  ] as const)('%s', async (_what, changed, outcome) => {
    const judged = await readIdToken(jwtOf({ ...CLAIMS, ...changed }), EXPECTED);
    expect(judged.ok ? undefined : judged.reason).toBe(outcome);
  });

  test.each(['', 'opaque', 'a.b', jwtOf([]), jwtOf(CLAIMS).replace(/^[^.]+/, 'eyJ')])(
    'is one: %s',
    async (token) => {
      expect(await readIdToken(token, EXPECTED)).toEqual({ ok: false, reason: 'malformed' });
    },
  );
});
