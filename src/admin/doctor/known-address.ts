import type { Visit } from '../../corridor.ts';

/**
 * Scheme, host and port by which visitors know the gateway; undefined where the admin API has a host of its own and
 * `PUBLIC_URL` is not set: then this request does not tell.
 */
export function knownAddressOf({ house, ownOrigin }: Visit): string | undefined {
  const { publicOrigin, admin } = house.config;
  return publicOrigin ?? (admin.host === undefined ? ownOrigin : undefined);
}
