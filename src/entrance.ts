import type { Context, Handler } from 'hono';
import type { Door, House, Visit } from './corridor.ts';
import { splitRequestUrl } from './lib/request-url.ts';
import { StorageUnavailable } from './lib/storage-error.ts';
import { EVENTS, type EventMap, type EventName, formatEvent, type RequestFacts } from './observe/events.ts';
import type { Observer } from './observe/log.ts';
import { answerRefusal, type Refusal } from './refusal/refuse.ts';
import { Wiring } from './wiring.ts';

/** Hono's types: bindings and variables come as the runtime hands them over, and are read by `config`. */
export interface WorkerEnv {
  Bindings: Record<string, unknown>;
}

/** The entrance: opens a visit for each request, or says that the gateway is not set up. */
export function createEntrance(now: () => number, observe: Observer, wiring = new Wiring(observe, now)) {
  /** Leads a request through doors, in their order, to the first that answers. */
  function through(doors: readonly Door[]): Handler<WorkerEnv> {
    return async function walk(c) {
      const house = wiring.houseOf(c.env);
      if (house === 'misconfigured') return refuse({ code: 'misconfigured' }, c.req.raw, crypto.randomUUID());
      const visit = new OpenVisit(c, house, now(), observe);
      try {
        for (const door of doors) {
          const answer = door(c.req.raw, visit);
          const response = answer instanceof Promise ? await answer : answer;
          if (response) return response;
        }
        return visit.refuse({ code: 'not_found' });
      } catch (error) {
        return refuseFailure(error, visit);
      }
    };
  }

  /** What failed before there was a visit. */
  function onError(error: Error, c: Context<WorkerEnv>): Response {
    const requestId = crypto.randomUUID();
    observe(formatEvent('request.failed', describeError(error), now(), { requestId }));
    return refuse({ code: 'internal_error' }, c.req.raw, requestId);
  }

  return { through, onError };
}

/** Storage that nobody can read or write is no mistake of the gateway, and the visitor is told which it was. */
function refuseFailure(error: unknown, visit: Visit): Response {
  if (!(error instanceof StorageUnavailable)) {
    visit.observe('request.failed', describeError(error));
    return visit.refuse({ code: 'internal_error' });
  }
  visit.observe('storage.failed', { reason: error.operation });
  visit.observe('revocation.unavailable', { reason: 'refused' });
  return visit.refuse({ code: 'revocation_unavailable' }, new Headers({ 'Retry-After': '5' }));
}

/** What failed and where. A message may quote what a client sent, so it is not written down. */
function describeError(error: unknown): EventMap['request.failed'] {
  if (!(error instanceof Error)) return { error: typeof error };
  const [, frame] = /\n\s*at (\S+)/.exec(error.stack ?? '') ?? [];
  return { error: error.name, at: frame };
}

/** Without a configuration, nobody may frame an answer. */
const NO_ANCESTORS = ["'none'"];

function refuse(
  refusal: Refusal,
  request: Request,
  requestId: string,
  frameAncestors: readonly string[] = NO_ANCESTORS,
  headers?: Headers,
): Response {
  const { method } = request;
  return answerRefusal(refusal, { headers: request.headers, method, requestId, frameAncestors }, headers);
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

class OpenVisit implements Visit {
  readonly url;
  readonly now: number;
  readonly house: House;
  readonly #context: Context<WorkerEnv>;
  readonly #observer: Observer;
  #requestId: string | undefined;
  #keyAncestors: readonly string[] | undefined;

  constructor(context: Context<WorkerEnv>, house: House, now: number, observer: Observer) {
    this.url = splitRequestUrl(context.req.raw.url);
    this.now = now;
    this.house = house;
    this.#context = context;
    this.#observer = observer;
  }

  /** Made when someone asks for it: a warm request needs none. */
  get requestId(): string {
    this.#requestId ??= crypto.randomUUID();
    return this.#requestId;
  }

  get gateway(): string {
    return this.house.config.publicOrigin ?? this.ownOrigin;
  }

  get ownOrigin(): string {
    return `${this.url.protocol}//${this.url.host}`;
  }

  get ownOrigins(): readonly string[] {
    return [this.ownOrigin, this.gateway];
  }

  observe<Name extends EventName>(event: Name, facts: EventMap[Name]): void {
    const line = formatEvent(event, facts, this.now, this.#describeRequest());
    this.#observer(line);
    if (EVENTS[event].isDecision) this.waitUntil(this.house.ledgers.record(line));
    const counted = this.house.meter.tell(line, this.now);
    if (counted) this.waitUntil(counted);
  }

  #describeRequest(): RequestFacts {
    const { country, colo } = (this.#context.req.raw.cf ?? {}) as { country?: unknown; colo?: unknown };
    return { requestId: this.requestId, country: asText(country), colo: asText(colo) };
  }

  refuse(refusal: Refusal, headers?: Headers): Response {
    const ancestors = this.#keyAncestors ?? this.house.config.origin.frameAncestors;
    return refuse(refusal, this.#context.req.raw, this.requestId, ancestors, headers);
  }

  concern(key: { readonly frameAncestors?: readonly string[] | undefined } | undefined): void {
    this.#keyAncestors = key?.frameAncestors;
  }

  waitUntil(work: Promise<unknown>): void {
    this.#context.executionCtx.waitUntil(work);
  }
}
