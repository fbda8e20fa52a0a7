import type { Visit } from '../corridor.ts';
import { formatCookies, parseCookies } from '../lib/cookie.ts';
import { withoutOwnCookies } from '../session/cookies.ts';
import type { ShareKey } from '../share/key.ts';
import type { Identity } from './forward.ts';

/** The gateway's own headers, set last: normalise and strip came first. */
export function setOwnHeaders(headers: Headers, identity: Identity, visit: Visit): void {
  headers.set('X-Forwarded-Host', visit.url.host);
  headers.set('X-Forwarded-Proto', visit.url.protocol === 'https:' ? 'https' : 'http');
  if (identity.kind === 'visitor' || identity.kind === 'guest') removeOwnCookies(headers);
  if (identity.kind !== 'guest') mapOrigin(headers, visit);
  if (identity.kind === 'staff') for (const [name, value] of identity.headers) headers.set(name, value);
  if (identity.kind === 'share') setKeyHeaders(headers, identity.serving.key);
}

/** By these the origin takes a request for the key's own (Grafana `authn/clients/api_key.go`). */
export function setKeyHeaders(headers: Headers, key: ShareKey): void {
  headers.set('Authorization', `Bearer ${key.token.text.reveal()}`);
  headers.set('X-Grafana-Org-Id', String(key.orgId));
}

/** Grafana compares `Origin` with its own host (CSRF, Live): a page of the gateway is a page of the origin. */
function mapOrigin(headers: Headers, visit: Visit): void {
  const sent = headers.get('Origin');
  if (sent !== null && visit.ownOrigins.includes(sent)) headers.set('Origin', visit.house.config.origin.base);
}

/** Postern's own cookies go to no origin. */
function removeOwnCookies(headers: Headers): void {
  const cookies = headers.get('Cookie');
  if (cookies === null) return;
  const foreign = withoutOwnCookies(parseCookies(cookies));
  if (foreign.length === 0) headers.delete('Cookie');
  else headers.set('Cookie', formatCookies(foreign));
}
