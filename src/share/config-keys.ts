import { sha256Hex } from '../lib/bytes.ts';
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
  async findByToken(token: string): Promise<ShareKey | undefined> {
    this.#byTokenHash ??= new Map(
      await Promise.all(
        this.#keys.map(async (key) => [await sha256Hex(key.token.text.reveal()), key] as const),
      ),
    );
    return this.#byTokenHash.get(await sha256Hex(token));
  }
}
