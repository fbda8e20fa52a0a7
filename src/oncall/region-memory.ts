import { LruMap } from '../lib/lru.ts';
import type { Clue } from './clue.ts';
import type { Region } from './region.ts';

/** How a region was found. */
export type Way =
  /** The operator has bound it, in `ONCALL_BINDINGS` or in storage. */
  | 'binding'
  /** It was found before, by one of the ways below. */
  | 'learnt'
  /** The named stack has said so. */
  | 'stack'
  /** The token says so. */
  | 'claim'
  /** The region knows the key, and said so when it was asked. */
  | 'probe';

/** A region, and how it was found. */
export interface Finding {
  readonly region: Region;
  readonly way: Way;
  /** Whether this very token was found, and not only what it names: a stack, or a region. */
  readonly isOfToken: boolean;
  /** The clue under which KV has it; undefined where an operator put it there, or nobody. */
  readonly storedAs?: Clue | undefined;
  /** Its region has not said that it knows the token; all others have said that they do not. */
  readonly isWeak?: boolean | undefined;
}

/** How long one isolate relies on what it has found, before it looks again whether somebody has changed it. */
export const MEMO_SECONDS = 300;
/** How long a key that no region knows is refused without asking: it may have been made a moment ago. */
export const REFUSED_SECONDS = 60;
/** How long something old is relied on where storage could not be read, until the next try. */
const STALE_SECONDS = 30;
const REMEMBERED_MAX = 4_096;
/** Anyone can make up tokens that name a known stack, or keys that nobody knows: those have places of their own. */
const MADE_UP_MAX = 1_024;

interface Memo {
  readonly finding: Finding;
  /** Unix seconds. */
  readonly freshUntil: number;
}

/** What one isolate remembers of tokens, by hash. */
export class RegionMemory {
  readonly #found = new LruMap<string, Memo>(REMEMBERED_MAX);
  readonly #named = new LruMap<string, Memo>(MADE_UP_MAX);
  readonly #claimed = new LruMap<string, Memo>(MADE_UP_MAX);
  /** Unix seconds until which a call is refused. */
  readonly #refused = new LruMap<string, number>(MADE_UP_MAX);

  /** What was found not long ago. */
  recall(key: string, now: number): Finding | undefined {
    const memo = this.#get(key);
    return memo && now < memo.freshUntil ? memo.finding : undefined;
  }

  /** Remembers under another name what is remembered under one, for no longer than that. */
  copy(from: string, to: string, now: number): Finding | undefined {
    const memo = this.#get(from);
    if (!memo || now >= memo.freshUntil) return undefined;
    this.#placeOf(memo.finding).set(to, memo);
    return memo.finding;
  }

  /** What was found, however long ago: for when nothing newer can be had. It then counts as fresh for a while. */
  recallStale(key: string, now: number): Finding | undefined {
    const memo = this.#get(key);
    if (memo) this.#placeOf(memo.finding).set(key, { ...memo, freshUntil: now + STALE_SECONDS });
    return memo?.finding;
  }

  /** Remembers a region. What was asked for once is learnt from then on. */
  keep(key: string, finding: Finding, now: number): void {
    const isLearnt = finding.way === 'stack' || finding.way === 'probe';
    this.drop(key);
    this.#placeOf(finding).set(key, {
      finding: isLearnt ? { ...finding, way: 'learnt' } : finding,
      freshUntil: now + MEMO_SECONDS,
    });
  }

  #get(key: string): Memo | undefined {
    return this.#found.get(key) ?? this.#named.get(key) ?? this.#claimed.get(key);
  }

  #placeOf({ way, isOfToken }: Finding): LruMap<string, Memo> {
    if (way === 'claim') return this.#claimed;
    return isOfToken ? this.#found : this.#named;
  }

  isRefused(key: string, now: number): boolean {
    return now < (this.#refused.get(key) ?? 0);
  }

  refuse(key: string, now: number): void {
    this.#refused.set(key, now + REFUSED_SECONDS);
  }

  drop(key: string): void {
    this.#found.delete(key);
    this.#named.delete(key);
    this.#claimed.delete(key);
  }

  /** Forgets everything: this isolate has just changed what it rests on. */
  clear(): void {
    this.#found.clear();
    this.#named.clear();
    this.#claimed.clear();
    this.#refused.clear();
  }
}
