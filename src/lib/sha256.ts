import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64Url, toHex, utf8 } from './bytes.ts';

/**
 * Lower-case hex of SHA-256 over the UTF-8 of a text. For short texts on the way of a request: WebCrypto's
 * would be a promise, which costs more than the hash.
 */
export function sha256Hex(text: string): string {
  return toHex(sha256(utf8(text)));
}

/** The same as base64url: 43 characters, for the names of stored values. */
export function sha256Base64Url(text: string): string {
  return toBase64Url(sha256(utf8(text)));
}
