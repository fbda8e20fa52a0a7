import type { Visit } from '../corridor.ts';
import { observeAncestor } from '../headers/ancestors.ts';
import { answerHeaderRefusal } from '../headers/answer.ts';
import { formatTarget } from '../lib/request-url.ts';
import type { Result } from '../lib/result.ts';
import { summarisePath } from '../observe/summary.ts';
import type { Serving } from '../session/choose.ts';
import type { ShareKey } from '../share/key.ts';
import type { IdentityHeaders } from '../sso/presentation.ts';
import type { Staff } from '../sso/staff.ts';
import { hasRefusedKey, passBack } from './answer.ts';
import { addressAtOrigin, askOrigin, type OriginFailure } from './ask.ts';
import type { OriginOptions } from './options.ts';
import { setOwnHeaders } from './own-headers.ts';
import { refuseStaff } from './refused-staff.ts';
import { claimSocket, handBackSocket, releaseSocket } from './sockets.ts';

/** Somebody who is signed in, and the headers by which the origin takes the request for theirs. */
export interface StaffIdentity {
  readonly kind: 'staff';
  readonly staff: Staff;
  readonly headers: IdentityHeaders;
}

/** As whom an origin is asked. */
export type Identity =
  /** A session that a link has opened: the key's token speaks. */
  | { readonly kind: 'share'; readonly serving: Serving<ShareKey> }
  | StaffIdentity
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
  const headers = dress(request, identity, visit);
  if (headers instanceof Response) return headers;
  const upgrade = request.headers.get('Upgrade');
  if (upgrade !== null) {
    const refused = claimSocket(request, upgrade, identity, visit);
    if (refused) return refused;
    headers.set('Upgrade', 'websocket');
  }
  const target = formatTarget(visit.url);
  const startedMs = Date.now();
  const answered = await askOrigin({ method: request.method, target, headers, body: request.body }, origin);
  measure(answered, Date.now() - startedMs, visit);
  if (upgrade !== null && !(answered.ok && answered.value.webSocket)) releaseSocket(identity, visit);
  if (!answered.ok) return refuseFailure(answered.reason, visit);
  const asked = addressAtOrigin(target, origin);
  if (identity.kind === 'staff' && hasRefusedKey(answered.value, asked, origin))
    return refuseStaff(answered.value, identity, visit);
  return handBack(answered.value, { request, asked, identity, visit });
}

/** Counts the answer. Only now and then is there something left to do. */
function measure(answered: Result<Response, OriginFailure>, milliseconds: number, visit: Visit): void {
  const outcome = answered.ok ? answered.value.status : answered.reason;
  const counted = visit.house.meter.noteOrigin(outcome, milliseconds, visit.now);
  if (counted) visit.waitUntil(counted);
}

/** The headers that the origin gets: normalised, stripped, and then the gateway's own; or the refusal of what came. */
export function dress(request: Request, identity: Identity, visit: Visit): Headers | Response {
  const isThemselves = identity.kind === 'visitor' || identity.kind === 'guest';
  const inbound = visit.house.inbound.prepare(request.headers, isThemselves);
  if (!inbound.ok) return visit.refuse(answerHeaderRefusal(inbound.reason));
  const { headers, changes } = inbound.value;
  if (changes) visit.house.notices.note(changes, visit);
  setOwnHeaders(headers, identity, visit);
  return headers;
}

function originOf(identity: Identity, visit: Visit): OriginOptions {
  return identity.kind === 'guest' ? identity.origin : visit.house.config.origin;
}

/** What an answer of the origin answers. */
interface Errand {
  readonly request: Request;
  /** The address that the origin was asked for. */
  readonly asked: string;
  readonly identity: Identity;
  readonly visit: Visit;
}

/** The origin's answer as its visitor gets it, or what is said in its place. */
export function handBack(response: Response, { request, asked, identity, visit }: Errand): Response {
  const origin = originOf(identity, visit);
  const key = identity.kind === 'share' ? identity.serving.key : undefined;
  if (key && hasRefusedKey(response, asked, origin)) return refuseKey(response, key, visit);
  if (response.webSocket) return handBackSocket(response, response.webSocket, identity, visit);
  const frameAncestors = chooseAncestors(identity, visit);
  if (frameAncestors) observeAncestor(request.headers, frameAncestors, visit, key);
  return passBack(response, {
    origin,
    asked,
    gateway: identity.kind === 'guest' ? visit.ownOrigin : visit.gateway,
    frameAncestors,
    mayKeepCookies: identity.kind === 'visitor' || identity.kind === 'guest',
    isShared: identity.kind === 'share',
  });
}

/** Where people type a password: no page frames that (Grafana `pkg/api/api.go`). */
const SIGN_IN = /^\/(?:login|logout|signup|invite|user\/password|verify)(?:\/|$)/;

/** Who may frame an answer: the key's pages, else the operator's; nobody where people sign in to Grafana itself. */
function chooseAncestors(identity: Identity, visit: Visit): readonly string[] | undefined {
  if (identity.kind === 'share')
    return identity.serving.key.frameAncestors ?? visit.house.config.origin.frameAncestors;
  // Whoever could frame what staff see would lead them to click what they do not see.
  if (identity.kind === 'staff') return ["'self'"];
  if (identity.kind === 'visitor' && SIGN_IN.test(visit.url.path)) return ["'none'"];
  return originOf(identity, visit).frameAncestors;
}

function refuseKey(response: Response, key: ShareKey, visit: Visit): Response {
  // Nobody reads this answer any more: let the connection go.
  visit.waitUntil(response.body?.cancel() ?? Promise.resolve());
  visit.observe('origin.refused_key', { key: key.name, orgId: key.orgId, status: response.status });
  return visit.refuse({ code: 'origin_refused_key' });
}

export function refuseFailure(failure: OriginFailure, visit: Visit): Response {
  visit.observe(`origin.${failure}`, { path: summarisePath(visit.url.path) });
  return visit.refuse({ code: failure === 'timeout' ? 'origin_timeout' : 'origin_unreachable' });
}

function refuseCircle(visit: Visit): Response {
  visit.observe('config.invalid', {
    mistake: "an origin has the gateway's own host: requests would go round in a circle",
    host: visit.url.host,
  });
  return visit.refuse({ code: 'misconfigured' });
}
