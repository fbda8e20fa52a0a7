import type { Grant } from './grant.ts';

/** What a visitor is told of a revocation, where whoever made it left them a sentence. */
export interface PublicReason {
  readonly publicReason?: string | undefined;
  /** Only what had begun is over: whoever it was may sign in again. */
  readonly mayReturn?: boolean | undefined;
}

/** What was taken back of a session. */
export interface Standing {
  /** Set where all of it was. */
  readonly revoked: PublicReason | undefined;
  /** Dashboards that were taken back, by uid. */
  readonly withdrawn: ReadonlyMap<string, PublicReason>;
}

/** Nothing was. */
export const UNTOUCHED: Standing = { revoked: undefined, withdrawn: new Map() };

/**
 * Asks what was taken back of a grant: the port of `revocation`. For a grant of all dashboards, only the one
 * that is named is looked at.
 *
 * @throws StorageUnavailable where nobody can say
 */
export type StandingOf = (grant: Grant, uid: string | undefined) => Promise<Standing> | Standing;
