import { type CookieAttributes, type CookiePair, formatSetCookie } from '../lib/cookie.ts';
import { LruMap } from '../lib/lru.ts';
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
  return `${transport.isPlainLoopback ? '' : HOST_PREFIX}postern-s-${hashOf(`${grant.orgId}|${grant.name}|${covered}`)}`;
}

/** A portal opens the same few dashboards all day: their names are worked out once. */
const NAMES_REMEMBERED_MAX = 512;
const rememberedNames = new LruMap<string, string>(NAMES_REMEMBERED_MAX);

function hashOf(covered: string): string {
  const known = rememberedNames.get(covered);
  if (known !== undefined) return known;
  const hash = sha256Hex(covered).slice(0, 8);
  rememberedNames.set(covered, hash);
  return hash;
}

/** The cookies among these that may hold grants; over HTTPS only those that no other host can have set. */
export function findGrantCookies(pairs: readonly CookiePair[], transport: CookieTransport): CookiePair[] {
  return pairs.filter(
    ({ name }) => GRANT_NAME.test(name) && name.startsWith(HOST_PREFIX) !== transport.isPlainLoopback,
  );
}

/** Whether a name is that of a cookie of ours. */
export function isOwnCookie({ name }: Pick<CookiePair, 'name'> & Partial<CookiePair>): boolean {
  return OWN_NAME.test(name);
}

/**
 * The pairs without ours. Several lines of the header arrive joined by a comma, so one of ours may stand at the
 * end of another's value: it is cut off there, and never read from there.
 */
export function withoutOwnCookies(pairs: readonly CookiePair[]): CookiePair[] {
  return pairs
    .filter((pair) => !isOwnCookie(pair))
    .map(({ name, value }) => ({ name, value: value.replace(/,\s*(?:__Host-)?postern-.*$/i, '') }));
}

/** Whether a `Set-Cookie` would be read as a cookie of ours, a nameless one with such a value included. */
export function setsOwnCookie(setCookie: string): boolean {
  return OWN_NAME.test(setCookie.replace(/^[\s=]+/, ''));
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
