/**
 * What software behind the gateway might take a header for. `credential` is the visitor's own identity;
 * `claim` is an identity, organisation, address or other URL that only a proxy may state; `hop` concerns one
 * connection or the framing of a message; `message` is read by whatever handles the message.
 */
export type NameClass = 'credential' | 'claim' | 'hop' | 'message' | 'other';

/** Classes by folded name. */
const CLASSES: ReadonlyMap<string, NameClass> = new Map<string, NameClass>([
  ...classify('credential', ['authorization', 'cookie']),
  // Hop-by-hop and framing (RFC 9110 §7.6.1, §6.6): the gateway's runtime makes them anew for each hop.
  ...classify('hop', [
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
  ]),
  ...classify('claim', [
    'auth-user',
    'client-cert',
    'client-ip',
    'x-endpoint-api-userinfo',
    'fastly-client-ip',
    'forwarded',
    'true-client-ip',
    'fly-client-ip',
    'proxy',
    'script-name',
    'x-azure-clientip',
    'x-client-cert',
    'x-original-for',
    'x-proxyuser-ip',
    'x-token-user',
    'x-userinfo',
    'x-access-token',
    'x-accel-redirect',
    'x-ds-authorization',
    'x-email',
    'x-forwarded',
    'x-groups',
    'x-roles',
    'x-scope-orgid',
    'x-script-name',
    'x-username',
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
    'x-rewrite-url',
    'x-user',
  ]),
  ...classify('message', ['content-encoding', 'content-type', 'origin', 'referer', 'set-cookie']),
]);

/** Beginnings of folded names that settle the class, whatever follows. */
const PREFIXES: readonly (readonly [prefix: string, name: NameClass])[] = [
  ['cf-', 'claim'],
  ['impersonate-', 'claim'],
  ['oidc-claim-', 'claim'],
  ['x-consumer-', 'claim'],
  ['x-original-forwarded-', 'claim'],
  ['x-vouch-', 'claim'],
  ['remote-', 'claim'],
  ['ssl-client-', 'claim'],
  ['tailscale-', 'claim'],
  ['x-amzn-oidc-', 'claim'],
  ['x-authentik-', 'claim'],
  ['x-envoy-', 'claim'],
  ['x-goog-', 'claim'],
  ['x-ms-client-principal', 'claim'],
  ['x-pomerium-', 'claim'],
  ['x-remote-', 'claim'],
  ['x-ssl-', 'claim'],
  ['x-user-', 'claim'],
  ['proxy-', 'hop'],
  ['sec-websocket-', 'message'],
  ['x-auth-', 'claim'],
  ['x-authenticated-', 'claim'],
  ['x-forwarded-', 'claim'],
  ['x-postern-', 'claim'],
  ['x-webauth-', 'claim'],
];

function classify(name: NameClass, names: readonly string[]): [string, NameClass][] {
  return names.map((folded) => [folded, name]);
}

/**
 * The name that some software behind the gateway might read: CGI, WSGI, Rack and many proxies do not tell `_`
 * (and some other characters) from `-`. Lower case, every run of what is no letter or digit as one `-`, none
 * at the ends.
 */
export function foldName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The class of a folded name. */
export function classOf(folded: string): NameClass {
  return CLASSES.get(folded) ?? PREFIXES.find(([prefix]) => folded.startsWith(prefix))?.[1] ?? 'other';
}
