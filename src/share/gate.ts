import type { Context, Next } from 'hono';
import type { CorridorEnv, Visit } from '../corridor.ts';
import { fail } from '../lib/result.ts';
import { findPageUid } from '../session/dashboard-path.ts';
import { answerLinkRefusal } from './answer.ts';
import { chooseFormat } from './formats.ts';
import type { ExpiredLink, LinkRefusal, LinkResult } from './link.ts';
import { type LinkQuery, readLinkQuery, removeLinkParameters } from './link-query.ts';
import { type VerifiedLink, verifyLink } from './verify.ts';

/**
 * The door for share links: a request with share parameters is answered here, with a session and a redirect
 * to the same address without them, or with a refusal. Every other request walks on.
 */
export async function shareGate(c: Context<CorridorEnv>, next: Next): Promise<Response | undefined> {
  const { visit } = c.var;
  const query = readLinkQuery(visit.url.query);
  if (!query) {
    await next();
    return undefined;
  }
  const opened = await openLink(query, c.req.method, visit);
  return opened.ok ? admit(opened.value, c.req.raw, visit) : turnAway(opened.reason, c.req.raw, visit);
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
  const cookies = await visit.house.sessions.admit(link, arrivalOf(request, visit));
  const { key, uid, linkId, version, sessionSeconds } = link;
  visit.observe('share.link.accepted', {
    version,
    key: key.name,
    orgId: key.orgId,
    uid,
    linkId,
    sessionSeconds,
  });
  return redirectWithoutLink(visit, cookies);
}

/** A link that is no longer fresh still leads in whom its key has let in already (an iframe that reloads). */
async function turnAway(refusal: LinkRefusal, request: Request, visit: Visit): Promise<Response> {
  if (refusal.code === 'expired' && (await isInside(refusal.link, request, visit)))
    return redirectWithoutLink(visit, []);
  visit.observe('share.link.refused', { reason: refusal.code });
  return visit.refuse(answerLinkRefusal(refusal));
}

async function isInside({ name, orgId, uid }: ExpiredLink, request: Request, visit: Visit): Promise<boolean> {
  const serving = await visit.house.sessions.choose(arrivalOf(request, visit), { uid, orgId });
  return serving.ok && serving.value.grant.name === name && serving.value.grant.orgId === orgId;
}

function arrivalOf(request: Request, visit: Visit) {
  return { url: visit.url, cookies: request.headers.get('Cookie'), now: visit.now };
}

function redirectWithoutLink({ url }: Visit, cookies: readonly string[]): Response {
  // The path is canonical: it begins with one slash, so it cannot be read as another host.
  const headers = new Headers({ Location: `${url.path}${removeLinkParameters(url.query)}` });
  headers.set('Cache-Control', 'no-store');
  headers.set('Referrer-Policy', 'no-referrer');
  for (const cookie of cookies) headers.append('Set-Cookie', cookie);
  return new Response(null, { status: 303, headers });
}
