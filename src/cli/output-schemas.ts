import * as z from 'zod';
import { Instant, Warning } from '../api/common.ts';
import { EventList } from '../api/events.ts';
import { FindingDocument, VERDICTS } from '../api/findings.ts';
import { KeyAnswer, KeyDocument, MintTokenAnswer, RemovedKeys } from '../api/keys.ts';
import { BindingAnswer, WhichAnswer } from '../api/oncall.ts';
import { RevocationAnswer, RevocationDocument } from '../api/revocations.ts';
import { ExplainAnswer, ReleaseAnswer } from '../api/sso.ts';
import { RecoverAnswer } from '../api/sso-recover.ts';
import { FORMATS } from './sso-import/recognise.ts';

/**
 * What each command prints with `--json`. Keys stay; new ones may be added. `postern schema COMMAND` prints them as
 * JSON Schema.
 */

/** Every command, where something is refused or goes wrong. */
export const ErrorOutput = z.strictObject({
  error: z.strictObject({
    code: z.string().describe('Stays when the wording changes'),
    what: z.string(),
    details: z.string(),
    fix: z.string(),
  }),
});

export const VersionOutput = z.strictObject({ version: z.string() });

const CommandRow = z.strictObject({ name: z.string(), summary: z.string(), usage: z.string() });
export const HelpOutput = z.strictObject({ commands: z.array(CommandRow) });
/** `postern COMMAND --help --json`, of families too. */
export const CommandHelpOutput = CommandRow.extend({ help: z.string() });

/** `postern schema`: a JSON Schema (2020-12), which is described by itself elsewhere. */
export const SchemaOutput = z.looseObject({ $schema: z.string() });

export const LinkOutput = z.strictObject({
  url: z.string(),
  linkId: z.string(),
  version: z.literal('v2'),
  dashboard: z.string(),
  name: z.string(),
  orgId: z.int(),
  signedAt: Instant,
  expiresAt: Instant,
  sessionSeconds: z.int().nullable(),
});

export const DeriveOutput = z.strictObject({
  derived: z.string().describe('100 hex digits. They sign links as the token does'),
  kind: z.enum(['service-account-token', 'api-key']),
});

export const InspectOutput = z.strictObject({
  accepted: z.boolean().describe('Whether a gateway would accept it, as far as can be told'),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  more: z.string().nullable(),
  version: z.enum(['v1', 'v2']).nullable(),
  origin: z.string().nullable(),
  path: z.string(),
  dashboard: z.string().nullable(),
  name: z.string().nullable(),
  orgId: z.int().nullable(),
  linkId: z.string().nullable(),
  signedAt: Instant.nullable(),
  ageSeconds: z.int().nullable(),
  fresh: z.boolean().nullable(),
  freshUntil: Instant.nullable(),
  sessionSeconds: z.int().nullable(),
  signature: z.enum(['not-checked', 'right', 'wrong', 'other-key']),
  signerMistake: z.strictObject({ kind: z.string(), signedAt: Instant.optional() }).nullable(),
  hints: z.array(z.string()),
  parts: z.array(
    z.strictObject({
      parameter: z.string(),
      value: z.string().nullable(),
      problem: z.string().nullable(),
      explanation: z.string().nullable(),
    }),
  ),
});

/** One key, as it is after the command, or was when it was removed. */
export const KeyOutput = z.strictObject(KeyAnswer.shape);
export const KeyListOutput = z.strictObject({ keys: z.array(KeyDocument), warnings: z.array(Warning) });
export const KeyRemoveExpiredOutput = z.strictObject({ removed: RemovedKeys.shape.removed });
export const KeyMintOutput = z.strictObject(MintTokenAnswer.shape);

export const RevokeOutput = z.strictObject({
  ...RevocationAnswer.shape,
  wait: z
    .strictObject({ seen: z.literal(true), seconds: z.int() })
    .nullable()
    .describe('With --wait: how long it took until the gateway refused'),
});
export const UnrevokeOutput = z.strictObject(RevocationAnswer.shape);
export const RevokeListOutput = z.strictObject({
  revocations: z.array(RevocationDocument),
  hasMore: z.boolean().describe('Whether --limit cut the list off'),
});

export const OncallWhichOutput = z.strictObject(WhichAnswer.shape);
export const OncallBindingOutput = z.strictObject(BindingAnswer.shape);

/** Lines are those of the source; `null` where it has none worth naming. */
export const SsoImportOutput = z.strictObject({
  format: z.enum(FORMATS).describe('What FILE was read as'),
  ready: z.boolean().describe('Whether the variables can go in as they are'),
  variables: z.record(z.string(), z.string()).describe('For [vars] in wrangler.toml'),
  secrets: z
    .array(
      z.strictObject({
        name: z.string(),
        state: z
          .enum(['found', 'redacted', 'elsewhere'])
          .describe('Whether FILE holds it, Grafana hid it, or it stands somewhere else'),
        written: z.boolean().describe('Whether it went into the file of --with-secrets'),
      }),
    )
    .describe('For wrangler secret put. Never with a value'),
  notices: z.array(
    z.strictObject({ code: z.string(), option: z.string(), line: z.int().nullable(), text: z.string() }),
  ),
  mistakes: z
    .array(
      z.strictObject({
        variable: z.string(),
        line: z.int().nullable(),
        problem: z.string(),
        allowed: z.string(),
        example: z.string(),
      }),
    )
    .describe('What the gateway would refuse to start with'),
});

export const SsoExplainOutput = z.strictObject(ExplainAnswer.shape);
export const SsoReleaseOutput = z.strictObject(ReleaseAnswer.shape);

export const SsoRecoverOutput = z.strictObject(RecoverAnswer.shape);

export const DoctorOutput = z.strictObject({
  verdict: z.enum(VERDICTS).exclude(['skipped']).describe('The worst that was found'),
  findings: z.array(FindingDocument),
});

export const EventsOutput = z.strictObject({
  events: EventList.shape.events,
  missing: EventList.shape.missing,
  hasMore: z.boolean().describe('Whether --limit cut the list off'),
});

export const ROTATION_STEPS = ['put-both', 'wait', 'put-alone', 'done'] as const;

export const RotateOutput = z.strictObject({
  step: z.enum(ROTATION_STEPS).describe('What comes next'),
  newest: z.string().describe('Id of the new secret'),
  former: z.array(z.string()).describe('Ids of the former ones'),
  resealed: z
    .strictObject({ resealed: z.int(), already: z.int(), unreadable: z.array(z.string()) })
    .nullable()
    .describe('What became of the stored keys in this run'),
  finishFrom: Instant.nullable().describe('When no session under a former secret can still live'),
  next: z.string().nullable().describe('The command to type next'),
});
