import { within } from '../lib/deadline.ts';
import { LruMap } from '../lib/lru.ts';
import { RateWindow } from '../lib/rate-window.ts';
import { sha256Base64Url, sha256Hex } from '../lib/sha256.ts';
import { EVENTS, type EventLine } from '../observe/events.ts';
import type { MeterRow } from '../observe/meter.ts';
import type {
  Book,
  Entries,
  HealthMoment,
  HourCount,
  KeptEvent,
  LatestAsk,
  LedgerSummary,
  MeterReading,
  PauseRule,
} from './book.ts';

/** Finds the Durable Object of a name: what is needed of the binding. */
export interface LedgerNamespace {
  getByName(name: string): Book;
}

/** A key, for the name of its ledger. */
export interface LedgerKey {
  readonly orgId: number;
  readonly name: string;
}

/** The ledger of what concerns no key, or names nobody registered. */
export type CommonLedger = 'gateway' | 'unknown';

/** Events of one kind that one isolate writes to one ledger in a minute: a flood pushes nothing else out of it. */
const EVENTS_PER_MINUTE = { done: 120, other: 10 };
const TIMEOUT_MS = 2_000;
const ADDRESS_SHARDS = 64;
/** The ledger of what the gateway counts of itself. */
const METER = 'meter';
/** Pauses that one isolate remembers: who waits already is not looked up again. */
const PAUSES_MAX = 4_096;

/** What ledgers need from outside. */
export interface LedgersContext {
  readonly namespace: LedgerNamespace | undefined;
  /** Unix seconds. */
  readonly now: () => number;
  /** Told when a ledger could not be reached. No request fails for it. */
  readonly onFailure: (reason: string) => void;
}

/** The ledgers of a gateway, from the Worker's side. */
export class Ledgers {
  readonly #context: LedgersContext;
  readonly #rates = new RateWindow();
  /** Unix seconds at which a pause ends. */
  readonly #pauses = new LruMap<string, number>(PAUSES_MAX);

  constructor(context: LedgersContext) {
    this.#context = context;
  }

  /** Keeps a decision and counts it. Never fails, and never keeps more of a kind than so many a minute. */
  async record(line: EventLine): Promise<void> {
    if (!EVENTS[line.event].isDecision) return;
    const now = this.#context.now();
    const name = ledgerOf(line);
    const isDone = line.outcome === 'done';
    const limit = isDone ? EVENTS_PER_MINUTE.done : EVENTS_PER_MINUTE.other;
    if (this.#rates.count(`${name} ${line.event}`, limit, now) > 0) return;
    await this.#note(name, {
      events: [{ time: now, isDone, line: JSON.stringify(line) }],
      counts: countsOf(line, now),
      usedAt: line.event === 'share.link.accepted' ? now : undefined,
      refusedByOriginAt: line.event === 'origin.refused_key' ? now : undefined,
      now,
    });
  }

  /** Adds counts that an isolate has gathered for one key. */
  async addCounts(key: LedgerKey, counts: readonly HourCount[]): Promise<void> {
    const now = this.#context.now();
    await this.#note(nameOf(key), { events: [], counts, usedAt: now, now });
  }

  /**
   * Counts a failure of a key's name and says for how many seconds the name has to wait; 0 while it may go on,
   * and where nobody can say.
   */
  countKeyFailure(key: LedgerKey, isKnown: boolean, rule: PauseRule): Promise<number> {
    const subject = `name ${sha256Base64Url(`${key.orgId}|${key.name}`)}`;
    return this.#countFailure(isKnown ? nameOf(key) : 'unknown', subject, rule);
  }

  /** The same of an address, for one purpose. */
  countAddressFailure(purpose: string, network: string, rule: PauseRule): Promise<number> {
    const shard = Number.parseInt(sha256Hex(network).slice(0, 2), 16) % ADDRESS_SHARDS;
    return this.#countFailure(`address:${shard}`, `${purpose} ${network}`, rule);
  }

  /** @throws Error where the ledger cannot be reached */
  latest(of: LedgerKey | CommonLedger, ask: LatestAsk): Promise<readonly KeptEvent[]> {
    return this.#ask(nameOf(of), (book) => book.latest(ask)).then((events) => events ?? []);
  }

  /** What a key's ledger knows of its use; nothing where it cannot be reached. */
  async summary(key: LedgerKey): Promise<LedgerSummary> {
    const nothing: LedgerSummary = { lastUsedAt: undefined, refusedByOriginAt: undefined };
    return (await this.#try(nameOf(key), (book) => book.summary())) ?? nothing;
  }

  /** @throws Error where the ledger cannot be reached */
  counts(key: LedgerKey, since: number): Promise<readonly HourCount[]> {
    return this.#ask(nameOf(key), (book) => book.counts(since)).then((counts) => counts ?? []);
  }

  /** Adds what an isolate has counted of the gateway itself. */
  async addMeter(rows: readonly MeterRow[]): Promise<void> {
    await this.#try(METER, (book) => book.addMeter(rows, this.#context.now()));
  }

  /** What the gateway has counted of itself; undefined where the ledger cannot be reached. */
  readMeter(since: number): Promise<MeterReading | undefined> {
    return this.#try(METER, (book) => book.readMeter(since));
  }

  async noteHealth(what: HealthMoment, now: number): Promise<void> {
    await this.#try(METER, (book) => book.noteHealth(what, now));
  }

  async #countFailure(ledger: string, subject: string, rule: PauseRule): Promise<number> {
    const known = this.#knownWait(subject);
    if (known > 0) return known;
    const { now } = this.#context;
    const wait = (await this.#try(ledger, (book) => book.countFailure(subject, rule, now()))) ?? 0;
    if (wait > 0) this.#pauses.set(subject, now() + wait);
    return wait;
  }

  #knownWait(subject: string): number {
    return Math.max((this.#pauses.get(subject) ?? 0) - this.#context.now(), 0);
  }

  async #note(ledger: string, entries: Entries): Promise<void> {
    await this.#try(ledger, (book) => book.note(entries));
  }

  async #try<T>(ledger: string, call: (book: Book) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#ask(ledger, call);
    } catch (error) {
      this.#context.onFailure(error instanceof Error ? error.name : 'unknown');
      return undefined;
    }
  }

  /** Undefined where there are no ledgers. */
  async #ask<T>(ledger: string, call: (book: Book) => Promise<T>): Promise<T | undefined> {
    const { namespace } = this.#context;
    if (!namespace) return undefined;
    const answer = call(namespace.getByName(ledger));
    return within(TIMEOUT_MS, answer, () => new DOMException('no answer in time', 'TimeoutError'));
  }
}

function nameOf(of: LedgerKey | CommonLedger): string {
  return typeof of === 'string' ? of : `key:${of.orgId}:${sha256Base64Url(of.name)}`;
}

function ledgerOf(line: EventLine): string {
  if ('key' in line && line.key !== undefined && line.orgId !== undefined)
    return nameOf({ orgId: line.orgId, name: line.key });
  return nameOf('name' in line && line.name !== undefined ? 'unknown' : 'gateway');
}

const HOUR_SECONDS = 3_600;

/** The beginning of the hour that a moment lies in. */
export function hourOf(unixSeconds: number): number {
  return unixSeconds - (unixSeconds % HOUR_SECONDS);
}

function countsOf(line: EventLine, time: number): HourCount[] {
  const hour = hourOf(time);
  switch (line.event) {
    case 'share.link.accepted':
      return [{ hour, uid: line.uid, linkId: line.linkId, what: 'opened', count: 1 }];
    case 'share.link.refused':
    case 'session.revoked':
      return [{ hour, uid: line.uid ?? '', linkId: '', what: 'refused', count: 1 }];
    case 'session.path.refused':
      return [{ hour, uid: '', linkId: '', what: 'refused', count: 1 }];
    default:
      return [];
  }
}
