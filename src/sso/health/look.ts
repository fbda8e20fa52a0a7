import { readBytes } from '../../lib/bounded-body.ts';
import { within } from '../../lib/deadline.ts';
import { parseJson } from '../../lib/json.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { Send } from '../provider/bounded-fetch.ts';

/** Why there is nothing to look at. */
export type LookFailure = 'unreachable' | 'timeout' | 'too-long';

/** An answer, looked at as it came. */
export interface Look {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** By the machine's own clock, when the answer began. */
  readonly atMs: number;
  readonly milliseconds: number;
}

/** As long as sign-in itself waits. */
export const LOOK_TIMEOUT_MS = 6_000;
/** As much as sign-in itself reads of a key set. */
export const LOOK_BYTES_MAX = 262_144;

/** Asks once, bounded in time and length, follows no redirect, and measures how long it took. */
export async function look(request: Request, send: Send): Promise<Result<Look, LookFailure>> {
  const startedAt = Date.now();
  try {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    const asked = receive(new Request(request, { redirect: 'manual', signal }), send);
    const answer = await within(LOOK_TIMEOUT_MS, asked, createTimeout);
    return answer === undefined ? fail('too-long') : ok({ ...answer, milliseconds: Date.now() - startedAt });
  } catch (error) {
    // The runtime's message names addresses; which of the two it was is all that is told.
    return fail(error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'unreachable');
  }
}

async function receive(request: Request, send: Send): Promise<Omit<Look, 'milliseconds'> | undefined> {
  const response = await send(request);
  const { status, headers } = response;
  const atMs = Date.now();
  if (response.body === null) return { status, headers, text: '', atMs };
  const bytes = await readBytes(response, LOOK_BYTES_MAX);
  return bytes && { status, headers, text: new TextDecoder().decode(bytes), atMs };
}

/** A JSON object; undefined for anything else. */
export function readObject({ text }: Look): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function createTimeout(): DOMException {
  return new DOMException('no answer in time', 'TimeoutError');
}

const FAILED: Readonly<Record<LookFailure, string>> = {
  unreachable: 'could not be reached',
  timeout: `did not answer within ${LOOK_TIMEOUT_MS / 1000} seconds`,
  'too-long': `is longer than ${LOOK_BYTES_MAX / 1024} KiB`,
};

/** What became of it, as the end of a sentence. */
export function describeFailure(failure: LookFailure): string {
  return FAILED[failure];
}

/** An address without what may be secret or long in it. */
export function tellAddress({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.slice(0, 200);
}
