import { SIGN_IN_CHECKS, type SignInCheck } from '../../api/checks-sign-in.ts';
import type { Finding, Verdict } from '../../api/findings.ts';

type More = Pick<Finding, 'fix' | 'milliseconds' | 'ageSeconds'>;

/** What a check found; why it matters stands in the table of checks. */
export function finding(check: SignInCheck, verdict: Verdict, seen: string, more: More = {}): Finding {
  return { check, verdict, seen, why: SIGN_IN_CHECKS[check].why, ...more };
}

/** The same for what nobody could look at. */
export function skipped(check: SignInCheck, seen: string, fix?: string): Finding {
  return finding(check, 'skipped', seen, fix === undefined ? {} : { fix });
}

/** From here on an answer is slow. */
const SLOW_MS = 2_000;

/** Green or, for a slow answer, yellow. */
export function bySpeed(milliseconds: number): 'green' | 'yellow' {
  return milliseconds > SLOW_MS ? 'yellow' : 'green';
}

/** `1 key`, `2 keys`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
