import * as z from 'zod';
import { isFrameSource } from '../headers/frame-source.ts';
import { isUid } from '../session/dashboard-path.ts';
import { ALL } from '../session/scope.ts';
import { KEY_DASHBOARDS_MAX, type ShareKey } from './key.ts';
import { parseGrafanaToken } from './token.ts';

const DASHBOARD = z.string().refine((uid) => uid === ALL || isUid(uid), {
  error: 'is neither a dashboard uid (1 to 40 of A-Z a-z 0-9 _ -) nor "*"',
});

/** Any credential of Grafana, still as text: the row's other fields are compared with what it embeds. */
const TOKEN = z.string({ error: 'is missing' }).transform((text, context) => {
  const token = parseGrafanaToken(text.trim());
  if (token.ok) return token.value;
  context.addIssue({ code: 'custom', message: 'is neither a service account token (glsa_…) nor an API key' });
  return z.NEVER;
});

/** A day (the key works until its end, UTC) or a moment with a time zone, as unix seconds. */
const EXPIRES = z.string().transform((text, context) => {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const seconds = Math.floor(Date.parse(text) / 1000) + (isDay ? 86_400 : 0);
  if ((isDay || isMoment) && Number.isFinite(seconds)) return seconds;
  context.addIssue({
    code: 'custom',
    message: 'is neither a day (2027-01-31) nor a time (2027-01-31T18:00:00Z)',
  });
  return z.NEVER;
});

const NAME = z
  .string({ error: 'is missing' })
  .refine((name) => /^[^\p{Cc}]{1,190}$/u.test(name), { error: 'is not 1 to 190 characters long' });
const ORG_ID = z.int({ error: 'is not a whole number' }).refine((id) => id >= 1 && id <= 9_999_999_999, {
  error: 'is not a positive whole number of at most ten digits',
});

const FRAME_SOURCE = z
  .string()
  .refine(isFrameSource, { error: "is not a source such as https://portal.example.com, 'self' or 'none'" });

/** The forms of a key's settings, wherever they are given: in `SHARE_KEYS`, or to the admin API. */
export const KEY_FORMS = {
  name: NAME,
  orgId: ORG_ID,
  token: TOKEN,
  dashboards: z
    .array(DASHBOARD)
    .min(1, { error: 'lists no dashboard; leave it out to grant the one dashboard of each link' })
    .max(KEY_DASHBOARDS_MAX, { error: `lists more than ${KEY_DASHBOARDS_MAX} dashboards` }),
  frameAncestors: z.array(FRAME_SOURCE).min(1, { error: 'is empty' }),
  maxSessionSeconds: z.int().min(1, { error: 'is not a positive number of seconds' }),
  live: z.boolean({ error: 'is neither true nor false' }),
  resources: z.array(z.string().refine(isUid, { error: 'is not a data-source uid' })),
  expires: EXPIRES,
} as const;

/** An API key says whose it is: what is registered must not differ (a typing mistake, or a foreign key). */
export function findEmbeddedDifferences(key: Pick<ShareKey, 'name' | 'orgId' | 'token'>): string[] {
  const { embedded } = key.token;
  if (!embedded) return [];
  const differences: string[] = [];
  if (embedded.name !== key.name) differences.push('holds a token that was made for another name');
  if (embedded.orgId !== key.orgId) differences.push('holds a token that was made for another organisation');
  return differences;
}
