import type { Visit } from '../corridor.ts';
import { findRefererPath } from '../headers/referer.ts';
import { parseQuery } from '../lib/query.ts';
import { summarisePath } from '../observe/summary.ts';
import type { Refusal } from '../refusal/refuse.ts';
import { answerRevoked } from '../session/answer.ts';
import type { ChooseRefusal, NamedTarget, Serving } from '../session/choose.ts';
import { arrivalOf } from '../session/keeper.ts';
import { nameTarget, type TargetRefusal } from '../session/named-target.ts';
import { ALL } from '../session/scope.ts';
import type { PublicReason } from '../session/standing.ts';
import type { ShareKey } from '../share/key.ts';
import { loginAddress } from '../sso/addresses.ts';
import { answerAtEdge } from './edge-answers.ts';
import { refuseFromElsewhere } from './elsewhere.ts';
import { forward } from './forward.ts';
import { mayView } from './policy.ts';
import { findNamedPublicDashboard, findPublicDashboard } from './public-dashboards.ts';
import { refuseRevokedPublic, servePublic } from './public-visitors.ts';
import { leadToSignIn, mayBeStaff, returnPathOf, serveStaff } from './staff.ts';
import { serveStaticFile } from './static-cache.ts';
import { isStaticFile } from './static-files.ts';
import { matchViewerRoute, type ViewerRequest } from './viewer-routes.ts';

const UNREADABLE_HEADER: Readonly<Record<TargetRefusal, string>> = {
  'dashboard-header': 'The header X-Dashboard-Uid is not one dashboard uid.',
  'organisation-header': 'The header X-Grafana-Org-Id is not one organisation id.',
};

/** The last door: a file that needs nobody, a public dashboard, a session, or else a visitor. */
export function originDoor(request: Request, visit: Visit): Response | Promise<Response> {
  if (isStaticFile(request.method, visit.url.path)) return serveStaticFile(request, visit);
  const { publicDashboards, visitors } = visit.house.config;
  const { path } = visit.url;
  const token = publicDashboards.enabled ? findPublicToken(request, visit) : undefined;
  if (token !== undefined) return servePublic(token, request, visit);
  const named = visitors === 'pass' ? findNamedPublicDashboard(path) : undefined;
  return named === undefined ? serve(request, visit) : serveUnlessRevoked(named, request, visit);
}

function findPublicToken({ method, headers }: Request, { url }: Visit): string | undefined {
  return findPublicDashboard(method, url.path, () => findRefererPath(headers, url.host));
}

/** Those who come as themselves see no revoked public dashboard either, however its path is spelt. */
async function serveUnlessRevoked(token: string, request: Request, visit: Visit): Promise<Response> {
  return (await refuseRevokedPublic(token, visit)) ?? serve(request, visit);
}

/**
 * A grant that covers the dashboard that is named serves, else a sign-in; where none is named, the sign-in goes first,
 * so that a link that staff have opened changes nothing of their own pages. Without any, the operator's choice for
 * visitors holds.
 */
async function serve(request: Request, visit: Visit): Promise<Response> {
  const { method, headers } = request;
  const { host, path, query } = visit.url;
  const asked = matchViewerRoute(method, path);
  const target = nameTarget({ pathUid: asked?.dashboard, headers, query, host });
  if (!target.ok) return visit.refuse({ code: 'bad_request', more: UNREADABLE_HEADER[target.reason] });
  const arrival = arrivalOf(request, visit);
  const { uid } = target.value;
  const isStaffFirst = uid === undefined && mayBeStaff(arrival, visit);
  if (isStaffFirst) {
    const answered = await serveStaff(asked, request, visit);
    if (answered) return answered;
  }
  const chosen = await visit.house.sessions.choose(arrival, target.value);
  if (chosen.ok) return serveUnderGrant(chosen.value, asked, request, visit);
  const mayServeStaff = !isStaffFirst && (chosen.reason === 'none' || chosen.reason === 'not-shared');
  const answered = mayServeStaff && mayBeStaff(arrival, visit) && (await serveStaff(asked, request, visit));
  return answered || serveWithoutGrant(chosen.reason, target.value, request, visit);
}

async function serveUnderGrant(
  serving: Serving<ShareKey>,
  asked: ViewerRequest | undefined,
  request: Request,
  visit: Visit,
): Promise<Response> {
  const { key, dashboards } = serving;
  visit.concern(key);
  const scope = { orgId: key.orgId, dashboards, live: key.live, resources: key.resources };
  const isUpgrade = request.headers.has('Upgrade');
  if (!asked || !mayView(asked, visit.url.query, isUpgrade, scope)) return refusePath(key, request, visit);
  const { library } = asked;
  if (library !== undefined && !(await visit.house.libraryElements.isShared(library, serving, visit))) {
    return refusePath(key, request, visit);
  }
  const lost = await findLostByQuery(serving, asked, visit);
  if (lost) return refuseRevoked(lost, key, asked.dashboard, visit);
  const refused = refuseFromElsewhere(request, visit);
  if (refused) return refused;
  countServed(serving, visit);
  return asked.route.edge
    ? answerAtEdge(asked.route.edge, asked)
    : forward(request, { kind: 'share', serving }, visit);
}

/** A session of all dashboards is asked about one at a time: about one that the query names, too. */
async function findLostByQuery(
  { grant }: Serving<ShareKey>,
  { route }: ViewerRequest,
  visit: Visit,
): Promise<PublicReason | undefined> {
  if (route.dashboardParameter === undefined || !grant.dashboards.includes(ALL)) return undefined;
  const named = parseQuery(visit.url.query).find(({ name }) => name === route.dashboardParameter)?.value;
  if (named === undefined) return undefined;
  const { withdrawn } = await visit.house.revocations.standingOf(grant, named);
  return withdrawn.get(named);
}

function refuseRevoked(
  lost: PublicReason,
  key: ShareKey | undefined,
  uid: string | undefined,
  visit: Visit,
): Response {
  const facts = { key: key?.name, orgId: key?.orgId, uid };
  visit.observe('session.revoked', { reason: lost.publicReason ?? 'revoked', ...facts });
  return visit.refuse(answerRevoked(lost));
}

/** Warm requests are counted in the isolate; now and then the counts go where they are kept. */
function countServed({ grant }: Serving<ShareKey>, visit: Visit): void {
  const rest = visit.house.tally.count(grant, grant.uid, grant.linkId, visit.now);
  if (rest) visit.waitUntil(rest);
}

function refusePath(key: ShareKey, { method }: Request, visit: Visit): Response {
  const path = summarisePath(visit.url.path);
  visit.observe('session.path.refused', { method, path, key: key.name, orgId: key.orgId });
  return visit.refuse({ code: 'path_not_shared' });
}

/** A grant that has ended, or that never fitted, leads nowhere: not to another identity either. */
async function serveWithoutGrant(
  reason: ChooseRefusal,
  target: NamedTarget,
  request: Request,
  visit: Visit,
): Promise<Response> {
  const { sessions, config } = visit.house;
  if (reason === 'none') {
    if (config.visitors === 'login') return leadToSignIn(request, visit);
    if (config.visitors === 'deny')
      return visit.refuse({ code: 'session_required', signInAt: findSignIn(visit) });
    return refuseFromElsewhere(request, visit) ?? forward(request, { kind: 'visitor' }, visit);
  }
  const key = await sessions.findKeyConcerned(arrivalOf(request, visit), target);
  visit.concern(key);
  if (typeof reason === 'string') return visit.refuse(WITHOUT_GRANT[reason]);
  return refuseRevoked(reason, key, target.uid, visit);
}

function findSignIn(visit: Visit): string | undefined {
  return visit.house.signIn && loginAddress(returnPathOf(visit));
}

const WITHOUT_GRANT: Readonly<Record<Exclude<ChooseRefusal & string, 'none'>, Refusal>> = {
  ended: { code: 'session_required' },
  'not-shared': { code: 'path_not_shared' },
  'two-cookies': { code: 'bad_request', more: 'A session cookie came twice.' },
};
