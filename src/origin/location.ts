import type { OriginOptions } from './options.ts';

/**
 * A `Location` of the origin as the visitor must see it: what points into the origin points to the gateway,
 * without the origin's path prefix; what points elsewhere stays as it is.
 *
 * @param asked the address that the origin was asked for, against which a relative `Location` is read
 * @param gateway scheme, host and port of the gateway
 */
export function mapLocation(location: string, asked: string, origin: OriginOptions, gateway: string): string {
  if (!URL.canParse(location, asked)) return location;
  const target = new URL(location, asked);
  if (target.origin !== origin.base) return location;
  return `${gateway}${stripPrefix(target.pathname, origin.prefix)}${target.search}${target.hash}`;
}

/** The path without the origin's prefix; outside of the prefix it stays. */
export function stripPrefix(path: string, prefix: string): string {
  if (path === prefix) return '/';
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}
