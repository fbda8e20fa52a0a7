import type { Visit } from '../corridor.ts';
import { findRefererPath } from '../headers/referer.ts';
import { hashOf, summarisePath } from '../observe/summary.ts';
import type { Refusal } from '../refusal/refuse.ts';
import type { ChooseRefusal, NamedTarget, Serving } from '../session/choose.ts';
import { arrivalOf } from '../session/keeper.ts';
import { nameTarget, type TargetRefusal } from '../session/named-target.ts';
import type { ShareKey } from '../share/key.ts';
import { answerAtEdge } from './edge-answers.ts';
import { refuseFromElsewhere } from './elsewhere.ts';
import { forward } from './forward.ts';
import { mayView, namesIdentity } from './policy.ts';
import { findPublicDashboard } from './public-dashboards.ts';
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
  const { publicDashboards } = visit.house.config;
  return (publicDashboards.enabled ? servePublic(request, visit) : undefined) ?? serve(request, visit);
}

/** Public dashboards that one address (an office behind one) may look at together. */
const DASHBOARDS_A_TIME = 5;

/** Grafana's own public dashboards go out without any credential, whatever cookie came, and not too often. */
function servePublic(request: Request, visit: Visit): Promise<Response> | Response | undefined {
  const { method, headers } = request;
  const token = findPublicDashboard(method, visit.url.path, findRefererPath(headers, visit.url.host));
  if (token === undefined) return undefined;
  if (namesIdentity(visit.url.query)) return visit.refuse({ code: 'path_not_shared' });
  // Cloudflare sets this name itself and overwrites what a client sends.
  const address = headers.get('CF-Connecting-IP') ?? '';
  const { requestsPerMinute } = visit.house.config.publicDashboards;
  const { publicRates } = visit.house;
  const waitSeconds = Math.max(
    publicRates.count(`${address} ${token}`, requestsPerMinute, visit.now),
    // The page that a start request comes from is only claimed, so addresses are counted by themselves too.
    publicRates.count(address, requestsPerMinute * DASHBOARDS_A_TIME, visit.now),
  );
  if (waitSeconds === 0) return forward(request, { kind: 'nobody' }, visit);
  visit.observe('public_dashboard.rate.refused', { dashboard: hashOf(token) });
  return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': String(waitSeconds) }));
}

/** A grant that fits serves; without any, the operator's choice for visitors holds. */
async function serve(request: Request, visit: Visit): Promise<Response> {
  const { method, headers } = request;
  const { host, path, query } = visit.url;
  const asked = matchViewerRoute(method, path);
  const target = nameTarget({ pathUid: asked?.dashboard, headers, query, host });
  if (!target.ok) return visit.refuse({ code: 'bad_request', more: UNREADABLE_HEADER[target.reason] });
  const chosen = await visit.house.sessions.choose(arrivalOf(request, visit), target.value);
  return chosen.ok
    ? serveUnderGrant(chosen.value, asked, request, visit)
    : serveWithoutGrant(chosen.reason, target.value, request, visit);
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
  const refused = refuseFromElsewhere(request, visit);
  if (refused) return refused;
  return asked.route.edge
    ? answerAtEdge(asked.route.edge, asked)
    : forward(request, { kind: 'share', serving }, visit);
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
    if (config.visitors === 'deny') return visit.refuse({ code: 'session_required' });
    return refuseFromElsewhere(request, visit) ?? forward(request, { kind: 'visitor' }, visit);
  }
  visit.concern(await sessions.findKeyConcerned(arrivalOf(request, visit), target));
  return visit.refuse(WITHOUT_GRANT[reason]);
}

const WITHOUT_GRANT: Readonly<Record<Exclude<ChooseRefusal, 'none'>, Refusal>> = {
  ended: { code: 'session_required' },
  'not-shared': { code: 'path_not_shared' },
  'two-cookies': { code: 'bad_request', more: 'A session cookie came twice.' },
};
