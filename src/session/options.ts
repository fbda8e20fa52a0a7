import type { Secret } from '../lib/secret.ts';

/** What sessions are sealed with. */
export interface SessionOptions {
  /** Newest first: the first seals, all open. */
  readonly secrets: readonly Secret[];
  /** No session is longer. */
  readonly maxSeconds: number;
}
