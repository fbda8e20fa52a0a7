import * as z from 'zod';

/**
 * The documents of the admin API (`/-/api/v1`): what the Worker's routes and the command line agree on. Plain zod
 * and nothing else, so that both can hold it.
 */

/** An instant, as the API writes it: ISO 8601 in UTC, whole seconds. */
export const Instant = z
  .string()
  .meta({ description: 'An instant: ISO 8601, UTC', example: '2027-01-31T09:00:00Z' });

/** An instant, as the API takes it: with a time zone. */
export const GivenInstant = z.iso
  .datetime({ offset: true, error: 'is not an instant such as 2027-01-31T09:00:00Z' })
  .meta({ description: 'An instant: ISO 8601 with a time zone', example: '2027-01-31T09:00:00Z' });

export const OrgId = z
  .int()
  .min(1)
  .max(9_999_999_999)
  .meta({ description: 'Grafana organisation', example: 1 });

/** The same in an address: as digits. */
export const NamedOrgId = z
  .string()
  .regex(/^[1-9][0-9]{0,9}$/, { error: 'is not the number of an organisation' })
  .transform(Number)
  .pipe(OrgId);

export const KeyName = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,190}$/u, { error: 'is not 1 to 190 characters without control characters' })
  .meta({ description: 'Name of a key, unique within its organisation', example: 'portal' });

/** A sentence for people, on one line. */
export const Sentence = z
  .string()
  .regex(/^[^\p{Cc}]{1,500}$/u, { error: 'is not one line of at most 500 characters' });

export const Cursor = z
  .string()
  .nullable()
  .meta({ description: 'Ask for the next page with this; null at the end' });

/** Something that is allowed but worth a look. */
export const Warning = z.object({ code: z.string(), message: z.string() }).meta({
  id: 'Warning',
  description: 'Something that is allowed but worth a look; codes stay, words may change',
});

/** Every refusal (RFC 9457). */
export const ProblemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string(),
    gateway: z.literal('Postern'),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457)' });

export type WarningDocument = z.output<typeof Warning>;
