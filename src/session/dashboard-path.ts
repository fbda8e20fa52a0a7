const DASHBOARD_PAGE = /^\/d(?:-solo)?\/([A-Za-z0-9_-]{1,40})(?:\/[^/]*)?$/;

/** The uid in the address of a dashboard's page (`/d/…`, `/d-solo/…`), or undefined for any other path. */
export function findPageUid(path: string): string | undefined {
  return DASHBOARD_PAGE.exec(path)?.[1];
}

/** Whether a text has the form of a uid of dashboards and data sources (Grafana `pkg/util/shortid_generator.go`). */
export function isUid(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,40}$/.test(text);
}
