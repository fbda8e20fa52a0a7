import type { HourCount } from './book.ts';
import { hourOf, type LedgerKey, type Ledgers } from './ledgers.ts';

/** Counts are handed on at most this often. */
const FLUSH_SECONDS = 30;
/** Rows that one isolate gathers; beyond that, links are counted together. */
const ROWS_MAX = 1_000;
/** Beyond that nothing new is counted. */
const FOLDED_ROWS_MAX = 2_000;
/** Stands for the links that have no row of their own. */
const OTHER_LINKS = '*';

interface Row {
  readonly key: LedgerKey;
  readonly hour: number;
  readonly uid: string;
  readonly linkId: string;
  count: number;
}

/**
 * Counts warm requests in the isolate, by key, dashboard, link and hour, and hands the counts to the ledgers every
 * half a minute at most. What an isolate has counted when Cloudflare ends it is lost: counts are for pictures.
 */
export class Tally {
  readonly #ledgers: Ledgers;
  #rows = new Map<string, Row>();
  #flushedAt: number;

  /** @param now unix seconds, when the isolate begins to count */
  constructor(ledgers: Ledgers, now: number) {
    this.#ledgers = ledgers;
    this.#flushedAt = now;
  }

  /**
   * Counts one request under a session.
   *
   * @returns what is left to do after the answer, when it is time to hand the counts on
   */
  count(key: LedgerKey, uid: string, linkId: string, now: number): Promise<void> | undefined {
    this.#add(key, uid, linkId, hourOf(now));
    if (now - this.#flushedAt < FLUSH_SECONDS) return undefined;
    this.#flushedAt = now;
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    return this.#handOn(rows);
  }

  #add(key: LedgerKey, uid: string, linkId: string, hour: number): void {
    const id = `${linkId} ${uid} ${hour} ${key.orgId} ${key.name}`;
    const row = this.#rows.get(id);
    const isFolded = linkId === OTHER_LINKS;
    if (row) row.count += 1;
    else if (this.#rows.size < (isFolded ? FOLDED_ROWS_MAX : ROWS_MAX))
      this.#rows.set(id, { key, hour, uid, linkId, count: 1 });
    else if (!isFolded) this.#add(key, uid, OTHER_LINKS, hour);
  }

  async #handOn(rows: readonly Row[]): Promise<void> {
    const byKey = Map.groupBy(rows, ({ key }) => `${key.orgId}|${key.name}`);
    for (const group of byKey.values()) {
      const [first] = group;
      if (first) await this.#ledgers.addCounts(first.key, group.map(toCount));
    }
  }
}

function toCount({ hour, uid, linkId, count }: Row): HourCount {
  return { hour, uid, linkId, what: 'served', count };
}
