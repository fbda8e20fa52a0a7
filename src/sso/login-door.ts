import type { Visit } from '../corridor.ts';
import { redirectTo } from '../lib/redirect.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { arrivalOf } from '../session/keeper.ts';
import { CALLBACK_PATH, loginAddress, startAddress } from './addresses.ts';
import { type Attempt, challengeOf, startAttempt } from './attempt.ts';
import { renderSignInPage, type SignInReason } from './pages.ts';
import type { Endpoints } from './provider/discovery.ts';
import { refuseProvider } from './refuse.ts';
import { findReturnPath, HOME } from './return-to.ts';
import type { SignInServices } from './services.ts';
import { shareNews } from './share-news.ts';
import { isGoingRound, RETURNS_MAX } from './tries.ts';

/** `GET /-/login?to=/path`: the page with the button, or with `auto_login` straight to the provider. */
export function loginDoor(request: Request, visit: Visit): Response | Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn) return visit.refuse({ code: 'not_found' });
  const asked = readReturn(request, visit);
  if (!asked.ok) return asked.reason;
  const { to, parameters } = asked.value;
  const why = findWhy(parameters, request, visit);
  const goesOn = signIn.options.autoLogin && !parameters.has('disableAutoLogin') && !STAYS.has(why);
  if (goesOn) return begin(to, request, visit, signIn);
  if (why === 'round') visit.observe('sso.loop.stopped', { returns: RETURNS_MAX });
  const { button } = signIn.options;
  const page = renderSignInPage({ button, to: startAddress(to), why, requestId: visit.requestId }, request);
  return withCookies(page, forgetFormer(signIn, request, visit));
}

/** Why somebody sees the page, where it must not lead on by itself. */
const STAYS: ReadonlySet<SignInReason> = new Set(['signed-out', 'round']);

function findWhy(parameters: URLSearchParams, request: Request, visit: Visit): SignInReason {
  if (parameters.has('signedOut')) return 'signed-out';
  if (isGoingRound(arrivalOf(request, visit))) return 'round';
  return parameters.has('ended') ? 'ended' : 'needed';
}

/** `GET /-/login/start?to=/path`: to the provider. */
export function startDoor(request: Request, visit: Visit): Response | Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn) return visit.refuse({ code: 'not_found' });
  const asked = readReturn(request, visit);
  return asked.ok ? begin(asked.value.to, request, visit, signIn) : asked.reason;
}

interface Asked {
  /** A path of this host. */
  readonly to: string;
  readonly parameters: URLSearchParams;
}

function readReturn(request: Request, visit: Visit): Result<Asked, Response> {
  const parameters = new URLSearchParams(visit.url.query);
  const [to = HOME, ...others] = parameters.getAll('to');
  const path = findReturnPath(to);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return fail(visit.refuse({ code: 'bad_request', more: 'Sign-in begins with GET.' }));
  if (path === undefined || others.length > 0)
    return fail(
      visit.refuse({ code: 'bad_request', more: 'The parameter "to" is not one path of this gateway.' }),
    );
  return ok({ to: path, parameters });
}

async function begin(to: string, request: Request, visit: Visit, signIn: SignInServices): Promise<Response> {
  // The provider leads back to PUBLIC_URL: the attempt's cookie has to be there.
  if (visit.ownOrigin !== visit.gateway) return redirectTo(`${visit.gateway}${startAddress(to)}`);
  const endpoints = await signIn.provider.endpoints(visit.now);
  shareNews(signIn, visit);
  if (!endpoints.ok) return refuseProvider(endpoints.reason, visit, loginAddress(to));
  const arrival = arrivalOf(request, visit);
  const attempt = startAttempt(to, `${visit.gateway}${CALLBACK_PATH}`, visit.now);
  const address = await addressOf(attempt, endpoints.value, signIn);
  const cookies = [
    ...(await signIn.attempts.keep(attempt, arrival)),
    ...forgetFormer(signIn, request, visit),
  ];
  return redirectTo(address, cookies);
}

/** The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1). */
async function addressOf(
  attempt: Attempt,
  { authorization }: Endpoints,
  { options }: SignInServices,
): Promise<string> {
  const { id, scopes, prompt, hostedDomain } = options.client;
  const address = new URL(authorization);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') address.searchParams.set(name, value);
  };
  set('response_type', 'code');
  set('client_id', id);
  set('redirect_uri', attempt.redirectUri);
  set('scope', scopes.join(' '));
  set('state', attempt.state);
  set('nonce', attempt.nonce);
  set('code_challenge', await challengeOf(attempt));
  set('code_challenge_method', 'S256');
  set('prompt', prompt);
  set('hd', hostedDomain);
  return address.href;
}

/**
 * Whoever begins to sign in is nobody until they have: a former user's session does not stay in this browser. A page of
 * another site that points to here signs nobody out, and neither does a picture.
 */
function forgetFormer({ cookies }: SignInServices, request: Request, visit: Visit): string[] {
  const arrival = arrivalOf(request, visit);
  return cookies.isCarried(arrival) && isOwnDoing(request.headers) ? [cookies.formatCleared(arrival)] : [];
}

/** Whether a person came here of their own, as far as the browser says. */
function isOwnDoing(headers: Headers): boolean {
  const site = headers.get('Sec-Fetch-Site') ?? 'none';
  const destination = headers.get('Sec-Fetch-Dest') ?? 'document';
  return (site === 'same-origin' || site === 'none') && destination === 'document';
}

function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie);
  return response;
}
