import type { HeaderRefusal, Inbound } from '../../src/headers/inbound.ts';
import { ok, type Result } from '../../src/lib/result.ts';

export const HEADERS_MAX = Number.POSITIVE_INFINITY;
export const HEADER_VALUE_LENGTH_MAX = Number.POSITIVE_INFINITY;

/** Stands in for header normalisation, to measure what that costs: everything goes on as it came. */
export class InboundHeaders {
  prepare(sent: Headers): Result<Inbound, HeaderRefusal> {
    return ok({ headers: new Headers(sent), changes: undefined });
  }
}
