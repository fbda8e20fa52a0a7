import type { CountedThing, HourCount } from './book.ts';

const HOUR_SECONDS = 3_600;
const KEPT_SECONDS = 40 * 86_400;
/** Rows of one hour; links beyond that are counted together, by dashboard. */
const ROWS_PER_HOUR_MAX = 200;
/** Beyond that dashboards are too: the uid of a link, or of a request, may be anything that its sender likes. */
const FOLDED_ROWS_PER_HOUR_MAX = 400;
/** Stands for the links, or dashboards, that have no row of their own. */
const OTHERS = '*';

/** Counts by hour, dashboard and link. */
export class CountsTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS counts (hour INTEGER, uid TEXT, link TEXT, what TEXT, n INTEGER NOT NULL, PRIMARY KEY (hour, uid, link, what)) WITHOUT ROWID',
    );
  }

  add(counts: readonly HourCount[], now: number): void {
    // Counting reads every row of the hour, so it is done once: each of these adds one at most.
    const rowsByHour = new Map<number, number>();
    for (const { hour, uid, linkId, what, count } of counts) {
      const rows = rowsByHour.get(hour) ?? this.#countRows(hour);
      rowsByHour.set(hour, rows + 1);
      this.#sql.exec(
        'INSERT INTO counts (hour, uid, link, what, n) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n',
        hour,
        rows < FOLDED_ROWS_PER_HOUR_MAX ? uid : OTHERS,
        rows < ROWS_PER_HOUR_MAX ? linkId : OTHERS,
        what,
        count,
      );
    }
    if (counts.length > 0) this.#sql.exec('DELETE FROM counts WHERE hour < ?', now - KEPT_SECONDS);
  }

  /** @param moment unix seconds; the hour that it lies in is among them */
  since(moment: number): HourCount[] {
    return this.#sql
      .exec<{ hour: number; uid: string; linkId: string; what: CountedThing; count: number }>(
        'SELECT hour, uid, link AS linkId, what, n AS count FROM counts WHERE hour > ? ORDER BY hour, uid, link, what',
        moment - HOUR_SECONDS,
      )
      .toArray();
  }

  #countRows(hour: number): number {
    return this.#sql.exec<{ rows: number }>('SELECT COUNT(*) AS rows FROM counts WHERE hour = ?', hour).one()
      .rows;
  }
}
