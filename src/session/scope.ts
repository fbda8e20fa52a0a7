/** What a key allows its sessions, as far as sessions care. A share key is one. */
export interface Scope {
  readonly name: string;
  readonly orgId: number;
  /** Dashboard uids, `*` for all; absent: a session covers the one dashboard that its link opened. */
  readonly dashboards?: readonly string[] | undefined;
  readonly maxSessionSeconds?: number | undefined;
  /** Links and sessions of a disabled key are answered `revoked`. */
  readonly disabled?: boolean | undefined;
  /** Unix seconds. */
  readonly expiresAt?: number | undefined;
}

/** In a list of dashboards: all that a viewer of the organisation may see. */
export const ALL = '*';

/** The dashboards that a link to `uid` under this scope opens. */
export function coverageOf(scope: Scope, uid: string): readonly string[] {
  return scope.dashboards ?? [uid];
}

export function covers(dashboards: readonly string[], uid: string): boolean {
  return dashboards.includes(uid) || dashboards.includes(ALL);
}

/** What two lists have in common, `*` being everything. */
export function intersect(granted: readonly string[], allowed: readonly string[]): readonly string[] {
  if (allowed.includes(ALL)) return granted;
  if (granted.includes(ALL)) return allowed;
  return granted.filter((uid) => allowed.includes(uid));
}
