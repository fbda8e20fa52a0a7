import type { Visit } from '../corridor.ts';
import { judgeCredentials } from './credentials.ts';
import { refuseFromElsewhere } from './elsewhere.ts';
import { forward } from './forward.ts';
import { chooseRoute } from './routes.ts';

/** Closed paths are refused before anything else is asked, whoever comes. */
export function closedGate(_request: Request, visit: Visit): Response | undefined {
  return isClosed(visit) ? visit.refuse({ code: 'path_not_shared' }) : undefined;
}

/** Share keys in other hands are refused, whoever comes. */
export function shareKeyGate(
  request: Request,
  visit: Visit,
): Response | undefined | Promise<Response | undefined> {
  const authorization = request.headers.get('Authorization');
  return authorization === null ? undefined : refuseShareKey(authorization, visit);
}

async function refuseShareKey(authorization: string, visit: Visit): Promise<Response | undefined> {
  const finding = await judgeCredentials(authorization, visit.house.keys);
  if (finding === 'none') return undefined;
  if (finding === 'unreadable') {
    return visit.refuse({
      code: 'bad_request',
      more: 'The header Authorization is too long, or has too many parts.',
    });
  }
  visit.observe('share.key.refused', { reason: 'authorization-from-outside' });
  return visit.refuse({ code: 'share_key_not_accepted' });
}

/** The door to the further origins of `ROUTES`, which know neither links nor sessions. */
export function routeGate(request: Request, visit: Visit): Response | undefined | Promise<Response> {
  const { routes } = visit.house.config;
  const route = routes.length === 0 ? undefined : chooseRoute(routes, visit.url.host, visit.url.path);
  if (!route) return undefined;
  if (route.visitors === 'deny') return visit.refuse({ code: 'session_required' });
  return (
    refuseFromElsewhere(request, visit, [visit.ownOrigin]) ??
    forward(request, { kind: 'guest', origin: route.origin }, visit)
  );
}

function isClosed(visit: Visit): boolean {
  const { closedPrefixes } = visit.house.config;
  if (closedPrefixes.length === 0) return false;
  const path = visit.url.path.toLowerCase();
  return closedPrefixes.some((prefix) => path.startsWith(prefix));
}
