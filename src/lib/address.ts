const GROUPS = 8;
/** What one customer of a provider has at least of IPv6 (RFC 6177). */
const NETWORK_GROUPS = 4;

/**
 * What is counted as one address: an IPv4 address, or the first 64 bits of an IPv6 one, since whoever has one of
 * those has the other 2^64 too. Any other text counts as itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(GROUPS - front.length - back.length, 0);
  const groups = [...front, ...Array<string>(gap).fill('0'), ...back];
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::`;
}

/** The address that a request came from. Cloudflare sets this name itself and overwrites what a client sends. */
export function findAddress(headers: Headers): string {
  return headers.get('CF-Connecting-IP') ?? '';
}
