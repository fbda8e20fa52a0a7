import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { createWorker } from '../../src/app.ts';
import type { Observer } from '../../src/observe/log.ts';
import { BOUND, settleAtEnd } from './bound.ts';
import { Jar } from './jar.ts';
import { entryOf, type FixtureKey, type KeyEntry, keyNamed, linkTo } from './keys.ts';
import { setLatest } from './latest.ts';
import { ORIGIN } from './origin.ts';
import { guard, sawResponse, sawText } from './watch.ts';

/** The clock of tests stands here unless a test moves it. */
export const NOW = 1_726_823_533;
export const HOST = 'dash.example.com';
export const SECRET = 'test-secret-one-0123456789abcdefghijkl';
export const OTHER_SECRET = 'test-secret-two-0123456789abcdefghijkl';

guard('the sealing secret', SECRET);
guard('the other sealing secret', OTHER_SECRET);

/** What a test changes of the gateway that it sets up. */
export interface GatewayOptions {
  readonly keys?: readonly KeyEntry[];
  /** Variables beside or instead of the usual ones; undefined leaves one out. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly now?: number;
  /** Scheme, host and port that requests name. */
  readonly at?: string;
  /** `real`: KV and the Durable Objects of the runtime. Otherwise nothing is bound that `vars` does not bind. */
  readonly bindings?: 'none' | 'real';
}

/** What a gateway without storage says of it, once. */
const STORAGE_WARNING = /^POSTERN_(?:KV|LEDGER) is not bound: /;

/** One line of the log. */
export interface LoggedEvent {
  readonly time: string;
  readonly event: string;
  readonly outcome: string;
  readonly [fact: string]: unknown;
}

/** A whole Worker with a clock that the test moves. All that it answers and logs is watched for secrets. */
export class Gateway {
  now: number;
  readonly at: string;
  /** What was logged, but for {@link storageWarnings}. */
  readonly events: LoggedEvent[] = [];
  /** What it said of storage that is not bound, which most tests go without. */
  readonly storageWarnings: string[] = [];
  readonly env: Record<string, unknown>;
  readonly #worker;
  #contexts: ExecutionContext[] = [];

  constructor({
    keys = [entryOf(keyNamed('test1'))],
    vars = {},
    now = NOW,
    at = `https://${HOST}`,
    bindings = 'none',
  }: GatewayOptions = {}) {
    this.now = now;
    this.at = at;
    this.env = {
      ORIGIN_URL: ORIGIN,
      POSTERN_SECRETS: SECRET,
      SHARE_KEYS: JSON.stringify(keys),
      ...(bindings === 'real' && BOUND),
      ...vars,
    };
    if (bindings === 'real') settleAtEnd(this);
    const clock = () => this.now;
    const observe: Observer = (line) => this.#log({ ...line });
    this.#worker = createWorker({ now: clock, observe });
    setLatest({ vars: this.env, now: clock, observe });
  }

  /** Sends a request; a target that begins with `/` is one of this gateway. */
  async fetch(target: string, init: RequestInit = {}): Promise<Response> {
    const request = new Request(target.startsWith('/') ? `${this.at}${target}` : target, init);
    const context = createExecutionContext();
    this.#contexts.push(context);
    const response = await this.#worker.fetch(request, this.env, context);
    sawResponse(`the answer to ${request.method} ${new URL(request.url).pathname}`, response);
    return response;
  }

  /** What the cron does. */
  scheduled(): Promise<void> {
    return this.#worker.scheduled(undefined, this.env);
  }

  /** The same as a visitor who holds these cookies. */
  fetchAs(jar: Jar, target: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (jar.header !== '') headers.set('Cookie', jar.header);
    return this.fetch(target, { ...init, headers });
  }

  /** Opens a link that is signed now, and keeps what it sets. */
  async open(
    link: Partial<Omit<Parameters<typeof linkTo>[0], 'at'>> & { at?: number } = {},
    jar = new Jar(),
  ): Promise<Jar> {
    const key: FixtureKey = link.key ?? keyNamed('test1');
    const response = await this.fetchAs(jar, linkTo({ at: this.now, ...link, key }));
    if (response.status !== 303)
      throw new Error(`the link was answered ${response.status}: ${await response.text()}`);
    return jar.take(response);
  }

  /** Waits for everything that goes on after the answers so far, and fails where that failed. */
  async settle(): Promise<void> {
    const contexts = this.#contexts;
    this.#contexts = [];
    for (const context of contexts) await waitOnExecutionContext(context);
  }

  /** Names of all events so far. */
  get eventNames(): string[] {
    return this.events.map(({ event }) => event);
  }

  #log(event: LoggedEvent): void {
    sawText('the log', JSON.stringify(event));
    if (event.event === 'config.warning' && STORAGE_WARNING.test(String(event.warning)))
      this.storageWarnings.push(String(event.warning));
    else this.events.push(event);
  }
}

/** The fields of a problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
}

export async function readProblem(response: Response): Promise<Problem> {
  return (await response.json()) as Problem;
}

/** Status and code of a refusal, for tables. */
export async function refusalOf(response: Response): Promise<string> {
  return response.status < 400
    ? String(response.status)
    : `${response.status} ${(await readProblem(response)).code}`;
}
