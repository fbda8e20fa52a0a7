import * as z from 'zod';
import { ONCALL_CHECKS } from '../../api/checks-oncall.ts';
import type { Finding } from '../../api/findings.ts';
import type { Visit } from '../../corridor.ts';
import { parseJson } from '../../lib/json.ts';
import { isLoopbackHost } from '../../lib/request-url.ts';
import { addressOf, type Region } from '../../oncall/region.ts';
import { askAt, describeFailure, type Reply } from './ask.ts';
import { examineAll, findingsOf, SLOW_MS } from './examine.ts';

const tell = findingsOf(ONCALL_CHECKS);

/** The cheapest call of the engine. Without a token it is refused, in the engine's own words. */
const PROBE_PATH = '/api/v1/info/';
/** A request on the free plan has 50 subrequests. */
const REGIONS_MAX = 40;

/** Looks at the regions of `ONCALL_REGIONS`. No token is needed, and none is sent. */
export async function examineOncall(visit: Visit): Promise<Finding[]> {
  const { oncall, config } = visit.house;
  if (config.oncall.path === undefined)
    return [tell('oncall.region', { verdict: 'skipped', seen: 'ONCALL_PATH is off: no calls are taken.' })];
  const { all } = oncall.regions;
  const found = await examineAll(tell, all.slice(0, REGIONS_MAX).map(examineRegion));
  return [...found, ...all.slice(REGIONS_MAX).map(leaveOut)];
}

function examineRegion(region: Region) {
  return {
    checks: ['oncall.region'] as const,
    about: region.name,
    examine: async () => [judgeScheme(region), judgeRegion(region, await askAt(region.upstream, PROBE_PATH))],
  };
}

function leaveOut({ name }: Region): Finding {
  const seen = `Only the first ${REGIONS_MAX} regions were asked.`;
  return tell('oncall.region', { verdict: 'skipped', about: name, seen });
}

export function judgeScheme(region: Region): Finding {
  const { base, host } = region.upstream;
  const about = region.name;
  if (base.startsWith('https://') || isLoopbackHost(host))
    return tell('oncall.https', { verdict: 'green', about, seen: `Calls go to ${addressOf(region)}.` });
  return tell('oncall.https', {
    verdict: 'red',
    about,
    seen: `Calls go to ${addressOf(region)}, over plain HTTP, with their tokens.`,
    fix: 'Give the region an address of https in ONCALL_REGIONS.',
  });
}

/** Refusals of the engine (Django REST framework). */
const REFUSAL = z.object({ detail: z.string() });

/** @param reply of {@link PROBE_PATH}, asked without a token */
export function judgeRegion(region: Region, reply: Reply): Finding {
  const about = region.name;
  const { host } = region.upstream;
  if (!reply.ok || reply.value.status >= 500)
    return tell('oncall.region', {
      verdict: 'red',
      about,
      seen: reply.ok
        ? `${host} answered ${reply.value.status}${reply.value.status === 530 ? ': there is no such host' : ''}.`
        : `${host} ${describeFailure(reply.reason)}.`,
      fix: "Check the region's address in ONCALL_REGIONS (docs/oncall.md says where to find it), and the status page of Grafana Cloud.",
    });
  const { status, text, milliseconds } = reply.value;
  if (!REFUSAL.safeParse(parseJson(text)).success)
    return tell('oncall.region', {
      verdict: 'yellow',
      about,
      seen: `${host} answered ${status} after ${milliseconds} ms, but not as OnCall does.`,
      fix: 'Check the path of its address in ONCALL_REGIONS: OnCall mostly answers below /oncall.',
      milliseconds,
    });
  const isSlow = milliseconds > SLOW_MS;
  return tell('oncall.region', {
    verdict: isSlow ? 'yellow' : 'green',
    about,
    seen: `OnCall answered at ${host} after ${milliseconds} ms.`,
    ...(isSlow && {
      fix: 'Look again later; if it stays, see the status page of Grafana Cloud. OnCall itself waits 5 seconds for answers.',
    }),
    milliseconds,
  });
}
