import * as z from 'zod';

/** What a check came to: all is well; look at it; it does not work, or it is open to strangers; nobody could look. */
export const VERDICTS = ['green', 'yellow', 'red', 'skipped'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** What a check found: the same for the health of sign-in and for `postern doctor`. */
export const FindingDocument = z
  .object({
    /** A row of {@link CHECKS} (src/api/checks.ts). */
    check: z.string(),
    /** Which of several it is about: a key (`1/portal`), a region, a variable. */
    about: z.string().optional(),
    verdict: z.enum(VERDICTS),
    /** What was seen, in a sentence, with the figure that was measured. Never a secret, never somebody's claims. */
    seen: z.string(),
    /** Why it matters, in a sentence. */
    why: z.string(),
    /** How to mend it; absent where there is nothing to mend. */
    fix: z.string().optional(),
    milliseconds: z.int().nonnegative().optional(),
    ageSeconds: z.int().nonnegative().optional(),
  })
  .meta({ id: 'Finding', description: 'What a check found' });

export type Finding = Readonly<z.output<typeof FindingDocument>>;

/** The worst of several verdicts; what could not be looked at counts for nothing. */
export function worstOf(findings: readonly Pick<Finding, 'verdict'>[]): 'green' | 'yellow' | 'red' {
  if (findings.some(({ verdict }) => verdict === 'red')) return 'red';
  return findings.some(({ verdict }) => verdict === 'yellow') ? 'yellow' : 'green';
}
