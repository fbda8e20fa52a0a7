import type { BindingJson, NewBindingJson, WhichJson, WhichOrderJson } from '../api/oncall.ts';
import type { Visit } from '../corridor.ts';
import type { Result } from '../lib/result.ts';
import { answerCall, answerNotFound, type OncallAnswer } from '../oncall/answer.ts';
import { type Arrival, type Call, type CallRefusal, classify } from '../oncall/classify.ts';
import { type Clue, clueOfStack, clueOfToken, clueOfTokenHash } from '../oncall/clue.ts';
import { addressOf, type Region } from '../oncall/region.ts';
import { MEMO_SECONDS } from '../oncall/region-memory.ts';
import type { RegionStore } from '../oncall/region-store.ts';
import { parseStack } from '../oncall/stack.ts';
import { shareKeyGate } from '../origin/gate.ts';
import { CODES } from '../refusal/codes.ts';
import { Refused } from './refused.ts';
import { PROPAGATION_SECONDS } from './revocations.ts';
import { requireStores } from './stores.ts';

/** Where each kind of token would arrive; the first that takes a token says what it is. */
const ARRIVALS: readonly ((order: WhichOrderJson) => Arrival)[] = [
  ({ token, stack, stackId }) => ({
    path: '/api/v1/info/',
    query: '',
    headers: headersOf({
      Authorization: token,
      'X-Grafana-URL': stack,
      'X-Grafana-Instance-ID': stackId,
      'X-Instance-Context': JSON.stringify({ stack_id: stackId }),
    }),
  }),
  ({ token }) => ({
    path: '/api/v1/schedules/S/export',
    query: `token=${encodeURIComponent(token)}`,
    headers: new Headers(),
  }),
  ({ token }) => ({
    path: `/integrations/v1/webhook/${encodeURIComponent(token)}/`,
    query: '',
    headers: new Headers(),
  }),
];

/** The region of a token, found as its calls find it; or what they would be answered. */
export async function findWhich(order: WhichOrderJson, visit: Visit): Promise<WhichJson> {
  const { house } = visit;
  const call = classifyAnywhere(order, visit);
  if (!call.ok) return describeProblem(undefined, answerCall(call.reason));
  await requireNoShareKey(order, visit);
  const found = await house.oncall.find(call.value, {
    address: '',
    observe: (event, facts) => visit.observe(event, facts),
    waitUntil: (work) => visit.waitUntil(work),
  });
  if (!found.ok) {
    const answer = answerNotFound(found.reason, call.value, house.oncall.regions, house.config.oncall);
    return describeProblem(call.value, answer);
  }
  const { region, way } = found.value;
  const { kind, clues } = call.value;
  return { kind, region: region.name, address: addressOf(region), way, clues: [...clues], problem: null };
}

/** Binds a token or a stack to a region, until it is forgotten. */
export async function bind(order: NewBindingJson, visit: Visit): Promise<BindingJson> {
  const clue = clueOf(order);
  requireNotConfigured(clue, visit);
  const region = requireRegion(order.region, visit);
  await storeOf(visit).write(clue, { region: region.name, at: visit.now, isBound: true }, undefined);
  visit.house.oncall.forget();
  visit.observe('oncall.binding.made', { clue, region: region.name });
  return describeBinding(clue, region.name, true);
}

/** Forgets what was bound or learnt. @throws Refused where there is nothing */
export async function forget(clue: Clue, visit: Visit): Promise<BindingJson> {
  requireNotConfigured(clue, visit);
  const [found] = await storeOf(visit).read([clue]);
  if (!found)
    throw new Refused('not_found', 'Nothing is bound or learnt of it, or KV has not told this place yet.');
  await storeOf(visit).delete(clue);
  visit.house.oncall.forget();
  const { region, isBound } = found.stored;
  visit.observe('oncall.binding.removed', { clue, region });
  return describeBinding(clue, region, isBound);
}

function classifyAnywhere(order: WhichOrderJson, { house }: Visit): Result<Call, CallRefusal> {
  const { stackHosts } = house.config.oncall;
  const calls = ARRIVALS.map((arrive) => classify(arrive(order), stackHosts));
  const [first] = calls;
  if (!first) throw new RangeError('a token arrives somewhere');
  return first.ok || first.reason !== 'unacceptable' ? first : (calls.find((call) => call.ok) ?? first);
}

function headersOf(fields: Readonly<Record<string, string | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) headers.set(name, value);
  return headers;
}

/** A share key is not asked about at a stack, since its calls would not be either. */
async function requireNoShareKey({ token }: WhichOrderJson, visit: Visit): Promise<void> {
  const request = new Request(visit.ownOrigin, { headers: { Authorization: token } });
  if (await shareKeyGate(request, visit))
    throw new Refused('conflict', 'This is the token of a share key, which works through its links alone.');
}

/** @throws Refused for an address that is no stack's */
function clueOf(order: NewBindingJson): Clue {
  if ('token' in order) return clueOfToken(order.token);
  if ('tokenSha256' in order) return clueOfTokenHash(order.tokenSha256);
  if ('stackId' in order) return clueOfStack(order.stackId);
  const stack = parseStack(order.stack, undefined);
  if (stack) return clueOfStack(stack.host);
  throw new Refused('invalid_input', 'stack: is not the https address of a stack, without port and path.');
}

function requireNotConfigured(clue: Clue, { house }: Visit): void {
  const bound = house.config.oncall.bindings.get(clue);
  if (bound === undefined) return;
  throw new Refused('conflict', `ONCALL_BINDINGS binds it to ${bound}, and goes before what is stored.`);
}

function requireRegion(name: string, { house }: Visit): Region {
  const { regions } = house.oncall;
  const region = regions.findByName(name);
  if (region) return region;
  throw new Refused('invalid_input', `region: is not in ONCALL_REGIONS, which has ${regions.names}.`);
}

function storeOf(visit: Visit): RegionStore {
  return requireStores(visit).regions;
}

function describeBinding(clue: Clue, region: string, isBound: boolean): BindingJson {
  const effectiveSeconds = MEMO_SECONDS + PROPAGATION_SECONDS;
  return { clue, region, source: isBound ? 'bound' : 'learnt', effectiveSeconds };
}

function describeProblem(call: Call | undefined, answer: OncallAnswer): WhichJson {
  const problem =
    answer.form === 'engine'
      ? { status: answer.status, code: null, detail: answer.detail }
      : {
          status: CODES[answer.refusal.code].status,
          code: answer.refusal.code,
          detail: answer.refusal.more ?? CODES[answer.refusal.code].detail.en,
        };
  return {
    kind: call?.kind ?? null,
    region: null,
    address: null,
    way: null,
    clues: [...(call?.clues ?? [])],
    problem,
  };
}
