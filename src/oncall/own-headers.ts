import { foldName } from '../headers/names.ts';

/**
 * What OnCall reads of Grafana's own names (engine `auth_token/auth.py`, plugin `pkg/plugin/proxy.go`). They go on
 * under these names alone: the engine is WSGI, which would read `x_grafana_url` for one of them, too.
 */
const READ_BY_ONCALL: ReadonlySet<string> = new Set([
  'x-grafana-url',
  'x-grafana-instance-id',
  'x-grafana-context',
  'x-instance-context',
  'x-oncall-user-context',
]);

/** Beside them, what tells of the gateway's visitor: a page's address may be a share link with a key in it. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['cookie', 'cookie2', 'set-cookie', 'referer']);

/**
 * Takes away what no region may get, from headers whose claims and hops are gone already: cookies, where the visitor
 * comes from, and whatever says something of a Grafana that OnCall does not read.
 */
export function stripForRegion(headers: Headers): void {
  const refused: string[] = [];
  for (const name of headers.keys()) if (!mayPassOn(name)) refused.push(name);
  for (const name of refused) headers.delete(name);
}

/** @param name in lower case, as `Headers` yields them */
function mayPassOn(name: string): boolean {
  if (READ_BY_ONCALL.has(name)) return true;
  const folded = /[^a-z0-9-]/.test(name) ? foldName(name) : name;
  return !folded.startsWith('x-grafana-') && !READ_BY_ONCALL.has(folded) && !NOT_PASSED_ON.has(folded);
}

/**
 * What a region may say to the gateway's clients. It speaks for one path on a host that is not its own: names that
 * are for the whole host (cookies, HSTS, `Clear-Site-Data`), for the page of somebody else (CORS), or for a proxy in
 * front (`X-Accel-Redirect`) stay behind, those that will be thought of later, too.
 */
const PASSED_BACK: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'sunset',
  'vary',
  'www-authenticate',
  'x-request-id',
]);
/** `RateLimit-Reset` and its kin, and the same with `X-` in front. */
const RATE_LIMIT = /^(?:x-)?ratelimit(?:-|$)/;

/** A document of another party on the host of dashboards: no script of it runs, and nobody frames it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/** The headers of a region's answer, as its client gets them. */
export function headersFromRegion(sent: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of sent) {
    if (PASSED_BACK.has(name) || RATE_LIMIT.test(name)) headers.append(name, value);
  }
  // Said of every answer, whatever its type: what is no page does not mind.
  headers.set('Content-Security-Policy', POLICY);
  headers.set('X-Content-Type-Options', 'nosniff');
  return headers;
}
