import type { Visit } from '../corridor.ts';
import { isCrossSite } from '../headers/cross-site.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { arrivalOf } from '../session/keeper.ts';
import type { SignInSession } from '../session/sign-in.ts';
import { LOGIN_PATH } from './addresses.ts';
import { readJwtPayload } from './jwt-payload.ts';
import { renderSignOutPage } from './pages.ts';
import type { SignInServices } from './services.ts';
import { subjectLabel } from './subject-label.ts';

/** Where people go who have signed out: the page must not sign them in again by itself. */
const SIGNED_OUT = `${LOGIN_PATH}?signedOut=true`;

/**
 * `GET,POST /-/logout`. A POST from a page of this gateway signs out, and so does a GET that the browser says is from
 * one (Grafana's own menu); any other GET gets a page with a button, since any site, and any mail, can point to here.
 */
export function logoutDoor(request: Request, visit: Visit): Response | Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn) return visit.refuse({ code: 'not_found' });
  const { method, headers } = request;
  if (method === 'POST') {
    if (!isCrossSite({ method, headers, isUpgrade: false, own: visit.ownOrigins }))
      return signOut(request, visit, signIn);
    visit.observe('request.cross_site.refused', { path: visit.url.path });
    return visit.refuse({ code: 'cross_site_refused' });
  }
  if (method !== 'GET') return visit.refuse({ code: 'bad_request', more: 'Sign-out takes GET and POST.' });
  const isOwnPage =
    headers.get('Sec-Fetch-Site') === 'same-origin' && headers.get('Sec-Fetch-Dest') === 'document';
  if (isOwnPage) return signOut(request, visit, signIn);
  return renderSignOutPage(request, signIn.options.signOutUrl?.origin);
}

async function signOut(request: Request, visit: Visit, signIn: SignInServices): Promise<Response> {
  const arrival = arrivalOf(request, visit);
  const session = await signIn.cookies.find(arrival);
  const headers = new Headers({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  headers.append('Set-Cookie', signIn.cookies.formatCleared(arrival));
  const ended = session ? await endSession(session, signIn, visit) : NOTHING_ENDED;
  if (!ended) return visit.refuse({ code: 'storage_unavailable', more: HALF_DONE }, headers);
  headers.set('Location', await addressAfter(signIn.options.signOutUrl, ended.idToken, visit.now));
  return new Response(null, { status: 303, headers });
}

const NOTHING_ENDED = { idToken: undefined };
const HALF_DONE = 'You are signed out in this browser, and nowhere else yet.';

/** Undefined where storage does not answer. */
async function endSession(
  session: SignInSession,
  { signIns }: SignInServices,
  visit: Visit,
): Promise<{ readonly idToken: string | undefined } | undefined> {
  try {
    const ended = await signIns.end(session.id, 'signed-out', visit.now);
    visit.observe('sso.signed_out', { subject: subjectLabel(session.sub), sessionId: session.id });
    return ended;
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    visit.observe('storage.failed', { reason: error.operation });
    return undefined;
  }
}

/**
 * Where a sign-out leads. The provider is told whose it is where it is to lead people back (OpenID Connect
 * RP-Initiated Logout §2), as Grafana does: only while the ID token is good.
 */
async function addressAfter(
  signOutUrl: URL | undefined,
  idToken: string | undefined,
  now: number,
): Promise<string> {
  if (!signOutUrl) return SIGNED_OUT;
  const address = new URL(signOutUrl);
  if (idToken === undefined || !address.searchParams.has('post_logout_redirect_uri')) return address.href;
  const { exp } = (await readJwtPayload(idToken)) ?? {};
  if (typeof exp === 'number' && now < exp) address.searchParams.set('id_token_hint', idToken);
  return address.href;
}
