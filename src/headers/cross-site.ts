const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What tells where a request comes from. */
export interface RequestSource {
  readonly method: string;
  readonly headers: Headers;
  readonly isUpgrade: boolean;
  /** Scheme, host and port of the gateway: as the request says, and as its operator does. */
  readonly own: readonly string[];
}

/**
 * Whether a request that acts with a browser's cookie comes from another site. Grafana's own check looks at its
 * session cookie, which does not get there any more, so the gateway's stands in its place (Grafana
 * `pkg/middleware/csrf`). Browsers send `Origin` with every such request, and today's `Sec-Fetch-Site` too; a
 * program that sends neither acts with no foreign cookie.
 *
 * A socket must name its origin: it is the one request that browsers let any page open, cookie and all.
 */
export function isCrossSite({ method, headers, isUpgrade, own }: RequestSource): boolean {
  if (READS.has(method) && !isUpgrade) return false;
  const site = headers.get('Sec-Fetch-Site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const origin = headers.get('Origin');
  return origin === null ? isUpgrade : !own.includes(origin);
}
