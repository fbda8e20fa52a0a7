import type { HealthJson } from '../api/health.ts';
import type { Visit } from '../corridor.ts';
import { formatInstant, formatMaybeInstant } from '../lib/instant.ts';
import { label, type SeriesCount } from '../observe/meter-series.ts';
import { formatMetrics, type Gauge } from '../observe/meter-text.ts';
import type { KnownHealth } from '../sso/health/health.ts';
import { authenticate } from './auth.ts';
import { noSuchPage } from './public-pages.ts';

/**
 * `GET /-/health/sso`: how sign-in is, in a word, for everybody; with the admin token, all that was found, looked at
 * now (at most once in 30 seconds of an isolate).
 */
export async function signInHealthDoor(request: Request, visit: Visit): Promise<Response> {
  if (!isRead(request)) return noSuchPage(request, visit);
  const token = findToken(visit);
  if (!token || !request.headers.has('Authorization')) return answer(await readKnown(visit), request);
  const caller = await authenticate(request, token, visit);
  return caller instanceof Response ? caller : answer(await look(visit), request);
}

/** The admin API answers on `ADMIN_HOST` alone, and so does what needs its token. */
function findToken({ house, url }: Visit) {
  const { token, host } = house.config.admin;
  return host === undefined || url.host === host ? token : undefined;
}

async function readKnown({ house, now }: Visit): Promise<HealthJson> {
  if (!house.signIn) return { status: 'off', checkedAt: null };
  const { status, checkedAt } = await house.signIn.health.latest(now);
  return { status, checkedAt: formatMaybeInstant(checkedAt) };
}

async function look({ house, now, gateway }: Visit): Promise<HealthJson> {
  if (!house.signIn) return { status: 'off', checkedAt: null, findings: [] };
  const { status, checkedAt, findings } = await house.signIn.health.checkOnceInAWhile({ now, gateway });
  return { status, checkedAt: formatInstant(checkedAt), findings: [...findings] };
}

function answer(health: HealthJson, { method }: Request): Response {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return new Response(method === 'HEAD' ? null : JSON.stringify(health), { headers });
}

/** `GET /-/metrics`: what the gateway has counted, for Prometheus, with the admin token. */
export async function metricsDoor(request: Request, visit: Visit): Promise<Response> {
  const token = findToken(visit);
  if (!token || !isRead(request)) return noSuchPage(request, visit);
  const caller = await authenticate(request, token, visit);
  if (caller instanceof Response) return caller;
  const { house, now } = visit;
  const counted = await house.ledgers.readMeter(now);
  // Without what is kept, counters would seem to begin anew: no answer says more than a wrong one.
  if (!counted) return visit.refuse({ code: 'storage_unavailable' }, new Headers({ 'Retry-After': '5' }));
  const known = await house.signIn?.health.latest(now);
  const text = formatMetrics(addUp([...counted.totals, ...house.meter.held]), known ? gaugesOf(known) : []);
  return new Response(request.method === 'HEAD' ? null : text, {
    headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function addUp(counts: readonly SeriesCount[]): SeriesCount[] {
  const sums = new Map<string, number>();
  for (const { series, count } of counts) sums.set(series, (sums.get(series) ?? 0) + count);
  return [...sums].map(([series, count]) => ({ series, count }));
}

const LEVELS = { green: 0, yellow: 1, red: 2 } as const;

/** What was not looked at has no level. */
function gaugesOf({ status, checkedAt, verdicts }: KnownHealth): Gauge[] {
  const ofStatus = status === 'unknown' ? [] : [{ series: 'postern_sso_health', count: LEVELS[status] }];
  const ofChecks = Object.entries(verdicts).flatMap(([check, verdict]) =>
    verdict === 'skipped' ? [] : [{ series: label('postern_sso_check', { check }), count: LEVELS[verdict] }],
  );
  const name = 'postern_sso_health_checked_timestamp_seconds';
  return [
    { name: 'postern_sso_health', help: 'Sign-in: 0 green, 1 yellow, 2 red', samples: ofStatus },
    { name: 'postern_sso_check', help: 'Each check of sign-in: 0 green, 1 yellow, 2 red', samples: ofChecks },
    {
      name,
      help: 'When sign-in was looked at last',
      samples: checkedAt === undefined ? [] : [{ series: name, count: checkedAt }],
    },
  ];
}
