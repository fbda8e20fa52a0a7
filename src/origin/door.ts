import type { Context } from 'hono';
import type { CorridorEnv, Visit } from '../corridor.ts';
import type { ChooseRefusal } from '../session/choose.ts';
import { nameTarget, type TargetRefusal } from '../session/named-target.ts';
import { carriesShareKey } from './credentials.ts';
import { forward } from './forward.ts';
import { mayView } from './policy.ts';
import { isStaticFile } from './static-files.ts';
import { matchViewerRoute } from './viewer-routes.ts';

const UNREADABLE_HEADER: Readonly<Record<TargetRefusal, string>> = {
  'dashboard-header': 'The header X-Dashboard-Uid is not one dashboard uid.',
  'organisation-header': 'The header X-Grafana-Org-Id is not one organisation id.',
};

/** The last door: who asks, may they, and then the origin's answer. */
export async function originDoor(c: Context<CorridorEnv>): Promise<Response> {
  const { visit } = c.var;
  const request = c.req.raw;
  if (visit.url.host === visit.house.config.origin.host) return refuseCircle(visit);
  if (isClosed(visit)) return visit.refuse({ code: 'path_not_shared' });
  if (await carriesShareKey(request.headers.get('Authorization'), visit.house.keys)) {
    visit.observe('share.key.refused', { reason: 'authorization-from-outside' });
    return visit.refuse({ code: 'share_key_not_accepted' });
  }
  if (isStaticFile(request.method, visit.url.path)) return forward(request, { kind: 'static' }, visit);
  return serve(request, visit);
}

/** A grant that fits serves; without any, the operator's choice for visitors holds. */
async function serve(request: Request, visit: Visit): Promise<Response> {
  const { method, headers } = request;
  const { host, path, query } = visit.url;
  const asked = matchViewerRoute(method, path);
  const target = nameTarget({ pathUid: asked?.dashboard, headers, query, host });
  if (!target.ok) return visit.refuse({ code: 'bad_request', more: UNREADABLE_HEADER[target.reason] });
  const arrival = { url: visit.url, cookies: headers.get('Cookie'), now: visit.now };
  const chosen = await visit.house.sessions.choose(arrival, target.value);
  if (!chosen.ok) return serveWithoutGrant(chosen.reason, request, visit);
  const serving = chosen.value;
  const { key, dashboards } = serving;
  const isUpgrade = headers.has('Upgrade');
  if (!asked || !mayView(asked, query, isUpgrade, { orgId: key.orgId, dashboards, live: key.live })) {
    visit.observe('session.path.refused', { method, path, key: key.name, orgId: key.orgId });
    return visit.refuse({ code: 'path_not_shared' });
  }
  return forward(request, { kind: 'share', serving }, visit);
}

function serveWithoutGrant(
  reason: ChooseRefusal,
  request: Request,
  visit: Visit,
): Promise<Response> | Response {
  switch (reason) {
    case 'none':
      if (visit.house.config.visitors === 'pass') return forward(request, { kind: 'visitor' }, visit);
      return visit.refuse({ code: 'session_required' });
    case 'ended':
      return visit.refuse({ code: 'session_required' });
    case 'not-shared':
      return visit.refuse({ code: 'path_not_shared' });
  }
}

function isClosed(visit: Visit): boolean {
  const { closedPrefixes } = visit.house.config.origin;
  if (closedPrefixes.length === 0) return false;
  const path = visit.url.path.toLowerCase();
  return closedPrefixes.some((prefix) => path.startsWith(prefix));
}

function refuseCircle(visit: Visit): Response {
  visit.observe('config.invalid', {
    mistake: "ORIGIN_URL has the gateway's own host: requests would go round in a circle",
  });
  return visit.refuse({ code: 'misconfigured' });
}
