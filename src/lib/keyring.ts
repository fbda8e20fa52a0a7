import { type Bytes, toHex, utf8 } from './bytes.ts';
import type { Secret } from './secret.ts';

/** One secret of the operator, as a non-extractable key for sealing, with the id that sealed texts name. */
export interface SealingKey {
  readonly id: string;
  readonly key: CryptoKey;
}

/** The operator's secrets, newest first: seal with the first, open with any. */
export interface Keyring {
  readonly newest: SealingKey;
  /** Ids of all secrets, newest first. */
  readonly ids: readonly string[];
  find(id: string): SealingKey | undefined;
}

const KEY_ID_BYTES = 4;

/** Derives a keyring for one purpose by HKDF-SHA256 (RFC 5869), so that no two purposes share a key. */
export async function createKeyring(secrets: readonly Secret[], purpose: string): Promise<Keyring> {
  const keys = await Promise.all(secrets.map((secret) => deriveSealingKey(secret, purpose)));
  const byId = new Map(keys.map((key) => [key.id, key]));
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('a keyring needs at least one secret');
  return { newest, ids: keys.map(({ id }) => id), find: (id) => byId.get(id) };
}

/** A keyring that is derived when it is first needed, and then remembered: deriving costs more than sealing. */
export class LazyKeyring {
  readonly #secrets: readonly Secret[];
  readonly #purpose: string;
  #keyring: Keyring | undefined;

  /** @param secrets newest first, at least one */
  constructor(secrets: readonly Secret[], purpose: string) {
    this.#secrets = secrets;
    this.#purpose = purpose;
  }

  async get(): Promise<Keyring> {
    this.#keyring ??= await createKeyring(this.#secrets, this.#purpose);
    return this.#keyring;
  }
}

async function deriveSealingKey(secret: Secret, purpose: string): Promise<SealingKey> {
  const base = await crypto.subtle.importKey('raw', utf8(secret.reveal()), 'HKDF', false, [
    'deriveBits',
    'deriveKey',
  ]);
  const aes = { name: 'AES-GCM', length: 256 } as const;
  const [idBits, key] = await Promise.all([
    crypto.subtle.deriveBits(hkdf(`postern ${purpose} key id`), base, KEY_ID_BYTES * 8),
    crypto.subtle.deriveKey(hkdf(`postern ${purpose} key`), base, aes, false, ['encrypt', 'decrypt']),
  ]);
  return { id: toHex(new Uint8Array(idBits)), key };
}

function hkdf(info: string): { name: 'HKDF'; hash: 'SHA-256'; salt: Bytes; info: Bytes } {
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8(info) };
}
