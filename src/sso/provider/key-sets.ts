import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import * as z from 'zod';
import { readJsonBody } from '../../lib/bounded-body.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import { askProvider, type Send } from './bounded-fetch.ts';
import type { ProviderFailure } from './failure.ts';
import { type SharedCopies, UNSHARED } from './provider-store.ts';

/** The keys of a provider, as jose looks them up. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

const KEY_SET_BYTES_MAX = 262_144;
const KEYS_MAX = 100;
/** How long a key set is relied on: what its `Cache-Control` says, within these. A key that was removed works no longer. */
const FRESH_SECONDS = { min: 60, usual: 300, max: 3_600 };
/** How long the last good set serves while the provider cannot be asked. */
const STALE_SECONDS_MAX = 3_600;
/** How often unknown keys may make us ask: whoever makes up key ids causes no flood. */
const COOL_DOWN_SECONDS = 15;

const KEY = z.looseObject({ kty: z.string() });

/** What is no key, or of a kind that nobody knows, is passed over (RFC 7517 §5). */
const KEY_SET = z.object({
  keys: z
    .array(z.unknown())
    .max(KEYS_MAX)
    .transform((keys) => keys.filter((key) => KEY.safeParse(key).success)),
});

/** As isolates tell each other of a key set: with how long its provider lets it be relied on. */
const SHARED_KEYS = z.object({ keys: z.array(z.unknown()), seconds: z.number() });

interface Kept {
  readonly address: string;
  readonly keys: KeySet;
  readonly readAt: number;
  readonly freshUntil: number;
}

/** What key sets need from outside. */
export interface KeySetsContext {
  readonly send: Send;
  readonly onFailure: (failure: ProviderFailure) => void;
  /** What isolates tell each other; without it, each knows what it has read itself. */
  readonly shared?: SharedCopies | undefined;
}

/** The keys by which tokens of the provider are verified, remembered in the isolate within bounds. */
export class KeySets {
  readonly #context: KeySetsContext;
  readonly #shared: SharedCopies;
  #kept: Kept | undefined;
  /** When the keys last could not be had. */
  #failedAt = Number.NEGATIVE_INFINITY;
  /** When an unknown key last made us ask. */
  #askedForNewerAt = Number.NEGATIVE_INFINITY;

  constructor(context: KeySetsContext) {
    this.#context = context;
    this.#shared = context.shared ?? UNSHARED;
  }

  /** The keys, as remembered, shared by another isolate, or read now. */
  async find(address: URL, now: number): Promise<Result<KeySet, ProviderFailure>> {
    await this.#takeShared(address, now);
    const kept = this.#keptOf(address);
    if (kept && now < kept.freshUntil) return ok(kept.keys);
    const stale = kept && now - kept.readAt < STALE_SECONDS_MAX ? kept.keys : undefined;
    if (stale && now - this.#failedAt < COOL_DOWN_SECONDS) return ok(stale);
    const read = await this.#read(address, now);
    return read.ok || !stale ? read : ok(stale);
  }

  /** The keys as they are now, unless an unknown key made us ask just before: for a token that the remembered ones do not fit. */
  async findNewer(address: URL, now: number): Promise<KeySet | undefined> {
    if (now - this.#askedForNewerAt < COOL_DOWN_SECONDS) return undefined;
    this.#askedForNewerAt = now;
    const read = await this.#read(address, now);
    return read.ok ? read.value : undefined;
  }

  forget(): void {
    this.#kept = undefined;
    this.#failedAt = Number.NEGATIVE_INFINITY;
    this.#askedForNewerAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * Drops what is to be forgotten, and takes what another isolate has read since. It stays as old as it is: a key that
   * was removed works no longer for having been shared.
   */
  async #takeShared(address: URL, now: number): Promise<void> {
    const { copies, forgetBefore } = await this.#shared.look(now);
    if (this.#kept && this.#kept.readAt <= forgetBefore) this.forget();
    const copy = copies.keys;
    const readAt = this.#keptOf(address)?.readAt ?? Number.NEGATIVE_INFINITY;
    if (!copy || copy.of !== address.href || copy.readAt <= readAt) return;
    const parsed = SHARED_KEYS.safeParse(copy.value);
    const keys = parsed.success ? toKeySet(parsed.data) : undefined;
    if (parsed.success && keys) this.#keep(address, keys, copy.readAt, parsed.data.seconds);
  }

  #keep(address: URL, keys: KeySet, readAt: number, seconds: number): void {
    this.#kept = { address: address.href, keys, readAt, freshUntil: readAt + withinBounds(seconds) };
  }

  #keptOf(address: URL): Kept | undefined {
    return this.#kept?.address === address.href ? this.#kept : undefined;
  }

  async #read(address: URL, now: number): Promise<Result<KeySet, ProviderFailure>> {
    const read = await readKeySet(address, this.#context.send);
    if (!read.ok) {
      this.#failedAt = now;
      this.#context.onFailure(read.reason);
      return read;
    }
    const { keys, published, seconds } = read.value;
    this.#failedAt = Number.NEGATIVE_INFINITY;
    this.#keep(address, keys, now, seconds);
    this.#shared.keep('keys', { of: address.href, readAt: now, value: { keys: published, seconds } });
    return ok(keys);
  }
}

/** A key set as it was read. */
interface ReadKeys {
  readonly keys: KeySet;
  /** What of it others are told. */
  readonly published: readonly unknown[];
  readonly seconds: number;
}

async function readKeySet(address: URL, send: Send): Promise<Result<ReadKeys, ProviderFailure>> {
  const request = new Request(address, { headers: { Accept: 'application/json' } });
  const answer = await askProvider(request, send, KEY_SET_BYTES_MAX);
  if (!answer.ok) return answer;
  const body = answer.value.status === 200 ? await readJsonBody(answer.value, KEY_SET_BYTES_MAX) : undefined;
  const parsed = KEY_SET.safeParse(body);
  const keys = parsed.success ? toKeySet(parsed.data) : undefined;
  if (!parsed.success || !keys) return fail('answer-invalid');
  return ok({ keys, published: parsed.data.keys, seconds: freshSecondsOf(answer.value.headers) });
}

/** The keys of a set, wherever it comes from; undefined for what is none. */
function toKeySet(value: unknown): KeySet | undefined {
  const parsed = KEY_SET.safeParse(value);
  return parsed.success ? createLocalJWKSet(parsed.data as unknown as JSONWebKeySet) : undefined;
}

function freshSecondsOf(headers: Headers): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers.get('Cache-Control') ?? '') ?? [];
  return withinBounds(seconds === undefined ? FRESH_SECONDS.usual : Number(seconds));
}

function withinBounds(seconds: number): number {
  return Math.min(Math.max(seconds, FRESH_SECONDS.min), FRESH_SECONDS.max);
}
