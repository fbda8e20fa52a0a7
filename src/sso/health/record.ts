import * as z from 'zod';
import { VERDICTS } from '../../api/findings.ts';

/** A key of the provider: by what it is, whatever its id, and its id for people. */
export interface KeyName {
  readonly id: string;
  readonly name: string;
}

/** Keys that a record holds; a set with more is refused anyway. */
export const KEYS_MAX = 100;

/** What one run of the checks leaves for the next, and for everybody who asks how sign-in is. Times in unix seconds. */
export const HEALTH_RECORD = z.object({
  /** When something of it changed last. */
  changedAt: z.int(),
  verdicts: z.record(z.string(), z.enum(VERDICTS)),
  /** The provider's keys; undefined where nobody could read them yet. */
  keys: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .max(KEYS_MAX)
    .optional(),
  /** The last reset that its run knew of. */
  resetAt: z.int().optional(),
  /** Since when the provider looks as if it was restored. */
  suspectedAt: z.int().optional(),
});

export type HealthRecord = Readonly<z.output<typeof HEALTH_RECORD>>;

/** Whether two records say the same of the provider: then there is nothing to write. */
export function saysTheSame(one: HealthRecord, other: HealthRecord): boolean {
  return describe(one) === describe(other);
}

function describe({ verdicts, keys, suspectedAt }: HealthRecord): string {
  const checks = Object.entries(verdicts).sort(([one], [other]) => (one < other ? -1 : 1));
  const ids = keys?.map(({ id }) => id).sort();
  return JSON.stringify([checks, ids, suspectedAt]);
}
