/**
 * One request of a viewer. In `path`, `:dashboard` must be granted, `:resource` must be listed by the key,
 * `:library` must stand in a granted dashboard, `:namespace` must be the organisation's own, the rest has a form; a final `*` is one or more segments.
 */
interface ViewerRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The query parameters that may be there; without this list any may, but for those that change an identity. */
  readonly parameters?: readonly string[];
  /** The query parameter that must name a granted dashboard, exactly once. */
  readonly dashboardParameter?: string;
  /** Reached by a WebSocket upgrade, and by nothing else; all other routes are never upgraded. */
  readonly socket?: true;
  /** Answered at the edge; the origin is not asked. */
  readonly edge?: EdgeAnswer;
}

/** The answers that the gateway gives itself (`edge-answers.ts`). */
export type EdgeAnswer =
  | 'session-is-good'
  | 'accepted'
  | 'folder'
  | 'folder-resource'
  | 'folder-access'
  | 'folder-parents';

const DASHBOARD_API = '/apis/dashboard.grafana.app/:version/namespaces/:namespace/dashboards/:dashboard';
const FOLDER_API = '/apis/folder.grafana.app/:version/namespaces/:namespace/folders/:uid';
const DATASOURCE_API =
  '/apis/:datasourceGroup/:version/namespaces/:namespace/datasources/:resource/resources/*';

/**
 * What a viewer of one dashboard asks, for Grafana 9 to 12 and later (Grafana `pkg/api/api.go` and the calls of
 * its frontend). Everything that is not here is refused: GETs with side effects, numeric ids, lists, search,
 * rendering and attachments among them.
 */
const VIEWER_ROUTES: readonly ViewerRoute[] = [
  // Pages
  { method: 'GET', path: '/d/:dashboard' },
  { method: 'GET', path: '/d/:dashboard/:slug' },
  { method: 'GET', path: '/d-solo/:dashboard' },
  { method: 'GET', path: '/d-solo/:dashboard/:slug' },
  // Start of the frontend
  { method: 'GET', path: '/bootdata' },
  { method: 'GET', path: '/api/frontend/settings' },
  { method: 'GET', path: '/api/frontend/assets' },
  { method: 'GET', path: '/api/plugins/:plugin/settings', parameters: [] },
  {
    method: 'POST',
    path: '/apis/features.grafana.app/:version/namespaces/:namespace/ofrep/v1/evaluate/flags',
    parameters: [],
  },
  // The dashboard itself
  { method: 'GET', path: '/api/dashboards/uid/:dashboard', parameters: ['accesscontrol'] },
  { method: 'GET', path: '/apis/dashboard.grafana.app', parameters: [] },
  { method: 'GET', path: '/apis/dashboard.grafana.app/', parameters: [] },
  { method: 'GET', path: DASHBOARD_API, parameters: [] },
  { method: 'GET', path: `${DASHBOARD_API}/dto`, parameters: [] },
  // Its data
  { method: 'POST', path: '/api/ds/query', parameters: ['ds_type', 'expression', 'requestId'] },
  {
    method: 'POST',
    path: '/apis/query.grafana.app/:version/namespaces/:namespace/query',
    parameters: ['ds_type', 'expression', 'requestId'],
  },
  { method: 'GET', path: '/api/datasources/uid/:resource/resources/*' },
  { method: 'GET', path: '/api/datasources/proxy/uid/:resource/*' },
  { method: 'GET', path: DATASOURCE_API },
  // What stands around it
  {
    method: 'GET',
    path: '/api/annotations',
    dashboardParameter: 'dashboardUID',
    parameters: ['dashboardUID', 'from', 'to', 'limit', 'panelId', 'tags', 'matchAny', 'type'],
  },
  {
    method: 'GET',
    path: '/api/prometheus/grafana/api/v1/rules',
    dashboardParameter: 'dashboard_uid',
    parameters: ['dashboard_uid', 'panel_id'],
  },
  { method: 'GET', path: '/api/library-elements/:library', parameters: [] },
  // The folder of the dashboard: the gateway does not know which one that is, so it tells nothing of any.
  { method: 'GET', path: '/api/folders/:uid', edge: 'folder' },
  { method: 'GET', path: FOLDER_API, edge: 'folder-resource' },
  { method: 'GET', path: `${FOLDER_API}/access`, edge: 'folder-access' },
  { method: 'GET', path: `${FOLDER_API}/parents`, edge: 'folder-parents' },
  // Calls by which the frontend asks after its session, or reports (grafana.md §4.4)
  { method: 'POST', path: '/api/user/auth-tokens/rotate', edge: 'session-is-good' },
  { method: 'GET', path: '/api/login/ping', edge: 'session-is-good' },
  { method: 'POST', path: '/api/frontend-metrics', edge: 'accepted' },
  // Grafana Live, for keys that allow it
  { method: 'GET', path: '/api/live/ws', socket: true, parameters: [] },
];

const UID = '[A-Za-z0-9_-]{1,40}';
const SEGMENTS: Readonly<Record<string, string>> = {
  ':dashboard': `(?<dashboard>${UID})`,
  ':resource': `(?<resource>${UID})`,
  ':library': `(?<library>${UID})`,
  ':uid': `(?<uid>${UID})`,
  ':slug': '[^/]*',
  ':plugin': '[a-z0-9-]{1,128}',
  ':version': 'v[0-9][a-z0-9]{0,15}',
  ':namespace': '(?<namespace>default|(?:org|stacks)-[1-9][0-9]{0,9})',
  ':datasourceGroup': '[a-z0-9-]{1,64}(?:\\.datasource)?\\.grafana\\.app',
  '*': '.+',
};

/** A request that a viewer may make, with what its path names. */
export interface ViewerRequest {
  readonly route: Pick<ViewerRoute, 'parameters' | 'dashboardParameter' | 'socket' | 'edge'>;
  readonly dashboard?: string | undefined;
  readonly resource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly library?: string | undefined;
}

/** Routes without a name in their path are found by their text, the others by their pattern. */
const EXACT = new Map<string, ViewerRequest>();
const PATTERNS: { readonly method: string; readonly pattern: RegExp; readonly route: ViewerRoute }[] = [];

for (const route of VIEWER_ROUTES) {
  if (/[:*]/.test(route.path)) PATTERNS.push({ method: route.method, pattern: compile(route.path), route });
  else EXACT.set(`${route.method} ${route.path}`, { route });
}

function compile(path: string): RegExp {
  const segments = path.split('/').map((segment) => SEGMENTS[segment] ?? segment.replaceAll('.', '\\.'));
  return new RegExp(`^${segments.join('/')}$`);
}

/** The viewer's request that a method and a canonical path stand for; undefined where there is none. */
export function matchViewerRoute(method: string, path: string): ViewerRequest | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  const exact = EXACT.get(`${asked} ${path}`);
  if (exact) return exact;
  for (const { method: allowed, pattern, route } of PATTERNS) {
    const match = allowed === asked ? pattern.exec(path) : null;
    if (match) return { route, ...match.groups };
  }
  return undefined;
}
