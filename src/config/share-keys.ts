import * as z from 'zod';
import { utf8 } from '../lib/bytes.ts';
import type { ShareKey } from '../share/key.ts';
import { findEmbeddedDifferences, KEY_FORMS } from '../share/key-forms.ts';
import { materialOf } from '../share/token.ts';
import { parseJson } from './forms.ts';

/** What Cloudflare takes for one variable or secret. */
const VARIABLE_BYTES_MAX = 5_120;

const SHARE_KEY = z
  .strictObject({
    name: KEY_FORMS.name,
    orgId: KEY_FORMS.orgId,
    token: KEY_FORMS.token,
    dashboards: KEY_FORMS.dashboards.optional(),
    frameAncestors: KEY_FORMS.frameAncestors.optional(),
    maxSessionSeconds: KEY_FORMS.maxSessionSeconds.optional(),
    live: KEY_FORMS.live.default(false),
    resources: KEY_FORMS.resources.default([]),
    expires: KEY_FORMS.expires.optional(),
  })
  .transform(({ expires, ...key }, context): ShareKey => {
    for (const message of findEmbeddedDifferences(key)) context.addIssue({ code: 'custom', message });
    return { ...key, expiresAt: expires };
  });

/** The keys of `SHARE_KEYS`: a JSON list, no name twice in one organisation, no token under two names. */
export const shareKeys = z
  .string()
  .refine((text) => utf8(text).length <= VARIABLE_BYTES_MAX, {
    error:
      'is longer than the 5 KB that a variable holds on Cloudflare (about 30 keys): further keys belong in KV',
    abort: true,
  })
  .transform(parseJson)
  .pipe(z.array(SHARE_KEY, { error: 'is not a JSON list' }))
  .superRefine((keys, context) => {
    for (const message of findDuplicates(keys)) context.addIssue({ code: 'custom', message });
  })
  .default([]);

/**
 * Two keys with one derived value would open each other's scope, since a link's signature does not cover its
 * key's name. The derived value follows from secret and salt alone, so comparing those finds them.
 */
function findDuplicates(keys: readonly ShareKey[]): string[] {
  const mistakes: string[] = [];
  const names = new Map<string, number>();
  const tokens = new Map<string, number>();
  keys.forEach((key, index) => {
    const name = names.get(`${key.orgId}|${key.name}`);
    const material = materialOf(key.token);
    const token = tokens.get(material);
    if (name !== undefined)
      mistakes.push(`lists one name of one organisation twice (entries ${name} and ${index})`);
    if (token !== undefined) {
      mistakes.push(
        `lists one token under two names (entries ${token} and ${index}): they would open each other's links`,
      );
    }
    names.set(`${key.orgId}|${key.name}`, index);
    tokens.set(material, index);
  });
  return mistakes;
}
