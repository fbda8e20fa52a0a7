import type { Context, Next } from 'hono';
import type { CorridorEnv, Visit } from '../corridor.ts';
import { carriesShareKey } from './credentials.ts';
import { refuseFromElsewhere } from './elsewhere.ts';
import { forward } from './forward.ts';
import { chooseRoute } from './routes.ts';

/** Closed paths and share keys in other hands are refused before anything else is asked, whoever comes. */
export async function closedGate(c: Context<CorridorEnv>, next: Next): Promise<Response | undefined> {
  const { visit } = c.var;
  if (isClosed(visit)) return visit.refuse({ code: 'path_not_shared' });
  if (await carriesShareKey(c.req.raw.headers.get('Authorization'), visit.house.keys)) {
    visit.observe('share.key.refused', { reason: 'authorization-from-outside' });
    return visit.refuse({ code: 'share_key_not_accepted' });
  }
  await next();
  return undefined;
}

/** The door to the further origins of `ROUTES`, which know neither links nor sessions. */
export async function routeGate(c: Context<CorridorEnv>, next: Next): Promise<Response | undefined> {
  const { visit } = c.var;
  const { routes } = visit.house.config;
  const route = routes.length === 0 ? undefined : chooseRoute(routes, visit.url.host, visit.url.path);
  if (!route) {
    await next();
    return undefined;
  }
  if (route.visitors === 'deny') return visit.refuse({ code: 'session_required' });
  return (
    refuseFromElsewhere(c.req.raw, visit) ??
    forward(c.req.raw, { kind: 'guest', origin: route.origin }, visit)
  );
}

function isClosed(visit: Visit): boolean {
  const { closedPrefixes } = visit.house.config;
  if (closedPrefixes.length === 0) return false;
  const path = visit.url.path.toLowerCase();
  return closedPrefixes.some((prefix) => path.startsWith(prefix));
}
