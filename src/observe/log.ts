import type { EventLine } from './events.ts';

/** Told what happened. It asks nobody anything, and never fails a request. */
export type Observer = (line: EventLine) => void;

/** Writes each event as one JSON line: what was done, and renamed headers, to the log, all else to the error stream. */
export function createLog(write: Pick<Console, 'log' | 'warn'> = console): Observer {
  return function observe(line) {
    const text = JSON.stringify(line);
    if (line.outcome === 'done' || line.event === 'headers.changed') write.log(text);
    else write.warn(text);
  };
}
