import { fail, ok, type Result } from '../lib/result.ts';
import type { ClaimSettings } from './claim-settings.ts';
import type { Claims } from './claims.ts';
import { mapOrgRoles, matchRules, type OrgRoles } from './org-mapping.ts';
import { readExternalOrgs, readRoleClaims } from './role-claims.ts';
import type { Role } from './roles.ts';
import type { TakeStep } from './steps.ts';

export interface DecidedRoles {
  /** Undefined: Grafana keeps the roles that it has. */
  readonly orgRoles: OrgRoles | undefined;
  readonly isGrafanaAdmin: boolean | undefined;
}

const UNTOUCHED: DecidedRoles = { orgRoles: undefined, isGrafanaAdmin: undefined };

/** claims ─▶ direct role, external organisations ─▶ mapping ─▶ roles by organisation ─▶ strict? */
export function decideRoles(
  claims: readonly Claims[],
  settings: ClaimSettings,
  take: TakeStep,
): Result<DecidedRoles, 'org-claims-unreadable' | 'role-missing'> {
  if (settings.skipsOrgRoleSync) {
    take({
      about: 'role',
      by: 'skip_org_role_sync',
      counts: true,
      note: 'Grafana keeps the roles that it has',
    });
    return ok(UNTOUCHED);
  }
  const { role, isGrafanaAdmin } = readRoleClaims(claims, settings, take);
  if (isGrafanaAdmin !== undefined) {
    take({ about: 'role', by: 'allow_assign_grafana_admin', gave: isGrafanaAdmin, counts: true });
  }
  const external = readExternalOrgs(claims, settings, take);
  if (!external.ok) return external;
  const mapped = map(external.value, role, settings, take);
  if (mapped.ok) return ok({ orgRoles: mapped.value, isGrafanaAdmin });
  if (settings.isRoleStrict) return fail('role-missing');
  return ok({ orgRoles: undefined, isGrafanaAdmin });
}

function map(external: readonly string[], role: Role | undefined, settings: ClaimSettings, take: TakeStep) {
  const { orgMapping } = settings;
  const matched = matchRules(orgMapping, external);
  for (const rule of orgMapping.rules) {
    take({ about: 'mapping', by: rule.entry, gave: rule.role, counts: matched.includes(rule) });
  }
  const mapped = mapOrgRoles(matched, role, settings);
  if (mapped.ok) {
    const note = matched.length === 0 ? 'no entry of org_mapping holds: the default organisation' : undefined;
    take({ about: 'role', by: 'organisations', gave: Object.fromEntries(mapped.value), counts: true, note });
  } else {
    take({ about: 'role', by: 'organisations', gave: null, counts: true, note: NOTES[mapped.reason] });
  }
  return mapped;
}

const NOTES = {
  none: 'role_attribute_strict is set, and neither the claims nor org_mapping give a role',
  unlisted: 'an entry is about all organisations, and GRAFANA_ORGS does not name them',
} as const;
