import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { LazyKeyring } from '../../lib/keyring.ts';
import type { Kv } from '../../lib/kv.ts';
import { seal, unseal } from '../../lib/seal.ts';
import type { Secret } from '../../lib/secret.ts';
import { StorageUnavailable } from '../../lib/storage-error.ts';

/** What isolates tell each other of a provider. */
export type CopyKind = 'discovery' | 'keys';

/** What one isolate has read of the provider. It is judged again, as if it came from the provider itself. */
export interface ProviderCopy {
  /** Whose it is: the issuer of a discovery document, the address of a key set. */
  readonly of: string;
  /** Unix seconds: when the provider was asked. */
  readonly readAt: number;
  /** JSON. */
  readonly value: unknown;
}

/** What others have shared, as this isolate last saw it. */
export interface Shared {
  readonly copies: { readonly [Kind in CopyKind]?: ProviderCopy | undefined };
  /** Unix seconds: what was read until then is forgotten. */
  readonly forgetBefore: number;
}

/** What discovery and key sets need of it. */
export type SharedCopies = Pick<ProviderStore, 'look' | 'keep'>;

const KEYS: Readonly<Record<CopyKind | 'forget', string>> = {
  discovery: 'sso:discovery',
  keys: 'sso:keys',
  forget: 'sso:forget',
};

/** How often an isolate looks what others have shared, and whether it is to forget. */
export const LOOK_SECONDS = 60;
/** A copy that says the same is written anew at half of the time for which it may serve while the provider is away. */
const REWRITE_SECONDS: Readonly<Record<CopyKind, number>> = { discovery: 43_200, keys: 1_800 };
/** How long a copy stays: no longer than it could serve. */
const LIFE_SECONDS: Readonly<Record<CopyKind, number>> = { discovery: 86_400, keys: 3_600 };
/** The moment stays until nothing that was read before it can serve any more. */
const FORGET_LIFE_SECONDS = 86_400;
/** Clocks of isolates may differ by this much; a copy from further ahead would never grow old. */
const CLOCK_TOLERANCE_SECONDS = 60;

const COPY = z.object({ of: z.string(), readAt: z.int().nonnegative(), value: z.unknown() });
const MOMENT = z.int().nonnegative();

const NEVER = Number.NEGATIVE_INFINITY;
const NOTHING: Shared = { copies: {}, forgetBefore: NEVER };

/** Where nothing can be shared. */
export const UNSHARED: SharedCopies = { look: async () => NOTHING, keep: () => undefined };

/**
 * Discovery document and key set of the provider in KV, so that isolates agree: one that starts cold need not ask, one
 * that has read new keys tells the others, and all of them serve on while the provider is away. KV is looked at once in
 * {@link LOOK_SECONDS}, and only by who needs the provider; it is written when what the provider says has changed, and
 * before a copy grows too old to serve. Copies are sealed: whoever can write KV could name keys of their own otherwise,
 * or a token endpoint to which the client secret goes.
 */
export class ProviderStore {
  readonly #kv: Kv;
  readonly #keyring: LazyKeyring;
  #seen: Shared = NOTHING;
  #seenAt = NEVER;
  /** What KV holds, as far as this isolate knows. */
  #told: Shared['copies'] = {};
  readonly #news = new Map<CopyKind, ProviderCopy>();

  /** @param secrets newest first */
  constructor({ kv, secrets }: { readonly kv: Kv; readonly secrets: readonly Secret[] }) {
    this.#kv = kv;
    this.#keyring = new LazyKeyring(secrets, 'provider copies');
  }

  /** What is shared, as seen within {@link LOOK_SECONDS}. What KV cannot say now is as it was. */
  async look(now: number): Promise<Shared> {
    if (now - this.#seenAt < LOOK_SECONDS) return this.#seen;
    // Others who come meanwhile go on with what is known, unless that is nothing yet.
    if (this.#seenAt > NEVER) this.#seenAt = now;
    await this.#read(now);
    // After a failure too: who signs in shall not wait for KV each time.
    this.#seenAt = now;
    return this.#seen;
  }

  /** Takes what was just read of the provider, to be shared where it tells others something. */
  keep(kind: CopyKind, copy: ProviderCopy): void {
    const former = this.#told[kind];
    if (former && isSaidAlready(former, copy, REWRITE_SECONDS[kind])) return;
    this.#news.set(kind, copy);
  }

  /** Whether there is something to share. */
  get hasNews(): boolean {
    return this.#news.size > 0;
  }

  /** Shares it. That it could not be harms nobody: each isolate can ask the provider itself. Never fails. */
  async share(): Promise<void> {
    const news = [...this.#news];
    this.#news.clear();
    await Promise.all(news.map(([kind, copy]) => this.#write(kind, copy)));
  }

  /**
   * Makes every isolate forget what was read of the provider at `now` or before: this one at once, the others with
   * their next look once KV has told them. @throws StorageUnavailable
   */
  async forget(now: number): Promise<void> {
    await this.#kv.write(KEYS.forget, String(now), FORGET_LIFE_SECONDS);
    this.#seen = withoutForgotten({ ...this.#seen, forgetBefore: now });
    this.#told = {};
    this.#news.clear();
  }

  async #read(now: number): Promise<void> {
    try {
      const texts = await this.#kv.read(Object.values(KEYS));
      const forgetBefore = Math.max(this.#seen.forgetBefore, parseMoment(texts.get(KEYS.forget), now));
      // KV may be behind what this isolate has just told it.
      const latestOf = async (kind: CopyKind) =>
        newest(parseCopy(await this.#open(kind, texts.get(KEYS[kind])), now), this.#told[kind]);
      const copies = { discovery: await latestOf('discovery'), keys: await latestOf('keys') };
      this.#seen = withoutForgotten({ copies, forgetBefore });
      this.#told = this.#seen.copies;
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }

  async #write(kind: CopyKind, copy: ProviderCopy): Promise<void> {
    const former = this.#told;
    // Told as of now, so that nobody else writes the same meanwhile.
    this.#told = { ...former, [kind]: copy };
    try {
      const sealed = await seal(await this.#keyring.get(), JSON.stringify(copy), KEYS[kind]);
      await this.#kv.write(KEYS[kind], sealed, LIFE_SECONDS[kind]);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      this.#told = { ...this.#told, [kind]: former[kind] };
    }
  }

  /** What none of our isolates has written is nothing. */
  async #open(kind: CopyKind, sealed: string | undefined): Promise<string | undefined> {
    return sealed === undefined ? undefined : unseal(await this.#keyring.get(), sealed, KEYS[kind]);
  }
}

function parseCopy(text: string | undefined, now: number): ProviderCopy | undefined {
  const parsed = COPY.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.readAt > now + CLOCK_TOLERANCE_SECONDS) return undefined;
  return parsed.data;
}

/** A moment that lies ahead would make isolates forget for ever what they have just read. */
function parseMoment(text: string | undefined, now: number): number {
  const parsed = MOMENT.safeParse(parseJson(text));
  return parsed.success && parsed.data <= now + CLOCK_TOLERANCE_SECONDS ? parsed.data : NEVER;
}

function newest(one: ProviderCopy | undefined, other: ProviderCopy | undefined): ProviderCopy | undefined {
  if (!one || !other) return one ?? other;
  return one.readAt >= other.readAt ? one : other;
}

function withoutForgotten({ copies, forgetBefore }: Shared): Shared {
  const isKept = (copy: ProviderCopy | undefined) => (copy && copy.readAt > forgetBefore ? copy : undefined);
  return { copies: { discovery: isKept(copies.discovery), keys: isKept(copies.keys) }, forgetBefore };
}

/** Whether a shared copy says the same, and will for a while. */
function isSaidAlready(former: ProviderCopy, copy: ProviderCopy, rewriteSeconds: number): boolean {
  const isRecent = copy.readAt - former.readAt < rewriteSeconds;
  return isRecent && former.of === copy.of && canonical(former.value) === canonical(copy.value);
}

/** The same for the same content: providers may list members and keys in any order, and in another each time. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
