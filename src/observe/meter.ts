import type { EventLine } from './events.ts';
import { label, type Series, type SeriesCount, seriesOf } from './meter-series.ts';

/** What is counted at what time. */
export interface MeterRow extends SeriesCount {
  /** Unix seconds: the beginning of the five minutes that it falls into. */
  readonly slot: number;
}

/** Takes what was counted: the port of the ledgers. It never fails. */
export type MeterSink = (rows: readonly MeterRow[]) => Promise<void>;

export const SLOT_SECONDS = 300;
/** Counts are handed on at most this often, but for what health looks at. */
const FLUSH_SECONDS = 30;
/** As many events of sign-in are handed on one by one in that time; more when they double. */
const ONE_BY_ONE = 8;
/** Beyond that nothing new is counted until the next time that counts are handed on. */
const ROWS_MAX = 512;
/** Upper bounds of the histogram, in seconds. */
export const BUCKETS = ['0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'] as const;

const BUCKET_MS = BUCKETS.map((bound) =>
  bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound) * 1000,
);
const BUCKET_SERIES = BUCKETS.map((le) => label('postern_origin_answer_seconds_bucket', { le }));
/** Kept in milliseconds, so that all counts are whole numbers. */
export const ORIGIN_SUM_SERIES = 'postern_origin_answer_seconds_sum';

type NoAnswer = 'unreachable' | 'timeout';

/**
 * Counts in the isolate, and hands the counts on. What an isolate has counted when Cloudflare ends it is lost: counts
 * are for pictures, and for health to see what happens often.
 */
export class Meter {
  readonly #sink: MeterSink;
  #rows = new Map<string, { readonly slot: number; readonly series: Series; count: number }>();
  #flushedAt: number;
  /** Events of sign-in since then: those that were handed on, and those that wait. */
  #told = { handedOn: 0, held: 0 };

  /** @param now unix seconds, when the isolate begins to count */
  constructor(sink: MeterSink, now: number) {
    this.#sink = sink;
    this.#flushedAt = now;
  }

  /**
   * Counts an event, where there is a series for it. Those of sign-in are rare, and health looks for a sudden many of
   * one kind: they wait only as long as they are fewer than what was handed on already.
   *
   * @returns what is left to do after the answer, when it is time to hand the counts on
   */
  tell(line: EventLine, now: number): Promise<void> | undefined {
    const series = seriesOf(line);
    if (series === undefined) return undefined;
    this.#add(series, 1, now);
    if (!line.event.startsWith('sso.')) return this.#flushIfDue(now);
    this.#told.held += 1;
    const { held, handedOn } = this.#told;
    const isMany = held > handedOn || held + handedOn <= ONE_BY_ONE;
    return isMany ? this.flush(now) : this.#flushIfDue(now);
  }

  /** Counts an answer of the origin, or a request that got none. */
  noteOrigin(outcome: number | NoAnswer, milliseconds: number, now: number): Promise<void> | undefined {
    const status = typeof outcome === 'number' ? `${Math.floor(outcome / 100)}xx` : outcome;
    this.#add(label('postern_origin_answers_total', { status }), 1, now);
    if (typeof outcome === 'number') {
      const bucket = BUCKET_SERIES[BUCKET_MS.findIndex((bound) => milliseconds <= bound)];
      if (bucket !== undefined) this.#add(bucket, 1, now);
      this.#add(ORIGIN_SUM_SERIES, Math.max(Math.round(milliseconds), 0), now);
    }
    return this.#flushIfDue(now);
  }

  /** Counts a call that was sent to an OnCall region. @param region a name of `ONCALL_REGIONS` */
  noteOncall(region: string, now: number): Promise<void> | undefined {
    const isWord = /^[a-z0-9-]{1,64}$/.test(region);
    this.#add(label('postern_oncall_calls_total', { region: isWord ? region : 'other' }), 1, now);
    return this.#flushIfDue(now);
  }

  /** What waits to be handed on. */
  get held(): readonly MeterRow[] {
    return [...this.#rows.values()];
  }

  /** Hands on what was counted. */
  flush(now: number): Promise<void> {
    const { handedOn, held } = this.#told;
    this.#told = { handedOn: this.#isDue(now) ? held : handedOn + held, held: 0 };
    if (this.#isDue(now)) this.#flushedAt = now;
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    return rows.length === 0 ? Promise.resolve() : this.#sink(rows);
  }

  #flushIfDue(now: number): Promise<void> | undefined {
    return this.#isDue(now) ? this.flush(now) : undefined;
  }

  #isDue(now: number): boolean {
    return now - this.#flushedAt >= FLUSH_SECONDS;
  }

  #add(series: Series, count: number, now: number): void {
    const slot = now - (now % SLOT_SECONDS);
    const id = `${slot} ${series}`;
    const row = this.#rows.get(id);
    if (row) row.count += count;
    else if (this.#rows.size < ROWS_MAX) this.#rows.set(id, { slot, series, count });
  }
}
