import { sha256Hex } from '../lib/sha256.ts';
import type { KeyRegistry, ShareKey } from './key.ts';

/** The registry of the keys in `SHARE_KEYS`. */
export class ConfigKeys implements KeyRegistry {
  readonly #byName: ReadonlyMap<string, ShareKey>;
  readonly #keys: readonly ShareKey[];
  #byTokenHash: ReadonlyMap<string, ShareKey> | undefined;

  constructor(keys: readonly ShareKey[]) {
    this.#keys = keys;
    this.#byName = new Map(keys.map((key) => [`${key.orgId}|${key.name}`, key]));
  }

  findByName(orgId: number, name: string): ShareKey | undefined {
    return this.#byName.get(`${orgId}|${name}`);
  }

  /** Compares hashes, so that the time of a look-up tells nothing of the tokens. */
  findByToken(token: string): ShareKey | undefined {
    this.#byTokenHash ??= new Map(this.#keys.map((key) => [sha256Hex(key.token.text.reveal()), key]));
    return this.#byTokenHash.get(sha256Hex(token));
  }
}
