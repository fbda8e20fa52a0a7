import type { Secret } from '../lib/secret.ts';

/** What the operator said about the origin. */
export interface OriginOptions {
  /** Scheme, host and port, as in `URL.origin`. */
  readonly base: string;
  readonly host: string;
  /** A path prefix without its final `/`; empty where there is none. */
  readonly prefix: string;
  readonly headers: readonly (readonly [name: string, value: Secret])[];
  /** Until the first byte of an answer. */
  readonly timeoutSeconds: number;
  /** CSP sources that may embed pages, where a key does not say otherwise. */
  readonly frameAncestors: readonly string[];
  /** Lower-case path prefixes that nobody reaches. */
  readonly closedPrefixes: readonly string[];
}

const RESERVED = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-grafana-org-id',
]);

/** Whether the gateway sets a header to the origin itself, so that `ORIGIN_HEADERS` must not. */
export function isReservedOriginHeader(name: string): boolean {
  return RESERVED.has(name.toLowerCase());
}
