import type { Visit } from '../corridor.ts';
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
  if (upgrade.toLowerCase() !== 'websocket' || request.method !== 'GET' || identity.kind === 'nobody') {
    const more = 'Only a GET of somebody with a session is upgraded, and to a WebSocket only.';
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
  if (identity.kind !== 'share') return response;
  const { grant, end } = identity.serving;
  return joinSockets(socket, response.headers.get('Sec-WebSocket-Protocol'), {
    secondsLeft: end - visit.now,
    stillHolds: () => visit.house.sessions.stillHolds(grant),
    onClosed: () => releaseSocket(identity, visit),
  });
}

/** All sessions of one link share one count: opening it again gives no further sockets. */
function findPlace(identity: Identity): string | undefined {
  if (identity.kind !== 'share') return undefined;
  const { orgId, name, linkId } = identity.serving.grant;
  return `${orgId}|${name}|${linkId}`;
}
