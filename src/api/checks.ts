/** Where a check is made: by the command line, or by the gateway. */
export type CheckGroup =
  | 'configuration'
  | 'gateway'
  | 'storage'
  | 'origin'
  | 'keys'
  | 'embedding'
  | 'sign-in'
  | 'oncall';

/** One row of the table of checks, from which docs/operations.md has its own. */
export interface CheckRow {
  readonly group: CheckGroup;
  /** What is looked at, in a few words. */
  readonly title: string;
  /** Why it matters, in a sentence. */
  readonly why: string;
  /** When it is red, and when yellow, in words. */
  readonly red?: string;
  readonly yellow?: string;
}

/** Keeps the exact names. */
export function checks<Rows extends Readonly<Record<string, CheckRow>>>(rows: Rows): Rows {
  return rows;
}
