import type { Visit } from '../corridor.ts';
import { parseQuery } from '../lib/query.ts';
import { redirectWithin } from '../lib/redirect.ts';
import { formatTarget } from '../lib/request-url.ts';
import { answerRevoked } from '../session/answer.ts';
import { type Arrival, arrivalOf } from '../session/keeper.ts';
import { endedAddress, loginAddress } from '../sso/addresses.ts';
import type { IdentityHeaders } from '../sso/presentation.ts';
import { findReturnPath, HOME } from '../sso/return-to.ts';
import type { SignInServices } from '../sso/services.ts';
import { findStaff, type Staff, type StaffFinding } from '../sso/staff.ts';
import { subjectLabel } from '../sso/subject-label.ts';
import { answerAtEdge } from './edge-answers.ts';
import { refuseFromElsewhere } from './elsewhere.ts';
import { forward } from './forward.ts';
import type { ViewerRequest } from './viewer-routes.ts';

/** Whether a request may be somebody's who is signed in: nearly free, for the way of those who are not. */
export function mayBeStaff(arrival: Arrival, { house }: Visit): boolean {
  return house.signIn?.cookies.isCarried(arrival) === true;
}

/**
 * Answers a request as that of somebody who is signed in; undefined where nobody is. They may ask everything that
 * Grafana lets them.
 *
 * @param asked what the request is among a viewer's, where it is one
 */
export function serveStaff(
  asked: ViewerRequest | undefined,
  request: Request,
  visit: Visit,
): Response | undefined | Promise<Response | undefined> {
  const { signIn, revocations } = visit.house;
  if (!signIn) return undefined;
  const arrival = arrivalOf(request, visit);
  const finding = findStaff(signIn, revocations, arrival);
  return finding instanceof Promise
    ? finding.then((found) => answer(found, asked, request, visit, signIn))
    : answer(finding, asked, request, visit, signIn);
}

function answer(
  finding: StaffFinding,
  asked: ViewerRequest | undefined,
  request: Request,
  visit: Visit,
  signIn: SignInServices,
): Response | undefined | Promise<Response> {
  switch (finding.kind) {
    case 'none':
      return undefined;
    case 'staff':
      return serve(finding.staff, asked, request, visit, signIn);
    case 'waiting':
      return visit.refuse({ code: 'sso_provider_unreachable' }, new Headers({ 'Retry-After': '30' }));
    case 'ended':
      return answerEnded(request, visit, signIn);
    case 'revoked': {
      const { id, sub } = finding.session;
      visit.observe('session.revoked', {
        reason: finding.publicReason ?? 'revoked',
        subject: subjectLabel(sub),
      });
      if (!finding.mayReturn) return visit.refuse(answerRevoked(finding), clearing(request, visit, signIn));
      // Its tokens are of no use any more. Where they cannot be let go now, they are at the end of the session.
      visit.waitUntil(signIn.signIns.end(id, 'signed-out', visit.now).catch(() => undefined));
      return answerEnded(request, visit, signIn);
    }
  }
}

/** A page leads to sign-in, which says why, and back to where somebody was; anything else is told. */
function answerEnded(request: Request, visit: Visit, signIn: SignInServices): Response {
  const headers = clearing(request, visit, signIn);
  const to = returnPathOf(visit);
  if (isPage(request) && isAlone(request)) return redirectWithin(endedAddress(to), headers.getSetCookie());
  return visit.refuse({ code: 'sso_session_ended', signInAt: loginAddress(to) }, headers);
}

function serve(
  staff: Staff,
  asked: ViewerRequest | undefined,
  request: Request,
  visit: Visit,
  signIn: SignInServices,
): Response | Promise<Response> {
  const refused = refuseFromElsewhere(request, visit);
  if (refused) return refused;
  // Grafana's own sessions are not what these are signed in by: to let its frontend renew one would sign it out.
  if (asked?.route.edge === 'session-is-good') return answerAtEdge('session-is-good', asked);
  if (namesAnotherIdentity(visit.url.query))
    return visit.refuse({ code: 'bad_request', more: 'The parameter auth_token names another identity.' });
  const headers = signIn.presenter.present(staff, visit.gateway, visit.now);
  const go = (own: IdentityHeaders) =>
    forward(request, { kind: 'staff', staff, headers: withOrganisation(own, request) }, visit);
  if (headers === undefined) return visit.refuse({ code: 'sso_name_not_accepted' });
  return headers instanceof Promise ? headers.then(go) : go(headers);
}

/** Grafana's auth.jwt can take an assertion from the address too (`url_login`), before it looks at other headers. */
function namesAnotherIdentity(query: string): boolean {
  return (
    /auth_token|%/i.test(query) && parseQuery(query).some(({ name }) => name?.toLowerCase() === 'auth_token')
  );
}

/** Of several organisations, the one that the page is about: Grafana sees to it that the user belongs to it. */
function withOrganisation(headers: IdentityHeaders, request: Request): IdentityHeaders {
  const orgId = request.headers.get('X-Grafana-Org-Id');
  return orgId !== null && /^[1-9][0-9]{0,9}$/.test(orgId)
    ? [...headers, ['X-Grafana-Org-Id', orgId]]
    : headers;
}

/** A session that holds no more leaves the browser. */
function clearing(request: Request, visit: Visit, { cookies }: SignInServices): Headers {
  return new Headers({ 'Set-Cookie': cookies.formatCleared(arrivalOf(request, visit)) });
}

/** The page that was asked for, as far as it can be come back to. */
export function returnPathOf(visit: Visit): string {
  return findReturnPath(formatTarget(visit.url)) ?? HOME;
}

/**
 * What becomes of somebody without any session where people sign in: a page leads to sign-in, anything else is told
 * that it needs a session. In a frame, the sign-in page shows itself to nobody but the gateway's own pages.
 */
export function leadToSignIn(request: Request, visit: Visit): Response {
  const address = loginAddress(returnPathOf(visit));
  if (!isPage(request)) return visit.refuse({ code: 'session_required', signInAt: address });
  if (!isAlone(request)) return visit.refuse({ code: 'session_required', openInTab: address });
  return redirectWithin(address);
}

/** Whether a browser wants to show the answer. */
function isPage({ method, headers }: Request): boolean {
  return method === 'GET' && (headers.get('Accept') ?? '').includes('text/html') && !headers.has('Upgrade');
}

/** Whether it is to be shown in a tab, not in a frame of another page. */
function isAlone({ headers }: Request): boolean {
  return (headers.get('Sec-Fetch-Dest') ?? 'document') === 'document';
}
