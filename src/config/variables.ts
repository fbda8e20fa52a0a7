import * as z from 'zod';
import { isFrameSource } from '../headers/frame-source.ts';
import { classOf } from '../headers/names.ts';
import { UNDERSCORE_MODES } from '../headers/options.ts';
import { findPathProblem } from '../headers/path.ts';
import { isPlainHost } from '../lib/request-url.ts';
import { Secret } from '../lib/secret.ts';
import { isReservedOriginHeader } from '../origin/options.ts';
import { LINK_VERSIONS } from '../share/options.ts';
import { count, flag, httpUrl, parseJson, SECRET_LENGTH_MIN, secretText, splitList } from './forms.ts';
import { IDENTITY_VARIABLES } from './identity-variables.ts';
import { oncallBindings, oncallPath, oncallRegions, oncallStackHosts } from './oncall.ts';
import { routes } from './routes.ts';
import { shareKeys } from './share-keys.ts';
import { HEADER_NAME, proxyHeaders } from './sso-forms.ts';
import { GENERIC_OAUTH_VARIABLES } from './sso-variables.ts';
import { variable } from './variable.ts';

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 31_536_000;

const hostName = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine(isPlainHost, { error: 'is not a host name' });

const secrets = z.string({ error: 'is missing' }).transform((value, context) => {
  const words = splitList(value);
  if (words.length > 0 && words.every((word) => word.length >= SECRET_LENGTH_MIN)) {
    return words.map((word) => new Secret(word));
  }
  context.addIssue({ code: 'custom', message: 'holds a secret that is shorter than 32 characters' });
  return z.NEVER;
});

const originHeaders = z
  .string()
  .transform(parseJson)
  .pipe(
    z.record(
      z
        .string()
        .regex(HEADER_NAME, { error: 'names a header that HTTP does not allow' })
        .refine((name) => !isReservedOriginHeader(name), {
          error: 'names a header that the gateway sets itself',
        }),
      z
        .string({ error: 'is not a text' })
        .regex(/^[\x20-\x7e]*$/, { error: 'has a character that a header cannot carry' })
        .transform((value) => new Secret(value)),
      { error: 'is not a JSON object of header names and values' },
    ),
  )
  .default({});

const headerName = z.string().regex(HEADER_NAME, { error: 'is not a header name' });

const underscoreHeaderMap = z
  .string()
  .transform((value, context) => {
    const pairs = splitList(value.toLowerCase()).map((pair) => pair.split('='));
    for (const pair of pairs) {
      const problem = findRenameProblem(pair);
      if (problem === undefined) continue;
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    }
    return new Map(pairs.map(([from = '', to = '']) => [from, to]));
  })
  .default(new Map([['api_access_token', 'api-access-token']]));

function findRenameProblem([from = '', to = '', ...rest]: string[]): string | undefined {
  if (rest.length > 0 || !HEADER_NAME.test(from) || !from.includes('_')) {
    return 'has a pair that is not of the form name_with_underscore=new-name';
  }
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(to))
    return 'has a new name that is not of letters, digits and single hyphens';
  return classOf(to) === 'other' ? undefined : 'has a new name that claims an identity or frames a message';
}

const linkVersions = z
  .string()
  .transform(splitList)
  .pipe(z.array(z.enum(LINK_VERSIONS, { error: 'names a version other than v1 and v2' })).min(1))
  .transform((versions) => new Set(versions))
  .default(new Set(['v2'] as const));

const frameAncestors = z
  .string()
  .transform(splitList)
  .pipe(z.array(z.string().refine(isFrameSource, { error: 'has a source that CSP does not know' })).min(1))
  .refine((sources) => sources.length === 1 || !sources.includes("'none'"), {
    error: "has 'none' beside others",
  })
  .default(["'self'"]);

const pathPrefixes = z
  .string()
  .transform((value) =>
    value
      .split('|')
      .map((prefix) => prefix.trim())
      .filter((prefix) => prefix !== ''),
  )
  .pipe(
    z.array(
      z
        .string()
        .startsWith('/', { error: 'has a prefix that does not begin with /' })
        .refine((prefix) => findPathProblem(prefix) === undefined, {
          error:
            'has a prefix that no path can begin with: write it percent-encoded, as it stands in an address',
        }),
    ),
  )
  .default([]);

/**
 * Every variable of Postern, in the order of docs/configuration.md, which is made from this table.
 * Names are those of the public interface; a name that is not here is a mistake.
 */
export const VARIABLES = {
  ORIGIN_URL: variable({
    kind: 'var',
    meaning: 'The Grafana behind the gateway. A path prefix is kept.',
    allowed: 'an http or https address without credentials, query and fragment',
    example: 'https://grafana.internal.example.com',
    fallback: '',
    schema: httpUrl(),
  }),
  POSTERN_SECRETS: variable({
    kind: 'secret',
    meaning:
      'Seals cookies. The first one seals; all of them open, so that one can be replaced without sign-outs.',
    allowed: 'one or more secrets of 32 or more characters, newest first, separated by spaces or commas',
    example: '<the output of: openssl rand -base64 32>',
    fallback: '',
    schema: secrets,
  }),
  ROUTES: variable({
    kind: 'var',
    meaning:
      'Further origins behind the same gateway, by host and path; the most specific host, then path, wins, and `ORIGIN_URL` is the rest. Share links, sessions and `ORIGIN_HEADERS` do not concern them. `visitors` says whether people reach them with credentials of their own (`pass`) or not at all (`deny`).',
    allowed: 'a JSON list of routes with origin, and host or path or both',
    example:
      '[{"host":"chat.example.com","path":"/","origin":"https://chatwoot.internal.example.com","visitors":"pass"}]',
    fallback: '[]',
    schema: routes,
  }),
  ORIGIN_HEADERS: variable({
    kind: 'secret',
    meaning:
      "Headers that the origin's own guard wants, for example those of a tunnel behind Cloudflare Access.",
    allowed: 'a JSON object of header names and values, none of which the gateway sets itself',
    example: '{"CF-Access-Client-Id":"…","CF-Access-Client-Secret":"…"}',
    fallback: '{}',
    schema: originHeaders,
  }),
  ORIGIN_TIMEOUT_SECONDS: variable({
    kind: 'var',
    meaning: 'How long the origin may take until the first byte of an answer.',
    allowed: 'a whole number from 1 to 600',
    example: '60',
    fallback: '60',
    schema: count(60, { min: 1, max: 600 }),
  }),
  PUBLIC_URL: variable({
    kind: 'var',
    meaning: "The gateway's own address, where it differs from what a request says.",
    allowed: 'an http or https address without credentials, query and fragment',
    example: 'https://dashboards.example.com',
    fallback: "the request's origin",
    schema: httpUrl().optional(),
  }),
  VISITORS: variable({
    kind: 'var',
    meaning:
      'What becomes of people who come without a session: `deny` answers 401; `login` leads them to sign-in; `pass` sends them to the origin with their own credentials, less claimed identities.',
    allowed: 'deny, login (where sign-in is enabled) or pass',
    example: 'deny',
    fallback: 'deny',
    schema: z.enum(['deny', 'login', 'pass'], { error: 'is none of deny, login, pass' }).default('deny'),
  }),
  API_KEY_SHARE: variable({
    kind: 'var',
    meaning: 'Share links on or off. Off also ends the sessions that links have opened.',
    allowed: 'true or false',
    example: 'true',
    fallback: 'true',
    schema: flag(true),
  }),
  API_KEY_SHARE_VERSION: variable({
    kind: 'var',
    meaning: 'Which versions of share links are accepted. Version 1 carries the key itself in the link.',
    allowed: 'v1, v2, or both, separated by a space or a comma',
    example: 'v1 v2',
    fallback: 'v2',
    schema: linkVersions,
  }),
  SHARE_KEYS: variable({
    kind: 'secret',
    meaning:
      'The keys whose links are accepted. `dashboards` and what follows it may be left out; without `dashboards`, a link opens the one dashboard it points to, and `["*"]` opens what a viewer of the organisation may see. A day in `expires` is the last on which the key works (UTC).',
    allowed: 'a JSON list of keys, at most 5 KB, no name twice in one organisation, no token under two names',
    example:
      '[{"name":"portal","orgId":1,"token":"glsa_…","dashboards":["uid"],"frameAncestors":["https://portal.example.com"],"maxSessionSeconds":7200,"live":false,"resources":["data-source-uid"],"expires":"2027-01-31"}]',
    fallback: '[]',
    schema: shareKeys,
  }),
  SHARE_SESSION_SECONDS: variable({
    kind: 'var',
    meaning: 'How long a session lasts where its link names no length.',
    allowed: 'a whole number of seconds from 1 to 31536000',
    example: '3600',
    fallback: '3600',
    schema: count(3600, { min: 1, max: YEAR_SECONDS }),
  }),
  SHARE_SESSION_MAX_SECONDS: variable({
    kind: 'var',
    meaning: 'No session lasts longer, whatever its link says.',
    allowed: 'a whole number of seconds from 1 to 31536000',
    example: '86400',
    fallback: '86400',
    schema: count(DAY_SECONDS, { min: 1, max: YEAR_SECONDS }),
  }),
  SHARE_FRESHNESS_SECONDS: variable({
    kind: 'var',
    meaning: 'How old, or how far ahead, the signature of a version 2 link may be.',
    allowed: 'a whole number of seconds from 1 to 3600',
    example: '60',
    fallback: '60',
    schema: count(60, { min: 1, max: 3600 }),
  }),
  NOT_ALLOW_REQUEST_URI: variable({
    kind: 'var',
    meaning: 'Path prefixes that nobody reaches through the gateway. Upper and lower case are the same here.',
    allowed: 'prefixes that begin with /, separated by |',
    example: '/swagger|/metrics',
    fallback: '',
    schema: pathPrefixes,
  }),
  FRAME_ANCESTORS: variable({
    kind: 'var',
    meaning:
      "Who may embed pages, as in CSP. A key's own `frameAncestors` take its place for what is seen under that key.",
    allowed:
      "'self', 'none' (alone), * or origins such as https://portal.example.com, separated by spaces or commas",
    example: "'self' https://portal.example.com",
    fallback: "'self'",
    schema: frameAncestors,
  }),
  ADMIN_TOKEN: variable({
    kind: 'secret',
    meaning: 'Opens the admin API.',
    allowed: '32 or more characters',
    example: '<the output of: openssl rand -base64 32>',
    fallback: 'none: the admin API answers 404',
    schema: secretText().optional(),
  }),
  LOGIN_RATE_LIMITER: variable({
    kind: 'var',
    meaning: 'Wrong signatures a minute, by key name and by address, before a pause.',
    allowed: 'a whole number from 1 to 10000',
    example: '10',
    fallback: '10',
    schema: count(10, { min: 1, max: 10_000 }),
  }),
  LOGIN_FORBIDDEN_SECONDS: variable({
    kind: 'var',
    meaning: 'How long that pause lasts.',
    allowed: 'a whole number of seconds from 1 to 86400',
    example: '3600',
    fallback: '3600',
    schema: count(3600, { min: 1, max: DAY_SECONDS }),
  }),
  PUBLIC_DASHBOARDS: variable({
    kind: 'var',
    meaning:
      "Whether Grafana's own public dashboards (`/public-dashboards/…`) pass without a session, and without any credential.",
    allowed: 'true or false',
    example: 'false',
    fallback: 'false',
    schema: flag(false),
  }),
  PUBLIC_DASHBOARDS_RATE_LIMITER: variable({
    kind: 'var',
    meaning: 'Requests a minute that one address may make to one public dashboard.',
    allowed: 'a whole number from 1 to 100000',
    example: '600',
    fallback: '600',
    schema: count(600, { min: 1, max: 100_000 }),
  }),
  UNDERSCORE_HEADERS: variable({
    kind: 'var',
    meaning:
      'What becomes of request headers with an underscore: `hyphenate` sends them on under their hyphenated name, which every proxy keeps.',
    allowed: 'hyphenate, keep, drop or reject',
    example: 'hyphenate',
    fallback: 'hyphenate',
    schema: z
      .enum(UNDERSCORE_MODES, { error: 'is none of hyphenate, keep, drop, reject' })
      .default('hyphenate'),
  }),
  UNDERSCORE_HEADER_MAP: variable({
    kind: 'var',
    meaning: 'Header names with an underscore that are renamed in any mode.',
    allowed:
      'pairs name=new-name, separated by spaces or commas; no new name that claims an identity or frames a message',
    example: 'api_access_token=api-access-token',
    fallback: 'api_access_token=api-access-token',
    schema: underscoreHeaderMap,
  }),
  GF_AUTH_PROXY_HEADER_NAME: variable({
    kind: 'var',
    meaning: "The header by which Grafana's auth.proxy takes a user. It never comes in from outside.",
    allowed: 'a header name',
    example: 'X-WEBAUTH-USER',
    fallback: 'X-WEBAUTH-USER',
    schema: headerName.default('X-WEBAUTH-USER'),
  }),
  GF_AUTH_PROXY_HEADERS: variable({
    kind: 'var',
    meaning: "Further headers of Grafana's auth.proxy, in its own form. They never come in from outside.",
    allowed:
      'pairs of Name, Email, Login, Role or Groups and a header name, such as Role:X-WEBAUTH-ROLE, separated by spaces or commas',
    example: 'Name:X-WEBAUTH-NAME Role:X-WEBAUTH-ROLE',
    fallback: '',
    stricter: 'A pair that begins with anything else is a mistake; Grafana reads past it.',
    schema: proxyHeaders,
  }),
  GF_AUTH_JWT_HEADER_NAME: variable({
    kind: 'var',
    meaning: "The header by which Grafana's auth.jwt takes an assertion. It never comes in from outside.",
    allowed: 'a header name',
    example: 'X-JWT-Assertion',
    fallback: 'X-JWT-Assertion',
    schema: headerName.default('X-JWT-Assertion'),
  }),
  ...GENERIC_OAUTH_VARIABLES,
  ...IDENTITY_VARIABLES,
  ONCALL_PATH: variable({
    kind: 'var',
    meaning:
      'Where calls of OnCall arrive. They need no session, and `VISITORS` does not apply to them. What `ROUTES` says of a host, or of a longer path, goes first. With `off` none are taken.',
    allowed: 'a path of plain segments that does not lie below /-/, or off',
    example: '/oncall',
    fallback: '/oncall',
    schema: oncallPath,
  }),
  ONCALL_REGIONS: variable({
    kind: 'var',
    meaning:
      'The regions that OnCall calls may go to, by slug, with their addresses and other names. What is set takes the place of the default: list us and eu again where they are needed.',
    allowed: 'a JSON object of regions, each with url (https) and, where it has other names, aliases',
    example:
      '{"us":{"url":"https://oncall-prod-us-central-0.grafana.net/oncall","aliases":["prod-us-central-0"]},"eu":{"url":"https://oncall-prod-eu-west-0.grafana.net/oncall"},"prod-xx-1":{"url":"https://oncall.example.com/oncall"}}',
    fallback:
      '{"us":{"url":"https://oncall-prod-us-central-0.grafana.net/oncall","aliases":["prod-us-central-0"]},"eu":{"url":"https://oncall-prod-eu-west-0.grafana.net/oncall","aliases":["prod-eu-west-0"]}}',
    schema: oncallRegions,
  }),
  ONCALL_BINDINGS: variable({
    kind: 'secret',
    meaning:
      'Which region a token or a stack belongs to, where that cannot be learnt, or nobody shall be asked: integration, export, mobile and plugin tokens, stacks known by their number alone.',
    allowed:
      'a JSON object of tokens (or their SHA-256), addresses of stacks, or stack:<number>, and the slugs of their regions',
    example: '{"https://example.grafana.net":"eu","stack:123456":"us"}',
    fallback: '{}',
    schema: oncallBindings,
  }),
  ONCALL_STACK_HOSTS: variable({
    kind: 'var',
    meaning:
      'Stacks that may be asked for their OnCall address, with the token that names them. Hosts of development (`localhost:3000`, `127.0.0.1:3000`) are asked over plain http.',
    allowed: 'host names, or *. and a name for all below it, separated by spaces or commas',
    example: '*.grafana.net grafana.example.com',
    fallback: '*.grafana.net',
    schema: oncallStackHosts,
  }),
  ONCALL_LOOKUP: variable({
    kind: 'var',
    meaning: 'Whether a stack that a request names is asked for its OnCall address.',
    allowed: 'true or false',
    example: 'true',
    fallback: 'true',
    schema: flag(true),
  }),
  REVOCATION_UNAVAILABLE: variable({
    kind: 'var',
    meaning: 'What becomes of visitors with a link while revocations cannot be read.',
    allowed: 'deny or allow',
    example: 'deny',
    fallback: 'deny',
    schema: z.enum(['deny', 'allow'], { error: 'is neither deny nor allow' }).default('deny'),
  }),
  REVOCATION_MEMO_SECONDS: variable({
    kind: 'var',
    meaning: 'How long one isolate may rely on what it read of revocations.',
    allowed: 'a whole number of seconds from 1 to 300',
    example: '10',
    fallback: '10',
    schema: count(10, { min: 1, max: 300 }),
  }),
  ADMIN_HOST: variable({
    kind: 'var',
    meaning: 'The only host on which the admin API and the console answer.',
    allowed: 'a host name, with its port where it is not 443',
    example: 'admin.example.com',
    fallback: 'any host',
    schema: hostName.optional(),
  }),
};

/** Bindings that are no texts. */
export const BINDINGS: Readonly<Record<string, string>> = {
  POSTERN_KV:
    'The KV namespace for keys, revocations and learnt regions of OnCall. Without it, keys are those of `SHARE_KEYS`, nothing can be revoked, and each isolate finds regions for itself.',
  POSTERN_LEDGER:
    'The Durable Objects (class `Ledger`) for events, counts and wrong signatures. Without them, events are in the log alone, and wrong signatures are not limited.',
  POSTERN_SIGN_INS:
    'The Durable Objects for sign-ins: what a session holds, and its refreshes. Sign-in needs them.',
  SSO_MTLS:
    'The client certificate (`npx wrangler mtls-certificate upload`) that the provider of sign-in wants. Without it, none is shown.',
};
