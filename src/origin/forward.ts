import type { Visit } from '../corridor.ts';
import { copyAnonymous, copyWithCredentials } from '../headers/inbound.ts';
import { formatCookies, parseCookies } from '../lib/cookie.ts';
import type { Serving } from '../session/choose.ts';
import { isOwnCookie } from '../session/cookies.ts';
import type { ShareKey } from '../share/key.ts';
import { hasRefusedKey, passBack } from './answer.ts';
import { addressAtOrigin, askOrigin, type OriginFailure } from './ask.ts';
import { joinSockets } from './websocket.ts';

/** As whom the origin is asked. */
export type Identity =
  /** A session that a link has opened: the key's token speaks. */
  | { readonly kind: 'share'; readonly serving: Serving<ShareKey> }
  /** Someone who comes with credentials of their own (`VISITORS=pass`). */
  | { readonly kind: 'visitor' }
  /** A static file, which needs nobody. */
  | { readonly kind: 'static' };

/** Sends a request on under an identity, and hands the answer back. */
export async function forward(request: Request, identity: Identity, visit: Visit): Promise<Response> {
  const { origin } = visit.house.config;
  const upgrade = request.headers.get('Upgrade');
  if (upgrade !== null && upgrade.toLowerCase() !== 'websocket') {
    return visit.refuse({
      code: 'bad_request',
      more: 'The header Upgrade names something other than websocket.',
    });
  }
  const target = visit.url.query === '' ? visit.url.path : `${visit.url.path}?${visit.url.query}`;
  const headers = dressHeaders(request.headers, identity, visit);
  if (upgrade !== null) headers.set('Upgrade', 'websocket');
  const answered = await askOrigin({ method: request.method, target, headers, body: request.body }, origin);
  if (!answered.ok) return refuseFailure(answered.reason, visit);
  return handBack(answered.value, addressAtOrigin(target, origin), identity, visit);
}

/** Normalise and strip come first (`headers`), then the gateway sets its own. */
function dressHeaders(sent: Headers, identity: Identity, visit: Visit): Headers {
  const headers = identity.kind === 'visitor' ? copyOwn(sent) : copyAnonymous(sent);
  headers.set('X-Forwarded-Host', visit.url.host);
  headers.set('X-Forwarded-Proto', visit.url.protocol === 'https:' ? 'https' : 'http');
  if (identity.kind === 'share') {
    const { key } = identity.serving;
    headers.set('Authorization', `Bearer ${key.token.text.reveal()}`);
    headers.set('X-Grafana-Org-Id', String(key.orgId));
  }
  return headers;
}

/** A visitor's own headers, without Postern's cookies: those go to no origin. */
function copyOwn(sent: Headers): Headers {
  const headers = copyWithCredentials(sent);
  const cookies = headers.get('Cookie');
  if (cookies === null) return headers;
  const foreign = parseCookies(cookies).filter((pair) => !isOwnCookie(pair));
  if (foreign.length === 0) headers.delete('Cookie');
  else headers.set('Cookie', formatCookies(foreign));
  return headers;
}

function handBack(response: Response, asked: string, identity: Identity, visit: Visit): Response {
  const { origin } = visit.house.config;
  const key = identity.kind === 'share' ? identity.serving.key : undefined;
  if (key && hasRefusedKey(response, asked, origin)) return refuseKey(response, key, visit);
  if (response.webSocket) return handBackSocket(response, response.webSocket, identity, visit);
  return passBack(response, {
    origin,
    asked,
    gateway: visit.gateway,
    frameAncestors: key?.frameAncestors ?? origin.frameAncestors,
    mayKeepCookies: identity.kind === 'visitor',
  });
}

function handBackSocket(response: Response, socket: WebSocket, identity: Identity, visit: Visit): Response {
  if (identity.kind !== 'share') return response;
  return joinSockets(
    socket,
    response.headers.get('Sec-WebSocket-Protocol'),
    identity.serving.end - visit.now,
  );
}

function refuseKey(response: Response, key: ShareKey, visit: Visit): Response {
  // Nobody reads this answer any more: let the connection go.
  visit.waitUntil(response.body?.cancel() ?? Promise.resolve());
  visit.observe('origin.refused_key', { key: key.name, orgId: key.orgId, status: response.status });
  return visit.refuse({ code: 'origin_refused_key' });
}

function refuseFailure(failure: OriginFailure, visit: Visit): Response {
  visit.observe(`origin.${failure}`, { path: visit.url.path });
  return visit.refuse({ code: failure === 'timeout' ? 'origin_timeout' : 'origin_unreachable' });
}
