import type { MeterRow } from '../observe/meter.ts';
import type { SeriesCount } from '../observe/meter-series.ts';

/** What a ledger does, as its Durable Object offers it to the Worker. Times are unix seconds. */
export interface Book {
  note(entries: Entries): Promise<void>;
  /** The latest events, newest first. */
  latest(ask: LatestAsk): Promise<readonly KeptEvent[]>;
  /** Counts one more failure of a subject, and says for how many seconds it has to wait; 0 while it may go on. */
  countFailure(subject: string, rule: PauseRule, now: number): Promise<number>;
  summary(): Promise<LedgerSummary>;
  counts(since: number): Promise<readonly HourCount[]>;
  readRecord(): Promise<KeptRecord | undefined>;
  /** @returns false where the record has another revision than the one that is named (0: none) */
  swapRecord(revision: number, text: string | null): Promise<boolean>;
  addMeter(rows: readonly MeterRow[], now: number): Promise<void>;
  /** @param since of the recent counts, those of the slots that begin then or later; never before a reset of health */
  readMeter(since: number): Promise<MeterReading>;
  /** Remembers when the health of sign-in was looked at, or when an operator has mended what was found. */
  noteHealth(what: HealthMoment, now: number): Promise<void>;
}

export type HealthMoment = 'checked' | 'reset';

/** What the gateway has counted of itself. */
export interface MeterReading {
  /** Since it was kept at all. */
  readonly totals: readonly SeriesCount[];
  readonly recent: readonly SeriesCount[];
  readonly health: Readonly<Record<HealthMoment, number | undefined>>;
}

/** The record that a ledger is the authority for; null where it was removed. */
export interface KeptRecord {
  readonly revision: number;
  readonly text: string | null;
}

/** What is written down at once. */
export interface Entries {
  readonly events: readonly { readonly time: number; readonly isDone: boolean; readonly line: string }[];
  readonly counts: readonly HourCount[];
  readonly usedAt?: number | undefined;
  readonly refusedByOriginAt?: number | undefined;
  readonly now: number;
}

/** What is counted, by dashboard, link and hour. */
export interface HourCount {
  /** Unix seconds, the beginning of an hour. */
  readonly hour: number;
  readonly uid: string;
  readonly linkId: string;
  readonly what: CountedThing;
  readonly count: number;
}

/** `opened`: links. `served`: requests under a session. `refused`: links, or requests of a session. */
export type CountedThing = 'opened' | 'served' | 'refused';

export interface LatestAsk {
  readonly limit: number;
  /** Only events before this place, which an earlier answer named. */
  readonly before?: number | undefined;
}

/** An event with its place in the ledger. */
export interface KeptEvent {
  readonly place: number;
  readonly time: number;
  readonly line: string;
}

/** More than `limit` failures in a minute, and the subject waits for `pauseSeconds`. */
export interface PauseRule {
  readonly limit: number;
  readonly pauseSeconds: number;
}

/** When a key was last of use, as far as its ledger knows. */
export interface LedgerSummary {
  readonly lastUsedAt: number | undefined;
  readonly refusedByOriginAt: number | undefined;
}
