import { formatSetCookie, parseCookies } from '../lib/cookie.ts';
import { findTransport } from '../session/cookies.ts';
import type { Arrival } from '../session/keeper.ts';

/** Who came back so often within a minute, and is still not signed in, is led on no more. */
export const RETURNS_MAX = 2;
const WINDOW_SECONDS = 60;

/** Moments at which a browser came back, in unix seconds. Nothing else is in it, and nothing is let in by it. */
const MOMENTS = /^\d{10}(?:\.\d{10})?$/;

/**
 * Whether a browser goes round in circles between here and the provider: it came back twice within a minute, and needs
 * to sign in all the same.
 */
export function isGoingRound(arrival: Arrival): boolean {
  return readReturns(arrival).length >= RETURNS_MAX;
}

/** The `Set-Cookie` that notes that a browser came back from the provider, whatever came of it. */
export function formatReturn(arrival: Arrival): string {
  const moments = [...readReturns(arrival), arrival.now].slice(-RETURNS_MAX);
  return format(moments.join('.'), WINDOW_SECONDS, arrival);
}

/** The `Set-Cookie` that forgets it. */
export function formatForgotten(arrival: Arrival): string {
  return format('', 0, arrival);
}

function readReturns({ cookies, url, now }: Arrival): number[] {
  const name = nameOf(url);
  const [cookie] = parseCookies(cookies ?? '').filter((pair) => pair.name === name);
  if (!cookie || !MOMENTS.test(cookie.value)) return [];
  const moments = cookie.value.split('.').map(Number);
  return moments.filter((moment) => moment <= now && now - moment < WINDOW_SECONDS);
}

function nameOf(url: Arrival['url']): string {
  return `${findTransport(url).isPlainLoopback ? '' : '__Host-'}postern-tries`;
}

function format(value: string, maxAgeSeconds: number, { url }: Arrival): string {
  const secure = !findTransport(url).isPlainLoopback;
  return formatSetCookie(nameOf(url), value, { secure, sameSite: 'Lax', partitioned: false, maxAgeSeconds });
}
