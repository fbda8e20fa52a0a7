/** How a path is written in the table: `:dashboard` must be granted, `:uid` and `:version` are of their form, `*` is the rest. */
interface ViewerRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Query parameter that must name a granted dashboard, exactly once. */
  readonly dashboardParameter?: string;
  /** Reached by a WebSocket upgrade, and by nothing else; all other routes are never upgraded. */
  readonly socket?: true;
}

/**
 * What a viewer of one dashboard asks, for Grafana 9 to 12 (facts: `pkg/api/api.go`, the frontend's calls).
 * Everything that is not here is refused.
 */
const VIEWER_ROUTES: readonly ViewerRoute[] = [
  { method: 'GET', path: '/d/:dashboard' },
  { method: 'GET', path: '/d/:dashboard/:slug' },
  { method: 'GET', path: '/d-solo/:dashboard' },
  { method: 'GET', path: '/d-solo/:dashboard/:slug' },
  { method: 'GET', path: '/bootdata' },
  { method: 'GET', path: '/api/frontend/settings' },
  { method: 'GET', path: '/api/frontend/assets' },
  { method: 'GET', path: '/api/dashboards/uid/:dashboard' },
  { method: 'GET', path: '/apis/dashboard.grafana.app/:version/namespaces/:namespace/dashboards/:dashboard' },
  {
    method: 'GET',
    path: '/apis/dashboard.grafana.app/:version/namespaces/:namespace/dashboards/:dashboard/dto',
  },
  { method: 'POST', path: '/api/ds/query' },
  { method: 'GET', path: '/api/annotations', dashboardParameter: 'dashboardUID' },
  { method: 'GET', path: '/api/prometheus/grafana/api/v1/rules', dashboardParameter: 'dashboard_uid' },
  { method: 'GET', path: '/api/live/ws', socket: true },
];

const SEGMENTS: Readonly<Record<string, string>> = {
  ':dashboard': '(?<dashboard>[A-Za-z0-9_-]{1,40})',
  ':slug': '[^/]*',
  ':version': 'v[0-9][a-z0-9]{0,15}',
  ':namespace': '(?<namespace>default|(?:org|stacks)-[1-9][0-9]{0,9})',
};

interface CompiledRoute extends ViewerRoute {
  readonly pattern: RegExp;
}

const COMPILED: readonly CompiledRoute[] = VIEWER_ROUTES.map((route) => ({
  ...route,
  pattern: compile(route.path),
}));

function compile(path: string): RegExp {
  const segments = path.split('/').map((segment) => SEGMENTS[segment] ?? segment.replaceAll('.', '\\.'));
  return new RegExp(`^${segments.join('/')}$`);
}

/** A request that a viewer may make, with what it names in its path. */
export interface ViewerRequest {
  readonly dashboard: string | undefined;
  readonly namespace: string | undefined;
  readonly dashboardParameter: string | undefined;
  readonly isSocket: boolean;
}

/** The viewer's request that method and canonical path stand for; undefined where there is none. */
export function matchViewerRoute(method: string, path: string): ViewerRequest | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  for (const route of COMPILED) {
    if (route.method !== asked) continue;
    const match = route.pattern.exec(path);
    if (!match) continue;
    const { dashboard, namespace } = match.groups ?? {};
    const isSocket = route.socket ?? false;
    return { dashboard, namespace, dashboardParameter: route.dashboardParameter, isSocket };
  }
  return undefined;
}
