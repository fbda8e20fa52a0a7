import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import * as z from 'zod';
import { readJsonBody } from '../../lib/bounded-body.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import { askProvider, type Send } from './bounded-fetch.ts';
import type { ProviderFailure } from './failure.ts';

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

interface Kept {
  readonly keys: KeySet;
  readonly readAt: number;
  readonly freshUntil: number;
}

/** What key sets need from outside. */
export interface KeySetsContext {
  readonly send: Send;
  readonly onFailure: (failure: ProviderFailure) => void;
}

/** The keys by which ID tokens are verified, remembered in the isolate within bounds. */
export class KeySets {
  readonly #context: KeySetsContext;
  #kept: (Kept & { readonly address: string }) | undefined;
  /** When an unknown key last made us ask. */
  #askedForNewerAt = Number.NEGATIVE_INFINITY;

  constructor(context: KeySetsContext) {
    this.#context = context;
  }

  /** The keys, as remembered or read now. */
  async find(address: URL, now: number): Promise<Result<KeySet, ProviderFailure>> {
    const kept = this.#keptOf(address);
    if (kept && now < kept.freshUntil) return ok(kept.keys);
    const read = await this.#read(address, now);
    if (read.ok) return read;
    const mayServe = kept && now - kept.readAt < STALE_SECONDS_MAX;
    return mayServe ? ok(kept.keys) : read;
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
    this.#askedForNewerAt = Number.NEGATIVE_INFINITY;
  }

  #keptOf(address: URL): Kept | undefined {
    return this.#kept?.address === address.href ? this.#kept : undefined;
  }

  async #read(address: URL, now: number): Promise<Result<KeySet, ProviderFailure>> {
    const read = await readKeySet(address, this.#context.send);
    if (!read.ok) {
      this.#context.onFailure(read.reason);
      return read;
    }
    const { keys, seconds } = read.value;
    this.#kept = { address: address.href, keys, readAt: now, freshUntil: now + seconds };
    return ok(keys);
  }
}

async function readKeySet(
  address: URL,
  send: Send,
): Promise<Result<{ readonly keys: KeySet; readonly seconds: number }, ProviderFailure>> {
  const request = new Request(address, { headers: { Accept: 'application/json' } });
  const answer = await askProvider(request, send, KEY_SET_BYTES_MAX);
  if (!answer.ok) return answer;
  const parsed = KEY_SET.safeParse(
    answer.value.status === 200 ? await readJsonBody(answer.value, KEY_SET_BYTES_MAX) : undefined,
  );
  if (!parsed.success) return fail('answer-invalid');
  const keys = createLocalJWKSet(parsed.data as unknown as JSONWebKeySet);
  return ok({ keys, seconds: freshSecondsOf(answer.value.headers) });
}

function freshSecondsOf(headers: Headers): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers.get('Cache-Control') ?? '') ?? [];
  const wanted = seconds === undefined ? FRESH_SECONDS.usual : Number(seconds);
  return Math.min(Math.max(wanted, FRESH_SECONDS.min), FRESH_SECONDS.max);
}
