import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64Url, utf8 } from './bytes.ts';
import type { Secret } from './secret.ts';

const KEY_BYTES = 32;

/**
 * HMAC-SHA256 of texts for one purpose, under each of the operator's secrets: names for stored values that tell
 * nothing to whoever can list them. The keys follow from the secrets by HKDF (RFC 5869), so no two purposes
 * share one.
 */
export class KeyedHash {
  readonly #secrets: readonly Secret[];
  readonly #purpose: string;
  #keys: readonly Uint8Array[] | undefined;

  /** @param secrets newest first, at least one */
  constructor(secrets: readonly Secret[], purpose: string) {
    this.#secrets = secrets;
    this.#purpose = purpose;
  }

  /** One hash for each secret, newest first: 43 characters of base64url. */
  hash(text: string): readonly string[] {
    this.#keys ??= this.#secrets.map((secret) =>
      hkdf(sha256, utf8(secret.reveal()), undefined, utf8(`postern ${this.#purpose}`), KEY_BYTES),
    );
    return this.#keys.map((key) => toBase64Url(hmac(sha256, key, utf8(text))));
  }
}
