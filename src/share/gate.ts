import type { Visit } from '../corridor.ts';
import { FRAME_DESTINATIONS, observeAncestor } from '../headers/ancestors.ts';
import { findRefererOrigin } from '../headers/referer.ts';
import { redirectWithin } from '../lib/redirect.ts';
import { isLoopbackHost } from '../lib/request-url.ts';
import { fail } from '../lib/result.ts';
import { findPageUid } from '../session/dashboard-path.ts';
import { arrivalOf } from '../session/keeper.ts';
import { answerLinkRefusal } from './answer.ts';
import { chooseFormat } from './formats.ts';
import type { LinkRefusal, LinkResult } from './link.ts';
import { type LinkQuery, readLinkQuery, removeLinkParameters } from './link-query.ts';
import { type VerifiedLink, verifyLink } from './verify.ts';

/**
 * The door for share links: a request with share parameters is answered here, with a session and a redirect
 * to the same address without them, or with a refusal. Every other request walks on.
 */
export function shareGate(request: Request, visit: Visit): Response | undefined | Promise<Response> {
  const query = readLinkQuery(visit.url.query);
  if (!query) return undefined;
  if (isFramedWithoutHttps(visit, request.headers)) return visit.refuse({ code: 'embedding_needs_https' });
  return answerLink(query, request, visit);
}

async function answerLink(query: LinkResult<LinkQuery>, request: Request, visit: Visit): Promise<Response> {
  const opened = await openLink(query, request.method, visit);
  return opened.ok ? admit(opened.value, request, visit) : turnAway(opened.reason, request, visit);
}

/** Sharing on? → a dashboard's page? → one version, and an accepted one? → well-formed? → verified. */
async function openLink(
  query: LinkResult<LinkQuery>,
  method: string,
  visit: Visit,
): Promise<LinkResult<VerifiedLink>> {
  const { config, keys, derivedValues } = visit.house;
  if (!config.share.enabled) return fail({ code: 'sharing-off' });
  if (!query.ok) return query;
  const uid = method === 'GET' ? findPageUid(visit.url.path) : undefined;
  if (uid === undefined) return fail({ code: 'not-a-dashboard' });
  const format = chooseFormat(query.value);
  if (!format.ok) return format;
  const { version } = format.value;
  if (!config.share.versions.has(version)) return fail({ code: 'version-off', version });
  const link = format.value.parse(query.value);
  if (!link.ok) return link;
  return verifyLink(link.value, uid, {
    now: visit.now,
    options: config.share,
    registry: keys,
    derivedValues,
  });
}

async function admit(link: VerifiedLink, request: Request, visit: Visit): Promise<Response> {
  const isFramed = FRAME_DESTINATIONS.has(request.headers.get('Sec-Fetch-Dest') ?? '');
  const { cookies, check } = await visit.house.sessions.admit(link, arrivalOf(request, visit), isFramed);
  const { key, uid, linkId, version, sessionSeconds } = link;
  visit.observe('share.link.accepted', {
    version,
    key: key.name,
    orgId: key.orgId,
    uid,
    linkId,
    sessionSeconds,
  });
  const sources = key.frameAncestors ?? visit.house.config.origin.frameAncestors ?? [];
  observeAncestor(request.headers, sources, visit, key);
  const rest = removeLinkParameters(visit.url.query);
  const query = check ? `${rest === '' ? '?' : `${rest}&`}postern_check=${check}` : rest;
  return redirectWithin(`${visit.url.path}${query}`, cookies);
}

/** A link that is no longer fresh still leads in whom its key has let in already (an iframe that reloads). */
async function turnAway(refusal: LinkRefusal, request: Request, visit: Visit): Promise<Response> {
  const arrival = arrivalOf(request, visit);
  if (refusal.code === 'expired' && (await visit.house.sessions.isInside(refusal.link, arrival))) {
    return redirectWithin(`${visit.url.path}${removeLinkParameters(visit.url.query)}`);
  }
  if ('key' in refusal) visit.concern(refusal.key);
  visit.observe('share.link.refused', { reason: refusal.code });
  return visit.refuse(answerLinkRefusal(refusal));
}

/** Over plain HTTP, browsers keep no cookie that works inside a foreign page: say so, instead of failing later. */
function isFramedWithoutHttps({ url }: Visit, headers: Headers): boolean {
  if (url.protocol === 'https:' || isLoopbackHost(url.host)) return false;
  const page = findRefererOrigin(headers);
  return page !== undefined && !page.endsWith(`//${url.host}`);
}
