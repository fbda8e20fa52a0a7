import { LruMap } from '../lib/lru.ts';

/**
 * What becomes of a client's header on its way to the origin.
 * `credential`: the visitor's own identity, which goes on only where no session of ours stands in its place.
 */
export type HeaderVerdict = 'pass' | 'credential' | 'drop';

/** Names that carry the visitor's own identity. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

/** Hop-by-hop and framing names (RFC 9110 §7.6.1): the gateway's runtime makes them anew for each hop. */
const HOP_BY_HOP = [
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
];

/** Names by which an origin takes an identity, an organisation, an address or another URL from its proxy. */
const CLAIMS = [
  'auth-user',
  'client-ip',
  'forwarded',
  'fastly-client-ip',
  'remote-user',
  'true-client-ip',
  'x-access-token',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-grafana-device-id',
  'x-grafana-id',
  'x-grafana-org-id',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-id-token',
  'x-jwt-assertion',
  'x-method-override',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-user',
  'x-rewrite-url',
  'x-user',
  'x-user-email',
  'x-user-name',
];

const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...CLAIMS]);

/** Beginnings that make a name a claim, whatever follows. */
const DROPPED_PREFIXES = [
  'cf-',
  'proxy-',
  'x-auth-',
  'x-authenticated-',
  'x-forwarded-',
  'x-postern-',
  'x-webauth-',
];

/** Names that are read by what handles the message; an alias of one must not arrive beside it. */
const MESSAGE_NAMES: ReadonlySet<string> = new Set(['content-encoding', 'content-type', 'origin', 'referer']);

const CANONICAL = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const REMEMBERED_MAX = 512;
const remembered = new LruMap<string, HeaderVerdict>(REMEMBERED_MAX);

/**
 * The name that some software behind the gateway might read: CGI, WSGI and many proxies do not tell `_`, `.`
 * and other characters from `-`. Lower case, every run of what is no letter or digit as one `-`, none at the ends.
 */
export function foldName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Judges a header name (lower case, as `Headers` yields them). Verdicts are remembered in the isolate. */
export function judgeHeaderName(name: string): HeaderVerdict {
  const known = remembered.get(name);
  if (known) return known;
  const verdict = judge(name);
  remembered.set(name, verdict);
  return verdict;
}

function judge(name: string): HeaderVerdict {
  const folded = foldName(name);
  if (DROPPED.has(folded) || DROPPED_PREFIXES.some((prefix) => folded.startsWith(prefix))) return 'drop';
  const isCredential = CREDENTIALS.has(folded);
  if (CANONICAL.test(name)) return isCredential ? 'credential' : 'pass';
  return isCredential || MESSAGE_NAMES.has(folded) ? 'drop' : 'pass';
}
