import type { Entries, KeptEvent, LatestAsk } from './book.ts';

/** Events that one ledger keeps: what was done, and beside it the rest, so that no flood of refusals pushes it out. */
const KEPT_MAX = { done: 500, other: 250 };

/** The latest events of a ledger. */
export class EventsTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS events (place INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, done INTEGER NOT NULL, line TEXT NOT NULL)',
    );
    sql.exec('CREATE INDEX IF NOT EXISTS events_by_done ON events (done, place)');
  }

  add(events: Entries['events']): void {
    for (const { time, isDone, line } of events) {
      const done = isDone ? 1 : 0;
      this.#sql.exec('INSERT INTO events (time, done, line) VALUES (?, ?, ?)', time, done, line);
      this.#sql.exec(
        'DELETE FROM events WHERE done = ? AND place <= (SELECT place FROM events WHERE done = ? ORDER BY place DESC LIMIT 1 OFFSET ?)',
        done,
        done,
        isDone ? KEPT_MAX.done : KEPT_MAX.other,
      );
    }
  }

  latest({ limit, before = Number.MAX_SAFE_INTEGER }: LatestAsk): KeptEvent[] {
    return this.#sql
      .exec<{ place: number; time: number; line: string }>(
        'SELECT place, time, line FROM events WHERE place < ? ORDER BY place DESC LIMIT ?',
        before,
        limit,
      )
      .toArray();
  }
}
