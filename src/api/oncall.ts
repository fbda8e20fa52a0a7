import * as z from 'zod';

/** The kinds of token, as rows of a table: how each looks, and where it stands. */
export const TOKEN_KINDS = [
  'integration',
  'export',
  'backsync',
  'mobile',
  'plugin',
  'api-key',
  'service-account',
  'access-policy',
] as const;

/** How a region is found. */
export const WAYS = ['binding', 'learnt', 'stack', 'claim', 'probe'] as const;

const Token = z
  .string()
  .regex(/^[\x21-\x7e]{1,8192}$/, { error: 'is not a token' })
  .meta({ description: 'An OnCall token, without Bearer. It is kept nowhere' });
const TokenHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'is not a SHA-256 in 64 lower-case hex digits' })
  .meta({ description: 'SHA-256 of a token' });
const StackAddress = z
  .string()
  .max(300)
  .meta({ description: 'Address of a Grafana stack', example: 'https://example.grafana.net' });
export const StackId = z
  .string()
  .regex(/^\d{1,15}$/, { error: 'is not the number of a stack' })
  .meta({ description: 'Number of a Grafana stack', example: '123456' });
const Region = z.string().max(63).meta({ description: 'A name from ONCALL_REGIONS', example: 'eu' });
const ClueText = z
  .string()
  .meta({ description: 'token:<SHA-256>, stack:<host> or stack:<number>', example: 'stack:123456' });

/** `POST /oncall/which` */
export const WhichOrder = z
  .strictObject({ token: Token, stack: StackAddress.optional(), stackId: StackId.optional() })
  .meta({ id: 'OncallWhich' });

export const WhichAnswer = z
  .object({
    kind: z.enum(TOKEN_KINDS).nullable(),
    region: z.string().nullable().meta({ description: 'Its name, or an address that a stack named' }),
    address: z.string().nullable().meta({ description: 'Where calls go' }),
    way: z.enum(WAYS).nullable().meta({ description: 'How it was found' }),
    clues: z.array(ClueText).meta({ description: 'What the region may be bound to' }),
    problem: z
      .object({ status: z.int(), code: z.string().nullable(), detail: z.string() })
      .nullable()
      .meta({ description: 'What a call would be answered instead' }),
  })
  .meta({ id: 'OncallRegion' });

/** `POST /oncall/bindings`: one of the four, and a region. */
export const NewBinding = z
  .union(
    [
      z.strictObject({ token: Token, region: Region }),
      z.strictObject({ tokenSha256: TokenHash, region: Region }),
      z.strictObject({ stack: StackAddress, region: Region }),
      z.strictObject({ stackId: StackId, region: Region }),
    ],
    { error: 'names not exactly one of token, tokenSha256, stack and stackId, and a region' },
  )
  .meta({ id: 'NewOncallBinding' });

export const BindingAnswer = z
  .object({
    clue: ClueText,
    region: z.string(),
    source: z.enum(['bound', 'learnt']),
    effectiveSeconds: z
      .int()
      .meta({ description: 'When every isolate goes by the change, as soon as KV has told all places' }),
  })
  .meta({ id: 'OncallBinding' });

export type WhichOrderJson = z.output<typeof WhichOrder>;
export type WhichJson = z.output<typeof WhichAnswer>;
export type NewBindingJson = z.output<typeof NewBinding>;
export type BindingJson = z.output<typeof BindingAnswer>;
