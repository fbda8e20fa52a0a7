import type { Visit } from '../corridor.ts';
import { answerHeaderRefusal } from '../headers/answer.ts';
import type { Serving } from '../session/choose.ts';
import type { Grant } from '../session/grant.ts';
import type { ShareKey } from '../share/key.ts';
import { hasRefusedKey, passBack } from './answer.ts';
import { addressAtOrigin, askOrigin, type OriginFailure } from './ask.ts';
import type { OriginOptions } from './options.ts';
import { setOwnHeaders } from './own-headers.ts';
import { joinSockets } from './websocket.ts';

/** As whom an origin is asked. */
export type Identity =
  /** A session that a link has opened: the key's token speaks. */
  | { readonly kind: 'share'; readonly serving: Serving<ShareKey> }
  /** Someone who comes with credentials of their own (`VISITORS=pass`). */
  | { readonly kind: 'visitor' }
  /** The same at another origin than `ORIGIN_URL` (`ROUTES`). */
  | { readonly kind: 'guest'; readonly origin: OriginOptions }
  /** Nobody: a static file, a public dashboard. No credential goes on. */
  | { readonly kind: 'nobody' };

/** Sends a request on under an identity, and hands the answer back. */
export async function forward(request: Request, identity: Identity, visit: Visit): Promise<Response> {
  const origin = originOf(identity, visit);
  if (visit.url.host === origin.host) return refuseCircle(visit);
  const upgrade = request.headers.get('Upgrade');
  if (upgrade !== null) {
    const refused = refuseUpgrade(upgrade, identity, visit);
    if (refused) return refused;
  }
  const isThemselves = identity.kind === 'visitor' || identity.kind === 'guest';
  const inbound = visit.house.inbound.prepare(request.headers, isThemselves);
  if (!inbound.ok) return visit.refuse(answerHeaderRefusal(inbound.reason));
  const { headers, changes } = inbound.value;
  if (changes) visit.house.notices.note(changes, visit.now, (event, facts) => visit.observe(event, facts));
  setOwnHeaders(headers, identity, visit);
  if (upgrade !== null) headers.set('Upgrade', 'websocket');
  const target = visit.url.query === '' ? visit.url.path : `${visit.url.path}?${visit.url.query}`;
  const answered = await askOrigin({ method: request.method, target, headers, body: request.body }, origin);
  if (!answered.ok) return refuseFailure(answered.reason, visit);
  return handBack(answered.value, addressAtOrigin(target, origin), identity, visit);
}

function refuseUpgrade(upgrade: string, identity: Identity, visit: Visit): Response | undefined {
  if (upgrade.toLowerCase() !== 'websocket') {
    const more = 'The header Upgrade names something other than websocket.';
    return visit.refuse({ code: 'bad_request', more });
  }
  if (!hasNoSocketLeft(identity, visit)) return undefined;
  return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': '60' }));
}

function originOf(identity: Identity, visit: Visit): OriginOptions {
  return identity.kind === 'guest' ? identity.origin : visit.house.config.origin;
}

function handBack(response: Response, asked: string, identity: Identity, visit: Visit): Response {
  const origin = originOf(identity, visit);
  const key = identity.kind === 'share' ? identity.serving.key : undefined;
  if (key && hasRefusedKey(response, asked, origin)) return refuseKey(response, key, visit);
  if (response.webSocket) return handBackSocket(response, response.webSocket, identity, visit);
  return passBack(response, {
    origin,
    asked,
    gateway: identity.kind === 'guest' ? visit.ownOrigin : visit.gateway,
    frameAncestors: key?.frameAncestors ?? origin.frameAncestors,
    mayKeepCookies: identity.kind === 'visitor' || identity.kind === 'guest',
    isShared: identity.kind === 'share',
  });
}

function handBackSocket(response: Response, socket: WebSocket, identity: Identity, visit: Visit): Response {
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

function refuseKey(response: Response, key: ShareKey, visit: Visit): Response {
  // Nobody reads this answer any more: let the connection go.
  visit.waitUntil(response.body?.cancel() ?? Promise.resolve());
  visit.observe('origin.refused_key', { key: key.name, orgId: key.orgId, status: response.status });
  return visit.refuse({ code: 'origin_refused_key', frameAncestors: key.frameAncestors });
}

function refuseFailure(failure: OriginFailure, visit: Visit): Response {
  visit.observe(`origin.${failure}`, { path: visit.url.path });
  return visit.refuse({ code: failure === 'timeout' ? 'origin_timeout' : 'origin_unreachable' });
}

function refuseCircle(visit: Visit): Response {
  visit.observe('config.invalid', {
    mistake: "an origin has the gateway's own host: requests would go round in a circle",
    host: visit.url.host,
  });
  return visit.refuse({ code: 'misconfigured' });
}
