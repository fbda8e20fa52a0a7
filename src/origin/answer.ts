import { setsOwnCookie } from '../session/cookies.ts';
import { setFrameAncestors } from './frame.ts';
import { mapLocation } from './location.ts';
import type { OriginOptions } from './options.ts';

/** How an answer of the origin is handed to its visitor. */
export interface AnswerPlan {
  readonly origin: OriginOptions;
  /** The address that the origin was asked for. */
  readonly asked: string;
  /** Scheme, host and port of the gateway. */
  readonly gateway: string;
  /** Without them the origin's own say on framing stays. */
  readonly frameAncestors: readonly string[] | undefined;
  /** Whether the origin may set cookies: only for visitors who come as themselves. */
  readonly mayKeepCookies: boolean;
  /** Whether this was seen under a link: no cache keeps it, and search engines are told to keep out. */
  readonly isShared: boolean;
}

/** Names that concern the hop between origin and gateway, or tell of what stands behind it. */
const NOT_PASSED_BACK = ['Connection', 'Keep-Alive', 'Proxy-Authenticate', 'Proxy-Connection', 'Upgrade'];

/** The origin's answer, its body streamed, with the headers that the visitor may see. */
export function passBack(response: Response, plan: AnswerPlan): Response {
  const headers = new Headers(response.headers);
  for (const name of NOT_PASSED_BACK) headers.delete(name);
  passCookies(response, headers, plan.mayKeepCookies);
  const location = headers.get('Location');
  if (location !== null) {
    headers.set('Location', mapLocation(location, plan.asked, plan.origin, plan.gateway));
  }
  if (plan.frameAncestors) setFrameAncestors(headers, plan.frameAncestors);
  if (plan.isShared) {
    headers.set('X-Robots-Tag', 'noindex');
    headers.set('Cache-Control', 'no-store');
  }
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** An origin sets its own cookies at most, never one of Postern's. */
export function passCookies(response: Response, headers: Headers, mayKeepCookies: boolean): void {
  if (!headers.has('Set-Cookie')) return;
  headers.delete('Set-Cookie');
  if (!mayKeepCookies) return;
  for (const cookie of response.headers.getSetCookie()) {
    if (!setsOwnCookie(cookie)) headers.append('Set-Cookie', cookie);
  }
}

/**
 * Whether the origin refused the key of a session: Grafana answers API calls with 401 and leads pages to its
 * own sign-in (grafana.md §1.3). Data sources' own 401s do not come through as such.
 */
export function hasRefusedKey(response: Response, asked: string, origin: OriginOptions): boolean {
  if (response.status === 401) return true;
  const location = response.headers.get('Location');
  if (location === null || response.status < 300 || response.status > 399 || !URL.canParse(location, asked))
    return false;
  return new URL(location, asked).pathname === `${origin.prefix}/login`;
}
