import type { Ledgers } from '../ledger/ledgers.ts';
import { networkOf } from '../lib/address.ts';
import type { ClaimedKey } from './link.ts';
import type { AttemptOptions } from './options.ts';

/** A link whose signature, or whose key's name, was wrong. */
export interface WrongLink {
  readonly reason: 'signature' | 'unknown-key';
  /** The key that it names; a link of version 1 names none. */
  readonly claimed: ClaimedKey | undefined;
  /** Where it came from. */
  readonly address: string;
}

/**
 * Counts wrong links, by the name that they claim and by the address that they come from. Asked only after a link
 * was found wrong: a rightly signed one never waits for this, and is never refused by it.
 *
 * @returns for how many seconds the sender has to wait; 0 while they may try again
 */
export async function countWrongLink(
  { reason, claimed, address }: WrongLink,
  ledgers: Ledgers,
  { perMinute, pauseSeconds }: AttemptOptions,
): Promise<number> {
  const rule = { limit: perMinute, pauseSeconds };
  const waits = await Promise.all([
    ledgers.countAddressFailure('link', networkOf(address), rule),
    claimed === undefined ? 0 : ledgers.countKeyFailure(claimed, reason === 'signature', rule),
  ]);
  return Math.max(...waits);
}
