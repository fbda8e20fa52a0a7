import type { Visit } from '../corridor.ts';
import { answerHeaderRefusal } from '../headers/answer.ts';
import { findAddress } from '../lib/address.ts';
import { within } from '../lib/deadline.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { judgeCredentials } from '../origin/credentials.ts';
import { chooseRoute } from '../origin/routes.ts';
import {
  answerCall,
  answerNoSuchHost,
  answerNotFound,
  answerUnreached,
  type OncallAnswer,
  respond,
} from './answer.ts';
import { type Call, classify, readContextToken } from './classify.ts';
import { reportCall, reportNotFound } from './events.ts';
import type { Asker } from './find-region.ts';
import { askRegion, type Handed, handBack, type Outbound } from './forward.ts';
import { stripForRegion } from './own-headers.ts';
import { addressOf } from './region.ts';
import type { Finding } from './region-memory.ts';

/** Cloudflare could not find the origin of a name: the wildcard of grafana.net leads nowhere (oncall.md §3). */
const NO_SUCH_HOST = 530;
/** How long storage may take to say whether a token is a share key's. */
const SHARE_KEY_MS = 750;

/**
 * The door of `oncall`: what comes below `ONCALL_PATH` goes to the region that its token belongs to. It needs no
 * session.
 */
export function oncallDoor(request: Request, visit: Visit): Promise<Response> | undefined {
  const { path } = visit.url;
  const { path: prefix } = visit.house.config.oncall;
  if (prefix === undefined || !isBelow(path.toLowerCase(), prefix.toLowerCase())) return undefined;
  if (isRouted(visit, prefix)) return undefined;
  if (!isBelow(path, prefix)) return Promise.resolve(respond(refuseOtherCase(prefix), request.method, visit));
  return serve(request, path.slice(prefix.length), visit);
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

/** Whether `ROUTES` says more of this address than `ONCALL_PATH` does: names its host, or a path further down. */
function isRouted({ house, url }: Visit, prefix: string): boolean {
  const { routes } = house.config;
  const route = routes.length === 0 ? undefined : chooseRoute(routes, url.host, url.path);
  return route !== undefined && (route.host !== undefined || route.path.length > prefix.length);
}

/** It would go to the origin, with a token that is none of its business. */
function refuseOtherCase(prefix: string): OncallAnswer {
  const more = `Calls of OnCall arrive below ${prefix}, in this case of its letters.`;
  return { form: 'problem', refusal: { code: 'bad_request', more } };
}

/** Normalise and strip first, then read the token from what is left: what is judged is what goes on. */
async function serve(request: Request, path: string, visit: Visit): Promise<Response> {
  const { house, url } = visit;
  const inbound = house.inbound.prepare(request.headers, true);
  if (!inbound.ok) return refuse({ form: 'problem', refusal: answerHeaderRefusal(inbound.reason) });
  const { headers, changes } = inbound.value;
  if (changes) house.notices.note(changes, visit);
  stripForRegion(headers);
  const call = classify({ path, query: url.query, headers }, house.config.oncall.stackHosts);
  if (!call.ok) {
    reportCall(call.reason, visit);
    return refuse(answerCall(call.reason));
  }
  // The engine looks at none there, and whose it is nobody knows.
  if (!call.value.authorization) headers.delete('Authorization');
  const shared = await judgeTokens(call.value, headers, visit);
  if (shared) return refuse(shared);
  const asker = createAsker(request, visit);
  const found = await house.oncall.find(call.value, asker);
  if (!found.ok) {
    reportNotFound(found.reason, call.value, visit);
    return refuse(answerNotFound(found.reason, call.value, house.oncall.regions, house.config.oncall));
  }
  const target = url.query === '' ? path : `${path}?${url.query}`;
  const outbound = { method: request.method, target, headers, body: request.body };
  return send({ outbound, call: call.value, asker, visit }, found.value);

  function refuse(answer: OncallAnswer): Response {
    return respond(answer, request.method, visit);
  }
}

/** Hex digits alone: of that form is no token of Grafana's, and nearly every token of OnCall's. */
const HEX = /^[0-9a-f]+$/;

/**
 * A share key works through its links alone, so it is refused wherever a region would read it. While storage cannot say
 * whether a token is one, the call goes on: no region leads to the dashboards that the key opens, and OnCall shall not
 * fall silent with KV.
 */
async function judgeTokens(call: Call, headers: Headers, visit: Visit): Promise<OncallAnswer | undefined> {
  const context = headers.get('X-Instance-Context');
  const sent = call.authorization && !HEX.test(call.token.reveal()) ? call.authorization.reveal() : undefined;
  for (const credential of [sent, context === null ? undefined : readContextToken(context)]) {
    const answer = credential === undefined ? undefined : await judgeToken(credential, visit);
    if (answer) return answer;
  }
  return undefined;
}

async function judgeToken(credential: string, visit: Visit): Promise<OncallAnswer | undefined> {
  try {
    const judged = judgeCredentials(credential, visit.house.keys);
    const finding = await within(SHARE_KEY_MS, judged, () => new StorageUnavailable('read'));
    if (finding === 'none') return undefined;
    if (finding === 'unreadable') return UNREADABLE;
    visit.observe('share.key.refused', { reason: 'authorization-from-outside' });
    return { form: 'problem', refusal: { code: 'share_key_not_accepted' } };
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    return undefined;
  }
}

const UNREADABLE: OncallAnswer = {
  form: 'problem',
  refusal: { code: 'bad_request', more: 'A token of the request is too long, or has too many parts.' },
};

function createAsker(request: Request, visit: Visit): Asker {
  return {
    address: findAddress(request.headers),
    observe: (event, facts) => visit.observe(event, facts),
    waitUntil: (work) => visit.waitUntil(work),
  };
}

/** A call on its way. */
interface Errand {
  readonly outbound: Outbound;
  readonly call: Call;
  readonly asker: Asker;
  readonly visit: Visit;
}

async function send(errand: Errand, finding: Finding): Promise<Response> {
  const { outbound, call, asker, visit } = errand;
  const first = await ask(errand, finding);
  if (!first.isMisrouted || finding.way !== 'learnt') return first.response;
  const { oncall } = visit.house;
  if (!isRepeatable(outbound)) {
    // The next call goes right; this one was streamed away, and nothing is ever posted twice.
    asker.waitUntil(
      oncall.findAnew(call, finding, asker).then((other) => other && reportFailover(false, other)),
    );
    return first.response;
  }
  const other = await oncall.findAnew(call, finding, asker);
  if (!other) return first.response;
  reportFailover(true, other);
  asker.waitUntil(first.response.body?.cancel() ?? Promise.resolve());
  return (await ask(errand, other)).response;

  function reportFailover(isRepeated: boolean, { region }: Finding): void {
    visit.observe('oncall.failover', {
      kind: call.kind,
      from: finding.region.name,
      region: region.name,
      isRepeated,
    });
  }
}

/** Whether a call that was refused may be sent once more, elsewhere. */
function isRepeatable({ method, body }: Outbound): boolean {
  return method !== 'POST' && body === null;
}

/** Asks a region once. What stands in the way of an answer is told and answered here. */
async function ask({ outbound, visit }: Errand, { region }: Finding): Promise<Handed> {
  const { method } = outbound;
  const refuse = (answer: OncallAnswer) => ({ response: respond(answer, method, visit), isMisrouted: false });
  if (region.upstream.host === visit.url.host) return refuse(refuseCircle(visit));
  const counted = visit.house.meter.noteOncall(region.name, visit.now);
  if (counted) visit.waitUntil(counted);
  const asked = await askRegion(outbound, region);
  if (!asked.ok) {
    visit.observe('oncall.upstream.unreachable', { region: region.name, reason: asked.reason });
    return refuse(answerUnreached(asked.reason, `It is the OnCall region ${region.name}.`));
  }
  if (asked.value.status === NO_SUCH_HOST) {
    visit.waitUntil(asked.value.body?.cancel() ?? Promise.resolve());
    visit.observe('oncall.upstream.unreachable', { region: region.name, reason: 'no-such-host' });
    return refuse(answerNoSuchHost(addressOf(region)));
  }
  const handed = await handBack(asked.value, outbound, region, visit);
  if (handed.ok) return handed.value;
  visit.observe('oncall.upstream.unreachable', { region: region.name, reason: handed.reason });
  return refuse(answerUnreached(handed.reason, `The answer of the OnCall region ${region.name} broke off.`));
}

function refuseCircle(visit: Visit): OncallAnswer {
  visit.observe('config.invalid', {
    mistake: "a region of ONCALL_REGIONS has the gateway's own host: requests would go round in a circle",
    host: visit.url.host,
  });
  return { form: 'problem', refusal: { code: 'misconfigured' } };
}
