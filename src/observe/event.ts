/** Facts of an event. Names of keys and codes may be there; tokens, signatures, cookies and queries never. */
export type EventFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Told what happened. It asks nobody anything, and never fails a request. */
export type Observer = (event: string, facts: EventFacts) => void;

const WARNINGS = /\.(?:refused|rejected|failed|invalid|warning|unreachable|timeout)$|refused_key$/;

/** Writes each event as one JSON line, warnings to the error stream. */
export function createLog(write: Pick<Console, 'log' | 'warn'> = console): Observer {
  return function observe(event, facts) {
    const line = JSON.stringify({ event, ...facts });
    if (WARNINGS.test(event)) write.warn(line);
    else write.log(line);
  };
}
