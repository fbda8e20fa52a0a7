import * as z from 'zod';
import { Warning } from './common.ts';

/** What a provider says somebody is, and whose answer it is. */
const SOURCES = ['id_token', 'userinfo', 'access_token', 'emails', 'teams', 'orgs'] as const;

/** What a step is about, in the order of a sign-in. */
export const STEP_SUBJECTS = [
  'sub',
  'role',
  'organizations',
  'mapping',
  'login',
  'name',
  'email',
  'groups',
  'teams',
  'allowed',
  'account',
  'decision',
] as const;

/** What sign-in asks of the provider when it needs it. */
export const FURTHER = ['emails', 'teams', 'organizations'] as const;

const Claims = z.record(z.string(), z.unknown());
const Jwt = z
  .string()
  .min(1)
  .max(65_536)
  .meta({ description: 'The token itself. It is read and not verified, and kept nowhere' });
const TokenClaims = z.union([Claims, Jwt], { error: 'is neither an object of claims nor a token' });
const NO_SOURCE = 'names none of idToken, userinfo and accessToken';

/**
 * `POST /sso/explain`: what the provider answered, as it was pasted. There is no address in it: where a provider is, a
 * request never says.
 */
export const ExplainOrder = z
  .strictObject({
    idToken: TokenClaims.optional().meta({ description: 'Claims of the ID token, or the token itself' }),
    userinfo: Claims.optional().meta({ description: 'The answer of api_url' }),
    accessToken: TokenClaims.optional().meta({ description: 'The access token, or its claims' }),
    emails: z.unknown().optional().meta({ description: 'The answer of <api_url>/emails' }),
    teams: z.unknown().optional().meta({ description: 'The answer of teams_url, or of <api_url>/teams' }),
    organizations: z.unknown().optional().meta({ description: 'The answer of <api_url>/orgs' }),
  })
  .refine((order) => [order.idToken, order.userinfo, order.accessToken].some((one) => one !== undefined), {
    error: NO_SOURCE,
  })
  .meta({ id: 'SsoExplain' });

const StepDocument = z
  .object({
    about: z.enum(STEP_SUBJECTS),
    source: z.enum(SOURCES).nullable().meta({ description: 'Whose answer was looked at' }),
    by: z
      .string()
      .nullable()
      .meta({ description: 'What was looked at: a claim, a JMESPath, an entry of org_mapping, an option' }),
    gave: z.unknown().optional().meta({ description: 'What it gave; left out where it gives nothing' }),
    counts: z.boolean().meta({ description: 'Whether this is what counted' }),
    note: z.string().nullable(),
  })
  .meta({ id: 'SsoStep' });

const Role = z.enum(['None', 'Viewer', 'Editor', 'Admin']);

const PersonDocument = z
  .object({
    sub: z.string(),
    login: z.string(),
    name: z.string(),
    email: z.string(),
    orgRoles: z
      .array(z.object({ orgId: z.int(), role: Role }))
      .nullable()
      .meta({ description: 'Roles in Grafana’s organisations; null: Grafana keeps what it has' }),
    isGrafanaAdmin: z.boolean().nullable().meta({ description: 'null: Grafana keeps what it has' }),
    groups: z.array(z.string()),
  })
  .meta({ id: 'SsoPerson' });

const PresentedDocument = z
  .union([
    z.object({
      mode: z.literal('jwt'),
      header: z.string(),
      claims: Claims.meta({
        description:
          'Of the assertion, without its issuer and its times; without sub where the issuer of that is not known',
      }),
    }),
    z.object({
      mode: z.literal('auth-proxy'),
      headers: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ])
  .meta({ id: 'SsoPresented', description: 'What Grafana would be told' });

const Decision = z
  .union([
    z.object({ allowed: z.literal(true), person: PersonDocument, presented: PresentedDocument }),
    z.object({
      allowed: z.literal(false),
      reason: z.string().meta({ description: 'As the event sso.refused has it' }),
      code: z.string().meta({ description: 'What the page would show' }),
      detail: z.string(),
    }),
    z.object({
      allowed: z.null(),
      missing: z.array(z.enum(FURTHER)).meta({ description: 'What would have to be pasted too' }),
      person: PersonDocument.nullable().meta({ description: 'Who it would be, if that lets them in' }),
      presented: PresentedDocument.nullable(),
    }),
  ])
  .meta({ id: 'SsoDecision', description: 'allowed is null where something that decides was not pasted' });

export const ExplainAnswer = z
  .object({ steps: z.array(StepDocument), decision: Decision, warnings: z.array(Warning) })
  .meta({ id: 'SsoExplanation' });

/** `POST /sso/release` */
export const ReleaseOrder = z
  .strictObject({
    name: z
      .string()
      .regex(/^(?!\s*$)[^\p{Cc}]{1,1024}$/u, { error: 'is no login and no e-mail address' })
      .meta({ description: 'A login or an e-mail address, in any case', example: 'ada@example.com' }),
  })
  .meta({ id: 'SsoRelease' });

export const ReleaseAnswer = z
  .object({ released: z.boolean().meta({ description: 'Whether somebody held it' }) })
  .meta({ id: 'SsoReleased' });

export type ExplainOrderJson = z.output<typeof ExplainOrder>;
export type ExplanationJson = z.output<typeof ExplainAnswer>;
export type StepJson = z.output<typeof StepDocument>;
export type PersonJson = z.output<typeof PersonDocument>;
export type PresentedJson = z.output<typeof PresentedDocument>;
export type DecisionJson = z.output<typeof Decision>;
export type FurtherName = (typeof FURTHER)[number];
