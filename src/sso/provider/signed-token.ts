import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { KeySet } from './key-sets.ts';

/** Why a token that the provider has signed is not taken, whatever it is for. */
export type SignedTokenRefusal =
  | 'malformed'
  | 'signature'
  | 'algorithm'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'issued-in-future';

/** What every signed token has to say. */
export interface SignedTokenExpectation {
  /** Undefined where nobody named the issuer: the keys alone then say whose it is. */
  readonly issuer: string | undefined;
  readonly clientId: string;
  readonly algorithms: readonly string[] | undefined;
  /** Unix seconds. */
  readonly now: number;
}

/** A token for which all of that holds. */
export interface SignedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: JWTPayload;
}

/** Where the keys come from; the newer ones are asked for at most once for a token. */
export interface KeySource {
  readonly keys: KeySet;
  readonly findNewer: () => Promise<KeySet | undefined>;
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

/**
 * A token for which signature, algorithm, issuer, audience and times hold. One that the remembered keys do not fit is
 * tried once more with those that the provider has now, since providers add keys, and give new ones an old id.
 *
 * @param required claims that have to be there
 */
export async function verifySignedToken(
  token: string,
  source: KeySource,
  expected: SignedTokenExpectation,
  required: readonly string[],
): Promise<Result<SignedToken, SignedTokenRefusal>> {
  const first = await verifyWith(token, source.keys, expected, required);
  if (first.ok || first.reason !== 'signature') return first;
  const newer = await source.findNewer();
  return newer ? verifyWith(token, newer, expected, required) : first;
}

/** Several audiences need one who is meant (`azp`), and that is this client. */
export function isForClient({ aud, azp }: JWTPayload, clientId: string): boolean {
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) return false;
  return azp === undefined ? audiences.length === 1 : azp === clientId;
}

async function verifyWith(
  token: string,
  keys: KeySet,
  expected: SignedTokenExpectation,
  required: readonly string[],
): Promise<Result<SignedToken, SignedTokenRefusal>> {
  const verified = await verifySignature(token, keys, expected, required);
  if (!verified.ok) return verified;
  const { claims } = verified.value;
  if (!isForClient(claims, expected.clientId)) return fail('audience');
  if ((claims.iat ?? 0) > expected.now + CLOCK_TOLERANCE_SECONDS) return fail('issued-in-future');
  return verified;
}

async function verifySignature(
  token: string,
  keys: KeySet,
  expected: SignedTokenExpectation,
  required: readonly string[],
): Promise<Result<SignedToken, SignedTokenRefusal>> {
  const options = {
    ...(expected.issuer !== undefined && { issuer: expected.issuer }),
    audience: expected.clientId,
    algorithms: (expected.algorithms ?? ASYMMETRIC).filter((algorithm) => ASYMMETRIC.includes(algorithm)),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(expected.now * 1000),
    requiredClaims: [...required],
  };
  return verifyBy(token, keys, options);
}

async function verifyBy(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<Result<SignedToken, SignedTokenRefusal>> {
  try {
    const { protectedHeader, payload } = await jwtVerify(token, keys, options);
    return ok({ header: { ...protectedHeader }, claims: payload });
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return fail(refusalOf(error));
    // A token without a key id: each key that could be meant is tried.
    for await (const key of error) {
      const tried = await verifyBy(token, async () => key, options);
      if (tried.ok || tried.reason !== 'signature') return tried;
    }
    return fail('signature');
  }
}

const CLAIM_REFUSALS: Readonly<Record<string, SignedTokenRefusal>> = {
  iss: 'issuer',
  aud: 'audience',
  iat: 'issued-in-future',
  exp: 'expired',
};

function refusalOf(error: unknown): SignedTokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_REFUSALS[error.claim] ?? 'malformed';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
    return 'signature';
  return 'malformed';
}
