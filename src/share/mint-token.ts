import { toHex, utf8 } from '../lib/bytes.ts';
import { equalInConstantTime } from '../lib/constant-time.ts';
import type { Secret } from '../lib/secret.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { KeyIdentity } from './key.ts';
import { keyIdOf, type MintToken } from './key-record.ts';

/** `pmt_<org>_<hash of the key's name>_<random>`: it says itself which key it belongs to. */
const FORM = /^pmt_([1-9][0-9]{0,9})_([A-Za-z0-9_-]{43})_([0-9a-f]{48})$/;
const RANDOM_BYTES = 24;
const ID_LENGTH = 8;

/** What nobody can guess: 48 hex digits. */
export function drawRandom(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
}

/**
 * The same for an order that may be sent twice: the same for the same words, and for nobody without the secret.
 *
 * @param words whatever makes the order one
 */
export async function deriveRandom(secret: Secret, words: readonly string[]): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' } as const;
  const key = await crypto.subtle.importKey('raw', utf8(secret.reveal()), algorithm, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, utf8(JSON.stringify(['postern mint token', ...words])));
  return toHex(new Uint8Array(mac).subarray(0, RANDOM_BYTES));
}

/** A new token, and what is stored of it: a hash. */
export function createMintToken(
  key: KeyIdentity,
  note: string | undefined,
  now: number,
  random: string,
): { readonly text: string; readonly stored: MintToken } {
  const hash = sha256Hex(random);
  const text = `pmt_${keyIdOf(key.orgId, key.name).replace(':', '_')}_${random}`;
  return { text, stored: { id: hash.slice(0, ID_LENGTH), hash, note, createdAt: now } };
}

/** The id of the key that a token claims, and the hash of its random part; undefined for any other text. */
export function parseMintToken(text: string): { readonly keyId: string; readonly hash: string } | undefined {
  const [, org, name, random] = FORM.exec(text) ?? [];
  if (org === undefined || name === undefined || random === undefined) return undefined;
  return { keyId: `${org}:${name}`, hash: sha256Hex(random) };
}

/** Whether a token is one of those that a key knows. */
export function isMintTokenOf(hash: string, tokens: readonly MintToken[]): boolean {
  let found = false;
  for (const token of tokens) if (equalInConstantTime(token.hash, hash)) found = true;
  return found;
}
