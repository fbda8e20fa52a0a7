import type { Visit } from '../corridor.ts';
import { readJsonBody } from '../lib/bounded-body.ts';
import { subjectLabel } from '../sso/subject-label.ts';
import { askOrigin } from './ask.ts';
import type { StaffIdentity } from './forward.ts';

/** Longest answer in which Grafana's own reason is looked for. */
const REASON_BYTES_MAX = 16_384;
/** A page is only led to Grafana's sign-in; this address says why. */
const REASON_TARGET = '/api/user';
/** Grafana's word for a user whom it does not know, and makes no account for (`usersync`, errUserSignupDisabled). */
const SIGN_UP_DISABLED = 'user.sync.signup-disabled';

/**
 * What is said where Grafana did not take a signed-in user, with Grafana's own reason in the event. Never a way back to
 * sign-in: that would be a circle.
 */
export async function refuseStaff(
  response: Response,
  identity: StaffIdentity,
  visit: Visit,
): Promise<Response> {
  const { status } = response;
  const messageId = await findReason(response, identity, visit);
  const subject = subjectLabel(identity.staff.session.sub);
  visit.observe('origin.refused_identity', { subject, status, reason: messageId ?? 'no reason given' });
  const isUnknownUser = messageId === SIGN_UP_DISABLED;
  return visit.refuse({ code: isUnknownUser ? 'sso_sign_up_disabled' : 'sso_origin_refused' });
}

async function findReason(
  response: Response,
  { headers }: StaffIdentity,
  visit: Visit,
): Promise<string | undefined> {
  if (response.status === 401) return readMessageId(response);
  visit.waitUntil(response.body?.cancel() ?? Promise.resolve());
  const request = { method: 'GET', target: REASON_TARGET, headers: new Headers([...headers]), body: null };
  const asked = await askOrigin(request, visit.house.config.origin);
  return asked.ok && asked.value.status === 401 ? readMessageId(asked.value) : undefined;
}

/** `messageId` of Grafana's errors (`errutil`); undefined for what is none. */
async function readMessageId(response: Response): Promise<string | undefined> {
  const body = (await readJsonBody(response, REASON_BYTES_MAX)) as { messageId?: unknown } | null | undefined;
  const id = body?.messageId;
  return typeof id === 'string' && /^[a-zA-Z0-9._-]{1,64}$/.test(id) ? id : undefined;
}
