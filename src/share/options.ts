import type { ShareKey } from './key.ts';

/** Names of the link versions, as in `API_KEY_SHARE_VERSION`. */
export const LINK_VERSIONS = ['v1', 'v2'] as const;
export type LinkVersion = (typeof LINK_VERSIONS)[number];

/** How many wrong links are taken before their sender has to wait. */
export interface AttemptOptions {
  readonly perMinute: number;
  readonly pauseSeconds: number;
}

/** What the operator decided about share links. */
export interface ShareOptions {
  readonly enabled: boolean;
  readonly versions: ReadonlySet<LinkVersion>;
  readonly keys: readonly ShareKey[];
  /** Length of a session whose link names none. */
  readonly sessionSeconds: number;
  /** No session is longer, whatever its link says. */
  readonly sessionMaxSeconds: number;
  /** How old, or how far ahead, a version 2 signature may be. */
  readonly freshnessSeconds: number;
  readonly attempts: AttemptOptions;
}
