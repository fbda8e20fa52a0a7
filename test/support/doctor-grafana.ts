import { NOW } from './gateway.ts';
import type { Answer } from './origin.ts';

/** What a stand-in for Grafana does where the doctor looks; what is left out is as it should be. */
export interface GrafanaCondition {
  readonly health?: () => Response | Promise<Response>;
  /** Unix seconds. */
  readonly clock?: number;
  /** Headers of its pages. */
  readonly pageHeaders?: Readonly<Record<string, string>>;
  /** Where `/` leads. */
  readonly redirect?: string;
  readonly rootUrl?: string;
  /** The answer to a handshake; undefined: a socket opens. */
  readonly handshake?: () => Response;
  /** Without this header nobody gets in. */
  readonly guard?: string;
  readonly isAnonymousOn?: boolean;
  /** Names of headers that its pages show, with their values. */
  readonly echoes?: (name: string) => boolean;
  /** What it says of each token; one that is not in there is refused. */
  readonly tokens?: Readonly<Record<string, TokenCondition>>;
}

export interface TokenCondition {
  readonly orgId?: number;
  readonly role?: string;
  /** Scopes of `datasources:query`; `unsaid`: it does not tell. */
  readonly queries?: readonly string[] | 'unsaid';
}

/** A Grafana as the doctor would like it, but for what a test makes of it. */
export function grafanaLike(condition: GrafanaCondition = {}): Answer {
  return async (request) => {
    const { guard, clock = NOW } = condition;
    if (guard !== undefined && !request.headers.has(guard))
      return new Response('who are you?', { status: 403 });
    const answer = await answerPath(request, condition);
    if (answer.webSocket) return answer;
    const headers = new Headers(answer.headers);
    headers.set('Date', new Date(clock * 1000).toUTCString());
    return new Response(answer.body, { status: answer.status, headers });
  };
}

function answerPath(request: Request, condition: GrafanaCondition): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  const token = condition.tokens?.[(request.headers.get('Authorization') ?? '').replace('Bearer ', '')];
  const { health = () => Response.json({ database: 'ok', version: '12.1.0', commit: 'abc' }) } = condition;
  if (pathname === '/api/health') return health();
  if (pathname === '/') return answerPage(request, condition);
  if (!token && !condition.isAnonymousOn) return Response.json({ message: 'Unauthorized' }, { status: 401 });
  switch (pathname) {
    case '/api/org':
      return Response.json({ id: token?.orgId ?? 1, name: 'Main Org.' });
    case '/bootdata':
      return Response.json({ user: { orgId: token?.orgId ?? 1, orgRole: token?.role ?? 'Viewer' } });
    case '/api/access-control/user/permissions':
      return token?.queries === 'unsaid'
        ? Response.json({ message: 'Not found' }, { status: 404 })
        : Response.json({ 'dashboards:read': ['dashboards:*'], 'datasources:query': token?.queries ?? [] });
    case '/api/frontend/settings':
      return Response.json({ appUrl: condition.rootUrl ?? 'https://dash.example.com/', appSubUrl: '' });
    case '/api/live/ws':
      return condition.handshake?.() ?? openSocket();
    default:
      return Response.json({ message: 'Not found' }, { status: 404 });
  }
}

function answerPage(request: Request, { redirect, pageHeaders, echoes }: GrafanaCondition): Response {
  if (redirect !== undefined) return new Response(null, { status: 302, headers: { Location: redirect } });
  const shown = echoes ? [...request.headers].filter(([name]) => echoes(name)) : [];
  const headers = { 'Content-Type': 'text/html', 'X-Frame-Options': 'deny', ...pageHeaders };
  return new Response(`<title>Grafana</title><pre>${JSON.stringify(shown)}</pre>`, { headers });
}

function openSocket(): Response {
  const { 0: visitor, 1: own } = new WebSocketPair();
  own.accept();
  return new Response(null, { status: 101, webSocket: visitor });
}
