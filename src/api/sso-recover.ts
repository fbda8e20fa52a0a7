import * as z from 'zod';
import { Instant } from './common.ts';
import { FindingDocument } from './findings.ts';

/** `POST /sso/recover` */
export const RecoverOrder = z
  .strictObject({
    dryRun: z.boolean().optional().meta({ description: 'Say what would be done, and change nothing' }),
    shareSessions: z
      .boolean()
      .optional()
      .meta({ description: 'End what share links have opened, too: everybody is out' }),
    releaseAccounts: z.boolean().optional().meta({
      description:
        'Let every login and address go that a user of the provider holds: each is of whoever comes next',
    }),
    keepAssertionKey: z
      .boolean()
      .optional()
      .meta({ description: 'Leave the key for assertions as it is: Grafana notices nothing' }),
  })
  .meta({ id: 'SsoRecover' });

/** What a recovery does, in its order. */
export const RECOVERY_STEPS = [
  'sign-ins',
  'share-sessions',
  'accounts',
  'assertion-key',
  'provider',
] as const;

const StepDocument = z
  .object({
    step: z.enum(RECOVERY_STEPS),
    state: z
      .enum(['done', 'planned', 'left'])
      .meta({ description: 'planned: in a dry run; left: it was not asked for' }),
    says: z.string().meta({ description: 'What was done, would be, or was left, in a sentence' }),
  })
  .meta({ id: 'SsoRecoverStep' });

export const RecoverAnswer = z
  .object({
    dryRun: z.boolean(),
    at: Instant.meta({ description: 'Who signed in until then has to sign in again' }),
    steps: z.array(StepDocument),
    findings: z
      .array(FindingDocument)
      .meta({ description: 'What was found at the provider, asked anew: its endpoints, the client secret' }),
    effectiveSeconds: z
      .int()
      .nonnegative()
      .meta({ description: 'Until then every place of Cloudflare refuses the sessions that have ended' }),
    assertionKeySeconds: z.int().nonnegative().meta({
      description:
        'How long the new key is only published, so that every Grafana knows it before it signs; 0 where the key stays',
    }),
    left: z.array(z.string()).meta({ description: 'What is left to the operator, one sentence each' }),
  })
  .meta({ id: 'SsoRecovery' });

export type RecoverOrderJson = z.output<typeof RecoverOrder>;
export type RecoveryJson = z.output<typeof RecoverAnswer>;
export type RecoveryStep = (typeof RECOVERY_STEPS)[number];
