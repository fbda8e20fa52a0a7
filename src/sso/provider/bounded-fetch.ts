import { readBytes } from '../../lib/bounded-body.ts';
import { within } from '../../lib/deadline.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { ProviderFailure } from './failure.ts';

/** How requests leave: `fetch`, or that of a binding with a client certificate. */
export type Send = (request: Request) => Promise<Response>;

/** Short enough for a few of them to fit into one refresh. */
const TIMEOUT_MS = 6_000;
/** More than any token answer, userinfo or discovery document holds. */
const BODY_BYTES_MAX = 1_048_576;

/**
 * Asks a provider: bounded in time and length, and no redirect is followed (a token endpoint that redirects would
 * hand the secret on).
 *
 * @returns the answer with its whole body at hand, whatever its status below 500
 */
export async function askProvider(
  request: Request,
  send: Send,
  bodyBytesMax = BODY_BYTES_MAX,
): Promise<Result<Response, ProviderFailure>> {
  try {
    return await within(TIMEOUT_MS, receive(request, send, bodyBytesMax), createTimeout);
  } catch (error) {
    // The runtime's message names addresses; which of the two it was is all that is told.
    return fail(isTimeout(error) ? 'timeout' : 'unreachable');
  }
}

async function receive(
  request: Request,
  send: Send,
  bodyBytesMax: number,
): Promise<Result<Response, ProviderFailure>> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await send(new Request(request, { redirect: 'manual', signal }));
  if (response.status >= 500 || response.status === 429) {
    await response.body?.cancel();
    return fail('unreachable');
  }
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    return fail('answer-invalid');
  }
  const body = response.body === null ? new Uint8Array(0) : await readBytes(response, bodyBytesMax);
  if (body === undefined) return fail('answer-invalid');
  const { status, headers } = response;
  return ok(new Response(status === 204 ? null : body, { status, headers }));
}

function createTimeout(): DOMException {
  return new DOMException('no answer in time', 'TimeoutError');
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
