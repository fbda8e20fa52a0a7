import * as z from 'zod';
import { FindingDocument } from './findings.ts';

/** What the gateway looks at, one group a call: so that whoever asks can show how far it is. */
export const DOCTOR_GROUPS = [
  'gateway',
  'storage',
  'origin',
  'keys',
  'embedding',
  'sign-in',
  'oncall',
] as const;

export type DoctorGroup = (typeof DOCTOR_GROUPS)[number];

/** Keys of one call. Each is asked about up to four times, and a request on the free plan has 50 subrequests. */
export const DOCTOR_KEYS_MAX = 10;

/** The page that shall embed dashboards, as its origin: what stands behind it is left away. */
const Portal = z
  .string()
  .max(300)
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
      return url.origin;
    context.addIssue({
      code: 'custom',
      message: 'is not an http or https address such as https://portal.example.com',
    });
    return z.NEVER;
  })
  .meta({
    description: 'The page that shall embed dashboards, for `embedding`',
    example: 'https://portal.example.com',
  });

/** `POST /doctor` */
export const DoctorOrder = z
  .strictObject({
    group: z.enum(DOCTOR_GROUPS),
    portal: Portal.optional(),
    cursor: z
      .string()
      .max(2_048)
      .regex(/^(?:SHARE_KEYS:\d{1,4}|KV:.*)$/s, { error: 'is not one that an answer named' })
      .optional()
      .meta({ description: 'Where the next keys begin, for `keys`' }),
  })
  .meta({ id: 'DoctorOrder' });

export const DoctorAnswer = z
  .object({
    findings: z.array(FindingDocument),
    cursor: z
      .string()
      .nullable()
      .meta({
        description: `Of \`keys\`: ask for the next ${DOCTOR_KEYS_MAX} with this; null at the end, and of other groups`,
      }),
  })
  .meta({ id: 'DoctorFindings' });

export type DoctorOrderJson = z.output<typeof DoctorOrder>;
export type DoctorJson = z.output<typeof DoctorAnswer>;
