import { fail, ok, type Result } from '../lib/result.ts';
import type { Grant } from './grant.ts';
import type { HeldGrant } from './read.ts';
import { coverageOf, covers, intersect, type Scope } from './scope.ts';
import type { PublicReason, StandingOf } from './standing.ts';

/** What a request names: the dashboard (path, else `X-Dashboard-Uid`, else `Referer`) and the organisation. */
export interface NamedTarget {
  readonly uid: string | undefined;
  readonly orgId: number | undefined;
}

/** A grant that serves a request, under the key as it is registered now. */
export interface Serving<Key extends Scope> {
  readonly grant: Grant;
  readonly key: Key;
  /** What the grant covers now: never more than the key allows today, and nothing that was taken back. */
  readonly dashboards: readonly string[];
  /** Unix seconds: the grant's own end, or an earlier one that its key was given since. */
  readonly end: number;
}

/** What was taken back of what a visitor holds. */
export interface Revoked extends PublicReason {
  readonly code: 'revoked';
}

/**
 * `none`: the visitor holds no grant. `ended`: one that would have fitted has ended. `not-shared`: none ever
 * fitted. `two-cookies`: one cookie came twice, and nobody can say which is meant.
 */
export type ChooseRefusal = 'none' | 'ended' | 'not-shared' | 'two-cookies' | Revoked;

/** Finds a key as it is registered now, or nothing where its grants no longer hold. */
export type FindKey<Key extends Scope> = (grant: Grant) => Promise<Key | undefined> | Key | undefined;

/** What choosing needs from outside. */
export interface ChooseContext<Key extends Scope> {
  readonly findKey: FindKey<Key>;
  readonly standingOf: StandingOf;
  /** No session is longer today, whatever it was when it began. */
  readonly sessionMaxSeconds: number;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Chooses the grant that serves a request: one that covers the dashboard that the request names; if it names
 * none, one of the organisation that it names; else the newest. A grant that has ended or was revoked never
 * serves, and a request that it would have fitted is not handed to another identity.
 */
export async function chooseGrant<Key extends Scope>(
  held: readonly HeldGrant[],
  target: NamedTarget,
  context: ChooseContext<Key>,
): Promise<Result<Serving<Key>, ChooseRefusal>> {
  if (held.length === 0) return fail('none');
  if (new Set(held.map(({ cookie }) => cookie)).size < held.length) return fail('two-cookies');
  let revoked: (Revoked & { readonly orgId: number }) | undefined;
  let hasEnded = held.some(({ grant }) => !grant);
  for (const grant of findFitting(held, target)) {
    // What was taken back in one organisation is not served by another: tenants may share a dashboard's uid.
    if (revoked && grant.orgId !== revoked.orgId) continue;
    const serving = await serve(grant, target.uid, context);
    if (serving === 'ended') hasEnded = true;
    else if ('code' in serving) revoked ??= { ...serving, orgId: grant.orgId };
    else if (fits(grant, serving.dashboards, target)) return ok(serving);
  }
  return fail(revoked ?? (hasEnded ? 'ended' : 'not-shared'));
}

/** The grants that cover what is asked for, the one to be tried first in front. */
function findFitting(held: readonly HeldGrant[], target: NamedTarget): Grant[] {
  const fitting: Grant[] = [];
  for (const { grant } of held) if (grant && fits(grant, grant.dashboards, target)) fitting.push(grant);
  return fitting.length < 2 ? fitting : fitting.sort((one, other) => comparePreference(one, other, target));
}

function fits(grant: Grant, dashboards: readonly string[], target: NamedTarget): boolean {
  if (target.uid !== undefined) return covers(dashboards, target.uid);
  return target.orgId === undefined || target.orgId === grant.orgId;
}

/**
 * Of several that fit, one of the organisation that is named goes first (tenants may share a dashboard's uid),
 * then the newest, then the one that lasts longest.
 */
function comparePreference(one: Grant, other: Grant, target: NamedTarget): number {
  const byOrg = Number(other.orgId === target.orgId) - Number(one.orgId === target.orgId);
  return byOrg || other.start - one.start || other.end - one.end;
}

/**
 * What is left of a grant now: after its end, after what was taken back of it, and under its key of today.
 *
 * @param uid the dashboard that is asked for, if one is named
 * @throws StorageUnavailable where nobody can say whether it was revoked
 */
export async function serve<Key extends Scope>(
  grant: Grant,
  uid: string | undefined,
  context: ChooseContext<Key>,
): Promise<Serving<Key> | Revoked | 'ended'> {
  const { now, findKey, standingOf } = context;
  if (now >= grant.end) return 'ended';
  // Asked first: a key that was removed is found no more, and its visitors are told the reason.
  const asked = standingOf(grant, uid);
  const standing = asked instanceof Promise ? await asked : asked;
  if (standing.revoked) return refuseRevoked(standing.revoked);
  const found = findKey(grant);
  const key = found instanceof Promise ? await found : found;
  if (key?.disabled) return refuseRevoked({});
  const end = key && endOf(grant, key, context.sessionMaxSeconds);
  if (!key || end === undefined || now >= end) return 'ended';
  const allowed = intersect(grant.dashboards, coverageOf(key, grant.uid));
  const { withdrawn } = standing;
  if (withdrawn.size === 0) return { grant, key, dashboards: allowed, end };
  const dashboards = allowed.filter((one) => !withdrawn.has(one));
  const lost = withdrawn.get(uid ?? '') ?? (dashboards.length === 0 ? [...withdrawn.values()][0] : undefined);
  return lost ? refuseRevoked(lost) : { grant, key, dashboards, end };
}

function refuseRevoked({ publicReason }: PublicReason): Revoked {
  return { code: 'revoked', publicReason };
}

/** The earliest of all ends: of the grant, of the sessions of its key, of any session, and of the key. */
function endOf(grant: Grant, key: Scope, sessionMaxSeconds: number): number {
  const longest = Math.min(key.maxSessionSeconds ?? sessionMaxSeconds, sessionMaxSeconds);
  return Math.min(grant.end, grant.start + longest, key.expiresAt ?? Number.MAX_SAFE_INTEGER);
}
