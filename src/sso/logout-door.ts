import type { Visit } from '../corridor.ts';
import { isCrossSite } from '../headers/cross-site.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { arrivalOf } from '../session/keeper.ts';
import type { SignInSession } from '../session/sign-in.ts';
import { LOGIN_PATH } from './addresses.ts';
import { readJwtPayload } from './jwt-payload.ts';
import { renderSignOutPage } from './pages.ts';
import type { SignInServices } from './services.ts';
import { shareNews } from './share-news.ts';
import { subjectLabel } from './subject-label.ts';
import { formatForgotten } from './tries.ts';

/** Where people go who have signed out: the page must not sign them in again by itself. */
const SIGNED_OUT = `${LOGIN_PATH}?signedOut=true`;

/** What common servers take as an address, less the rest of it. */
const HINT_LENGTH_MAX = 6_000;

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
  return isOwnPage ? signOut(request, visit, signIn) : askOnceMore(request, visit, signIn);
}

async function askOnceMore(request: Request, visit: Visit, signIn: SignInServices): Promise<Response> {
  const provider = signIn.options.signOutUrl ?? (await findEndSession(signIn, visit));
  return renderSignOutPage(request, provider?.origin);
}

async function signOut(request: Request, visit: Visit, signIn: SignInServices): Promise<Response> {
  const arrival = arrivalOf(request, visit);
  const session = await signIn.cookies.find(arrival);
  const headers = new Headers({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  headers.append('Set-Cookie', signIn.cookies.formatCleared(arrival));
  // Who has signed out did not come back in vain: the next sign-in is a first one.
  if (signIn.options.autoLogin) headers.append('Set-Cookie', formatForgotten(arrival));
  const ended = session ? await endSession(session, signIn, visit) : NOTHING_ENDED;
  if (!ended) return visit.refuse({ code: 'storage_unavailable', more: HALF_DONE }, headers);
  headers.set('Location', await addressAfter(ended.idToken, visit, signIn));
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

/** Where a sign-out leads: where the operator says, to the provider if they want that, or to the sign-in page. */
async function addressAfter(
  idToken: string | undefined,
  visit: Visit,
  signIn: SignInServices,
): Promise<string> {
  const { signOutUrl } = signIn.options;
  if (signOutUrl) return operatorAddress(signOutUrl, idToken, visit.now);
  const endSession = await findEndSession(signIn, visit);
  return endSession ? providerAddress(endSession, idToken, visit, signIn) : SIGNED_OUT;
}

/** The provider is told whose it is where it is to lead people back, as Grafana does: only while the ID token is good. */
async function operatorAddress(signOutUrl: URL, idToken: string | undefined, now: number): Promise<string> {
  const address = new URL(signOutUrl);
  if (idToken === undefined || !address.searchParams.has('post_logout_redirect_uri')) return address.href;
  const { exp } = (await readJwtPayload(idToken)) ?? {};
  if (typeof exp === 'number' && now < exp) address.searchParams.set('id_token_hint', idToken);
  return address.href;
}

/** `end_session_endpoint`, where the operator asks for it and discovery has it. Signing out here needs none of it. */
async function findEndSession(signIn: SignInServices, visit: Visit): Promise<URL | undefined> {
  const { options, provider } = signIn;
  if (!options.signsOutAtProvider) return undefined;
  const endpoints = await provider.endpoints(visit.now);
  shareNews(signIn, visit);
  return endpoints.ok ? endpoints.value.endSession : undefined;
}

/**
 * The request of OpenID Connect RP-Initiated Logout 1.0 §2. An ID token that has expired is as good a hint as any; one
 * too long for an address is left out, and the provider then asks the person.
 */
function providerAddress(
  endSession: URL,
  idToken: string | undefined,
  visit: Visit,
  { options }: SignInServices,
): string {
  const address = new URL(endSession);
  if (idToken !== undefined && idToken.length <= HINT_LENGTH_MAX)
    address.searchParams.set('id_token_hint', idToken);
  address.searchParams.set('client_id', options.client.id);
  address.searchParams.set('post_logout_redirect_uri', `${visit.gateway}${SIGNED_OUT}`);
  return address.href;
}
