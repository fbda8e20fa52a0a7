import { fail, ok, type Result } from '../lib/result.ts';
import { toBareJson } from './bare-json.ts';
import type { ClaimSettings } from './claim-settings.ts';
import { type Claims, namePath, readPath, readTexts } from './claims.ts';
import type { Expression } from './expression.ts';
import { type NamedRole, type Role, readRole } from './roles.ts';
import type { TakeStep } from './steps.ts';

/** What the claims say about roles, before any mapping. */
export interface RoleClaims {
  readonly role: Role | undefined;
  /** Undefined: server administrators stay what they are. */
  readonly isGrafanaAdmin: boolean | undefined;
}

/** A text of `role_attribute_path` that is no role: Grafana warns of it and asks the next source. */
type RoleReading = NamedRole | 'none' | 'invalid';

/**
 * The first role that a source names (`generic_oauth.go`, extractRoleAndOrgs). Where the operator lets claims make
 * server administrators, a source that names none also takes that away, unless roles are strict or the text is no role.
 */
export function readRoleClaims(
  claims: readonly Claims[],
  { rolePath, isRoleStrict, mayAssignGrafanaAdmin }: ClaimSettings,
  take: TakeStep,
): RoleClaims {
  let isGrafanaAdmin: boolean | undefined;
  for (const one of claims) {
    const reading = rolePath === undefined ? 'none' : readRoleOf(one, rolePath, take);
    if (typeof reading === 'object') {
      return {
        role: reading.role,
        isGrafanaAdmin: mayAssignGrafanaAdmin ? reading.isGrafanaAdmin : undefined,
      };
    }
    if (reading === 'none' && !isRoleStrict && mayAssignGrafanaAdmin) isGrafanaAdmin = false;
  }
  return { role: undefined, isGrafanaAdmin };
}

function readRoleOf({ source, data }: Claims, path: Expression, take: TakeStep): RoleReading {
  const by = namePath('role_attribute_path', path);
  const { gave, note } = readPath(path, data);
  const found = readRoleText(gave);
  take({ about: 'role', source, by, gave, counts: typeof found === 'object', note: note ?? noteOf(found) });
  if (found !== 'none') return found;
  return readRoleWithoutGroups(source, path, take);
}

/** Grafana's data for an expression that gave nothing on a source (`social_base.go`, searchRole). */
const NO_GROUPS = toBareJson({ groups: [] });

/**
 * What gave no text is evaluated once more on `{"groups":[]}`, so that `contains(groups, 'x') && 'Admin' || 'Viewer'`
 * is Viewer for somebody without the claim `groups`.
 */
function readRoleWithoutGroups(source: Claims['source'], path: Expression, take: TakeStep): RoleReading {
  const { gave } = readPath(path, NO_GROUPS);
  const found = readRoleText(gave);
  if (found === 'none') return found;
  const by = namePath('role_attribute_path', path);
  take({ about: 'role', source, by, gave, counts: typeof found === 'object', note: 'on {"groups":[]}' });
  return found;
}

function readRoleText(gave: unknown): RoleReading {
  if (typeof gave !== 'string' || gave === '') return 'none';
  return readRole(gave) ?? 'invalid';
}

function noteOf(reading: RoleReading): string | undefined {
  return reading === 'invalid' ? 'is no role of Grafana' : undefined;
}

/**
 * The provider's organisations that the first source with any gives. A JMESPath that cannot be evaluated refuses the
 * sign-in, as it does in Grafana: leaving a source out here could take organisations away from somebody.
 */
export function readExternalOrgs(
  claims: readonly Claims[],
  { orgPath }: ClaimSettings,
  take: TakeStep,
): Result<readonly string[], 'org-claims-unreadable'> {
  if (orgPath === undefined) return ok([]);
  const by = namePath('org_attribute_path', orgPath);
  for (const { source, data } of claims) {
    const found = orgPath.search(data);
    if (!found.ok) {
      take({ about: 'organizations', source, by, gave: null, counts: true, note: 'could not be evaluated' });
      return fail('org-claims-unreadable');
    }
    const orgs = readTexts(found.value);
    take({ about: 'organizations', source, by, gave: found.value, counts: orgs.length > 0 });
    if (orgs.length > 0) return ok(orgs);
  }
  return ok([]);
}
