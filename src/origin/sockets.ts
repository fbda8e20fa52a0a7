import type { Visit } from '../corridor.ts';
import type { Grant } from '../session/grant.ts';
import { type Staff, stillStands } from '../sso/staff.ts';
import { subjectLabel } from '../sso/subject-label.ts';
import { passCookies } from './answer.ts';
import type { Identity } from './forward.ts';
import { joinSockets } from './websocket.ts';

/**
 * A refusal for an upgrade that is no socket's, or one socket too many; undefined for any other, which has then
 * taken its place: whoever gets no socket in the end gives it back ({@link releaseSocket}).
 */
export function claimSocket(
  request: Request,
  upgrade: string,
  identity: Identity,
  visit: Visit,
): Response | undefined {
  if (!isHandshake(request, upgrade) || identity.kind === 'nobody') {
    const more = 'Only a whole WebSocket handshake (RFC 6455) of somebody with a session is upgraded.';
    return visit.refuse({ code: 'bad_request', more });
  }
  const place = findPlace(identity);
  if (place === undefined) return undefined;
  if (visit.house.sockets.isFull(place)) {
    return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': '60' }));
  }
  visit.house.sockets.take(place);
  return undefined;
}

/** The runtime would look at these too, but only after the origin had opened its end (RFC 6455 §4.2.1). */
function isHandshake({ method, headers }: Request, upgrade: string): boolean {
  if (method !== 'GET' || upgrade.toLowerCase() !== 'websocket') return false;
  const version = headers.get('Sec-WebSocket-Version');
  const key = headers.get('Sec-WebSocket-Key');
  // Another Worker asks without a handshake: its runtime has none to make.
  if (version === null && key === null) return true;
  return version === '13' && /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key ?? '');
}

/** Gives back the place that {@link claimSocket} took. */
export function releaseSocket(identity: Identity, visit: Visit): void {
  const place = findPlace(identity);
  if (place !== undefined) visit.house.sockets.give(place);
}

/** The visitor's socket. One under a grant is joined to the origin's, so that it can be closed with the grant. */
export function handBackSocket(
  response: Response,
  socket: WebSocket,
  identity: Identity,
  visit: Visit,
): Response {
  if (identity.kind === 'staff') return joinStaff(response, socket, identity.staff, visit);
  if (identity.kind !== 'share') return passSocket(response, socket);
  const { grant, end } = identity.serving;
  return joinSockets(socket, response.headers.get('Sec-WebSocket-Protocol'), {
    secondsLeft: end - visit.now,
    lookSeconds: visit.house.config.revocation.memoSeconds,
    stillHolds: () => visit.house.sessions.stillHolds(grant),
    onEnded: () => observeEnded(grant, visit),
    onClosed: () => releaseSocket(identity, visit),
  });
}

/** Closed with the sign-in: when it ends, when it is revoked, and when its user signs out. */
function joinStaff(response: Response, socket: WebSocket, staff: Staff, visit: Visit): Response {
  const { signIn, revocations, config } = visit.house;
  const { session } = staff;
  return joinSockets(socket, response.headers.get('Sec-WebSocket-Protocol'), {
    secondsLeft: session.end - visit.now,
    lookSeconds: config.revocation.memoSeconds,
    stillHolds: async () => {
      // The request's own moment is long past: what matters is what holds when it is looked at.
      const now = Math.floor(Date.now() / 1000);
      return signIn !== undefined && (await stillStands(staff, signIn, revocations, now));
    },
    onEnded: () =>
      visit.observe('sso.socket.closed', { subject: subjectLabel(session.sub), sessionId: session.id }),
    onClosed: () => releaseSocket({ kind: 'staff', staff, headers: [] }, visit),
  });
}

function observeEnded({ name, orgId, linkId, id }: Grant, visit: Visit): void {
  visit.observe('session.socket.closed', { key: name, orgId, linkId, sessionId: id });
}

/** The origin's own socket, for those who come as themselves: it may set its cookies, but none of ours. */
function passSocket(response: Response, socket: WebSocket): Response {
  const headers = new Headers(response.headers);
  passCookies(response, headers, true);
  return new Response(null, { status: 101, webSocket: socket, headers });
}

/** All sessions of one link share one count: opening it again gives no further sockets. */
function findPlace(identity: Identity): string | undefined {
  if (identity.kind === 'staff') return `sign-in ${identity.staff.session.id}`;
  if (identity.kind !== 'share') return undefined;
  const { orgId, name, linkId } = identity.serving.grant;
  return `${orgId}|${name}|${linkId}`;
}
