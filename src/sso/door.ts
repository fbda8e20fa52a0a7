import type { Visit } from '../corridor.ts';
import { arrivalOf } from '../session/keeper.ts';
import { CALLBACK_PATH, LOGIN_PATH, LOGOUT_PATH } from './addresses.ts';
import { callbackDoor } from './callback-door.ts';
import type { SignInServices } from './services.ts';
import { shareNews } from './share-news.ts';
import { formatReturn } from './tries.ts';

/**
 * Grafana's own addresses of sign-in, which are the gateway's where it signs people in: the callback where Grafana has
 * it, and `/login` and `/logout`, which lead to the gateway's own pages.
 */
export function signInDoor(request: Request, visit: Visit): Response | undefined | Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn) return undefined;
  switch (visit.url.path) {
    case CALLBACK_PATH:
      return comeBack(request, visit, signIn);
    case '/login':
      return leadTo(LOGIN_PATH, visit);
    case '/logout':
      return leadTo(LOGOUT_PATH, visit);
    default:
      return undefined;
  }
}

/**
 * Noted whatever comes of it, since a session that does not hold leads back as surely as a refusal. Only where the
 * sign-in page leads on by itself can somebody go round in circles.
 */
async function comeBack(request: Request, visit: Visit, signIn: SignInServices): Promise<Response> {
  const response = await callbackDoor(request, visit, signIn);
  shareNews(signIn, visit);
  if (signIn.options.autoLogin)
    response.headers.append('Set-Cookie', formatReturn(arrivalOf(request, visit)));
  return response;
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
