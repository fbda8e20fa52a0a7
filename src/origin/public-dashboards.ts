/** What the operator decided about Grafana's own public dashboards. */
export interface PublicDashboardOptions {
  readonly enabled: boolean;
  readonly requestsPerMinute: number;
}

const TOKEN = '(?<token>[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})';

/** Exactly what Grafana's page of a public dashboard asks (grafana.md §5.1, end). */
const ROUTES: readonly { readonly method: 'GET' | 'POST'; readonly pattern: RegExp }[] = [
  { method: 'GET', pattern: new RegExp(`^/public-dashboards/${TOKEN}$`) },
  { method: 'GET', pattern: new RegExp(`^/api/public/dashboards/${TOKEN}$`) },
  { method: 'GET', pattern: new RegExp(`^/api/public/dashboards/${TOKEN}/annotations$`) },
  { method: 'POST', pattern: new RegExp(`^/api/public/dashboards/${TOKEN}/panels/[0-9]{1,10}/query$`) },
];

/** What its frontend asks at start. It names no dashboard, so the page that it comes from has to. */
const START: ReadonlySet<string> = new Set([
  'GET /bootdata',
  'GET /api/frontend/settings',
  'GET /api/frontend/assets',
  'POST /api/frontend-metrics',
]);

/**
 * The access token of the public dashboard that a request belongs to, in one spelling (32 lower-case hex
 * digits); undefined where it belongs to none.
 *
 * @param findRefererPath path of a `Referer` of this host, if there is one; asked for where it matters alone
 */
export function findPublicDashboard(
  method: string,
  path: string,
  findRefererPath: () => string | undefined,
): string | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  const source = START.has(`${asked} ${path}`)
    ? { asked: 'GET', path: findRefererPath() ?? '' }
    : { asked, path };
  for (const { method: allowed, pattern } of ROUTES) {
    const token = allowed === source.asked ? pattern.exec(source.path)?.groups?.token : undefined;
    if (token !== undefined) return token.replaceAll('-', '').toLowerCase();
  }
  return undefined;
}

const NAMED = new RegExp(`^/(?:api/public/dashboards|public-dashboards)/${TOKEN}(?:/|$)`, 'i');

/** The access token that a path names in any way, also in one that opens nothing here; in the same spelling. */
export function findNamedPublicDashboard(path: string): string | undefined {
  return NAMED.exec(path)?.groups?.token?.replaceAll('-', '').toLowerCase();
}
