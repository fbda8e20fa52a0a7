import type { Context, Next } from 'hono';
import type { CorridorEnv, House, Visit } from './corridor.ts';
import { splitRequestUrl } from './lib/request-url.ts';
import type { EventFacts, Observer } from './observe/event.ts';
import { answerRefusal, type Refusal } from './refusal/refuse.ts';
import { Wiring } from './wiring.ts';

/** Opens a visit for each request, or says that the gateway is not set up. */
export function createEntrance(now: () => number, observe: Observer) {
  const wiring = new Wiring(observe);

  async function open(c: Context<CorridorEnv>, next: Next): Promise<Response | undefined> {
    const house = wiring.houseOf(c.env);
    if (house === 'misconfigured') return refuse({ code: 'misconfigured' }, c.req.raw, crypto.randomUUID());
    c.set('visit', new RequestVisit(c, house, now(), observe));
    await next();
    return undefined;
  }

  function onError(error: Error, c: Context<CorridorEnv>): Response {
    const requestId = c.var.visit?.requestId ?? crypto.randomUUID();
    observe('request.failed', { requestId, error: error.name, message: error.message });
    return refuse({ code: 'internal_error' }, c.req.raw, requestId);
  }

  return { open, onError };
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

class RequestVisit implements Visit {
  readonly url;
  readonly now: number;
  readonly house: House;
  readonly #context: Context<CorridorEnv>;
  readonly #observer: Observer;
  #requestId: string | undefined;

  constructor(context: Context<CorridorEnv>, house: House, now: number, observer: Observer) {
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

  observe(event: string, facts: EventFacts): void {
    this.#observer(event, { requestId: this.requestId, ...facts });
  }

  refuse(refusal: Refusal, headers?: Headers): Response {
    const { frameAncestors } = this.house.config.origin;
    return refuse(refusal, this.#context.req.raw, this.requestId, frameAncestors, headers);
  }

  waitUntil(work: Promise<unknown>): void {
    this.#context.executionCtx.waitUntil(work);
  }
}
