import * as z from 'zod';
import { Cursor, GivenInstant, Instant, KeyName, OrgId, Sentence, Warning } from './common.ts';

/** The kinds, as rows of a table: what names one of each. */
export const REVOCATION_KINDS = [
  'link',
  'session',
  'subject',
  'key',
  'dashboard',
  'public',
  'org',
  'all',
] as const;

/** How and why: the same for every kind. */
const TERMS = {
  mode: z.enum(['until-lifted', 'issued-before']).optional().meta({
    description:
      'until-lifted: everything, also what is issued later. issued-before: what was issued at a moment or before. Where it is left out: issued-before for all, until-lifted for the rest',
  }),
  before: GivenInstant.optional().meta({
    description: 'With issued-before: the moment; now where it is left out',
  }),
  until: GivenInstant.optional().meta({ description: 'When the revocation ends by itself' }),
  reason: Sentence.optional().meta({ description: 'For the operator' }),
  publicReason: Sentence.optional().meta({ description: 'For the visitor' }),
  by: Sentence.optional().meta({ description: 'Who revokes' }),
} as const;

const HexId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, { error: 'is not 16 hex digits, as links and sessions have' });
const Uid = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, { error: 'is not a dashboard uid' });
const PublicToken = z
  .string()
  .regex(/^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/, {
    error: 'is not the access token of a public dashboard (32 hex digits)',
  });

/** `POST /revocations`: the same order twice leaves the same revocation. */
export const NewRevocation = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('link'), id: HexId, ...TERMS }),
    z.strictObject({ kind: z.literal('session'), id: HexId, ...TERMS }),
    z.strictObject({ kind: z.literal('subject'), subject: Sentence, ...TERMS }),
    z.strictObject({ kind: z.literal('key'), orgId: OrgId, name: KeyName, ...TERMS }),
    z.strictObject({ kind: z.literal('dashboard'), uid: Uid, orgId: OrgId.optional(), ...TERMS }),
    z.strictObject({ kind: z.literal('public'), token: PublicToken, ...TERMS }),
    z.strictObject({ kind: z.literal('org'), orgId: OrgId, ...TERMS }),
    z.strictObject({ kind: z.literal('all'), ...TERMS }),
  ])
  .meta({ id: 'NewRevocation' });

export const RevocationDocument = z
  .object({
    id: z.string().meta({
      description: 'kind:id, with names, subjects and tokens hashed',
      example: 'session:0f3c91aa5b7d2e64',
    }),
    kind: z.enum([...REVOCATION_KINDS, 'disabled', 'removed', 'sign-ins', 'sid', 'sub']),
    target: z.string().meta({ description: 'What was revoked, for people' }),
    mode: z.enum(['until-lifted', 'issued-before']),
    before: Instant.nullable(),
    until: Instant.nullable(),
    reason: z.string().nullable(),
    publicReason: z.string().nullable(),
    by: z.string().nullable(),
    at: Instant,
  })
  .meta({ id: 'Revocation' });

/** When a revocation takes effect, as far as anyone can promise. */
const Bound = z
  .object({
    memoSeconds: z
      .int()
      .meta({ description: 'How long an isolate relies on an answer: REVOCATION_MEMO_SECONDS' }),
    propagationSeconds: z.int().meta({ description: 'How long KV may take to other places' }),
  })
  .meta({ id: 'Bound' });

export const RevocationAnswer = z
  .object({ revocation: RevocationDocument, bound: Bound, warnings: z.array(Warning) })
  .meta({ id: 'RevocationAnswer' });

export const RevocationList = z
  .object({ revocations: z.array(RevocationDocument), cursor: Cursor })
  .meta({ id: 'RevocationList' });

/** `GET /revocations/{id}/seen`: read the way that a visitor's request is judged. */
export const SeenAnswer = z
  .object({
    seen: z.boolean().meta({ description: 'Whether this place of Cloudflare refuses by it' }),
    at: Instant.nullable().meta({
      description:
        'When the revocation that is seen was made: that of the answer to POST, or of an earlier one',
    }),
    bound: Bound,
  })
  .meta({ id: 'Seen' });

export type RevocationJson = z.output<typeof RevocationDocument>;
export type NewRevocationJson = z.output<typeof NewRevocation>;
export type BoundJson = z.output<typeof Bound>;
