import { fail, ok, type Result } from '../lib/result.ts';
import type { OriginOptions } from './options.ts';

/** One request to the origin, with its headers already judged. */
export interface OriginRequest {
  readonly method: string;
  /** Canonical path and raw query (with `?`) at the gateway. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: ReadableStream | null;
}

export type OriginFailure = 'unreachable' | 'timeout';

/** The address that a target has at the origin. */
export function addressAtOrigin(target: string, origin: OriginOptions): string {
  return `${origin.base}${origin.prefix}${target}`;
}

/**
 * Asks the origin: the operator's own headers are added, bodies are streamed, redirects are not followed.
 * The timeout runs until the first byte of the answer; a stream may last as long as it likes.
 */
export async function askOrigin(
  request: OriginRequest,
  origin: OriginOptions,
): Promise<Result<Response, OriginFailure>> {
  for (const [name, value] of origin.headers) request.headers.set(name, value.reveal());
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), origin.timeoutSeconds * 1000);
  try {
    return ok(
      await fetch(addressAtOrigin(request.target, origin), {
        method: request.method,
        headers: request.headers,
        // A GET has no body that an origin would read the same way as its proxy.
        body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
        redirect: 'manual',
        // Cloudflare would keep an answer by its address and file ending, whoever it was made for.
        cache: 'no-store',
        signal: deadline.signal,
      }),
    );
  } catch {
    // The runtime's message names addresses of the inside; the failure itself is all that is told.
    return fail(deadline.signal.aborted ? 'timeout' : 'unreachable');
  } finally {
    clearTimeout(timer);
  }
}
