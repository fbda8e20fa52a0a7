import type { Observer } from '../../src/observe/log.ts';

/** What Durable Objects need to know of a gateway. */
export interface Latest {
  readonly vars: Readonly<Record<string, unknown>>;
  /** Unix seconds. */
  readonly now: () => number;
  readonly observe: Observer;
}

let known: Latest | undefined;

/** A gateway says that it is the one now. */
export function setLatest(gateway: Latest): void {
  known = gateway;
}

/** The gateway that was set up last. */
export function latest(): Latest {
  if (!known) throw new Error('no gateway was set up');
  return known;
}
