import type { Finding } from '../../api/findings.ts';
import type { Visit } from '../../corridor.ts';
import { toHex } from '../../lib/bytes.ts';
import { isLoopbackHost } from '../../lib/request-url.ts';
import { isKeyAlive, type ShareKey } from '../../share/key.ts';
import { askAt, type Reply } from './ask.ts';
import { examineAll, type Part } from './examine.ts';
import { findKeys } from './key-subjects.ts';
import { knownAddressOf } from './known-address.ts';
import { isOfGrafana, judgeClock, judgeReachable, judgeVersion, tell } from './origin-answers.ts';
import { judgeAnonymous, judgeOpen } from './origin-guard.ts';
import {
  judgeFraming,
  judgeLive,
  judgeRedirect,
  judgeRootUrl,
  judgeUnderscores,
  type Probe,
} from './origin-pages.ts';

type Name = Parameters<typeof tell>[0];

const HEALTH = '/api/health';

/** Looks at the Grafana behind the gateway. Where it cannot be reached, nothing more is asked. */
export async function examineOrigin(visit: Visit): Promise<Finding[]> {
  const { origin } = visit.house.config;
  if (visit.url.host === origin.host) return [tell('origin.reachable', CIRCLE)];
  const startedMs = Date.now();
  const health = await askAt(origin, HEALTH);
  const answers = [judgeReachable(health, origin.host), judgeVersion(health), judgeClock(health, visit.now)];
  if (!health.ok) return [...answers, ...ASKED_LATER.map((check) => tell(check, UNREACHED))];
  return [...answers, ...(await examineFurther(health, visit, startedMs))];
}

const CIRCLE = {
  verdict: 'red',
  seen: "ORIGIN_URL has the gateway's own host: requests would go round in a circle.",
  fix: 'Set ORIGIN_URL to the address of Grafana itself.',
} as const;
const UNREACHED = { verdict: 'skipped', seen: 'The origin does not answer.' } as const;
const ASKED_LATER: readonly Name[] = [
  'origin.framing',
  'origin.redirect',
  'origin.root-url',
  'origin.live',
  'origin.underscores',
  'origin.open',
  'origin.anonymous',
];

function examineFurther(health: Reply, visit: Visit, startedMs: number): Promise<Finding[]> {
  const { origin, visitors } = visit.house.config;
  const speaker = findSpeaker(visit);
  const parts: readonly Part<Name>[] = [
    {
      checks: ['origin.framing', 'origin.redirect', 'origin.underscores'],
      examine: async () => examineHome(visit, (await speaker).key),
    },
    {
      checks: ['origin.root-url'],
      examine: async () => [await examineRootUrl(visit, (await speaker).key)],
    },
    { checks: ['origin.live'], examine: async () => [await examineLive(visit, await speaker)] },
    { checks: ['origin.open'], examine: async () => [await examineOpen(health, visit)] },
    {
      checks: ['origin.anonymous'],
      examine: async () => [judgeAnonymous(await askAt(origin, '/api/org'), visitors === 'pass')],
    },
  ];
  return examineAll(tell, parts, startedMs);
}

/** A key to ask with, and whether any key may open Live. */
interface Speaker {
  readonly key: ShareKey | undefined;
  readonly mayUseLive: boolean;
}

/** The first key that works by what the gateway knows. Where keys cannot be read, none. */
async function findSpeaker(visit: Visit): Promise<Speaker> {
  const keys = await findKeys(visit);
  const alive = keys.filter((key) => !key.disabled && isKeyAlive(key, visit.now));
  return { key: alive[0], mayUseLive: alive.some(({ live }) => live) };
}

function bearer(key: ShareKey | undefined): Readonly<Record<string, string>> {
  return key ? { Authorization: `Bearer ${key.token.text.reveal()}` } : {};
}

async function examineHome(visit: Visit, key: ShareKey | undefined): Promise<Finding[]> {
  const { origin, headers } = visit.house.config;
  const probe: Probe = { underscored: randomText(), hyphened: randomText() };
  const reply = await askAt(origin, '/', {
    Accept: 'text/html',
    postern_doctor_probe: probe.underscored,
    'postern-doctor-mark': probe.hyphened,
    ...bearer(key),
  });
  const gateway = new URL(visit.gateway);
  return [
    judgeFraming(reply, gateway.host),
    judgeRedirect(reply, origin),
    judgeUnderscores(reply, probe, headers.underscores),
  ];
}

async function examineRootUrl(visit: Visit, key: ShareKey | undefined): Promise<Finding> {
  const { origin } = visit.house.config;
  const known = knownAddressOf(visit);
  if (known === undefined)
    return tell('origin.root-url', {
      verdict: 'skipped',
      seen: 'ADMIN_HOST is set and PUBLIC_URL is not: nobody knows by which address visitors come.',
    });
  if (!key)
    return tell('origin.root-url', {
      verdict: 'skipped',
      seen: 'There is no key that works, by which Grafana would tell its settings.',
    });
  return judgeRootUrl(await askAt(origin, '/api/frontend/settings', bearer(key)), known);
}

async function examineLive(visit: Visit, { key, mayUseLive }: Speaker): Promise<Finding> {
  const { origin, sso, visitors } = visit.house.config;
  const reply = await askAt(origin, '/api/live/ws', {
    Upgrade: 'websocket',
    // As the gateway sends it for its own pages.
    Origin: origin.base,
    ...bearer(key),
  });
  const isNeeded = mayUseLive || sso !== undefined || visitors === 'pass';
  return judgeLive(reply, { isNeeded, hasKey: key !== undefined });
}

/** @param health what Grafana says with `ORIGIN_HEADERS` */
async function examineOpen(health: Reply, visit: Visit): Promise<Finding> {
  const { origin, sso } = visit.house.config;
  const hasHeaders = origin.headers.length > 0;
  const without = hasHeaders ? await askAt({ ...origin, headers: [] }, HEALTH) : health;
  return judgeOpen({
    isGrafana: isOfGrafana(without),
    isKnownAsGrafana: isOfGrafana(health),
    hasHeaders,
    isLoopback: isLoopbackHost(origin.host),
    trustedHeader: sso?.presentation.kind === 'auth-proxy' ? sso.presentation.header : undefined,
  });
}

function randomText(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(12)));
}
