import * as z from 'zod';
import { toHex } from '../lib/bytes.ts';
import type { Keyring } from '../lib/keyring.ts';
import { seal, unseal } from '../lib/seal.ts';
import type { VerifiedLink } from '../share/verify.ts';
import { coverageOf } from './scope.ts';

declare const minted: unique symbol;

/**
 * The right of one visitor to see some dashboards until an absolute end. Only {@link mintGrant} (from the
 * proof of a verified link) and {@link openGrant} (from a seal of ours) make one, so that whoever holds a
 * `Grant` need not check again where it came from.
 */
export type Grant = GrantClaims & { readonly [minted]: true };

/** What a grant says. Times are unix seconds. */
export interface GrantClaims {
  /** 16 hex digits, random: by this a single session is revoked. */
  readonly id: string;
  /** Name and organisation of the key whose link was opened. */
  readonly name: string;
  readonly orgId: number;
  /** The dashboard that the link opened. */
  readonly uid: string;
  /** All dashboards that the grant covers, `*` for what a viewer of the organisation may see. */
  readonly dashboards: readonly string[];
  readonly version: string;
  readonly linkId: string;
  /** When the link was signed; for a link that says nothing of it, when it was opened. */
  readonly signedAt: number;
  readonly start: number;
  readonly end: number;
}

/** Where a grant is good: on one host, in front of one origin. A seal of another place does not open. */
export interface GrantPlace {
  readonly host: string;
  readonly origin: string;
}

const SEALED_CLAIMS = z.tuple([
  z.string(),
  z.string(),
  z.int(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.int(),
  z.int(),
  z.int(),
]);

const ID_BYTES = 8;

/** The grant that a verified link opens at `now`. It ends at once with its key. */
export function mintGrant(link: VerifiedLink, now: number): Grant {
  const { name, orgId, expiresAt = Number.MAX_SAFE_INTEGER } = link.key;
  const claims: GrantClaims = {
    id: toHex(crypto.getRandomValues(new Uint8Array(ID_BYTES))),
    name,
    orgId,
    uid: link.uid,
    dashboards: coverageOf(link.key, link.uid),
    version: link.version,
    linkId: link.linkId,
    signedAt: link.signedAt ?? now,
    start: now,
    end: Math.min(now + link.sessionSeconds, expiresAt),
  };
  return claims as Grant;
}

/**
 * What a sealed grant is for; none opens as another. `share`: the cookie of a session. `check`: shows, once the
 * cookie should have come back, whose it was. `open`: lets a visitor whose frame keeps no cookie open a tab.
 */
export type GrantUse = 'share' | 'check' | 'open';

/** The sealed form. A tuple, since every byte of a cookie travels with every request. */
export async function sealGrant(
  grant: Grant,
  use: GrantUse,
  keyring: Keyring,
  place: GrantPlace,
): Promise<string> {
  const { id, name, orgId, uid, dashboards, version, linkId, signedAt, start, end } = grant;
  const tuple = [id, name, orgId, uid, dashboards.join(' '), version, linkId, signedAt, start, end];
  return seal(keyring, JSON.stringify(tuple), formatContext(use, place));
}

/** Opens a sealed grant; undefined where the seal is not ours, not for this use and place, or not of this form. */
export async function openGrant(
  sealed: string,
  use: GrantUse,
  keyring: Keyring,
  place: GrantPlace,
): Promise<Grant | undefined> {
  const text = await unseal(keyring, sealed, formatContext(use, place));
  if (text === undefined) return undefined;
  const parsed = SEALED_CLAIMS.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const [id, name, orgId, uid, dashboards, version, linkId, signedAt, start, end] = parsed.data;
  return {
    id,
    name,
    orgId,
    uid,
    dashboards: dashboards.split(' '),
    version,
    linkId,
    signedAt,
    start,
    end,
  } as unknown as Grant;
}

function formatContext(use: GrantUse, place: GrantPlace): string {
  return `${use}|${place.host}|${place.origin}`;
}
