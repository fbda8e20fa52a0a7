import type { Visit } from '../corridor.ts';
import { formatQuery, parseQuery } from '../lib/query.ts';
import { redirectWithin } from '../lib/redirect.ts';
import type { Grant } from './grant.ts';
import { type Arrival, arrivalOf, type TicketUse } from './keeper.ts';

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
  return use === 'check' ? checkCookie(grant, arrival, visit) : openTab(grant, request, arrival, visit);
}

async function checkCookie(grant: Grant, arrival: Arrival, visit: Visit): Promise<Response> {
  const { sessions } = visit.house;
  if (await sessions.isInside(grant, arrival)) return redirectWithoutTicket(visit);
  visit.observe('session.cookies.blocked', { key: grant.name, orgId: grant.orgId });
  const ticket = await sessions.sealOpenTicket(grant, arrival);
  visit.concern(await sessions.findKeyOf(grant));
  const rest = withoutTickets(visit.url.query);
  return visit.refuse({
    code: 'cookies_blocked',
    openInTab: `${visit.url.path}${rest === '' ? '?' : `${rest}&`}postern_open=${ticket}`,
  });
}

/** Only a tab of its own, which the browser says it is, gets a session by a ticket. */
async function openTab(grant: Grant, request: Request, arrival: Arrival, visit: Visit): Promise<Response> {
  if (request.method !== 'GET' || request.headers.get('Sec-Fetch-Dest') !== 'document') {
    return redirectWithoutTicket(visit);
  }
  visit.observe('session.tab.opened', { key: grant.name, orgId: grant.orgId, linkId: grant.linkId });
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
