import type { LinkVersion } from '../share/options.ts';

/** What a gateway does whose variables say nothing else (docs/configuration.md). A test holds both together. */
export const GATEWAY_DEFAULTS = {
  versions: new Set<LinkVersion>(['v2']) as ReadonlySet<LinkVersion>,
  freshnessSeconds: 60,
  sessionSeconds: 3600,
  sessionMaxSeconds: 86_400,
};
