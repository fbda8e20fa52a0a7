import { DurableObject } from 'cloudflare:workers';
import type { MeterRow } from '../observe/meter.ts';
import type {
  Book,
  Entries,
  HealthMoment,
  HourCount,
  KeptEvent,
  KeptRecord,
  LatestAsk,
  LedgerSummary,
  MeterReading,
  PauseRule,
} from './book.ts';
import { CountsTable } from './counts-table.ts';
import { EventsTable } from './events-table.ts';
import { FactsTable } from './facts-table.ts';
import { FailuresTable } from './failures-table.ts';
import { MetersTable } from './meters-table.ts';
import { RecordTable } from './record-table.ts';

/**
 * The Durable Object beside each key (and one for all unknown names, one for the gateway itself, one for its counts, a
 * few for addresses, and one for each secret): its latest events, its counts, its wrong signatures, and the record that decides who
 * changed the key last. Everything in it is bounded.
 */
export class Ledger extends DurableObject implements Book {
  readonly #events: EventsTable;
  readonly #counts: CountsTable;
  readonly #failures: FailuresTable;
  readonly #facts: FactsTable;
  readonly #record: RecordTable;
  readonly #meters: MetersTable;

  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    const { sql } = context.storage;
    this.#events = new EventsTable(sql);
    this.#counts = new CountsTable(sql);
    this.#failures = new FailuresTable(sql);
    this.#facts = new FactsTable(sql);
    this.#record = new RecordTable(sql);
    this.#meters = new MetersTable(sql);
  }

  async note({ events, counts, usedAt, refusedByOriginAt, now }: Entries): Promise<void> {
    this.#events.add(events);
    this.#counts.add(counts, now);
    this.#facts.raise('last-used', usedAt);
    this.#facts.raise('refused-by-origin', refusedByOriginAt);
  }

  async latest(ask: LatestAsk): Promise<KeptEvent[]> {
    return this.#events.latest(ask);
  }

  async countFailure(subject: string, rule: PauseRule, now: number): Promise<number> {
    return this.#failures.count(subject, rule, now);
  }

  async summary(): Promise<LedgerSummary> {
    return {
      lastUsedAt: this.#facts.find('last-used'),
      refusedByOriginAt: this.#facts.find('refused-by-origin'),
    };
  }

  async counts(since: number): Promise<HourCount[]> {
    return this.#counts.since(since);
  }

  async readRecord(): Promise<KeptRecord | undefined> {
    return this.#record.find();
  }

  async swapRecord(revision: number, text: string | null): Promise<boolean> {
    return this.#record.swap(revision, text);
  }

  async addMeter(rows: MeterRow[], now: number): Promise<void> {
    this.#meters.add(rows, now);
  }

  async readMeter(since: number): Promise<MeterReading> {
    const health = {
      checked: this.#facts.find('health-checked'),
      reset: this.#facts.find('health-reset'),
    };
    const from = Math.max(since, health.reset ?? since);
    return { totals: this.#meters.totals(), recent: this.#meters.since(from), health };
  }

  async noteHealth(what: HealthMoment, now: number): Promise<void> {
    this.#facts.raise(`health-${what}`, now);
  }
}
