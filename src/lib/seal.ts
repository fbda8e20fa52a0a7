import { type Bytes, decodeUtf8, fromBase64Url, toBase64Url, utf8 } from './bytes.ts';
import type { Keyring } from './keyring.ts';

const NONCE_BYTES = 12;
const SEALED = /^([0-9a-f]{8})\.([A-Za-z0-9_-]{38,})$/;

/**
 * Seals a text with the newest secret: AES-256-GCM under a random nonce, with `context` as associated data.
 * What is sealed in one context cannot be opened in another.
 *
 * @returns `<key id>.<base64url of nonce and ciphertext>`, safe in a cookie and in a URL.
 */
export async function seal(keyring: Keyring, text: string, context: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const parameters = { name: 'AES-GCM', iv: nonce, additionalData: utf8(context) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, keyring.newest.key, utf8(text)));
  const bytes = new Uint8Array(NONCE_BYTES + sealed.length);
  bytes.set(nonce);
  bytes.set(sealed, NONCE_BYTES);
  return `${keyring.newest.id}.${toBase64Url(bytes)}`;
}

/** Opens what {@link seal} made; undefined for a foreign form, an unknown key id, another context, or any change. */
export async function unseal(keyring: Keyring, sealed: string, context: string): Promise<string | undefined> {
  const [, id, body] = SEALED.exec(sealed) ?? [];
  if (id === undefined || body === undefined) return undefined;
  const key = keyring.find(id)?.key;
  const bytes = fromBase64Url(body);
  if (key === undefined || bytes === undefined) return undefined;
  const plain = await decrypt(key, bytes, context);
  return plain && decodeUtf8(plain);
}

async function decrypt(key: CryptoKey, bytes: Bytes, context: string): Promise<Uint8Array | undefined> {
  const parameters = { name: 'AES-GCM', iv: bytes.subarray(0, NONCE_BYTES), additionalData: utf8(context) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, bytes.subarray(NONCE_BYTES)));
  } catch {
    // WebCrypto says only "OperationError": the seal does not hold, which is the answer.
    return undefined;
  }
}
