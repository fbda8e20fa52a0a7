import type { IncomingMessage } from 'node:http';
import { randomText } from '../lib/token.ts';
import { type Answer, json, notFound, page } from './answers.ts';
import { readBody } from './body.ts';
import { describeDashboard, describeSettings } from './dashboard.ts';
import { dashboardPage } from './page.ts';
import { answerQuery } from './query.ts';
import type { Tenant } from './tenants.ts';

/** What a route gets to see once the request has been admitted. */
export interface RouteContext {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly tenant: Tenant;
  /** What the route's pattern captured. */
  readonly uid: string;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly pattern: RegExp;
  readonly answer: (context: RouteContext) => Answer | Promise<Answer>;
}

/** Everything behind the guard. */
const ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^\/d\/([\w-]+)(?:\/[^/]*)?$/, answer: showDashboard },
  { method: 'GET', pattern: /^\/d-solo\/([\w-]+)(?:\/[^/]*)?$/, answer: showPanel },
  { method: 'GET', pattern: /^\/api\/dashboards\/uid\/([\w-]+)$/, answer: tellDashboard },
  {
    method: 'GET',
    pattern: /^\/api\/frontend\/settings$/,
    answer: ({ tenant }) => json(200, describeSettings(tenant)),
  },
  { method: 'POST', pattern: /^\/api\/ds\/query$/, answer: runQueries },
];

/** Finds the route for a request and answers it; 404 where there is none. */
export async function answerRoute(request: IncomingMessage, url: URL, tenant: Tenant): Promise<Answer> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  for (const route of ROUTES) {
    const match = route.method === method && route.pattern.exec(url.pathname);
    if (match) return route.answer({ request, url, tenant, uid: match[1] ?? '' });
  }
  return notFound();
}

function showDashboard({ tenant, uid }: RouteContext): Answer {
  if (uid !== tenant.dashboard.uid) return notFound('Dashboard not found');
  return page(200, dashboardPage(tenant, tenant.panels), randomText(32));
}

function showPanel({ tenant, uid, url }: RouteContext): Answer {
  const panels = tenant.panels.filter((panel) => String(panel.id) === url.searchParams.get('panelId'));
  if (uid !== tenant.dashboard.uid || panels.length === 0) return notFound('Panel not found');
  return page(200, dashboardPage(tenant, panels), randomText(32));
}

function tellDashboard({ tenant, uid }: RouteContext): Answer {
  return uid === tenant.dashboard.uid
    ? json(200, describeDashboard(tenant))
    : notFound('Dashboard not found');
}

async function runQueries({ request, tenant }: RouteContext): Promise<Answer> {
  const body = await readBody(request);
  return body === undefined
    ? json(413, { message: 'request body too large', traceID: '' })
    : answerQuery(tenant, body);
}
