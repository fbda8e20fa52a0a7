import { attempt, StorageUnavailable } from './storage-error.ts';

/** The most keys that one read takes (Workers KV, "Read multiple keys"). */
const KV_READ_KEYS_MAX = 100;
/** The shortest life that KV takes for a value. */
const KV_LIFE_SECONDS_MIN = 60;

/** The shortest that KV takes: how long a place may answer from its own copy. */
const CACHE_SECONDS = 30;
const TIMEOUT_MS = 3_000;
/** KV takes one write a second for each key. */
const WRITE_SPACING_MS = 1_050;
const WRITE_TRIES = 5;
/** Who would have to wait longer for a turn to write is told so. */
const WRITE_WAIT_MAX_MS = 15_000;

/** One page of a list of keys. */
export interface KvPage {
  readonly names: readonly string[];
  /** Where the next page begins; undefined at the end. */
  readonly cursor: string | undefined;
}

/** What a KV namespace does here; {@link KVNamespace} has more. */
export type KvBinding = Pick<KVNamespace, 'get' | 'put' | 'delete' | 'list'>;

/**
 * A KV namespace with its rules kept: reads of many keys in one operation, a bound on every wait, one write a
 * second for each key. All methods throw {@link StorageUnavailable}.
 */
export class Kv {
  readonly #binding: KvBinding;
  /** When each key may be written next, in milliseconds; only those still to come. */
  readonly #nextWrite = new Map<string, number>();

  constructor(binding: KvBinding) {
    this.#binding = binding;
  }

  /** The values of at most {@link KV_READ_KEYS_MAX} keys, in one operation; those that are not there are left out. */
  async read(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (keys.length > KV_READ_KEYS_MAX) throw new RangeError('too many keys for one read');
    if (keys.length === 0) return new Map();
    const options = { type: 'text', cacheTtl: CACHE_SECONDS } as const;
    const values = await attempt('read', TIMEOUT_MS, () => this.#binding.get([...keys], options));
    const found = new Map<string, string>();
    for (const [key, value] of values) if (value !== null) found.set(key, value);
    return found;
  }

  /** One page of the keys that begin with a prefix, in their order. */
  async list(prefix: string, limit: number, cursor?: string): Promise<KvPage> {
    const options = { prefix, limit, ...(cursor !== undefined && { cursor }) };
    const page = await attempt('read', TIMEOUT_MS, () => this.#binding.list(options));
    return {
      names: page.keys.map(({ name }) => name),
      cursor: page.list_complete ? undefined : page.cursor,
    };
  }

  /** @param lifeSeconds how long the value stays, at least a minute; for good where it is left out */
  write(key: string, value: string, lifeSeconds?: number): Promise<void> {
    const life =
      lifeSeconds === undefined ? undefined : Math.max(Math.ceil(lifeSeconds), KV_LIFE_SECONDS_MIN);
    return this.#change(key, () =>
      this.#binding.put(key, value, life === undefined ? {} : { expirationTtl: life }),
    );
  }

  delete(key: string): Promise<void> {
    return this.#change(key, () => this.#binding.delete(key));
  }

  /** Waits for the key's turn, and tries again where another isolate wrote the same key in the same second. */
  async #change(key: string, change: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.#takeTurn(key);
      try {
        return await attempt('write', TIMEOUT_MS, change);
      } catch (error) {
        if (tries >= WRITE_TRIES) throw error;
      }
    }
  }

  async #takeTurn(key: string): Promise<void> {
    const now = Date.now();
    for (const [other, at] of this.#nextWrite) if (at <= now) this.#nextWrite.delete(other);
    const turn = this.#nextWrite.get(key) ?? now;
    if (turn - now > WRITE_WAIT_MAX_MS) throw new StorageUnavailable('write');
    this.#nextWrite.set(key, turn + WRITE_SPACING_MS);
    if (turn > now) await new Promise((resolve) => setTimeout(resolve, turn - now));
  }
}
