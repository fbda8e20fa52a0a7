import { utf8 } from './bytes.ts';

const HMAC_SHA256 = { name: 'HMAC', hash: 'SHA-256' } as const;

// A value, not a promise, is kept: two first requests may each make a key, and either serves.
let comparisonKey: CryptoKey | undefined;

async function getComparisonKey(): Promise<CryptoKey> {
  comparisonKey ??= (await crypto.subtle.generateKey(HMAC_SHA256, false, ['sign', 'verify'])) as CryptoKey;
  return comparisonKey;
}

/**
 * Whether two texts are equal, in a time that does not tell where they differ.
 *
 * Both go through an HMAC under a random key of this isolate and the MACs are compared by
 * `crypto.subtle.verify`, which exists in workerd and in Node alike (double HMAC comparison).
 */
export async function equalInConstantTime(expected: string, given: string): Promise<boolean> {
  const key = await getComparisonKey();
  const mac = await crypto.subtle.sign('HMAC', key, utf8(expected));
  return crypto.subtle.verify('HMAC', key, mac, utf8(given));
}
