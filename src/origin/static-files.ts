/**
 * Grafana's static files need no session and go out without credentials (Grafana `pkg/api/http_server.go`).
 * Attachments below `/public/img` are rendered panels, which are somebody's data.
 */
export function isStaticFile(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return path.startsWith('/public/') && !path.startsWith('/public/img/attachments');
}
