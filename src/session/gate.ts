import type { Visit } from '../corridor.ts';
import { formatQuery, parseQuery } from '../lib/query.ts';
import { redirectWithin } from '../lib/redirect.ts';
import { answerRevoked } from './answer.ts';
import type { Grant } from './grant.ts';
import { type Arrival, arrivalOf, type TicketUse } from './keeper.ts';
import type { PublicReason } from './standing.ts';

/** The parameters that carry tickets. */
const TICKETS: ReadonlyMap<string, TicketUse> = new Map([
  ['postern_check', 'check'],
  ['postern_open', 'open'],
]);

interface Ticket {
  readonly use: TicketUse;
  readonly sealed: string;
}

/**
 * The door for tickets. A frame whose link was just opened comes here with `postern_check`: if its cookie came
 * back, the parameter is taken away; if not, a page says why and offers a tab, which comes with `postern_open`.
 * No answer leads back here, so there is no loop.
 */
export function ticketGate(request: Request, visit: Visit): Response | undefined | Promise<Response> {
  const tickets = visit.url.query.includes('postern_') ? findTickets(visit.url.query) : [];
  const [ticket, second] = tickets;
  if (!ticket) return undefined;
  if (!second) return readTicket(ticket, request, visit);
  return visit.refuse({
    code: 'bad_request',
    more: 'The address carries more than one ticket of the gateway.',
  });
}

async function readTicket({ use, sealed }: Ticket, request: Request, visit: Visit): Promise<Response> {
  const arrival = arrivalOf(request, visit);
  const grant = await visit.house.sessions.openTicket(use, sealed, arrival);
  if (!grant) return redirectWithoutTicket(visit);
  if ('code' in grant) return refuseRevoked(grant, visit);
  return use === 'check' ? checkCookie(grant, arrival, visit) : openTab(grant, request, arrival, visit);
}

async function checkCookie(grant: Grant, arrival: Arrival, visit: Visit): Promise<Response> {
  const { sessions } = visit.house;
  const found = await sessions.findInside(grant, arrival);
  if (found === 'inside') return redirectWithoutTicket(visit);
  if (found !== 'outside') return refuseRevoked(found, visit);
  visit.observe('session.cookies.blocked', { key: grant.name, orgId: grant.orgId, sessionId: grant.id });
  const ticket = await sessions.sealOpenTicket(grant, arrival);
  visit.concern(await sessions.findKeyOf(grant));
  const rest = withoutTickets(visit.url.query);
  return visit.refuse({
    code: 'cookies_blocked',
    openInTab: `${visit.url.path}${rest === '' ? '?' : `${rest}&`}postern_open=${ticket}`,
  });
}

function refuseRevoked(lost: PublicReason, visit: Visit): Response {
  visit.observe('session.revoked', { reason: lost.publicReason ?? 'revoked' });
  return visit.refuse(answerRevoked(lost));
}

/** Only a tab of its own, which the browser says it is, gets a session by a ticket. */
async function openTab(grant: Grant, request: Request, arrival: Arrival, visit: Visit): Promise<Response> {
  if (request.method !== 'GET' || request.headers.get('Sec-Fetch-Dest') !== 'document') {
    return redirectWithoutTicket(visit);
  }
  const { name: key, orgId, linkId, id: sessionId } = grant;
  visit.observe('session.tab.opened', { key, orgId, linkId, sessionId });
  return redirectWithoutTicket(visit, await visit.house.sessions.readmit(grant, arrival));
}

function findTickets(query: string): Ticket[] {
  return parseQuery(query).flatMap(({ name, value }) => {
    const use = TICKETS.get(name ?? '');
    return use === undefined ? [] : [{ use, sealed: value ?? '' }];
  });
}

function withoutTickets(query: string): string {
  return formatQuery(parseQuery(query).filter(({ name }) => !TICKETS.has(name ?? '')));
}

function redirectWithoutTicket({ url }: Visit, cookies: readonly string[] = []): Response {
  return redirectWithin(`${url.path}${withoutTickets(url.query)}`, cookies);
}
