import type { KeptRecord } from './book.ts';

/** The one record that a ledger is the authority for: a key's, or the owner of a secret. A removed one keeps its revision. */
export class RecordTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS record (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, text TEXT)',
    );
  }

  find(): KeptRecord | undefined {
    return this.#sql
      .exec<{ revision: number; text: string | null }>('SELECT revision, text FROM record')
      .toArray()[0];
  }

  /** Puts a text in the place of the one with this revision (0: of none). False where another was there already. */
  swap(revision: number, text: string | null): boolean {
    if ((this.find()?.revision ?? 0) !== revision) return false;
    this.#sql.exec(
      'INSERT OR REPLACE INTO record (one, revision, text) VALUES (1, ?, ?)',
      revision + 1,
      text,
    );
    return true;
  }
}
