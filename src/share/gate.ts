import type { Visit } from '../corridor.ts';
import { FRAME_DESTINATIONS, observeAncestor } from '../headers/ancestors.ts';
import { findRefererOrigin } from '../headers/referer.ts';
import { redirectWithin } from '../lib/redirect.ts';
import { isLoopbackHost } from '../lib/request-url.ts';
import { fail } from '../lib/result.ts';
import { findPageUid } from '../session/dashboard-path.ts';
import { arrivalOf } from '../session/keeper.ts';
import { ALL, coverageOf } from '../session/scope.ts';
import type { Standing } from '../session/standing.ts';
import { chooseFormat } from './formats.ts';
import type { LinkResult } from './link.ts';
import { type LinkQuery, readLinkQuery, removeLinkParameters } from './link-query.ts';
import { turnAway } from './turn-away.ts';
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
  if (!opened.ok) return turnAway(opened.reason, request, visit);
  const { key, uid } = opened.value;
  const standing = await askStanding(opened.value, visit);
  const lost = standing.revoked ?? standing.withdrawn.get(uid) ?? (key.disabled ? {} : undefined);
  if (lost) return turnAway({ code: 'revoked', key, ...lost }, request, visit);
  return admit(opened.value, standing, request, visit);
}

/** What was taken back of a link before anyone opened it. */
function askStanding({ key, uid, linkId, signedAt }: VerifiedLink, visit: Visit): Promise<Standing> {
  const covered = coverageOf(key, uid);
  return visit.house.revocations.standingOfLink({
    linkId,
    orgId: key.orgId,
    name: key.name,
    dashboards: covered.includes(ALL) ? [uid] : covered,
    issuedAt: Math.min(signedAt ?? visit.now, visit.now),
  });
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

async function admit(
  link: VerifiedLink,
  standing: Standing,
  request: Request,
  visit: Visit,
): Promise<Response> {
  const isFramed = FRAME_DESTINATIONS.has(request.headers.get('Sec-Fetch-Dest') ?? '');
  const { sessions, revocations } = visit.house;
  const { grant, cookies, check } = await sessions.admit(link, arrivalOf(request, visit), isFramed);
  revocations.welcome(grant, standing);
  const { key, uid, linkId, version, sessionSeconds } = link;
  visit.observe('share.link.accepted', {
    version,
    key: key.name,
    orgId: key.orgId,
    uid,
    linkId,
    sessionId: grant.id,
    sessionSeconds,
  });
  const sources = key.frameAncestors ?? visit.house.config.origin.frameAncestors ?? [];
  observeAncestor(request.headers, sources, visit, key);
  const rest = removeLinkParameters(visit.url.query);
  const query = check ? `${rest === '' ? '?' : `${rest}&`}postern_check=${check}` : rest;
  return redirectWithin(`${visit.url.path}${query}`, cookies);
}

/** Over plain HTTP, browsers keep no cookie that works inside a foreign page: say so, instead of failing later. */
function isFramedWithoutHttps({ url }: Visit, headers: Headers): boolean {
  if (url.protocol === 'https:' || isLoopbackHost(url.host)) return false;
  const page = findRefererOrigin(headers);
  return page !== undefined && !page.endsWith(`//${url.host}`);
}
