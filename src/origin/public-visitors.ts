import type { Visit } from '../corridor.ts';
import { findAddress, networkOf } from '../lib/address.ts';
import { hashOf } from '../observe/summary.ts';
import { answerRevoked } from '../session/answer.ts';
import { forward } from './forward.ts';
import { namesIdentity } from './policy.ts';

/** Public dashboards that one address (an office behind one) may look at together. */
const DASHBOARDS_A_TIME = 5;

/** Grafana's own public dashboards go out without any credential, whatever cookie came, and not too often. */
export function servePublic(token: string, request: Request, visit: Visit): Response | Promise<Response> {
  if (namesIdentity(visit.url.query)) return visit.refuse({ code: 'path_not_shared' });
  const waitSeconds = countVisit(token, networkOf(findAddress(request.headers)), visit);
  if (waitSeconds === 0) return forwardUnlessRevoked(token, request, visit);
  visit.observe('public_dashboard.rate.refused', { dashboard: hashOf(token) });
  return visit.refuse({ code: 'too_many_attempts' }, new Headers({ 'Retry-After': String(waitSeconds) }));
}

/** Counts a request for a public dashboard. @returns for how many seconds its sender has to wait; 0 for none */
function countVisit(token: string, address: string, { house, now }: Visit): number {
  const { publicRates } = house;
  const { requestsPerMinute } = house.config.publicDashboards;
  return Math.max(
    publicRates.count(`${address} ${token}`, requestsPerMinute, now),
    // The page that a start request comes from is only claimed, so addresses are counted by themselves too.
    publicRates.count(address, requestsPerMinute * DASHBOARDS_A_TIME, now),
  );
}

async function forwardUnlessRevoked(token: string, request: Request, visit: Visit): Promise<Response> {
  return (await refuseRevokedPublic(token, visit)) ?? forward(request, { kind: 'nobody' }, visit);
}

/** A refusal for a public dashboard that was taken back; undefined for any other. @throws StorageUnavailable */
export async function refuseRevokedPublic(token: string, visit: Visit): Promise<Response | undefined> {
  const lost = await visit.house.revocations.publicStanding(token);
  if (!lost) return undefined;
  visit.observe('public_dashboard.revoked', { dashboard: hashOf(token) });
  return visit.refuse(answerRevoked(lost));
}
