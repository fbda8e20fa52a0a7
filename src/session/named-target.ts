import { findRefererPath } from '../headers/referer.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { NamedTarget } from './choose.ts';
import { findPageUid, isUid } from './dashboard-path.ts';

/** Where a request names a dashboard and an organisation. */
export interface TargetSources {
  /** The uid in the path, where the route has one. */
  readonly pathUid: string | undefined;
  readonly headers: Headers;
  /** Raw query without `?`. */
  readonly query: string;
  /** Host of the gateway, with port. */
  readonly host: string;
}

export type TargetRefusal = 'dashboard-header' | 'organisation-header';

/**
 * The dashboard that a request names: in its path, else in `X-Dashboard-Uid`, else in a `Referer` of this host;
 * and the organisation: `orgId`, else `X-Grafana-Org-Id`. Such names only choose between grants that the visitor
 * holds; they never widen one. A header that is not one uid, or one number, is refused.
 */
export function nameTarget(sources: TargetSources): Result<NamedTarget, TargetRefusal> {
  const header = sources.headers.get('X-Dashboard-Uid') ?? '';
  if (header !== '' && !isUid(header)) return fail('dashboard-header');
  const orgHeader = sources.headers.get('X-Grafana-Org-Id') ?? '';
  if (!/^(?:[0-9]{1,10})?$/.test(orgHeader)) return fail('organisation-header');
  const uid = sources.pathUid ?? (header === '' ? findRefererUid(sources) : header);
  return ok({ uid, orgId: findQueryOrgId(sources.query) ?? toOrgId(orgHeader) });
}

function findRefererUid({ headers, host }: TargetSources): string | undefined {
  const path = findRefererPath(headers, host);
  return path === undefined ? undefined : findPageUid(path);
}

function findQueryOrgId(query: string): number | undefined {
  return toOrgId(/(?:^|&)orgId=([0-9]{1,10})(?:&|$)/.exec(query)?.[1] ?? '');
}

/** Grafana's frontend sends 0 or nothing before it knows its organisation. */
function toOrgId(text: string): number | undefined {
  const id = Number(text);
  return id > 0 ? id : undefined;
}
