import { LruMap } from '../lib/lru.ts';
import type { EventFacts } from '../observe/event.ts';

const REMEMBERED_MAX = 256;
/** One event a name and minute: a client that sends a header with every request must not fill the log. */
const QUIET_SECONDS = 60;

interface Tally {
  since: number;
  count: number;
}

/** Tells the operator which header names were renamed or dropped, and how often. Values are never told. */
export class HeaderNotices {
  readonly #tallies = new LruMap<string, Tally>(REMEMBERED_MAX);

  note(changes: readonly string[], now: number, observe: (event: string, facts: EventFacts) => void): void {
    for (const change of changes) {
      const tally = this.#tallies.get(change);
      if (tally && now - tally.since < QUIET_SECONDS) {
        tally.count += 1;
        continue;
      }
      observe('headers.changed', { change, timesBefore: tally?.count ?? 0 });
      this.#tallies.set(change, { since: now, count: 1 });
    }
  }
}
