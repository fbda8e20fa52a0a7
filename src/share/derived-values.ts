import { LruMap } from '../lib/lru.ts';
import type { Secret } from '../lib/secret.ts';
import { deriveKey } from './derive.ts';
import type { ShareKey } from './key.ts';
import { parseGrafanaToken } from './token.ts';

/** Derived values that one isolate remembers. */
const REMEMBERED_MAX = 256;

/**
 * Remembers the derived values of an isolate: each key costs one derivation, however many links are opened.
 * Values are kept, not promises: requests that arrive together may each derive, and agree.
 */
export class DerivedValues {
  readonly #byToken = new LruMap<string, Secret>(REMEMBERED_MAX);
  #decoy: Secret | undefined;
  /** How many derivations were made, for measurements. */
  derivations = 0;

  async of(key: Pick<ShareKey, 'token' | 'derived'>): Promise<Secret> {
    if (key.derived) return key.derived;
    const token = key.token.text.reveal();
    const known = this.#byToken.get(token);
    if (known) return known;
    this.derivations += 1;
    const derived = await deriveKey(key.token);
    this.#byToken.set(token, derived);
    return derived;
  }

  /**
   * What the signature of an unknown key is compared with: random, the same for all unknown names of this
   * isolate, so that an unknown name costs what a known one costs.
   */
  async ofUnknown(): Promise<Secret> {
    if (this.#decoy) return this.#decoy;
    const token = parseGrafanaToken(`glsa_${crypto.randomUUID().replaceAll('-', '')}_00000000`);
    if (!token.ok) throw new RangeError('the decoy has the form of a token');
    this.derivations += 1;
    this.#decoy = await deriveKey(token.value);
    return this.#decoy;
  }
}
