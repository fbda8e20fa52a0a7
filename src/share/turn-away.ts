import type { Visit } from '../corridor.ts';
import { findAddress } from '../lib/address.ts';
import { redirectWithin } from '../lib/redirect.ts';
import { hashOf } from '../observe/summary.ts';
import { arrivalOf } from '../session/keeper.ts';
import { answerLinkRefusal } from './answer.ts';
import { countWrongLink } from './attempts.ts';
import type { ClaimedKey, LinkRefusal } from './link.ts';
import { removeLinkParameters } from './link-query.ts';

type WrongLinkRefusal = Extract<LinkRefusal, { code: 'signature' | 'unknown-key' }>;

/** Answers a link that opens nothing, and tells why. */
export async function turnAway(refusal: LinkRefusal, request: Request, visit: Visit): Promise<Response> {
  if (refusal.code === 'signature' || refusal.code === 'unknown-key')
    return turnAwayWrong(refusal, request, visit);
  if ('key' in refusal) visit.concern(refusal.key);
  if (refusal.code === 'expired') return turnAwayExpired(refusal, request, visit);
  return refuse(refusal, visit);
}

/** A link that is no longer fresh still leads in whom its key has let in already (an iframe that reloads). */
async function turnAwayExpired(
  refusal: Extract<LinkRefusal, { code: 'expired' }>,
  request: Request,
  visit: Visit,
): Promise<Response> {
  const found = await visit.house.sessions.findInside(refusal.link, arrivalOf(request, visit));
  if (found === 'outside') return refuse(refusal, visit);
  if (found !== 'inside') return refuse({ ...found, ...(refusal.key && { key: refusal.key }) }, visit);
  return redirectWithin(`${visit.url.path}${removeLinkParameters(visit.url.query)}`);
}

/** Many wrong links for one name, or from one address, have to wait: a rightly signed link never does. */
async function turnAwayWrong(refusal: WrongLinkRefusal, request: Request, visit: Visit): Promise<Response> {
  const { code: reason, claimed } = refusal;
  const { ledgers, config } = visit.house;
  const address = findAddress(request.headers);
  const waitSeconds = await countWrongLink({ reason, claimed, address }, ledgers, config.share.attempts);
  const facts = { reason, uid: undefined, ...describeClaim(refusal) };
  if (waitSeconds === 0) {
    visit.observe('share.link.refused', facts);
    return visit.refuse(answerLinkRefusal(refusal));
  }
  visit.observe('share.attempts.paused', { ...facts, waitSeconds });
  return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': String(waitSeconds) }));
}

/** A name that nobody registered may be anything, a token in the wrong place too: its hash is told. */
function describeClaim({ code, claimed }: WrongLinkRefusal): { key?: string; orgId?: number; name?: string } {
  if (!claimed) return { name: 'of version 1' };
  const { orgId, name } = claimed;
  return code === 'signature' ? { key: name, orgId } : { name: hashOf(`${orgId}|${name}`) };
}

function refuse(refusal: Exclude<LinkRefusal, WrongLinkRefusal>, visit: Visit): Response {
  const key: ClaimedKey | undefined = 'key' in refusal ? refusal.key : undefined;
  visit.observe('share.link.refused', {
    reason: refusal.code,
    ...(key && { key: key.name, orgId: key.orgId }),
  });
  return visit.refuse(answerLinkRefusal(refusal));
}
