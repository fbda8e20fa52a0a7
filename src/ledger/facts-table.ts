type FactName = 'last-used' | 'refused-by-origin' | 'health-checked' | 'health-reset';

/** Moments that a ledger remembers, the latest of each. */
export class FactsTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  raise(name: FactName, value: number | undefined): void {
    if (value === undefined) return;
    this.#sql.exec(
      'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = MAX(value, excluded.value)',
      name,
      value,
    );
  }

  find(name: FactName): number | undefined {
    return this.#sql.exec<{ value: number }>('SELECT value FROM facts WHERE name = ?', name).toArray()[0]
      ?.value;
  }
}
