import type { JWTPayload } from 'jose';
import { fail, ok, type Result } from '../../lib/result.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  type KeySource,
  type SignedTokenExpectation,
  type SignedTokenRefusal,
  verifySignedToken,
} from './signed-token.ts';

/** Why a logout token is not taken. */
export type LogoutTokenRefusal =
  | SignedTokenRefusal
  /** It says of itself that it is something else. */
  | 'type'
  | 'too-old'
  /** It is not about a logout. */
  | 'event'
  /** It has a nonce, as ID tokens have. */
  | 'nonce'
  | 'id-missing'
  /** Neither `sub` nor `sid`, or one that is no text. */
  | 'nobody';

/** Whom the provider signs out. */
export interface LogoutOrder {
  readonly issuer: string;
  /** One of the two, or both. */
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  /** `jti`. */
  readonly tokenId: string;
  /** Unix seconds: from then on the token is refused for its age. */
  readonly goodUntil: number;
}

/** A logout token is made for one request, so an older one was kept by somebody. */
const AGE_SECONDS_MAX = 300;
const REQUIRED = ['iss', 'aud', 'iat', 'exp'];
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** What it may say that it is: its own type, or what all tokens say (OpenID Connect Back-Channel Logout §2.4). */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'logout+jwt', 'jwt']);
/** Of `sub`, OpenID Connect Core §2 says so; a longer `sid` stands in no cookie of ours. */
const NAME_LENGTH_MAX = 255;

/** The order of a logout token for which everything holds (OpenID Connect Back-Channel Logout 1.0 §2.6). */
export async function verifyLogoutToken(
  token: string,
  source: KeySource,
  expected: SignedTokenExpectation & { readonly issuer: string },
): Promise<Result<LogoutOrder, LogoutTokenRefusal>> {
  const verified = await verifySignedToken(token, source, expected, REQUIRED);
  if (!verified.ok) return verified;
  const { header, claims } = verified.value;
  if (!TYPES.has(normaliseType(header.typ))) return fail('type');
  if (!isAboutLogout(claims)) return fail('event');
  // An ID token is no logout token, whatever else it says.
  if (Object.hasOwn(claims, 'nonce')) return fail('nonce');
  const { iat = 0, exp = 0, jti } = claims;
  if (iat < expected.now - AGE_SECONDS_MAX) return fail('too-old');
  if (typeof jti !== 'string' || jti === '') return fail('id-missing');
  const { sub, sid } = claims;
  if (!isNameOrNone(sub) || !isNameOrNone(sid) || (sub === undefined && sid === undefined))
    return fail('nobody');
  const goodUntil = Math.ceil(Math.min(iat + AGE_SECONDS_MAX + 1, exp + CLOCK_TOLERANCE_SECONDS));
  return ok({ issuer: expected.issuer, sub, sid, tokenId: jti, goodUntil });
}

/** Types are media types: in any case, with `application/` or without (RFC 7515 §4.1.9). */
function normaliseType(type: unknown): unknown {
  return typeof type === 'string' ? type.toLowerCase().replace(/^application\//, '') : type;
}

function isAboutLogout({ events }: JWTPayload): boolean {
  return isObject(events) && Object.hasOwn(events, EVENT) && isObject(events[EVENT]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNameOrNone(name: unknown): name is string | undefined {
  if (name === undefined) return true;
  return typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH_MAX;
}
