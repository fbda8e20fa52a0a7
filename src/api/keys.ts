import * as z from 'zod';
import { Cursor, Instant, KeyName, OrgId, Sentence, Warning } from './common.ts';

/** What a key's token does at the origin, as far as the origin said. */
const OriginFindingDocument = z
  .object({
    state: z.enum(['works', 'refused', 'unreachable']),
    checkedAt: Instant,
    role: z.string().nullable(),
    orgId: z.int().nullable(),
    orgName: z.string().nullable(),
  })
  .meta({ id: 'OriginFinding' });

const KEY_MARKS = [
  'disabled',
  'expired',
  'unreadable',
  'older-than-90-days',
  'refused-by-origin',
  'overrides-share-keys',
  'overruled-by-stored',
  'being-replaced',
  'open-to-organisation',
  'token-under-two-names',
] as const;

/** A registered key, without its token. */
export const KeyDocument = z
  .object({
    id: z.string().meta({ description: 'Its place: organisation and hash of the name' }),
    orgId: OrgId,
    name: KeyName,
    source: z.enum(['kv', 'SHARE_KEYS']),
    state: z.enum(['active', 'disabled', 'expired', 'unreadable']),
    kind: z.enum(['service-account-token', 'api-key']).nullable(),
    dashboards: z.array(z.string()).nullable(),
    frameAncestors: z.array(z.string()).nullable(),
    maxSessionSeconds: z.int().nullable(),
    live: z.boolean(),
    resources: z.array(z.string()),
    expiresAt: Instant.nullable(),
    createdAt: Instant.nullable(),
    changedAt: Instant.nullable(),
    tokenAt: Instant.nullable().meta({ description: 'Since when the key has its present token' }),
    lastUsedAt: Instant.nullable(),
    note: z.string().nullable(),
    /** Links of the former token open until then. */
    formerTokenUntil: Instant.nullable(),
    origin: OriginFindingDocument.nullable(),
    refusedByOriginAt: Instant.nullable(),
    mintTokens: z.array(z.object({ id: z.string(), note: z.string().nullable(), createdAt: Instant })),
    marks: z.array(z.enum(KEY_MARKS)),
  })
  .meta({ id: 'Key', description: 'A registered key. Its token is never shown' });

/** Settings of a key, as they are given. Their forms are checked by the same rules as those of SHARE_KEYS. */
const SETTINGS = {
  dashboards: z.array(z.string()),
  frameAncestors: z.array(z.string()),
  maxSessionSeconds: z.int().min(1),
  live: z.boolean(),
  resources: z.array(z.string()),
  expires: z.string().meta({ description: 'A day (its end, UTC) or an instant', example: '2027-01-31' }),
  note: Sentence,
} as const;

/** `PUT /keys/{orgId}/{name}` */
export const NewKey = z
  .strictObject({
    token: z.string().meta({ description: 'Service account token (glsa_…) or API key of a Viewer' }),
    dashboards: SETTINGS.dashboards.optional(),
    frameAncestors: SETTINGS.frameAncestors.optional(),
    maxSessionSeconds: SETTINGS.maxSessionSeconds.optional(),
    live: SETTINGS.live.optional(),
    resources: SETTINGS.resources.optional(),
    expires: SETTINGS.expires.optional(),
    note: SETTINGS.note.optional(),
    force: z.boolean().optional().meta({ description: 'Register it although the origin refuses the token' }),
  })
  .meta({ id: 'NewKey' });

/** `PATCH /keys/{orgId}/{name}`: what is left out stays, null takes a setting away. */
export const KeyPatch = z
  .strictObject({
    dashboards: SETTINGS.dashboards.nullable().optional(),
    frameAncestors: SETTINGS.frameAncestors.nullable().optional(),
    maxSessionSeconds: SETTINGS.maxSessionSeconds.nullable().optional(),
    live: SETTINGS.live.optional(),
    resources: SETTINGS.resources.optional(),
    expires: SETTINGS.expires.nullable().optional(),
    note: SETTINGS.note.nullable().optional(),
    disabled: z.boolean().optional(),
  })
  .meta({ id: 'KeyPatch' });

/** `POST /keys/{orgId}/{name}/replace` */
export const Replacement = z
  .strictObject({
    token: z.string(),
    overlapSeconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .optional()
      .meta({ description: 'How long links of the former token still open; a day where it is left out' }),
    force: z.boolean().optional(),
  })
  .meta({ id: 'Replacement' });

export const KeyAnswer = z.object({ key: KeyDocument, warnings: z.array(Warning) }).meta({ id: 'KeyAnswer' });

export const KeyList = z
  .object({ keys: z.array(KeyDocument), warnings: z.array(Warning), cursor: Cursor })
  .meta({ id: 'KeyList' });

/** `POST /keys/{orgId}/{name}/mint-tokens` */
export const NewMintToken = z.strictObject({ note: Sentence.optional() }).meta({ id: 'NewMintToken' });
export const MintTokenAnswer = z
  .object({ id: z.string(), token: z.string().meta({ description: 'Shown this once, and kept nowhere' }) })
  .meta({ id: 'MintTokenAnswer' });

/** `POST /keys/remove-expired` and `POST /keys/reseal`, page by page */
export const PageOrder = z
  .strictObject({ cursor: z.string().nullable().optional() })
  .meta({ id: 'PageOrder' });
export const ResealOrder = PageOrder.extend({
  newest: z
    .string()
    .optional()
    .meta({ description: 'Id of the secret to seal with: refused where the gateway has another newest one' }),
}).meta({ id: 'ResealOrder' });
export const RemovedKeys = z
  .object({ removed: z.array(z.object({ orgId: OrgId, name: KeyName })), cursor: Cursor })
  .meta({ id: 'RemovedKeys' });
export const ResealedKeys = z
  .object({
    resealed: z.int(),
    already: z.int().meta({ description: 'Sealed with the newest secret before' }),
    unreadable: z.array(z.object({ orgId: OrgId, name: KeyName })),
    cursor: Cursor,
  })
  .meta({ id: 'ResealedKeys' });

/** `GET /secrets`: which of POSTERN_SECRETS the gateway works with, by their ids. */
export const SecretsAnswer = z
  .object({
    newest: z
      .string()
      .meta({ description: '8 hex digits that follow from a secret and do not lead back to it' }),
    accepted: z.array(z.string()),
  })
  .meta({ id: 'Secrets' });

export type KeyJson = z.output<typeof KeyDocument>;
export type KeyMark = (typeof KEY_MARKS)[number];
export type NewKeyJson = z.output<typeof NewKey>;
export type KeyPatchJson = z.output<typeof KeyPatch>;
