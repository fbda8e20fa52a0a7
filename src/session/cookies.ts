import { type CookieAttributes, type CookiePair, formatSetCookie } from '../lib/cookie.ts';
import { isLoopbackHost } from '../lib/request-url.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { Grant } from './grant.ts';
import { ALL } from './scope.ts';

/** The most grants that one browser holds at one gateway; beyond that the oldest is cleared. */
export const GRANT_COOKIES_MAX = 16;

const HOST_PREFIX = '__Host-';
const GRANT_NAME = /^(?:__Host-)?postern-s-[0-9a-f]{8}$/;
/** All cookies of Postern, which go to no origin. */
const OWN_NAME = /^(?:__Host-)?postern-/i;

/** How cookies are set on a connection. */
export interface CookieTransport {
  /** Over plain HTTP to this machine itself, browsers keep no `Secure` cookie: development goes without. */
  readonly isPlainLoopback: boolean;
}

export function findTransport(url: { readonly protocol: string; readonly host: string }): CookieTransport {
  return { isPlainLoopback: url.protocol === 'http:' && isLoopbackHost(url.host) };
}

/** `__Host-postern-s-` and 8 hex digits of SHA-256 over `org|name|` and the one dashboard it covers, or `*`. */
export function nameGrantCookie(grant: Grant, transport: CookieTransport): string {
  const [only = ALL, ...others] = grant.dashboards;
  const covered = others.length === 0 ? only : ALL;
  const hash = sha256Hex(`${grant.orgId}|${grant.name}|${covered}`);
  return `${transport.isPlainLoopback ? '' : HOST_PREFIX}postern-s-${hash.slice(0, 8)}`;
}

/** The cookies among these that may hold grants; over HTTPS only those that no other host can have set. */
export function findGrantCookies(pairs: readonly CookiePair[], transport: CookieTransport): CookiePair[] {
  return pairs.filter(
    ({ name }) => GRANT_NAME.test(name) && name.startsWith(HOST_PREFIX) !== transport.isPlainLoopback,
  );
}

export function isOwnCookie({ name }: Partial<CookiePair> & Pick<CookiePair, 'name'>): boolean {
  return OWN_NAME.test(name);
}

/** A `Set-Cookie` that keeps a grant for its life. */
export function formatGrantCookie(
  name: string,
  sealed: string,
  seconds: number,
  transport: CookieTransport,
): string {
  return formatSetCookie(name, sealed, attributesOf(transport, seconds));
}

/** A `Set-Cookie` that clears a grant. */
export function formatClearedCookie(name: string, transport: CookieTransport): string {
  return formatSetCookie(name, '', attributesOf(transport, 0));
}

/** `SameSite=None; Partitioned` is what lets the cookie come back inside an iframe of another site (CHIPS). */
function attributesOf({ isPlainLoopback }: CookieTransport, maxAgeSeconds: number): CookieAttributes {
  return isPlainLoopback
    ? { secure: false, sameSite: 'Lax', partitioned: false, maxAgeSeconds }
    : { secure: true, sameSite: 'None', partitioned: true, maxAgeSeconds };
}
