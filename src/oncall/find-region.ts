import { networkOf } from '../lib/address.ts';
import { within } from '../lib/deadline.ts';
import { LruMap } from '../lib/lru.ts';
import { RateWindow } from '../lib/rate-window.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import type { Tell } from '../observe/events.ts';
import type { AskFailure } from './ask.ts';
import { askStack, type StackProblem } from './ask-stack.ts';
import type { Call } from './classify.ts';
import type { Clue } from './clue.ts';
import type { OncallOptions } from './options.ts';
import { probeRegions } from './probe.ts';
import { Regions } from './region.ts';
import { type Finding, RegionMemory } from './region-memory.ts';
import { type FoundRegion, LEARNT_SECONDS, type RegionStore, type StoredRegion } from './region-store.ts';
import type { Stack } from './stack.ts';
import type { Search } from './token-kinds.ts';

/** Why a token leads to no region. */
export type FindRefusal =
  /** Every region was asked and none knows it. */
  | { readonly code: 'unknown-token' }
  /** Nothing says where it belongs, or what it says is no region of the table. */
  | { readonly code: 'unknown-region' }
  /** No region knows it, but not all have answered. */
  | { readonly code: 'undecided'; readonly because: AskFailure }
  | { readonly code: 'stack'; readonly problem: StackProblem; readonly stack: Stack }
  | { readonly code: 'limited'; readonly waitSeconds: number };

export type Found = Result<Finding, FindRefusal>;

/** Who asks, and what the answer may cause. */
export interface Asker {
  /** The address that a request came from, as Cloudflare has it. */
  readonly address: string;
  readonly observe: Tell;
  waitUntil(work: Promise<unknown>): void;
}

/** What the finder needs from outside. */
export interface FinderContext {
  readonly options: OncallOptions;
  /** Without storage, what is learnt is learnt by one isolate. */
  readonly store: RegionStore | undefined;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Tokens of which nothing is known that one address may bring in a minute, whether they turn out right or wrong. */
export const SEARCHES_PER_MINUTE = 30;
/** Calls of which this isolate knows nothing that one address may bring in a minute: each reads KV. */
export const LOOKUPS_PER_MINUTE = 300;
/** A region that was refused is looked for again this often in a minute, for each token, or each stack that was asked. */
const RENEWALS_PER_MINUTE = 1;
/** Changes of KV in a minute, of an isolate and of those that one address causes. No call depends on any of them. */
const CHANGES_PER_MINUTE = 10;
const CHANGES_PER_MINUTE_FROM_ONE = 3;
/** How long a change of KV may take to be seen: what was written is not written again. */
const WRITTEN_SECONDS = 120;
const WRITTEN_MAX = 1_024;
/** What stands under a former secret is written again this often in a minute, until KV shows it under the new one. */
const CARRIES_PER_MINUTE = 1;
/** Storage that takes longer is as good as none: the client waits 5 s in all. */
const STORAGE_MS = 750;

/** What this isolate has written of a clue. */
interface Written {
  readonly region: string;
  /** Unix seconds. */
  readonly at: number;
}

/** Looks for a region in one of the ways that ask somebody, or that read the token itself. */
type Seek = (call: Call, regions: Regions, options: OncallOptions) => Found | Promise<Found>;

const SEEKS: Readonly<Record<Search, Seek>> = {
  probe: seekByProbe,
  stack: seekByStack,
  claim: seekByClaim,
  none: () => fail({ code: 'unknown-region' }),
};

/**
 * Finds the region of a call: bound by the operator, learnt before, named by the stack or by the token, or probed;
 * in this order. What is found by asking is remembered in the isolate and learnt in KV. No promise is shared
 * between requests: two that come at once with one unknown key each ask for themselves.
 */
export class RegionFinder {
  readonly regions: Regions;
  readonly #options: OncallOptions;
  readonly #store: RegionStore | undefined;
  readonly #now: () => number;
  readonly #memory = new RegionMemory();
  readonly #searches = new RateWindow();
  readonly #renewals = new RateWindow();
  readonly #carries = new RateWindow();
  readonly #lookups = new RateWindow();
  readonly #changes = new RateWindow();
  readonly #written = new LruMap<Clue, Written>(WRITTEN_MAX);

  constructor({ options, store, now }: FinderContext) {
    this.regions = new Regions(options);
    this.#options = options;
    this.#store = store;
    this.#now = now;
  }

  /** The region of a call. A warm one is found at once. */
  find(call: Call, asker: Asker): Found | Promise<Found> {
    const known = this.#findBound(call) ?? this.#memory.recall(memoOf(call), this.#now());
    return known ? ok(known) : this.#findCold(call, asker);
  }

  /**
   * Looks again after a region has refused a call, unless somebody said where the call belongs: once a minute for
   * each token, or each stack that was asked. What was learnt is given up where another region is found, or all say no.
   *
   * @returns the other region that the call belongs to; undefined where there is none
   */
  async findAnew(call: Call, refused: Finding, asker: Asker): Promise<Finding | undefined> {
    if (refused.way !== 'learnt') return undefined;
    if (this.#renewals.count(renewalOf(call), RENEWALS_PER_MINUTE, this.#now()) > 0) return undefined;
    const kept = await this.#readKept(call, asker);
    const found =
      kept && (kept.way === 'binding' || kept.region.name !== refused.region.name)
        ? ok(kept)
        : await this.#search(call, asker, refused);
    if (found.ok) this.#memory.keep(memoOf(call), found.value, this.#now());
    else if (found.reason.code === 'unknown-token') this.#forget(call, kept ?? refused, asker);
    return found.ok && found.value.region.name !== refused.region.name ? found.value : undefined;
  }

  /** Forgets what this isolate remembers: a binding has just been changed. */
  forget(): void {
    this.#memory.clear();
    this.#written.clear();
  }

  async #findCold(call: Call, asker: Asker): Promise<Found> {
    const now = this.#now();
    if (this.#memory.isRefused(memoOf(call), now)) return fail({ code: 'unknown-token' });
    const waitSeconds = this.#store
      ? this.#lookups.count(networkOf(asker.address), LOOKUPS_PER_MINUTE, now)
      : 0;
    if (waitSeconds > 0) return fail({ code: 'limited', waitSeconds });
    const kept = await this.#readKept(call, asker);
    // After KV, where an operator may have bound this very call; before asking, since KV takes its time to show.
    const learnt = kept ? undefined : this.#recallLesson(call);
    if (learnt) return ok(learnt);
    const found = kept ? ok(kept) : await this.#search(call, asker);
    if (found.ok) this.#memory.keep(memoOf(call), found.value, this.#now());
    return found;
  }

  #findBound({ clues }: Call): Finding | undefined {
    const { bindings } = this.#options;
    if (bindings.size === 0) return undefined;
    const name = clues.map((clue) => bindings.get(clue)).find((bound) => bound !== undefined);
    const region = name === undefined ? undefined : this.regions.findByName(name);
    return region && { region, way: 'binding', isOfToken: true };
  }

  /** What is kept in KV; where it cannot be read, what this isolate remembers, however old. */
  async #readKept(call: Call, asker: Asker): Promise<Finding | undefined> {
    if (!this.#store) return this.#recallOld(call);
    try {
      const found = await within(
        STORAGE_MS,
        this.#store.read(allCluesOf(call)),
        () => new StorageUnavailable('read'),
      );
      return this.#choose(found, call, asker);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      asker.observe('storage.failed', { reason: 'read' });
      return this.#recallOld(call);
    }
  }

  /** What this isolate has just learnt by another call of the same token or stack. */
  #recallLesson(call: Call): Finding | undefined {
    const { lesson } = call;
    return lesson === undefined ? undefined : this.#memory.copy(lesson, memoOf(call), this.#now());
  }

  /** What this isolate has found for this very call, or has learnt of one of its clues. */
  #recallOld(call: Call): Finding | undefined {
    for (const key of [memoOf(call), ...allCluesOf(call).filter((clue) => mayLearnFrom(clue, call))]) {
      const known = this.#memory.recallStale(key, this.#now());
      if (known) return known;
    }
    return undefined;
  }

  /** An operator's word goes before what was learnt; else the stronger clue. */
  #choose(found: readonly FoundRegion[], call: Call, asker: Asker): Finding | undefined {
    const known = found.flatMap((entry) => {
      const region = this.regions.findByStoredName(entry.stored.region);
      return region && (entry.stored.isBound || mayLearnFrom(entry.clue, call)) ? [{ entry, region }] : [];
    });
    const chosen = known.find(({ entry }) => entry.stored.isBound) ?? known[0];
    if (!chosen) return undefined;
    const { entry, region } = chosen;
    if (entry.isUnderFormerSecret) this.#carryOver(entry, asker);
    return {
      region,
      way: entry.stored.isBound ? 'binding' : 'learnt',
      isOfToken: entry.clue.startsWith('token:'),
      storedAs: entry.stored.isBound ? undefined : entry.clue,
    };
  }

  async #search(call: Call, asker: Asker, before?: Finding): Promise<Found> {
    const now = this.#now();
    // Before anybody is asked: whoever makes up tokens must not make the gateway ask for each of them.
    const waitSeconds = isAsking(call)
      ? this.#searches.count(networkOf(asker.address), SEARCHES_PER_MINUTE, now)
      : 0;
    if (waitSeconds > 0) return fail({ code: 'limited', waitSeconds });
    const found = await SEEKS[call.row.search](call, this.regions, this.#options);
    if (!found.ok) {
      if (found.reason.code === 'unknown-token') this.#memory.refuse(memoOf(call), now);
      return found;
    }
    const { region, isWeak } = found.value;
    if (region.name === before?.region.name) return ok({ ...found.value, storedAs: before.storedAs });
    return isWeak ? found : ok(this.#learn(call, found.value, asker));
  }

  #learn({ kind, lesson: clue }: Call, found: Finding, asker: Asker): Finding {
    if (clue === undefined) return found;
    const { region, way } = found;
    const stored = { region: region.name, at: this.#now(), isBound: false };
    const isStored = this.#write(clue, stored, LEARNT_SECONDS, asker);
    const finding = isStored ? { ...found, storedAs: clue } : found;
    asker.observe('oncall.region.learnt', { kind, region: region.name, way });
    this.#memory.keep(clue, finding, this.#now());
    return finding;
  }

  /**
   * Gives up what was learnt. KV loses it only where it was learnt of this very token in this very form: regions that
   * know nothing of one form, or of a key that only came along with a stack, say nothing of what is stored.
   */
  #forget(call: Call, { storedAs }: Finding, asker: Asker): void {
    this.#memory.drop(memoOf(call));
    const { lesson: clue, token, authorization } = call;
    if (clue === undefined || clue !== storedAs || authorization?.reveal() !== token.reveal()) return;
    this.#memory.drop(clue);
    this.#written.delete(clue);
    this.#change(asker, (store) => store.delete(clue));
  }

  /** A secret that is taken out of `POSTERN_SECRETS` one day shall not take with it what was learnt. */
  #carryOver({ clue, stored }: FoundRegion, asker: Asker): void {
    if (this.#carries.count(clue, CARRIES_PER_MINUTE, this.#now()) > 0) return;
    const life = stored.isBound ? undefined : stored.at + LEARNT_SECONDS - this.#now();
    this.#write(clue, stored, life, asker);
  }

  /** Writes what this isolate has not just written. @returns whether it is stored, or will be */
  #write(clue: Clue, stored: StoredRegion, lifeSeconds: number | undefined, asker: Asker): boolean {
    const now = this.#now();
    const written = this.#written.get(clue);
    if (written && written.region === stored.region && now - written.at < WRITTEN_SECONDS) return true;
    const isOrdered = this.#change(asker, async (store) => {
      try {
        await store.write(clue, stored, lifeSeconds);
      } catch (error) {
        this.#written.delete(clue);
        throw error;
      }
    });
    if (isOrdered) this.#written.set(clue, { region: stored.region, at: now });
    return isOrdered;
  }

  /**
   * Changes KV after the answer, unless there were many changes already. That it failed is told; the call does not
   * depend on it.
   */
  #change(asker: Asker, change: (store: RegionStore) => Promise<void>): boolean {
    if (!this.#store || this.#isOverLimit(asker)) return false;
    asker.waitUntil(change(this.#store).catch(() => asker.observe('storage.failed', { reason: 'write' })));
    return true;
  }

  /** One address uses up its own share before that of all. */
  #isOverLimit(asker: Asker): boolean {
    const now = this.#now();
    const network = `from ${networkOf(asker.address)}`;
    if (this.#changes.count(network, CHANGES_PER_MINUTE_FROM_ONE, now) > 0) return true;
    return this.#changes.count('all', CHANGES_PER_MINUTE, now) > 0;
  }
}

/** What a finding, or a refusal, is remembered by: all that the request says. No token is in it, only hashes. */
function memoOf(call: Call): string {
  return allCluesOf(call).join(' ');
}

/** What is asked about again: the stack that says where its tokens belong, else the token, in whatever form it came. */
function renewalOf({ clues: [token], lesson }: Call): string {
  return lesson?.startsWith('stack:') ? lesson : (token ?? '');
}

function allCluesOf({ clues, lesson }: Call): readonly Clue[] {
  return lesson === undefined || clues.includes(lesson) ? clues : [...clues, lesson];
}

/** What was learnt of a token holds for the form that it was asked in; what was learnt of a stack, for all. */
function mayLearnFrom(clue: Clue, { lesson }: Call): boolean {
  return clue.startsWith('stack:') || clue === lesson;
}

/** Whether looking for the region of a call makes the gateway ask somebody. */
function isAsking({ row }: Call): boolean {
  return row.search === 'probe' || row.search === 'stack';
}

async function seekByProbe({ authorization }: Call, regions: Regions): Promise<Found> {
  if (!authorization) return fail({ code: 'unknown-region' });
  const probed = await probeRegions(regions.all, authorization);
  if (probed.ok) return ok({ ...probed.value, way: 'probe', isOfToken: true });
  return probed.reason === 'nobody'
    ? fail({ code: 'unknown-token' })
    : fail({ code: 'undecided', because: probed.reason });
}

async function seekByStack(
  { stack, token }: Call,
  regions: Regions,
  { lookup }: OncallOptions,
): Promise<Found> {
  if (!stack || !lookup) return fail({ code: 'unknown-region' });
  const asked = await askStack(stack, token, regions);
  // The stack has answered this very token.
  if (asked.ok) return ok({ region: asked.value, way: 'stack', isOfToken: true });
  return fail({ code: 'stack', problem: asked.reason, stack });
}

function seekByClaim({ claimed }: Call, regions: Regions): Found {
  const region = claimed === undefined ? undefined : regions.findByName(claimed);
  return region ? ok({ region, way: 'claim', isOfToken: false }) : fail({ code: 'unknown-region' });
}
