import type { Answer } from './origin.ts';

/** What a stand-in for Grafana says of each token. */
export interface TokenFacts {
  readonly orgId?: number;
  readonly role?: string;
}

/** An origin that knows tokens, as Grafana's API answers for them. Pages are for whoever comes. */
export function grafanaKnowing(tokens: Readonly<Record<string, TokenFacts>>): Answer {
  return (request) => {
    const { pathname } = new URL(request.url);
    const token = (request.headers.get('Authorization') ?? '').replace('Bearer ', '');
    const facts = tokens[token];
    if (!facts) return Response.json({ message: 'Unauthorized' }, { status: 401 });
    const { orgId = 1, role = 'Viewer' } = facts;
    if (pathname === '/api/org') return Response.json({ id: orgId, name: 'Main Org.' });
    if (pathname === '/bootdata') return Response.json({ user: { orgId, orgRole: role } });
    return new Response('<title>dashboard</title>', { headers: { 'Content-Type': 'text/html' } });
  };
}
