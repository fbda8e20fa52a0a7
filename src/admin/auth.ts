import type { Visit } from '../corridor.ts';
import { findAddress, networkOf } from '../lib/address.ts';
import { equalInConstantTime } from '../lib/constant-time.ts';
import type { Secret } from '../lib/secret.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { KeyIdentity } from '../share/key.ts';
import { isMintTokenOf, parseMintToken } from '../share/mint-token.ts';

/** Who calls the admin API: the operator, or a portal that may have links of one key made. */
export type Caller = { readonly kind: 'operator' } | { readonly kind: 'minter'; readonly key: KeyIdentity };

/**
 * Ten wrong tokens a minute from one address, then a pause for wrong ones. The right one is never kept waiting: nobody
 * guesses 32 characters, but anyone behind the same address could lock the emergency switch.
 */
const WRONG_TOKENS = { limit: 10, pauseSeconds: 60 };
const PURPOSE = 'admin';

/** The caller of a request, or the refusal of one whose token is missing or wrong. */
export async function authenticate(
  request: Request,
  adminToken: Secret,
  visit: Visit,
): Promise<Caller | Response> {
  const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.get('Authorization') ?? '') ?? [];
  if (given === undefined) return refuseToken('missing', visit);
  if (isToken(given, adminToken)) return { kind: 'operator' };
  const minter = isLinkOrder(request, visit) ? await findMinter(given, visit) : undefined;
  return minter ?? refuseWrongToken(request, visit);
}

/** A portal's token is good for this and for nothing else. */
function isLinkOrder({ method }: Request, { url }: Visit): boolean {
  return method === 'POST' && url.path === '/-/api/v1/links';
}

/** The key that a mint token belongs to, as it is registered now. */
async function findMinter(given: string, { house }: Visit): Promise<Caller | undefined> {
  const token = parseMintToken(given);
  const opened = token && (await house.stores?.keys.readById(token.keyId));
  if (!token || opened?.state !== 'open') return undefined;
  const { orgId, name, mintTokens } = opened.record;
  return isMintTokenOf(token.hash, mintTokens) ? { kind: 'minter', key: { orgId, name } } : undefined;
}

/** Refuses a wrong token, and counts it against the address that it came from. */
async function refuseWrongToken({ headers }: Request, visit: Visit): Promise<Response> {
  const network = networkOf(findAddress(headers));
  const wait = await visit.house.ledgers.countAddressFailure(PURPOSE, network, WRONG_TOKENS);
  return wait > 0 ? refusePaused(wait, visit) : refuseToken('wrong', visit);
}

/** Hashes are compared: texts of any two lengths take one time. */
function isToken(given: string, token: Secret): boolean {
  return equalInConstantTime(sha256Hex(token.reveal()), sha256Hex(given));
}

function refuseToken(reason: 'missing' | 'wrong', visit: Visit): Response {
  visit.observe('admin.refused', { reason: `token ${reason}` });
  return visit.refuse({ code: 'admin_token_required' }, new Headers({ 'WWW-Authenticate': 'Bearer' }));
}

function refusePaused(waitSeconds: number, visit: Visit): Response {
  visit.observe('admin.attempts.paused', { waitSeconds });
  return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': String(waitSeconds) }));
}
