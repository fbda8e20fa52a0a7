import { LruMap } from '../lib/lru.ts';
import type { Tell } from '../observe/events.ts';

const REMEMBERED_MAX = 256;
/** One event a name and minute: a client that sends a header with every request must not fill the log. */
const QUIET_SECONDS = 60;
/** What one request, and one minute of all requests, may write. */
const EVENTS_A_REQUEST_MAX = 5;
const EVENTS_A_MINUTE_MAX = 60;
const NAME_LENGTH_MAX = 64;

interface Tally {
  since: number;
  count: number;
}

/** Who is told, and when. */
export interface NoticeContext {
  /** Unix seconds. */
  readonly now: number;
  readonly observe: Tell;
}

/** Tells the operator which header names were renamed or dropped, and how often. Values are never told. */
export class HeaderNotices {
  readonly #tallies = new LruMap<string, Tally>(REMEMBERED_MAX);
  #minute: Tally = { since: 0, count: 0 };

  note(changes: readonly string[], context: NoticeContext): void {
    for (const change of changes.slice(0, EVENTS_A_REQUEST_MAX)) {
      const name = change.slice(0, NAME_LENGTH_MAX);
      const tally = this.#tallies.get(name);
      if (tally && context.now - tally.since < QUIET_SECONDS) {
        tally.count += 1;
        continue;
      }
      if (!this.#mayTell(context.now)) return;
      context.observe('headers.changed', { change: name, timesBefore: tally?.count ?? 0 });
      this.#tallies.set(name, { since: context.now, count: 1 });
    }
  }

  #mayTell(now: number): boolean {
    if (now - this.#minute.since >= QUIET_SECONDS) this.#minute = { since: now, count: 0 };
    this.#minute.count += 1;
    return this.#minute.count <= EVENTS_A_MINUTE_MAX;
  }
}
