import type { Visit } from '../corridor.ts';
import { redirectWithin } from '../lib/redirect.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Refusal } from '../refusal/refuse.ts';
import { answerRevoked } from '../session/answer.ts';
import { type Arrival, arrivalOf } from '../session/keeper.ts';
import { type SignInSession, tagIssuer } from '../session/sign-in.ts';
import type { PublicReason } from '../session/standing.ts';
import { LOGIN_PATH, startAddress } from './addresses.ts';
import { type Attempt, sessionIdOf } from './attempt.ts';
import { identify } from './identify.ts';
import type { Person, Source, VerifiedPerson } from './person.ts';
import { findPresentationProblem, toldRole } from './presentation.ts';
import type { Endpoints } from './provider/discovery.ts';
import { isProviderFailure } from './provider/failure.ts';
import { type Claims, issuerOf } from './provider/provider.ts';
import type { Tokens } from './provider/token-answer.ts';
import { type RefusedSignIn, refuseSignIn, type SignInRefusal } from './refuse.ts';
import type { SignInServices } from './services.ts';
import { fitRecord, keepTokens, type SignInRecord } from './sign-in-book.ts';
import { subjectLabel } from './subject-label.ts';
import { toldGroups } from './told-groups.ts';

/** Parameters that count; one that came twice could be read in two ways. */
const PARAMETERS = ['state', 'code', 'iss', 'error', 'error_description', 'response'];

/** What fits into the cookie; a provider's own ids of sessions are far shorter. */
const SID_LENGTH_MAX = 255;

/** One callback on its way. */
interface Course {
  readonly attempt: Attempt;
  readonly arrival: Arrival;
  readonly visit: Visit;
  readonly signIn: SignInServices;
}

type Step<T> = Promise<Result<T, SignInRefusal>>;

/** `GET /login/generic_oauth`: back from the provider. Nothing is asked of it before the state is found to be ours. */
export async function callbackDoor(
  request: Request,
  visit: Visit,
  signIn: SignInServices,
): Promise<Response> {
  if (request.method !== 'GET')
    return visit.refuse({ code: 'bad_request', more: 'A sign-in comes back with GET.' });
  const parameters = new URLSearchParams(visit.url.query);
  const again = LOGIN_PATH;
  if (PARAMETERS.some((name) => parameters.getAll(name).length > 1))
    return refuseSignIn({ by: 'answer' }, { again }, visit);
  const arrival = arrivalOf(request, visit);
  const state = parameters.get('state');
  if (state === null) return refuseSignIn({ by: 'answer' }, { again }, visit);
  const attempt = await signIn.attempts.find(state, arrival);
  if (!attempt) return refuseSignIn({ by: 'attempt' }, { again }, visit);
  const headers = new Headers();
  const cleared = signIn.attempts.formatCleared(state, arrival);
  if (cleared !== undefined) headers.append('Set-Cookie', cleared);
  return finish(parameters, { attempt, arrival, visit, signIn }, headers);
}

async function finish(parameters: URLSearchParams, course: Course, headers: Headers): Promise<Response> {
  const { visit, attempt } = course;
  const refusing: RefusedSignIn = { again: startAddress(attempt.to) };
  const proven = await prove(parameters, course);
  if (!proven.ok) return refuseSignIn(proven.reason, refusing, visit, headers);
  const { person } = proven.value;
  const admitted = await admit(proven.value, course);
  if (!admitted.ok)
    return refuseSignIn(admitted.reason, { ...refusing, subject: subjectLabel(person.sub) }, visit, headers);
  return 'session' in admitted.value
    ? welcome(admitted.value.session, person, course, headers)
    : visit.refuse(answerTakenBack(admitted.value, refusing), headers);
}

/** Who was signed out in the very second of this sign-in may try again; who was revoked may not. */
function answerTakenBack(taken: PublicReason, { again }: RefusedSignIn): Refusal {
  return taken.mayReturn ? { code: 'sso_session_ended', signInAt: again } : answerRevoked(taken);
}

/** What the provider's answers prove. */
interface Proven {
  readonly person: VerifiedPerson;
  readonly issuer: string;
  readonly tokens: Tokens;
  readonly idClaims: Claims | undefined;
}

async function prove(parameters: URLSearchParams, course: Course): Step<Proven> {
  const { attempt, visit, signIn } = course;
  const { provider } = signIn;
  const endpoints = await provider.endpoints(visit.now);
  if (!endpoints.ok) return fail({ by: 'provider', reason: endpoints.reason });
  const judged = provider.tokenEndpoint.judgeCallback(parameters, attempt.state, endpoints.value);
  if (!judged.ok) return fail({ by: 'callback', reason: judged.reason });
  const { redirectUri, codeVerifier } = attempt;
  const redemption = { parameters: judged.value, redirectUri, codeVerifier };
  const tokens = await provider.redeem(redemption, endpoints.value, visit.now);
  if (!tokens.ok) return fail({ by: 'provider', reason: tokens.reason });
  return proveTokens(tokens.value, endpoints.value, course);
}

async function proveTokens(tokens: Tokens, endpoints: Endpoints, course: Course): Step<Proven> {
  const { attempt, visit, signIn } = course;
  const idClaims = await readIdClaims(tokens, attempt, course);
  if (!idClaims.ok) return idClaims;
  const api = await signIn.provider.userApi(tokens, signIn.options.claims.teamsUrl, visit.now);
  if (!api) return fail({ by: 'provider', reason: 'unreachable' });
  const { sources } = await api.sources();
  const all: Source[] = idClaims.value ? [{ name: 'id_token', claims: idClaims.value }] : [];
  const person = await identify([...all, ...sources], signIn.options.claims, api);
  if (!person.ok) return fail({ by: 'person', reason: person.reason });
  const issuer = issuerOf(endpoints, idClaims.value);
  return ok({ person: person.value, issuer, tokens, idClaims: idClaims.value });
}

async function readIdClaims(
  { idToken }: Tokens,
  { nonce }: Attempt,
  { visit, signIn }: Course,
): Step<Claims | undefined> {
  if (idToken === undefined) return ok(undefined);
  const claims = await signIn.provider.readIdToken(idToken, nonce, visit.now);
  if (claims.ok) return claims;
  return isProviderFailure(claims.reason)
    ? fail({ by: 'provider', reason: claims.reason })
    : fail({ by: 'id-token', reason: claims.reason });
}

/** A new session, or the sentence that was left for somebody who was taken back. */
type Admission = { readonly session: SignInSession } | PublicReason;

/** The gateway's own say: can Grafana be told of this person, are their names theirs, were they taken back? */
async function admit(proven: Proven, { attempt, visit, signIn }: Course): Step<Admission> {
  const { person, issuer } = proven;
  const problem = findPresentationProblem(person, signIn.options.presentation);
  if (problem) return fail({ by: 'presentation', reason: problem });
  const session = toSession(proven, attempt, visit.now, signIn);
  const revoked = await visit.house.revocations.readSignInStanding(session);
  if (revoked) {
    const subject = subjectLabel(person.sub);
    visit.observe('session.revoked', { reason: revoked.publicReason ?? 'revoked', subject });
    return ok(revoked);
  }
  const record = toRecord(proven, session);
  if (!record) return fail({ by: 'provider', reason: 'answer-invalid' });
  if (!(await signIn.accounts.hold(person, issuer, visit.now))) return fail({ by: 'account' });
  // An attempt that was finished before leads to no second session, even with a code that the provider takes again.
  return (await signIn.signIns.open(session.id, record, visit.now))
    ? ok({ session })
    : fail({ by: 'attempt' });
}

function toSession(
  { person, issuer, tokens, idClaims }: Proven,
  attempt: Attempt,
  now: number,
  { options }: SignInServices,
): SignInSession {
  const longest = now + options.sessionSeconds;
  // Without a refresh token, a session lasts as long as the access token (as in Grafana).
  const isBound = options.usesRefreshTokens && tokens.refreshToken === undefined;
  const end = Math.min(longest, (isBound ? tokens.expiresAt : undefined) ?? longest);
  const { sid } = idClaims ?? {};
  return {
    id: sessionIdOf(attempt),
    sub: person.sub,
    sid: typeof sid === 'string' && sid.length <= SID_LENGTH_MAX ? sid : '',
    issuer: tagIssuer(issuer),
    email: person.email,
    role: toldRole(person) ?? '',
    start: now,
    end,
  };
}

function toRecord(
  { person, tokens, idClaims, issuer }: Proven,
  { start, end }: SignInSession,
): SignInRecord | undefined {
  return fitRecord({ person, tokens: keepTokens(tokens), idClaims, issuer, start, end });
}

async function welcome(
  session: SignInSession,
  person: Person,
  { arrival, visit, attempt, signIn }: Course,
  headers: Headers,
): Promise<Response> {
  const former = await signIn.cookies.find(arrival);
  if (former) visit.waitUntil(signIn.signIns.end(former.id, 'replaced', visit.now));
  headers.append('Set-Cookie', await signIn.cookies.format(session, arrival));
  const subject = subjectLabel(session.sub);
  if (!toldGroups(person)) visit.observe('sso.groups.left_out', { subject, count: person.groups.length });
  visit.observe('sso.signed_in', { subject, sessionId: session.id, role: session.role });
  return redirectWithin(attempt.to, headers.getSetCookie());
}
