import { fail, ok, type Result } from '../lib/result.ts';
import type { Grant } from './grant.ts';
import type { HeldGrant } from './read.ts';
import { coverageOf, covers, intersect, type Scope } from './scope.ts';

/** What a request names: the dashboard (path, else `X-Dashboard-Uid`, else `Referer`) and the organisation. */
export interface NamedTarget {
  readonly uid: string | undefined;
  readonly orgId: number | undefined;
}

/** A grant that serves a request, under the key as it is registered now. */
export interface Serving<Key extends Scope> {
  readonly grant: Grant;
  readonly key: Key;
  /** What the grant covers now: never more than the key allows today. */
  readonly dashboards: readonly string[];
  /** Unix seconds: the grant's own end, or an earlier one that its key was given since. */
  readonly end: number;
}

/**
 * `none`: the visitor holds no grant. `ended`: one that would have fitted has ended. `not-shared`: none ever
 * fitted. `two-cookies`: one cookie came twice, and nobody can say which is meant.
 */
export type ChooseRefusal = 'none' | 'ended' | 'not-shared' | 'two-cookies';

/** Finds a key as it is registered now, or nothing where its grants no longer hold. */
export type FindKey<Key extends Scope> = (grant: Grant) => Promise<Key | undefined> | Key | undefined;

/**
 * Chooses the grant that serves a request: one that covers the dashboard that the request names; if it names
 * none, one of the organisation that it names; else the newest. A grant that has ended never serves, and a
 * request that it would have fitted is not handed to another identity.
 */
export async function chooseGrant<Key extends Scope>(
  held: readonly HeldGrant[],
  target: NamedTarget,
  findKey: FindKey<Key>,
  now: number,
): Promise<Result<Serving<Key>, ChooseRefusal>> {
  if (held.length === 0) return fail('none');
  if (new Set(held.map(({ cookie }) => cookie)).size < held.length) return fail('two-cookies');
  let best: Serving<Key> | undefined;
  let hasEnded = false;
  for (const { grant } of held) {
    if (!grant) {
      hasEnded = true;
      continue;
    }
    if (!fits(grant, grant.dashboards, target)) continue;
    const serving = await bindToKey(grant, findKey, now);
    if (!serving) hasEnded = true;
    else if (fits(grant, serving.dashboards, target) && isBetter(serving, best, target)) best = serving;
  }
  if (best) return ok(best);
  return fail(hasEnded ? 'ended' : 'not-shared');
}

function fits(grant: Grant, dashboards: readonly string[], target: NamedTarget): boolean {
  if (target.uid !== undefined) return covers(dashboards, target.uid);
  return target.orgId === undefined || target.orgId === grant.orgId;
}

/**
 * Of several that fit, one of the organisation that is named goes first (tenants may share a dashboard's uid),
 * then the newest, then the one that lasts longest.
 */
function isBetter(one: Serving<Scope>, other: Serving<Scope> | undefined, target: NamedTarget): boolean {
  if (!other) return true;
  const oneOrg = one.grant.orgId === target.orgId;
  if (oneOrg !== (other.grant.orgId === target.orgId)) return oneOrg;
  return one.grant.start !== other.grant.start ? one.grant.start > other.grant.start : one.end > other.end;
}

/** The grant under its key of today; nothing where grant or key has ended. */
export async function bindToKey<Key extends Scope>(
  grant: Grant,
  findKey: FindKey<Key>,
  now: number,
): Promise<Serving<Key> | undefined> {
  if (now >= grant.end) return undefined;
  const key = await findKey(grant);
  if (!key) return undefined;
  const latest = grant.start + (key.maxSessionSeconds ?? Number.MAX_SAFE_INTEGER);
  const end = Math.min(grant.end, latest, key.expiresAt ?? Number.MAX_SAFE_INTEGER);
  if (now >= end) return undefined;
  return { grant, key, dashboards: intersect(grant.dashboards, coverageOf(key, grant.uid)), end };
}
