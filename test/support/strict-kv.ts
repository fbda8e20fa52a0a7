import type { KvBinding } from '../../src/lib/kv.ts';

/** What a test makes storage do wrong. */
export type KvFault =
  | 'read-throws'
  | 'read-hangs'
  | 'read-garbage'
  | 'write-throws'
  | 'write-hangs'
  /** The next write succeeds, those after it do not. */
  | 'second-write-throws';

interface Copy {
  readonly value: string | null;
  /** Unix seconds. */
  readonly until: number;
}

/** KV refuses a second write of one key within a second. */
const WRITE_SPACING_MS = 1_000;
const CACHE_SECONDS_DEFAULT = 60;

/**
 * miniflare's own KV with the rules that it does not enforce itself: one write a second for each key, and copies of
 * what was read at each place, "not found" included, which other places' writes do not touch.
 */
export class StrictKv {
  readonly #store: KVNamespace;
  /** Unix seconds; copies age by it. */
  readonly #now: () => number;
  readonly #writtenAt = new Map<string, number>();
  readonly #copies = new Map<string, Map<string, Copy>>();
  fault: KvFault | undefined;
  /** What a test puts in the way of each read and write: a delay, or a door that it opens later. */
  inTheWay:
    | ((operation: 'read' | 'write', names: readonly string[]) => Promise<void> | undefined)
    | undefined;
  /** Names of everything that was ever written. */
  readonly written = new Set<string>();
  /** Operations so far: as Cloudflare counts them, one for each call. */
  readonly operations = { read: 0, write: 0, delete: 0, list: 0 };
  refusedWrites = 0;

  constructor(store: KVNamespace, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** KV as one place of Cloudflare sees it. */
  at(place: string): KvBinding {
    const copies = this.#copies.get(place) ?? new Map<string, Copy>();
    this.#copies.set(place, copies);
    const binding = {
      get: (keys: string | string[], options?: { cacheTtl?: number }) => this.#get(copies, keys, options),
      put: (key: string, value: string, options?: KVNamespacePutOptions) =>
        this.#write('write', key, async () => {
          await this.#store.put(key, value, options);
          copies.delete(key);
        }),
      delete: (key: string) =>
        this.#write('delete', key, async () => {
          await this.#store.delete(key);
          copies.delete(key);
        }),
      list: (options?: KVNamespaceListOptions) => {
        this.operations.list += 1;
        return this.#read(() => this.#store.list(options));
      },
    };
    return binding as unknown as KvBinding;
  }

  /** Forgets everything, as before a test. */
  async clear(): Promise<void> {
    for (const name of await this.names()) await this.#store.delete(name);
    this.#copies.clear();
    this.#writtenAt.clear();
  }

  /** Names of everything that is stored. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page: KVNamespaceListResult<unknown> = await this.#store.list({ cursor });
      names.push(...page.keys.map(({ name }) => name));
      cursor = page.list_complete ? null : page.cursor;
    } while (cursor !== null);
    return names;
  }

  /** Everything that is stored, as it is. */
  async values(): Promise<[name: string, value: string][]> {
    const names = await this.names();
    return Promise.all(names.map(async (name) => [name, (await this.#store.get(name)) ?? '']));
  }

  async #get(
    copies: Map<string, Copy>,
    keys: string | string[],
    options: { cacheTtl?: number } = {},
  ): Promise<unknown> {
    this.operations.read += 1;
    const asked = typeof keys === 'string' ? [keys] : keys;
    await this.inTheWay?.('read', asked);
    const found = await this.#read(async () => {
      const missing = asked.filter((key) => (copies.get(key)?.until ?? 0) <= this.#now());
      // The binding's own rules hold too: a copy that is kept for less than 30 s is refused by miniflare.
      const values = await this.#store.get(missing.length === 0 ? [asked[0] ?? ''] : missing, options);
      const until = this.#now() + (options.cacheTtl ?? CACHE_SECONDS_DEFAULT);
      for (const key of missing) copies.set(key, { value: values.get(key) ?? null, until });
      return new Map(asked.map((key) => [key, copies.get(key)?.value ?? null]));
    });
    const seen = this.fault === 'read-garbage' ? new Map(asked.map((key) => [key, '{"garbage'])) : found;
    return typeof keys === 'string' ? seen.get(keys) : seen;
  }

  #read<T>(work: () => Promise<T>): Promise<T> {
    if (this.fault === 'read-throws') return Promise.reject(new Error('KV GET failed: 500 Internal'));
    if (this.fault === 'read-hangs') return new Promise(() => undefined);
    return work();
  }

  async #write(kind: 'write' | 'delete', key: string, work: () => Promise<void>): Promise<void> {
    await this.inTheWay?.('write', [key]);
    if (this.fault === 'write-throws') throw new Error('KV PUT failed: 500 Internal');
    if (this.fault === 'write-hangs') await new Promise(() => undefined);
    if (this.fault === 'second-write-throws') this.fault = 'write-throws';
    const now = Date.now();
    if (now - (this.#writtenAt.get(key) ?? 0) < WRITE_SPACING_MS) {
      this.refusedWrites += 1;
      throw new Error('KV PUT failed: 429 Too Many Requests');
    }
    this.#writtenAt.set(key, now);
    this.operations[kind] += 1;
    if (kind === 'write') this.written.add(key);
    await work();
  }
}
