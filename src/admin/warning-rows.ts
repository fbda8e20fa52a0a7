import type { WarningDocument } from '../api/common.ts';

/** A warning, and whether there is reason for it. */
export type WarningRow = readonly [holds: boolean, code: string, message: string];

/** The warnings that there is reason for, in the order of their rows. */
export function pickWarnings(rows: readonly WarningRow[]): WarningDocument[] {
  return rows.flatMap(([holds, code, message]) => (holds ? [{ code, message }] : []));
}
