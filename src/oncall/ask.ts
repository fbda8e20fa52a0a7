import { readJsonBody } from '../lib/bounded-body.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Secret } from '../lib/secret.ts';

/** What came back of a question: nothing of it but these two is looked at. */
export interface Told {
  readonly status: number;
  /** Undefined where there is no JSON, or more than the bound. */
  readonly body: unknown;
}

export type AskFailure = 'unreachable' | 'timeout';

/** Settings of a plugin name its dependencies and pages, too: tens of kilobytes. */
const BODY_BYTES_MAX = 524_288;
/** Half of what the engine waits for an answer in all (5 s): what is found still has to be asked. */
const TIMEOUT_MS = 2_500;

/**
 * Asks a region or a stack a question of the gateway's own: nothing of the client's request but its token is in
 * it, redirects are not followed, and answer and body come in time or not at all.
 *
 * @param stop takes the question back; it then counts as `timeout`
 */
export async function askBriefly(
  address: string,
  authorization: Secret,
  stop?: AbortSignal,
): Promise<Result<Told, AskFailure>> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), TIMEOUT_MS);
  const abort = () => deadline.abort();
  stop?.addEventListener('abort', abort);
  try {
    const response = await fetch(address, {
      headers: { Authorization: authorization.reveal(), Accept: 'application/json' },
      redirect: 'manual',
      cache: 'no-store',
      signal: deadline.signal,
    });
    return ok({ status: response.status, body: await readJsonBody(response, BODY_BYTES_MAX) });
  } catch {
    // The runtime's message may name addresses; that it failed, and how, is all that is told.
    return fail(deadline.signal.aborted ? 'timeout' : 'unreachable');
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', abort);
  }
}

/** A field of a JSON object; undefined where there is no such thing. */
export function fieldOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
