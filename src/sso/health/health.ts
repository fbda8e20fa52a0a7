import { type Finding, worstOf } from '../../api/findings.ts';
import { within } from '../../lib/deadline.ts';
import { StorageUnavailable } from '../../lib/storage-error.ts';
import type { Tell } from '../../observe/events.ts';
import type { SeriesCount } from '../../observe/meter-series.ts';
import type { SsoOptions } from '../options.ts';
import type { Send } from '../provider/bounded-fetch.ts';
import type { Endpoints } from '../provider/discovery.ts';
import type { Provider } from '../provider/provider.ts';
import type { Alarm } from './alarm.ts';
import type { AssertionProbe } from './assertion-check.ts';
import { checkClient } from './client-check.ts';
import { lookAtDiscovery } from './discovery-checks.ts';
import type { HealthStore } from './health-store.ts';
import { type HealthRecord, saysTheSame } from './record.ts';
import { runChecks } from './run.ts';

/** Unix seconds. */
interface HealthMoments {
  readonly checked: number | undefined;
  readonly reset: number | undefined;
}

/** What the gateway has counted, and when its health was looked at: the port of the ledgers. Nothing of it fails. */
export interface HealthBook {
  readMeter(since: number): Promise<
    | {
        readonly recent: readonly SeriesCount[];
        readonly health: HealthMoments;
      }
    | undefined
  >;
  noteHealth(what: 'checked' | 'reset', now: number): Promise<void>;
}

/** What health needs from outside. */
export interface SignInHealthContext {
  readonly options: SsoOptions;
  readonly provider: Provider;
  readonly send: Send;
  /** Undefined where no KV is bound: then nothing is compared with an earlier run. */
  readonly store: HealthStore | undefined;
  readonly book: HealthBook;
  readonly alarm: Alarm;
  readonly probe: AssertionProbe | undefined;
  readonly tell: Tell;
}

/** Who asks, and when. */
export interface HealthAsk {
  /** Unix seconds. */
  readonly now: number;
  /** Scheme, host and port of the gateway, as far as they are known. */
  readonly gateway: string | undefined;
}

/** What all checks came to. */
export interface HealthReport {
  readonly status: 'green' | 'yellow' | 'red';
  /** Unix seconds. */
  readonly checkedAt: number;
  readonly findings: readonly Finding[];
}

/** What is known without asking anybody. */
export interface KnownHealth {
  /** `unknown`: nobody has looked lately. */
  readonly status: HealthReport['status'] | 'unknown';
  readonly checkedAt: number | undefined;
  readonly verdicts: HealthRecord['verdicts'];
}

const HOUR_SECONDS = 3_600;
/** How often one isolate looks, or reads what is known, for those who ask. */
const REPEAT_SECONDS = 30;
/** Four runs of the cron: what is older says nothing of now. */
const STALE_SECONDS = 1_200;
/** Discovery, and what KV may add to it. */
const ENDPOINTS_TIMEOUT_MS = 8_000;
/** A run that another request has begun is waited for as long as a run may take. */
const WAIT_MS = 20_000;
const WAIT_STEP_MS = 100;

/** How sign-in is: looks at everything that it depends on, keeps what was found, and tells a change. */
export class SignInHealth {
  readonly #context: SignInHealthContext;
  #report: HealthReport | undefined;
  #known: { readonly value: KnownHealth; readonly readAt: number } | undefined;
  /** When the run that goes on has begun, by the machine's clock. */
  #runningSinceMs: number | undefined;

  constructor(context: SignInHealthContext) {
    this.#context = context;
  }

  /** Runs all checks now, keeps the outcome, and tells a change. Never fails, and takes 20 seconds at most. */
  async check(ask: HealthAsk): Promise<HealthReport> {
    this.#runningSinceMs = Date.now();
    try {
      const report = await this.#run(ask);
      this.#report = report;
      this.#known = undefined;
      return report;
    } finally {
      this.#runningSinceMs = undefined;
    }
  }

  /** The same for those who ask by request: at most once in 30 seconds, and in one request at a time. */
  async checkOnceInAWhile(ask: HealthAsk): Promise<HealthReport> {
    // No promise between the last look and the run: of many who ask at once, one begins it.
    while (this.#isRunning()) await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
    const report = this.#report;
    return report && ask.now - report.checkedAt < REPEAT_SECONDS ? report : this.check(ask);
  }

  /** What is known without asking the provider. Never fails. */
  async latest(now: number): Promise<KnownHealth> {
    const known = this.#known;
    if (known && now - known.readAt < REPEAT_SECONDS) return known.value;
    const [record, counted] = await Promise.all([
      this.#readRecord(),
      this.#context.book.readMeter(now - HOUR_SECONDS),
    ]);
    const value = judgeKnown(record, counted?.health, now);
    this.#known = { value, readAt: now };
    return value;
  }

  /** Only whether the provider takes client id and secret. */
  async checkClient({ now, gateway }: HealthAsk): Promise<Finding> {
    const { options, provider } = this.#context;
    return checkClient({ options, provider, endpoints: await this.#findEndpoints(now), now, gateway });
  }

  /** Begins anew: what was found, and counted, before is over and done with. Never fails. */
  async reset(now: number): Promise<void> {
    this.#report = undefined;
    this.#known = undefined;
    await this.#context.book.noteHealth('reset', now);
  }

  async #run({ now, gateway }: HealthAsk): Promise<HealthReport> {
    const { options, provider, send, book, alarm, probe } = this.#context;
    const startedMs = Date.now();
    const [record, counted, endpoints, discovery] = await Promise.all([
      this.#readRecord(),
      book.readMeter(now - HOUR_SECONDS),
      this.#findEndpoints(now),
      lookAtDiscovery({ options, send }),
    ]);
    const former = findFormer(record, counted?.health);
    const { findings, record: found } = await runChecks(discovery, probe, {
      options,
      provider,
      send,
      now,
      startedMs,
      gateway,
      counts: counted?.recent,
      former,
      resetAt: counted ? counted.health.reset : former?.resetAt,
      endpoints,
    });
    const status = worstOf(findings);
    await Promise.all([
      record === 'unavailable' ? undefined : this.#keep(former, found),
      book.noteHealth('checked', now),
      alarm.report({ status, findings, gateway, now }),
    ]);
    return { status, checkedAt: now, findings };
  }

  async #findEndpoints(now: number): Promise<Endpoints | undefined> {
    const late = () => new DOMException('no answer in time', 'TimeoutError');
    try {
      const found = await within(ENDPOINTS_TIMEOUT_MS, this.#context.provider.endpoints(now), late);
      return found.ok ? found.value : undefined;
    } catch {
      // The deadline, or storage: without endpoints, the checks say what they lack.
      return undefined;
    }
  }

  async #readRecord(): Promise<HealthRecord | 'unavailable' | undefined> {
    try {
      return await this.#context.store?.read();
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      this.#context.tell('storage.failed', { reason: error.operation });
      return 'unavailable';
    }
  }

  /** KV takes few writes: only what differs is written. */
  async #keep(former: HealthRecord | undefined, found: HealthRecord): Promise<void> {
    if (former && saysTheSame(former, found)) return;
    try {
      await this.#context.store?.write(found);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      this.#context.tell('storage.failed', { reason: error.operation });
    }
  }

  #isRunning(): boolean {
    return this.#runningSinceMs !== undefined && Date.now() - this.#runningSinceMs < WAIT_MS;
  }
}

/** What a run has left that knew of no later reset: all else is over and done with. */
function findFormer(
  record: HealthRecord | 'unavailable' | undefined,
  health: HealthMoments | undefined,
): HealthRecord | undefined {
  if (record === undefined || record === 'unavailable') return undefined;
  return health && record.resetAt !== health.reset ? undefined : record;
}

function judgeKnown(
  record: HealthRecord | 'unavailable' | undefined,
  health: HealthMoments | undefined,
  now: number,
): KnownHealth {
  const former = findFormer(record, health);
  const checkedAt = health?.checked;
  if (!former || checkedAt === undefined || now - checkedAt > STALE_SECONDS)
    return { status: 'unknown', checkedAt, verdicts: {} };
  const verdicts = Object.values(former.verdicts).map((verdict) => ({ verdict }));
  return { status: worstOf(verdicts), checkedAt, verdicts: former.verdicts };
}
