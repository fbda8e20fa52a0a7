import { parseQuery, type QueryPart } from '../lib/query.ts';
import { covers } from '../session/scope.ts';
import type { ViewerRequest } from './viewer-routes.ts';

/** What a session of a link may reach. */
export interface ViewerScope {
  readonly orgId: number;
  readonly dashboards: readonly string[];
  readonly live: boolean;
  /** Data-source uids whose own routes are open. */
  readonly resources: readonly string[];
}

/** Query parameters by which Grafana changes organisation or identity (`authnimpl/service.go`, `auth.jwt`). */
const IDENTITY_PARAMETERS: ReadonlySet<string> = new Set(['auth_token', 'targetorgid']);
const ORG_PARAMETER = 'orgid';

/**
 * Whether a session may ask this. Pure: everything it needs is in its arguments.
 *
 * What `POST /api/ds/query` asks for in its body is not compared with the dashboard yet; the check will stand
 * here, beside the others, once saved queries are known to the gateway (SECURITY.md says what that means).
 */
export function mayView(
  request: ViewerRequest,
  query: string,
  isUpgrade: boolean,
  scope: ViewerScope,
): boolean {
  const { route, dashboard, resource, namespace } = request;
  if (dashboard !== undefined && !covers(scope.dashboards, dashboard)) return false;
  if (resource !== undefined && !scope.resources.includes(resource)) return false;
  if (namespace !== undefined && !isOwnNamespace(namespace, scope.orgId)) return false;
  const isSocket = route.socket === true;
  if (isSocket !== isUpgrade || (isSocket && !scope.live)) return false;
  return isQueryAllowed(request, query === '' ? [] : parseQuery(query), scope);
}

/** Whether a query names an identity. (An `orgId` changes nothing for those who have none.) */
export function namesIdentity(query: string): boolean {
  return parseQuery(query).some(({ name }) => IDENTITY_PARAMETERS.has(name?.toLowerCase() ?? ''));
}

/** Grafana names the namespace of organisation 1 `default` and those of others `org-N`. */
function isOwnNamespace(namespace: string, orgId: number): boolean {
  return namespace === (orgId === 1 ? 'default' : `org-${orgId}`);
}

function isQueryAllowed({ route }: ViewerRequest, parts: readonly QueryPart[], scope: ViewerScope): boolean {
  const uids: (string | undefined)[] = [];
  for (const { name, value } of parts) {
    const folded = name?.toLowerCase() ?? '';
    if (IDENTITY_PARAMETERS.has(folded)) return false;
    if (folded === ORG_PARAMETER) {
      if (value !== String(scope.orgId)) return false;
    } else if (route.parameters && (name === undefined || !route.parameters.includes(name))) {
      return false;
    }
    if (name === route.dashboardParameter) uids.push(value);
  }
  return route.dashboardParameter === undefined || isOneGranted(uids, scope);
}

function isOneGranted(uids: readonly (string | undefined)[], scope: ViewerScope): boolean {
  const [uid] = uids;
  return uids.length === 1 && uid !== undefined && covers(scope.dashboards, uid);
}
