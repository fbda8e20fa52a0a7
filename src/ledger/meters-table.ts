import type { MeterRow } from '../observe/meter.ts';
import type { SeriesCount } from '../observe/meter-series.ts';

/** How long it stays known when something was counted. */
const KEPT_SECONDS = 7_200;
/** Far more than there are; what is more is not counted. */
const SERIES_MAX = 512;
/** The slot of what was counted at any time. */
const EVER = 0;

/** What the gateway counts of itself: all of it as a sum, and the last two hours in slots of five minutes. */
export class MetersTable {
  readonly #sql: SqlStorage;
  #isMade = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(rows: readonly MeterRow[], now: number): void {
    this.#make();
    for (const { slot, series, count } of rows)
      if (this.#addTo(EVER, series, count)) this.#addTo(slot, series, count);
    this.#sql.exec('DELETE FROM meter WHERE slot > ? AND slot < ?', EVER, now - KEPT_SECONDS);
  }

  totals(): SeriesCount[] {
    this.#make();
    return this.#sql
      .exec<{ series: string; count: number }>(
        'SELECT series, n AS count FROM meter WHERE slot = ? ORDER BY series',
        EVER,
      )
      .toArray();
  }

  /** @param moment unix seconds; of the slots, those that begin then or later */
  since(moment: number): SeriesCount[] {
    this.#make();
    return this.#sql
      .exec<{ series: string; count: number }>(
        'SELECT series, SUM(n) AS count FROM meter WHERE slot > ? AND slot >= ? GROUP BY series ORDER BY series',
        EVER,
        moment,
      )
      .toArray();
  }

  /** @returns false where there are too many series for a new one */
  #addTo(slot: number, series: string, count: number): boolean {
    const isKnown =
      this.#sql
        .exec('UPDATE meter SET n = n + ? WHERE slot = ? AND series = ? RETURNING n', count, slot, series)
        .toArray().length > 0;
    if (isKnown) return true;
    if (slot === EVER && this.#countSeries() >= SERIES_MAX) return false;
    this.#sql.exec('INSERT INTO meter (slot, series, n) VALUES (?, ?, ?)', slot, series, count);
    return true;
  }

  #countSeries(): number {
    return this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM meter WHERE slot = ?', EVER).one().n;
  }

  /** One ledger of all needs it: the others do without. */
  #make(): void {
    if (this.#isMade) return;
    this.#isMade = true;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS meter (slot INTEGER, series TEXT, n INTEGER NOT NULL, PRIMARY KEY (slot, series)) WITHOUT ROWID',
    );
  }
}
