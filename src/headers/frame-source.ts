const HOST_SOURCE = /^https?:\/\/(?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::(?:\d{1,5}|\*))?$/i;
const IPV6_SOURCE = /^https?:\/\/\[[0-9a-f:]+\](?::(?:\d{1,5}|\*))?$/i;

/** A source of CSP's `frame-ancestors` (CSP Level 3 §6.4.2): `'self'`, `'none'`, `*` or an origin, `*.` allowed in front. */
export function isFrameSource(source: string): boolean {
  return ["'self'", "'none'", '*'].includes(source) || HOST_SOURCE.test(source) || IPV6_SOURCE.test(source);
}
