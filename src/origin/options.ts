import type { Secret } from '../lib/secret.ts';

/** An origin: an address, and how it is asked. */
export interface OriginOptions {
  /** Scheme, host and port, as in `URL.origin`. */
  readonly base: string;
  readonly host: string;
  /** A path prefix without its final `/`; empty where there is none. */
  readonly prefix: string;
  readonly headers: readonly (readonly [name: string, value: Secret])[];
  /** Until the first byte of an answer. */
  readonly timeoutSeconds: number;
  /** CSP sources that may embed pages, where a key does not say otherwise; without them the origin's own say stays. */
  readonly frameAncestors: readonly string[] | undefined;
}

/** Another origin behind the same gateway, as in `ROUTES`. Links, grants and identities do not concern it. */
export interface RouteOptions {
  /** A host name, with a port where it has one; `*.` in front stands for one or more labels. Any host without it. */
  readonly host: string | undefined;
  /** A path prefix that ends at a segment, without its final `/`; empty for every path. */
  readonly path: string;
  readonly origin: OriginOptions;
  readonly visitors: 'pass' | 'deny';
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
