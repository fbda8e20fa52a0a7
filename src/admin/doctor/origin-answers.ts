import * as z from 'zod';
import { ORIGIN_CHECKS } from '../../api/checks-origin.ts';
import type { Finding } from '../../api/findings.ts';
import { parseJson } from '../../lib/json.ts';
import { describeFailure, type Reply, type Told } from './ask.ts';
import { findingsOf, SLOW_MS } from './examine.ts';

export const tell = findingsOf(ORIGIN_CHECKS);

/** Grafana's `GET /api/health` (`pkg/api/http_server.go`); the version is left out where it is hidden. */
const HEALTH = z.object({
  database: z.string(),
  version: z
    .string()
    .regex(/^[\w.+~-]{1,60}$/)
    .optional()
    .catch(undefined),
});

function readHealth(reply: Reply) {
  const health = HEALTH.safeParse(reply.ok ? parseJson(reply.value.text) : undefined);
  return health.success ? health.data : undefined;
}

/** Whether it was Grafana that answered `/api/health`. */
export function isOfGrafana(reply: Reply): boolean {
  return readHealth(reply) !== undefined;
}

/** @param reply of `/api/health` */
export function judgeReachable(reply: Reply, host: string): Finding {
  if (!reply.ok)
    return tell('origin.reachable', {
      verdict: 'red',
      seen: `${host} ${describeFailure(reply.reason)}.`,
      fix: 'Check ORIGIN_URL, the DNS name, the tunnel or firewall in front of Grafana, and that Grafana runs.',
    });
  const { status, milliseconds } = reply.value;
  const seen = `${host} answered ${status} after ${milliseconds} ms.`;
  // 503 of /api/health is Grafana itself, whose database fails.
  if (status >= 500 && !isOfGrafana(reply))
    return tell('origin.reachable', {
      verdict: 'red',
      seen,
      fix: 'Something in front of Grafana answers in its place: see its log, and whether Grafana runs.',
      milliseconds,
    });
  if (status >= 300 && status < 500)
    return tell('origin.reachable', {
      verdict: 'yellow',
      seen: `${host} answered /api/health with ${status} after ${milliseconds} ms.`,
      fix: 'A guard may want ORIGIN_HEADERS, or the path prefix of ORIGIN_URL may be another.',
      milliseconds,
    });
  if (milliseconds <= SLOW_MS) return tell('origin.reachable', { verdict: 'green', seen, milliseconds });
  return tell('origin.reachable', {
    verdict: 'yellow',
    seen,
    fix: 'Look at the load of Grafana and the way to it. Every page of a dashboard makes some fifty such requests.',
    milliseconds,
  });
}

/** @param reply of `/api/health` */
export function judgeVersion(reply: Reply): Finding {
  if (!reply.ok) return tell('origin.version', { verdict: 'skipped', seen: 'The origin does not answer.' });
  const health = readHealth(reply);
  if (!health)
    return tell('origin.version', {
      verdict: 'yellow',
      seen: `What answers at /api/health (${reply.value.status}) is not recognised as Grafana.`,
      fix: 'Check that ORIGIN_URL leads to Grafana, with its path prefix, and that no page of a guard stands in front of it.',
    });
  const name = health.version === undefined ? 'Grafana (it hides its version)' : `Grafana ${health.version}`;
  if (health.database === 'ok')
    return tell('origin.version', { verdict: 'green', seen: `${name} answers; its database is ok.` });
  return tell('origin.version', {
    verdict: 'red',
    seen: `${name} answers, and says that its database is not ok.`,
    fix: "See Grafana's log and its [database] settings.",
  });
}

const CLOCK_SECONDS = { yellow: 10, red: 60 };

/**
 * @param reply of `/api/health`
 * @param now unix seconds at which it was asked
 */
export function judgeClock(reply: Reply, now: number): Finding {
  const date = reply.ok ? reply.value.headers.get('Date') : null;
  if (!reply.ok || date === null || Number.isNaN(Date.parse(date)))
    return tell('origin.clock', {
      verdict: 'skipped',
      seen: 'No answer of the origin said what time it is.',
    });
  if (isByCloudflare(reply.value))
    return tell('origin.clock', {
      verdict: 'skipped',
      seen: "The origin is behind Cloudflare, whose own clock stands in its answers: Grafana's cannot be seen.",
    });
  const skew = Math.round(Date.parse(date) / 1000 - (now + reply.value.milliseconds / 1000));
  const seconds = Math.abs(skew);
  const seen =
    seconds <= 1
      ? "The origin's clock is the gateway's."
      : `The origin's clock is ${seconds} seconds ${skew < 0 ? 'behind' : 'ahead'}.`;
  if (seconds <= CLOCK_SECONDS.yellow) return tell('origin.clock', { verdict: 'green', seen });
  const verdict = seconds > CLOCK_SECONDS.red ? 'red' : 'yellow';
  return tell('origin.clock', { verdict, seen, fix: "Set the clock of Grafana's machine by NTP." });
}

/** Cloudflare's answers have a clock and a name of their own. */
function isByCloudflare({ headers }: Told): boolean {
  return headers.has('CF-Ray') || headers.get('Server')?.toLowerCase() === 'cloudflare';
}
