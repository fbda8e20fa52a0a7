import { readBytes } from '../../lib/bounded-body.ts';
import { within } from '../../lib/deadline.ts';
import { ok, type Result } from '../../lib/result.ts';
import { askOrigin, type OriginFailure } from '../../origin/ask.ts';
import type { OriginOptions } from '../../origin/options.ts';

/** What came back of a question. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where it is longer than the bound, or did not come in time. */
  readonly text: string;
  /** Until the first byte. */
  readonly milliseconds: number;
  /** Whether the origin agreed to speak WebSocket. */
  readonly isSocket: boolean;
}

export type Reply = Result<Told, OriginFailure>;

/** Until the first byte of an answer. */
export const ASK_SECONDS = 6;
const BODY_MS = 3_000;
/** Settings of a Grafana with many data sources are some hundred kilobytes. */
const BODY_BYTES_MAX = 1_048_576;

/** Asks an origin (or a region of OnCall) a question of the doctor's own, with a GET that changes nothing. */
export async function askAt(
  origin: OriginOptions,
  target: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const timeoutSeconds = Math.min(origin.timeoutSeconds, ASK_SECONDS);
  const start = Date.now();
  const answered = await askOrigin(
    { method: 'GET', target, headers: new Headers(fields), body: null },
    { ...origin, timeoutSeconds },
  );
  if (!answered.ok) return answered;
  const { status, headers, webSocket } = answered.value;
  const milliseconds = Math.max(Date.now() - start, 0);
  if (webSocket) {
    webSocket.accept();
    webSocket.close(1000, '');
    return ok({ status, headers, text: '', milliseconds, isSocket: true });
  }
  return ok({ status, headers, text: await readText(answered.value), milliseconds, isSocket: false });
}

async function readText(response: Response): Promise<string> {
  try {
    const bytes = await within(BODY_MS, readBytes(response, BODY_BYTES_MAX), () => new RangeError('late'));
    return new TextDecoder().decode(bytes);
  } catch {
    // A body that breaks off tells as little as none.
    return '';
  }
}

/** What stood in the way of an answer. */
export function describeFailure(failure: OriginFailure): string {
  return failure === 'timeout'
    ? `did not answer within ${ASK_SECONDS} seconds`
    : 'could not be reached (no such host, no connection, or a broken certificate)';
}
