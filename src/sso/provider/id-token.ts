import type { JWTPayload } from 'jose';
import { fail, ok, type Result } from '../../lib/result.ts';
import { readJwtPayload } from '../jwt-payload.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  isForClient,
  type KeySource,
  type SignedTokenExpectation,
  type SignedTokenRefusal,
  verifySignedToken,
} from './signed-token.ts';

/** Why an ID token is not taken. */
export type IdTokenRefusal = SignedTokenRefusal | 'nonce';

/** What an ID token has to say (OpenID Connect Core §3.1.3.7). */
export interface IdTokenExpectation extends SignedTokenExpectation {
  /** Undefined after a refresh, whose ID token need not repeat it (§12.2). */
  readonly nonce: string | undefined;
}

const REQUIRED = ['exp', 'iat', 'sub'];

/** The claims of an ID token for which everything holds: signature, algorithm, issuer, audience, expiry, nonce. */
export async function verifyIdToken(
  token: string,
  source: KeySource,
  expected: IdTokenExpectation,
): Promise<Result<JWTPayload, IdTokenRefusal>> {
  const verified = await verifySignedToken(token, source, expected, REQUIRED);
  if (!verified.ok) return verified;
  const { claims } = verified.value;
  if (expected.nonce !== undefined && claims.nonce !== expected.nonce) return fail('nonce');
  return ok(claims);
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
