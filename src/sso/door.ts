import type { Visit } from '../corridor.ts';
import { CALLBACK_PATH, LOGIN_PATH, LOGOUT_PATH } from './addresses.ts';
import { callbackDoor } from './callback-door.ts';

/**
 * Grafana's own addresses of sign-in, which are the gateway's where it signs people in: the callback where Grafana has
 * it, and `/login` and `/logout`, which lead to the gateway's own pages.
 */
export function signInDoor(request: Request, visit: Visit): Response | undefined | Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn) return undefined;
  switch (visit.url.path) {
    case CALLBACK_PATH:
      return callbackDoor(request, visit, signIn);
    case '/login':
      return leadTo(LOGIN_PATH, visit);
    case '/logout':
      return leadTo(LOGOUT_PATH, visit);
    default:
      return undefined;
  }
}

/** Grafana's own parameter for the sign-in page goes on; where somebody wanted to go is not in this address. */
function leadTo(path: string, { url }: Visit): Response {
  const query = new URLSearchParams(url.query).has('disableAutoLogin') ? '?disableAutoLogin=true' : '';
  return new Response(null, {
    status: 303,
    headers: { Location: `${path}${query}`, 'Cache-Control': 'no-store' },
  });
}

/** `GET /-/jwks.json`: the public keys of the assertions, for Grafana's `jwk_set_url`. */
export async function keysDoor(request: Request, visit: Visit): Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn || (request.method !== 'GET' && request.method !== 'HEAD'))
    return visit.refuse({ code: 'not_found' });
  const keys = await signIn.keys.publish(visit.now);
  return Response.json(request.method === 'HEAD' ? null : keys, {
    headers: { 'Cache-Control': 'public, max-age=300' },
  });
}
