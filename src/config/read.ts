import * as z from 'zod';
import { foldName } from '../headers/names.ts';
import type { HeaderOptions } from '../headers/options.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { OriginOptions, RouteOptions } from '../origin/options.ts';
import type { PublicDashboardOptions } from '../origin/public-dashboards.ts';
import type { SessionOptions } from '../session/options.ts';
import type { ShareOptions } from '../share/options.ts';
import type { Variable } from './variable.ts';
import { BINDINGS, VARIABLES } from './variables.ts';

type Shape = { [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['schema'] };
type Values = { [Name in keyof Shape]: z.output<Shape[Name]> };

/** Longest excerpt of a value in a message. */
const HOLDING_LENGTH_MAX = 200;

/** Everything that the operator decided, in the rooms' own terms. */
export interface Config {
  readonly origin: OriginOptions;
  readonly routes: readonly RouteOptions[];
  readonly headers: HeaderOptions;
  readonly publicDashboards: PublicDashboardOptions;
  /** Lower-case path prefixes that nobody reaches. */
  readonly closedPrefixes: readonly string[];
  readonly share: ShareOptions;
  readonly session: SessionOptions;
  readonly visitors: 'deny' | 'pass';
  /** `URL.origin` of `PUBLIC_URL`. */
  readonly publicOrigin: string | undefined;
  /** What is allowed but probably not meant, one sentence each. */
  readonly warnings: readonly string[];
}

/** One mistake of the configuration, in the operator's own terms. */
export interface ConfigMistake {
  readonly variable: string;
  /** What the variable holds; `[redacted]` for a secret, `nothing` for an absent one. */
  readonly holds: string;
  readonly problem: string;
  readonly allowed: string;
  readonly example: string;
}

const SCHEMA = z.strictObject(
  Object.fromEntries(Object.entries(VARIABLES).map(([name, { schema }]) => [name, schema])) as Shape,
);

/**
 * Reads a Worker's bindings and variables. Either all of it holds, or every mistake is reported at once.
 * An unknown name is a mistake: it is most often a known one, mistyped.
 */
export function readConfig(env: Readonly<Record<string, unknown>>): Result<Config, readonly ConfigMistake[]> {
  const texts = collectTexts(env);
  const parsed = SCHEMA.safeParse(texts);
  if (!parsed.success) return fail(parsed.error.issues.flatMap((issue) => describeIssue(issue, texts)));
  const values = parsed.data as Values;
  const mistakes = findContradictions(values);
  if (mistakes.length > 0) return fail(mistakes);
  return ok(arrange(values, findWarnings(values, texts)));
}

/** Variables as texts. Wrangler hands over numbers, booleans and tables of `[vars]` as such; empty means unset. */
function collectTexts(env: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (Object.hasOwn(BINDINGS, name)) continue;
    const text = asText(value, Object.hasOwn(VARIABLES, name));
    if (text !== undefined && text.trim() !== '') texts[name] = text;
  }
  return texts;
}

function asText(value: unknown, isKnown: boolean): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // A foreign binding (KV, a service) is none of our variables; a table under a known name is its JSON.
  return isKnown && typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
}

function describeIssue(issue: z.core.$ZodIssue, texts: Readonly<Record<string, string>>): ConfigMistake[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return issue.keys.map(describeUnknown);
  const [name = '', ...path] = issue.path.map(String);
  const definition = findVariable(name);
  const text = texts[name];
  return [
    {
      variable: name,
      holds: describeHolding(text, definition?.kind),
      problem: describeProblem(issue, path, text === undefined),
      allowed: definition?.allowed ?? '',
      example: definition?.example ?? '',
    },
  ];
}

/** What a variable holds, as far as it may be said: no secret, no credentials of an address, not at length. */
function describeHolding(text: string | undefined, kind: Variable['kind'] | undefined): string {
  if (text === undefined) return 'nothing';
  if (kind !== 'var') return '[redacted]';
  if (/[@?]/.test(text)) return '[redacted, since it may hold credentials]';
  return text.length > HOLDING_LENGTH_MAX ? `${text.slice(0, HOLDING_LENGTH_MAX)}…` : text;
}

function describeProblem(issue: z.core.$ZodIssue, path: readonly string[], isMissing: boolean): string {
  if (isMissing) return 'is missing';
  const where = path.length === 0 ? '' : `at ${formatPath(path)} `;
  if (issue.code === 'unrecognized_keys')
    return `${where}has an unknown field: ${describeFields(issue.keys)}`;
  if (issue.code === 'invalid_key')
    return `${where}${issue.issues[0]?.message ?? 'has a name that is not allowed'}`;
  return `${where}${issue.message}`;
}

/** Names of fields, as far as they look like such: a token that was pasted in a name's place is not repeated. */
function describeFields(names: readonly string[]): string {
  return names.map((name) => (/^[A-Za-z_]{1,30}$/.test(name) ? name : '[redacted]')).join(', ');
}

function formatPath(path: readonly string[]): string {
  return path
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function describeUnknown(name: string): ConfigMistake {
  const near = findNearName(name);
  return {
    variable: name,
    holds: '[redacted]',
    problem: 'is not a variable of Postern',
    allowed: near ? `did you mean ${near}?` : 'the variables of docs/configuration.md',
    example: near ? (findVariable(near)?.example ?? '') : 'ORIGIN_URL',
  };
}

function findVariable(name: string): Variable | undefined {
  return Object.hasOwn(VARIABLES, name) ? VARIABLES[name as keyof typeof VARIABLES] : undefined;
}

/** The known name that is at most two edits away. */
function findNearName(name: string): string | undefined {
  return Object.keys(VARIABLES).find((known) => countEdits(name.toUpperCase(), known) <= 2);
}

/** Levenshtein distance; names are short. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const next = [at];
    for (let to_ = 1; to_ <= to.length; to_++) {
      const change = (row[to_ - 1] ?? 0) + (from[at - 1] === to[to_ - 1] ? 0 : 1);
      next.push(Math.min(change, (row[to_] ?? 0) + 1, (next[to_ - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** Mistakes that lie between two variables. */
function findContradictions(values: Values): ConfigMistake[] {
  return [...findCircle(values), ...findRenamedClaims(values)];
}

function findCircle(values: Values): ConfigMistake[] {
  if (values.PUBLIC_URL?.host !== values.ORIGIN_URL.host) return [];
  return [
    {
      variable: 'ORIGIN_URL',
      holds: values.ORIGIN_URL.href,
      problem: "has the gateway's own host: requests would go round in a circle",
      allowed: 'an address whose host differs from that of PUBLIC_URL',
      example: VARIABLES.ORIGIN_URL.example,
    },
  ];
}

/** A client must not get at a header that the origin trusts by sending another that is renamed to it. */
function findRenamedClaims(values: Values): ConfigMistake[] {
  const { claims } = arrangeHeaders(values);
  const names = [...values.UNDERSCORE_HEADER_MAP.values()].filter((name) => claims.includes(name));
  return names.map((name) => ({
    variable: 'UNDERSCORE_HEADER_MAP',
    holds: name,
    problem:
      'renames a header to one that the origin trusts (GF_AUTH_PROXY_…, GF_AUTH_JWT_… or ORIGIN_HEADERS)',
    allowed: VARIABLES.UNDERSCORE_HEADER_MAP.allowed,
    example: VARIABLES.UNDERSCORE_HEADER_MAP.example,
  }));
}

function findWarnings(values: Values, texts: Readonly<Record<string, string>>): string[] {
  const warnings: string[] = [];
  for (const key of values.SHARE_KEYS) {
    if (key.token.checksumHolds) continue;
    warnings.push(
      `SHARE_KEYS: the token of ${JSON.stringify(key.name)} (organisation ${key.orgId}) has a wrong checksum, most likely a typing mistake: Grafana will refuse it`,
    );
  }
  for (const name of Object.keys(texts)) {
    if (findVariable(name)?.reserved) warnings.push(`${name} is set but has no effect in this version`);
  }
  if (values.FRAME_ANCESTORS.includes('*'))
    warnings.push('FRAME_ANCESTORS: * lets any page embed dashboards');
  return warnings;
}

function arrange(values: Values, warnings: readonly string[]): Config {
  return {
    origin: {
      ...arrangeAddress(values.ORIGIN_URL),
      headers: Object.entries(values.ORIGIN_HEADERS),
      timeoutSeconds: values.ORIGIN_TIMEOUT_SECONDS,
      frameAncestors: values.FRAME_ANCESTORS,
    },
    routes: values.ROUTES.map((route) => arrangeRoute(route, values)),
    publicDashboards: {
      enabled: values.PUBLIC_DASHBOARDS,
      requestsPerMinute: values.PUBLIC_DASHBOARDS_RATE_LIMITER,
    },
    closedPrefixes: values.NOT_ALLOW_REQUEST_URI.map((prefix) => prefix.toLowerCase()),
    headers: arrangeHeaders(values),
    share: {
      enabled: values.API_KEY_SHARE,
      versions: values.API_KEY_SHARE_VERSION,
      keys: values.SHARE_KEYS,
      sessionSeconds: values.SHARE_SESSION_SECONDS,
      sessionMaxSeconds: values.SHARE_SESSION_MAX_SECONDS,
      freshnessSeconds: values.SHARE_FRESHNESS_SECONDS,
    },
    session: { secrets: values.POSTERN_SECRETS },
    visitors: values.VISITORS,
    publicOrigin: values.PUBLIC_URL?.origin,
    warnings,
  };
}

/** What the origin trusts a proxy to say is a claim, under whatever name the operator gave it. */
function arrangeHeaders(values: Values): HeaderOptions {
  const claims = [
    values.GF_AUTH_PROXY_HEADER_NAME,
    ...values.GF_AUTH_PROXY_HEADERS,
    values.GF_AUTH_JWT_HEADER_NAME,
    ...Object.keys(values.ORIGIN_HEADERS),
  ];
  return {
    underscores: values.UNDERSCORE_HEADERS,
    renamed: values.UNDERSCORE_HEADER_MAP,
    claims: claims.map(foldName),
  };
}

function arrangeAddress(url: URL): Pick<OriginOptions, 'base' | 'host' | 'prefix'> {
  return { base: url.origin, host: url.host, prefix: url.pathname.replace(/\/+$/, '') };
}

/** Another origin gets no headers of the operator's, and keeps its own say on framing. */
function arrangeRoute(route: Values['ROUTES'][number], values: Values): RouteOptions {
  const { host, path, origin, visitors } = route;
  return {
    host: host?.toLowerCase(),
    path: path.replace(/\/+$/, ''),
    visitors,
    origin: {
      ...arrangeAddress(origin),
      headers: [],
      timeoutSeconds: values.ORIGIN_TIMEOUT_SECONDS,
      frameAncestors: undefined,
    },
  };
}
