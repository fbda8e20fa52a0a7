import { findCheck } from '../../api/check-table.ts';
import type { CheckGroup } from '../../api/checks.ts';
import type { CONFIGURATION_CHECKS } from '../../api/checks-configuration.ts';
import type { Finding, Verdict } from '../../api/findings.ts';

/** A finding, and the group below which it is shown. */
export interface PlacedFinding {
  readonly group: CheckGroup;
  readonly finding: Finding;
}

type More = Pick<Finding, 'about' | 'fix' | 'milliseconds'>;

/** What the command line itself has found; why it matters stands in the table of checks. */
export function found(
  check: keyof typeof CONFIGURATION_CHECKS,
  verdict: Verdict,
  seen: string,
  more: More = {},
): Finding {
  return { check, verdict, seen, why: findCheck(check)?.why ?? '', ...more };
}

/** `1 file`, `2 files`. */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
