import * as z from 'zod';
import { parseJson } from '../lib/json.ts';

/** Unix seconds. */
const MOMENT = z.int().nonnegative();

/** What one revocation says, as it is stored. */
const STORED_RULE = z.object({
  /** What was issued at this moment or earlier is out; absent: everything, until the revocation is lifted. */
  before: MOMENT.optional(),
  /** When the revocation ends by itself. */
  until: MOMENT.optional(),
  /** For the operator. */
  reason: z.string().optional(),
  /** For the visitor. */
  publicReason: z.string().optional(),
  by: z.string().optional(),
  /** When it was made. */
  at: MOMENT,
  /** What was revoked, in the operator's own words (`1/portal`), since the stored key may hold a hash only. */
  label: z.string().optional(),
});

export type Rule = Readonly<z.output<typeof STORED_RULE>>;

/** What stands in the place of a rule that cannot be read: something was revoked, and nobody knows what less. */
const UNREADABLE: Rule = { at: 0, reason: 'the stored revocation cannot be read' };

export function formatRule(rule: Rule): string {
  return JSON.stringify(rule);
}

/** The rule of a stored text. One that cannot be read revokes everything: it stands where a revocation was stored. */
export function parseRule(text: string): Rule {
  const parsed = STORED_RULE.safeParse(parseJson(text));
  return parsed.success ? parsed.data : UNREADABLE;
}

/**
 * Whether a rule takes back what was issued at a moment.
 *
 * @param issuedAt unix seconds: when the link was signed, or its session began, whichever is earlier
 */
export function revokes(rule: Rule, issuedAt: number, now: number): boolean {
  if (rule.until !== undefined && now >= rule.until) return false;
  return rule.before === undefined || issuedAt <= rule.before;
}

/** Whether a rule takes back less than another that holds already: up to an earlier moment, or until an earlier one. */
export function isWeaker(rule: Rule, other: Rule, now: number): boolean {
  if (other.until !== undefined && now >= other.until) return false;
  const reach = (one: Rule) => one.before ?? Number.POSITIVE_INFINITY;
  const end = (one: Rule) => one.until ?? Number.POSITIVE_INFINITY;
  return reach(rule) < reach(other) || (reach(rule) === reach(other) && end(rule) < end(other));
}
