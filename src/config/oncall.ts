import * as z from 'zod';
import { isLoopbackHost } from '../lib/request-url.ts';
import { isRegionName } from '../oncall/access-policy.ts';
import { type Clue, clueOfStack, clueOfToken, clueOfTokenHash } from '../oncall/clue.ts';
import type { RegionOptions } from '../oncall/options.ts';
import { isStackHostPattern, parseStack } from '../oncall/stack.ts';
import { httpUrl, parseJson, splitList } from './forms.ts';

const regionName = z.string().refine(isRegionName, {
  error: 'is not a region such as us, us-azure or prod-eu-west-3',
});

/** Tokens go there: plain http is for this machine alone. */
const regionUrl = z
  .string({ error: 'is missing' })
  .pipe(httpUrl())
  .refine((url) => url.protocol === 'https:' || isLoopbackHost(url.host), {
    error: 'is not an https address',
  });

const REGION = z.strictObject({ url: regionUrl, aliases: z.array(regionName).default([]) });

/** Where OnCall calls arrive: a path of plain segments, without its final `/`; or `off`. */
export const oncallPath = z
  .string()
  .regex(/^(?:off|(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\/?)$/, {
    error: 'is neither off nor a path of plain segments that begins with /',
  })
  .transform((path) => path.replace(/\/$/, ''))
  .refine((path) => path !== '/-' && !path.startsWith('/-/'), {
    error: 'lies below /-/, which belongs to the gateway itself',
  })
  .default('/oncall');

/**
 * The regions whose addresses Grafana has published (engine `settings/base.py`, terraform-provider-grafana#2776).
 * Others cannot be made out of a name: docs/oncall.md tells where to find them.
 */
const PUBLISHED: ReadonlyMap<string, RegionOptions> = new Map([
  [
    'us',
    { url: new URL('https://oncall-prod-us-central-0.grafana.net/oncall'), aliases: ['prod-us-central-0'] },
  ],
  ['eu', { url: new URL('https://oncall-prod-eu-west-0.grafana.net/oncall'), aliases: ['prod-eu-west-0'] }],
]);

/** The regions of `ONCALL_REGIONS`: no name twice, no address under two slugs. */
export const oncallRegions = z
  .string()
  .transform(parseJson)
  .pipe(z.record(regionName, REGION, { error: 'is not a JSON object of regions' }))
  .transform((regions, context): ReadonlyMap<string, RegionOptions> => {
    for (const message of findTwice(regions)) context.addIssue({ code: 'custom', message });
    return new Map(Object.entries(regions));
  })
  .default(PUBLISHED);

function findTwice(regions: Readonly<Record<string, RegionOptions>>): string[] {
  const mistakes: string[] = [];
  const names = Object.entries(regions).flatMap(([slug, { aliases }]) => [slug, ...aliases]);
  const urls = Object.values(regions).map(({ url }) => url.href.replace(/\/$/, ''));
  if (names.length === 0) mistakes.push('has no region');
  if (new Set(names).size < names.length) mistakes.push('has one name for two regions');
  if (new Set(urls).size < urls.length)
    mistakes.push('has one address under two slugs: list one of them among the aliases of the other');
  return mistakes;
}

const TOKEN_HASH = /^[0-9a-f]{64}$/;

/** What is bound: a stack's address, `stack:<number>`, a token's SHA-256, or a token. Tokens are kept as hashes alone. */
export const oncallBindings = z
  .string()
  .transform(parseJson)
  .pipe(z.record(z.string(), z.string(), { error: 'is not a JSON object of tokens or stacks, and regions' }))
  .transform((bindings, context): ReadonlyMap<Clue, string> => {
    const clues = new Map<Clue, string>();
    for (const [bound, region] of Object.entries(bindings)) {
      const found = cluesOf(bound);
      if (found.length === 0) context.addIssue({ code: 'custom', message: BAD_BINDING });
      for (const clue of found) clues.set(clue, region);
    }
    return clues;
  })
  .default(new Map());

const BAD_BINDING =
  'binds what is neither a token, its SHA-256, the https address of a stack nor stack:<number>';

function cluesOf(bound: string): Clue[] {
  const [, number] = /^stack:(\d{1,15})$/.exec(bound) ?? [];
  if (number !== undefined) return [clueOfStack(number)];
  if (/^https?:/i.test(bound)) {
    const stack = parseStack(bound, undefined);
    return stack ? [clueOfStack(stack.host)] : [];
  }
  if (!/^[\x21-\x2b\x2d-\x7e]{8,8192}$/.test(bound)) return [];
  // 64 hex digits may be an API key or a hash: only one of the two readings will ever be asked for.
  return TOKEN_HASH.test(bound) ? [clueOfToken(bound), clueOfTokenHash(bound)] : [clueOfToken(bound)];
}

/** Hosts of stacks that may be asked. */
export const oncallStackHosts = z
  .string()
  .transform((text) => splitList(text.toLowerCase()))
  .pipe(
    z
      .array(
        z.string().refine(isStackHostPattern, {
          error: 'has what is neither a host name, nor one with *. in front, nor localhost with a port',
        }),
      )
      .min(1),
  )
  .default(['*.grafana.net']);
