import type { Rule } from './rule.ts';
import type { TargetKind } from './target.ts';

/** How long what can be revoked may live. */
export interface Lifetimes {
  /** The longest session. */
  readonly sessionMaxSeconds: number;
  /** How far from its signing time a link may be opened. */
  readonly freshnessSeconds: number;
  /** Whether links of version 1 are accepted: nothing in them ends, so neither does their revocation. */
  readonly hasEndlessLinks: boolean;
}

/**
 * For how many seconds a revocation has to be kept: until nothing that it takes back can still live; undefined
 * for good.
 *
 * A link that is revoked now may have been signed one window ahead and opened one window later.
 */
export function lifeOf(kind: TargetKind, rule: Rule, now: number, lifetimes: Lifetimes): number | undefined {
  if (rule.until !== undefined) return rule.until - now;
  const { sessionMaxSeconds, freshnessSeconds, hasEndlessLinks } = lifetimes;
  if (rule.before !== undefined) return rule.before - now + freshnessSeconds + sessionMaxSeconds;
  if (kind === 'session') return sessionMaxSeconds;
  if (kind === 'link') return hasEndlessLinks ? undefined : 2 * freshnessSeconds + sessionMaxSeconds;
  return undefined;
}
