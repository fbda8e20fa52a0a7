import type { Visit } from '../corridor.ts';
import type { Grant } from '../session/grant.ts';
import type { Identity } from './forward.ts';
import { joinSockets } from './websocket.ts';

/** A refusal for an upgrade to something else than a socket, or to one socket too many; undefined for any other. */
export function refuseUpgrade(upgrade: string, identity: Identity, visit: Visit): Response | undefined {
  if (upgrade.toLowerCase() !== 'websocket') {
    const more = 'The header Upgrade names something other than websocket.';
    return visit.refuse({ code: 'bad_request', more });
  }
  if (!hasNoSocketLeft(identity, visit)) return undefined;
  return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': '60' }));
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
  const { sessions, sockets } = visit.house;
  const place = nameSocketPlace(grant);
  sockets.take(place);
  return joinSockets(socket, response.headers.get('Sec-WebSocket-Protocol'), {
    secondsLeft: end - visit.now,
    stillHolds: () => sessions.stillHolds(grant),
    onClosed: () => sockets.give(place),
  });
}

/** One session's sockets share one count. */
function nameSocketPlace({ orgId, name, linkId, start }: Grant): string {
  return `${orgId}|${name}|${linkId}|${start}`;
}

function hasNoSocketLeft(identity: Identity, visit: Visit): boolean {
  return identity.kind === 'share' && visit.house.sockets.isFull(nameSocketPlace(identity.serving.grant));
}
