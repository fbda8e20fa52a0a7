import type { Visit } from '../corridor.ts';
import { readBytes } from '../lib/bounded-body.ts';
import { decodeUtf8 } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { tagIssuer } from '../session/sign-in.ts';
import type { ProviderFailure } from './provider/failure.ts';
import type { LogoutOrder, LogoutTokenRefusal } from './provider/logout-token.ts';
import type { SignInServices } from './services.ts';
import { shareNews } from './share-news.ts';
import { subjectLabel } from './subject-label.ts';

/** Many times what a logout token and its form take. */
const BODY_BYTES_MAX = 65_536;
const RETRY_SECONDS = 30;

/** Why an order is not carried out. */
type Refusal =
  | 'method'
  | 'form'
  | 'too-long'
  | LogoutTokenRefusal
  | ProviderFailure
  | 'replayed'
  | 'busy'
  | 'storage'
  | 'not-set-up'
  | 'no-storage';

interface Answer {
  /** 400: the order is not good. 5xx: it may be, and the provider does well to come again. */
  readonly status: 400 | 501 | 503;
  readonly says: string;
}

const NOT_GOOD = (says: string): Answer => ({ status: 400, says });
const PROVIDER_AWAY: Answer = {
  status: 503,
  says: 'the keys of the provider cannot be had, by which the logout token is verified',
};
const STORAGE_AWAY: Answer = { status: 503, says: 'the sign-out cannot be stored now' };

/** What each refusal answers. Nothing in it is from the request. */
const ANSWERS: Readonly<Record<Refusal, Answer>> = {
  method: NOT_GOOD('back-channel logout takes POST'),
  form: NOT_GOOD('the body is not a form (application/x-www-form-urlencoded) with one logout_token'),
  'too-long': NOT_GOOD('the body is longer than 64 KiB'),
  malformed: NOT_GOOD('logout_token is not a signed JWT of the form that is wanted'),
  signature: NOT_GOOD('logout_token is not signed by a key of the provider'),
  algorithm: NOT_GOOD('logout_token is signed by an algorithm that is not taken'),
  type: NOT_GOOD('typ of logout_token is neither logout+jwt nor JWT'),
  issuer: NOT_GOOD('iss of logout_token is not the issuer of this gateway'),
  audience: NOT_GOOD('aud of logout_token is not the client of this gateway'),
  expired: NOT_GOOD('logout_token has expired, or has no exp'),
  'issued-in-future': NOT_GOOD('iat of logout_token lies in the future, or is missing'),
  'too-old': NOT_GOOD('logout_token was issued more than five minutes ago'),
  event: NOT_GOOD('events of logout_token does not have the back-channel logout event'),
  nonce: NOT_GOOD('logout_token has a nonce'),
  'id-missing': NOT_GOOD('logout_token has no jti'),
  nobody: NOT_GOOD('logout_token has neither sub nor sid, or one that is no text of 1 to 255 characters'),
  replayed: NOT_GOOD('logout_token was used before'),
  unreachable: PROVIDER_AWAY,
  timeout: PROVIDER_AWAY,
  'answer-invalid': PROVIDER_AWAY,
  'client-refused': PROVIDER_AWAY,
  'grant-refused': PROVIDER_AWAY,
  busy: { status: 503, says: 'the same logout_token is being worked on, or too many are' },
  storage: STORAGE_AWAY,
  'not-set-up': {
    status: 501,
    says: 'this gateway takes no logout tokens: SSO_ISSUER is not set, or the provider publishes no keys',
  },
  'no-storage': { status: 501, says: 'this gateway can store no sign-out: POSTERN_KV is not bound' },
};

/**
 * `POST /-/backchannel-logout`: the provider ends sign-ins (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8). Form,
 * token, first use, revocation; who is out is out in every isolate within the bound of revocations.
 */
export async function backchannelDoor(request: Request, visit: Visit): Promise<Response> {
  const { signIn } = visit.house;
  if (!signIn) return visit.refuse({ code: 'not_found' });
  const outcome = await receive(request, visit, signIn);
  shareNews(signIn, visit);
  if (!outcome.ok) return refuse(outcome.reason, visit);
  const { sub, sid } = outcome.value;
  visit.observe('sso.backchannel.logout', {
    subject: sub === undefined ? undefined : subjectLabel(sub),
    of: sid === undefined ? 'user' : 'session',
  });
  return new Response(null, { status: 200, headers: { 'Cache-Control': 'no-store' } });
}

async function receive(
  request: Request,
  visit: Visit,
  signIn: SignInServices,
): Promise<Result<LogoutOrder, Refusal>> {
  const token = await readLogoutToken(request);
  if (!token.ok) return token;
  const order = await signIn.provider.verifyLogoutToken(token.value, visit.now);
  if (!order.ok) return order;
  try {
    const problem = await carryOut(order.value, visit, signIn);
    return problem === undefined ? order : fail(problem);
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    visit.observe('storage.failed', { reason: error.operation });
    return fail('storage');
  }
}

/** @throws StorageUnavailable where nobody can say whether the token was used, or nothing can be stored */
async function carryOut(
  order: LogoutOrder,
  { house, now }: Visit,
  { usedTokens, options }: SignInServices,
): Promise<Refusal | undefined> {
  const use = await usedTokens.take(order, now);
  if (use.kind === 'used') return 'replayed';
  if (use.kind === 'busy') return 'busy';
  const { issuer, sub, sid } = order;
  const isStored = await house.revocations.endSignIns({
    issuer: tagIssuer(issuer),
    sub,
    sid,
    before: use.asOf,
    sessionSeconds: options.sessionSeconds,
  });
  if (!isStored) return 'no-storage';
  await usedTokens.settle(order, now);
  return undefined;
}

/** The one logout token of a form; other members may be there, and are passed over (§2.5). */
async function readLogoutToken(request: Request): Promise<Result<string, Refusal>> {
  if (request.method !== 'POST') return fail('method');
  const [type = ''] = (request.headers.get('Content-Type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return fail('form');
  if (Number(request.headers.get('Content-Length')) > BODY_BYTES_MAX) return fail('too-long');
  if (request.body === null) return fail('form');
  const bytes = await readBytes(new Response(request.body), BODY_BYTES_MAX);
  if (!bytes) return fail('too-long');
  const [token = '', ...others] = new URLSearchParams(decodeUtf8(bytes) ?? '').getAll('logout_token');
  return token === '' || others.length > 0 ? fail('form') : ok(token);
}

/** As OAuth 2.0 has it (RFC 6749 §5.2), which is what §2.8 asks for. */
function refuse(reason: Refusal, visit: Visit): Response {
  visit.observe('sso.backchannel.refused', { reason });
  const { status, says } = ANSWERS[reason];
  const headers = new Headers({ 'Cache-Control': 'no-store' });
  if (status === 503) headers.set('Retry-After', String(RETRY_SECONDS));
  if (reason === 'method') headers.set('Allow', 'POST');
  const error = status === 400 ? 'invalid_request' : 'temporarily_unavailable';
  return Response.json({ error, error_description: says }, { status, headers });
}
