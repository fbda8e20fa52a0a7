import { parseQuery } from '../lib/query.ts';
import { covers } from '../session/scope.ts';
import type { ViewerRequest } from './viewer-routes.ts';

/** What a session of a link may reach. */
export interface ViewerScope {
  readonly orgId: number;
  readonly dashboards: readonly string[];
  readonly live: boolean;
}

/** Query parameters by which Grafana would change organisation or identity (`authnimpl/service.go`, `auth.jwt`). */
const IDENTITY_PARAMETERS: ReadonlySet<string> = new Set(['auth_token', 'targetorgid']);

/** Whether a session may ask this. Pure: everything it needs is in its arguments. */
export function mayView(
  request: ViewerRequest,
  query: string,
  isUpgrade: boolean,
  scope: ViewerScope,
): boolean {
  if (request.dashboard !== undefined && !covers(scope.dashboards, request.dashboard)) return false;
  if (request.namespace !== undefined && !isOwnNamespace(request.namespace, scope.orgId)) return false;
  if (request.isSocket !== isUpgrade || (isUpgrade && !scope.live)) return false;
  return query === '' ? request.dashboardParameter === undefined : isQueryAllowed(request, query, scope);
}

/** Grafana names the namespace of organisation 1 `default` and of others `org-N`. */
function isOwnNamespace(namespace: string, orgId: number): boolean {
  return namespace === (orgId === 1 ? 'default' : `org-${orgId}`);
}

function isQueryAllowed(request: ViewerRequest, query: string, scope: ViewerScope): boolean {
  const named: (string | undefined)[] = [];
  for (const { name, value } of parseQuery(query)) {
    const folded = name?.toLowerCase() ?? '';
    if (IDENTITY_PARAMETERS.has(folded)) return false;
    if (folded === 'orgid' && value !== String(scope.orgId)) return false;
    if (request.dashboardParameter !== undefined && folded === request.dashboardParameter.toLowerCase())
      named.push(value);
  }
  if (request.dashboardParameter === undefined) return true;
  const [uid, second] = named;
  return uid !== undefined && second === undefined && named.length === 1 && covers(scope.dashboards, uid);
}
