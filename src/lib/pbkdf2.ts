import { type Bytes, utf8 } from './bytes.ts';

/** What one derivation costs and yields (RFC 8018 §5.2). workerd allows at most 100,000 iterations. */
export interface Pbkdf2Cost {
  readonly iterations: number;
  readonly lengthBytes: number;
}

/** PBKDF2-HMAC-SHA256 over the UTF-8 of password and salt, by WebCrypto. */
export async function pbkdf2Sha256(password: string, salt: string, cost: Pbkdf2Cost): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt: utf8(salt), iterations: cost.iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, cost.lengthBytes * 8));
}
