import type { Secret } from '../lib/secret.ts';

/** What the operator decided about the admin API. */
export interface AdminOptions {
  /** Without it the API answers as if it were not there. */
  readonly token: Secret | undefined;
  /** The only host on which it answers. */
  readonly host: string | undefined;
}
