import { sha256Hex } from '../lib/sha256.ts';
import type { KeyRegistry, ShareKey } from './key.ts';
import { materialOf, parseGrafanaToken } from './token.ts';

/** The registry of the keys in `SHARE_KEYS`. */
export class ConfigKeys implements KeyRegistry {
  readonly #byName: ReadonlyMap<string, ShareKey>;
  readonly #keys: readonly ShareKey[];
  #byTokenHash: ReadonlyMap<string, ShareKey> | undefined;
  #bySecretHash: ReadonlyMap<string, ShareKey> | undefined;

  constructor(keys: readonly ShareKey[]) {
    this.#keys = keys;
    this.#byName = new Map(keys.map((key) => [`${key.orgId}|${key.name}`, key]));
  }

  findByName(orgId: number, name: string): ShareKey | undefined {
    return this.#byName.get(`${orgId}|${name}`);
  }

  /**
   * An API key can be spelt in several ways (order of its fields, spaces), so what it means is compared, not its
   * text; and hashes of that, so that the time of a look-up tells nothing of the tokens.
   */
  findByToken(text: string): ShareKey | undefined {
    const token = parseGrafanaToken(text);
    if (!token.ok) return undefined;
    this.#byTokenHash ??= new Map(this.#keys.map((key) => [sha256Hex(materialOf(key.token)), key]));
    return this.#byTokenHash.get(sha256Hex(materialOf(token.value)));
  }

  findBySecret(secrets: readonly string[]): ShareKey | undefined {
    this.#bySecretHash ??= new Map(this.#keys.map((key) => [sha256Hex(key.token.secret.reveal()), key]));
    if (this.#bySecretHash.size === 0) return undefined;
    for (const secret of secrets) {
      const key = this.#bySecretHash.get(sha256Hex(secret));
      if (key) return key;
    }
    return undefined;
  }
}
