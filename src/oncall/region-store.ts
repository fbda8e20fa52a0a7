import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import type { KeyedHash } from '../lib/keyed-hash.ts';
import type { Kv } from '../lib/kv.ts';
import type { Clue } from './clue.ts';

/** Every stored region begins like this. */
export const ONCALL_PREFIX = 'oncall:';
/** How long what was learnt is kept. */
export const LEARNT_SECONDS = 30 * 86_400;

const STORED = z.object({
  /** A slug of `ONCALL_REGIONS`, or a whole address. */
  region: z.string(),
  /** Unix seconds. */
  at: z.int().nonnegative(),
  /** An operator's own word, which no refusal takes back. */
  isBound: z.boolean(),
});

/** What is stored of one clue. */
export type StoredRegion = Readonly<z.output<typeof STORED>>;

/** The same, with where it was found. */
export interface FoundRegion {
  readonly clue: Clue;
  readonly stored: StoredRegion;
  /** Under a former secret alone: it would be lost with that. */
  readonly isUnderFormerSecret: boolean;
}

/**
 * Regions in KV, as `oncall:<keyed hash of the clue>`: neither a token nor a stack can be read from a list of names.
 * Reads look under every secret of the operator, in one operation. Every method throws StorageUnavailable.
 */
export class RegionStore {
  readonly #kv: Kv;
  readonly #hash: KeyedHash;

  constructor(kv: Kv, hash: KeyedHash) {
    this.#kv = kv;
    this.#hash = hash;
  }

  /** What is stored of several clues, in their order; of one clue, the one under the newest secret. */
  async read(clues: readonly Clue[]): Promise<readonly FoundRegion[]> {
    const names = clues.map((clue) => ({ clue, names: this.#namesOf(clue) }));
    const texts = await this.#kv.read(names.flatMap((entry) => entry.names));
    return names.flatMap(({ clue, names: ofClue }) => {
      const at = ofClue.findIndex((name) => texts.has(name));
      const stored = parse(texts.get(ofClue[at] ?? ''));
      return stored ? [{ clue, stored, isUnderFormerSecret: at > 0 }] : [];
    });
  }

  async write(clue: Clue, stored: StoredRegion, lifeSeconds: number | undefined): Promise<void> {
    const [name = ''] = this.#namesOf(clue);
    await this.#kv.write(name, JSON.stringify(stored), lifeSeconds);
  }

  async delete(clue: Clue): Promise<void> {
    for (const name of this.#namesOf(clue)) await this.#kv.delete(name);
  }

  #namesOf(clue: Clue): readonly string[] {
    return this.#hash.hash(clue).map((hash) => `${ONCALL_PREFIX}${hash}`);
  }
}

/** What cannot be read was never learnt. */
function parse(text: string | undefined): StoredRegion | undefined {
  return STORED.safeParse(parseJson(text)).data;
}
