import { errors, type JWTPayload, jwtVerify } from 'jose';
import { fail, ok, type Result } from '../../lib/result.ts';
import { readJwtPayload } from '../jwt-payload.ts';
import type { KeySet } from './key-sets.ts';

/** Why an ID token is not taken. */
export type IdTokenRefusal =
  | 'malformed'
  | 'signature'
  | 'algorithm'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'issued-in-future'
  | 'nonce';

/** What an ID token has to say (OpenID Connect Core §3.1.3.7). */
export interface IdTokenExpectation {
  /** Undefined where nobody named the issuer: the keys alone then say whose it is. */
  readonly issuer: string | undefined;
  readonly clientId: string;
  /** Undefined after a refresh, whose ID token need not repeat it (§12.2). */
  readonly nonce: string | undefined;
  readonly algorithms: readonly string[] | undefined;
  /** Unix seconds. */
  readonly now: number;
}

/** Clocks of a provider may differ by this much. */
export const CLOCK_TOLERANCE_SECONDS = 60;

/** What is signed by the provider's private key. Shared secrets and `none` are not among them. */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Where the keys come from; the newer ones are asked for at most once for a token. */
export interface KeySource {
  readonly keys: KeySet;
  readonly findNewer: () => Promise<KeySet | undefined>;
}

/**
 * The claims of an ID token for which everything holds: signature, algorithm, issuer, audience, expiry, nonce. A token
 * that the remembered keys do not fit is tried once more with those that the provider has now, since providers add
 * keys, and give new ones an old id.
 */
export async function verifyIdToken(
  token: string,
  source: KeySource,
  expected: IdTokenExpectation,
): Promise<Result<JWTPayload, IdTokenRefusal>> {
  const first = await verifyWith(token, source.keys, expected);
  if (first.ok || first.reason !== 'signature') return first;
  const newer = await source.findNewer();
  return newer ? verifyWith(token, newer, expected) : first;
}

/**
 * The claims of an ID token where no keys can be had: it came straight from the token endpoint over TLS (OpenID Connect
 * Core §3.1.3.7, 6). What it says of audience, expiry and nonce has to hold all the same.
 */
export async function readIdToken(
  token: string,
  expected: IdTokenExpectation,
): Promise<Result<JWTPayload, IdTokenRefusal>> {
  const claims = (await readJwtPayload(token)) as JWTPayload | undefined;
  if (!claims) return fail('malformed');
  const { iss, aud, exp, nonce } = claims;
  if (expected.issuer !== undefined && iss !== expected.issuer) return fail('issuer');
  if (aud !== undefined && !isForClient(claims, expected.clientId)) return fail('audience');
  if (exp !== undefined && !(typeof exp === 'number' && exp + CLOCK_TOLERANCE_SECONDS > expected.now))
    return fail('expired');
  if (nonce !== undefined && expected.nonce !== undefined && nonce !== expected.nonce) return fail('nonce');
  return ok(claims);
}

async function verifyWith(
  token: string,
  keys: KeySet,
  expected: IdTokenExpectation,
): Promise<Result<JWTPayload, IdTokenRefusal>> {
  const payload = await verifySignature(token, keys, expected);
  if (!payload.ok) return payload;
  const claims = payload.value;
  if (!isForClient(claims, expected.clientId)) return fail('audience');
  if ((claims.iat ?? 0) > expected.now + CLOCK_TOLERANCE_SECONDS) return fail('issued-in-future');
  if (expected.nonce !== undefined && claims.nonce !== expected.nonce) return fail('nonce');
  return ok(claims);
}

/** Several audiences need one who is meant (`azp`), and that is this client. */
function isForClient({ aud, azp }: JWTPayload, clientId: string): boolean {
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) return false;
  return azp === undefined ? audiences.length === 1 : azp === clientId;
}

async function verifySignature(
  token: string,
  keys: KeySet,
  expected: IdTokenExpectation,
): Promise<Result<JWTPayload, IdTokenRefusal>> {
  const options = {
    ...(expected.issuer !== undefined && { issuer: expected.issuer }),
    audience: expected.clientId,
    algorithms: (expected.algorithms ?? ASYMMETRIC).filter((algorithm) => ASYMMETRIC.includes(algorithm)),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(expected.now * 1000),
    requiredClaims: ['exp', 'iat', 'sub'],
  };
  try {
    return ok((await jwtVerify(token, keys, options)).payload);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return fail(refusalOf(error));
    // A token without a key id: each key that could be meant is tried.
    for await (const key of error) {
      const tried = await tryKey(token, key, options);
      if (tried.ok || tried.reason !== 'signature') return tried;
    }
    return fail('signature');
  }
}

async function tryKey(
  token: string,
  key: CryptoKey,
  options: Parameters<typeof jwtVerify>[2],
): Promise<Result<JWTPayload, IdTokenRefusal>> {
  try {
    return ok((await jwtVerify(token, key, options)).payload);
  } catch (error) {
    return fail(refusalOf(error));
  }
}

const CLAIM_REFUSALS: Readonly<Record<string, IdTokenRefusal>> = {
  iss: 'issuer',
  aud: 'audience',
  iat: 'issued-in-future',
  exp: 'expired',
};

function refusalOf(error: unknown): IdTokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_REFUSALS[error.claim] ?? 'malformed';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
    return 'signature';
  return 'malformed';
}
