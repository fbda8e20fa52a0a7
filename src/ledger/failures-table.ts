import type { PauseRule } from './book.ts';

const WINDOW_SECONDS = 60;
/** Subjects that one ledger knows; beyond that the one whose window began first is forgotten. */
const SUBJECTS_MAX = 2_000;

/** Wrong tries of a subject, in windows of a minute, and its pauses. */
export class FailuresTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS failures (subject TEXT PRIMARY KEY, since INTEGER NOT NULL, n INTEGER NOT NULL, paused_until INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  /** Counts one more. @returns for how many seconds the subject has to wait; 0 while it may go on */
  count(subject: string, { limit, pauseSeconds }: PauseRule, now: number): number {
    const known = this.#find(subject);
    if (known && now < known.paused_until) return known.paused_until - now;
    const goesOn = known !== undefined && known.paused_until === 0 && now < known.since + WINDOW_SECONDS;
    const count = goesOn ? known.n + 1 : 1;
    const pausedUntil = count > limit ? now + pauseSeconds : 0;
    this.#sql.exec(
      'INSERT OR REPLACE INTO failures (subject, since, n, paused_until) VALUES (?, ?, ?, ?)',
      subject,
      goesOn ? known.since : now,
      count,
      pausedUntil,
    );
    this.#forgetSome(now);
    return pausedUntil === 0 ? 0 : pauseSeconds;
  }

  #find(subject: string) {
    return this.#sql
      .exec<{ since: number; n: number; paused_until: number }>(
        'SELECT since, n, paused_until FROM failures WHERE subject = ?',
        subject,
      )
      .toArray()[0];
  }

  #forgetSome(now: number): void {
    const { rows } = this.#sql.exec<{ rows: number }>('SELECT COUNT(*) AS rows FROM failures').one();
    if (rows <= SUBJECTS_MAX) return;
    this.#sql.exec('DELETE FROM failures WHERE paused_until <= ? AND since <= ?', now, now - WINDOW_SECONDS);
    this.#sql.exec(
      'DELETE FROM failures WHERE subject IN (SELECT subject FROM failures ORDER BY since DESC, subject LIMIT -1 OFFSET ?)',
      SUBJECTS_MAX,
    );
  }
}
