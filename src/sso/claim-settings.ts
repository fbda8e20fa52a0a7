import type { Expression } from './expression.ts';
import type { OrgMapping } from './org-mapping.ts';
import type { Role } from './roles.ts';

/**
 * A list of who is let in: an empty one lets everybody in, a `malformed` one nobody (Grafana reads it as an empty
 * one: `pkg/util/strings.go`, SplitStringWithError).
 */
export type AllowList = readonly string[] | 'malformed';

/** What the operator decided about the claims of a provider; names are those of `[auth.generic_oauth]`. */
export interface ClaimSettings {
  readonly loginPath: Expression | undefined;
  readonly namePath: Expression | undefined;
  readonly emailPath: Expression | undefined;
  /** `email_attribute_name`: the key in the map `attributes`. */
  readonly emailAttribute: string;
  readonly rolePath: Expression | undefined;
  readonly isRoleStrict: boolean;
  readonly mayAssignGrafanaAdmin: boolean;
  readonly skipsOrgRoleSync: boolean;
  readonly orgPath: Expression | undefined;
  readonly orgMapping: OrgMapping;
  /** Grafana's organisations, id -> name (`GRAFANA_ORGS`); empty where they are not known. */
  readonly orgs: ReadonlyMap<number, string>;
  /** Who belongs where no mapping says otherwise. */
  readonly autoAssign: { readonly orgId: number; readonly role: Role };
  readonly groupsPath: Expression | undefined;
  readonly allowedGroups: AllowList;
  readonly allowedOrganizations: AllowList;
  readonly allowedDomains: AllowList;
  /** Whether an address counts that the provider itself says is not verified. It never counts for `allowedDomains`. */
  readonly allowsUnverifiedEmail: boolean;
  readonly teamIds: AllowList;
  /** What gives the ids in the answer of `teams_url`; without it, nobody is in a team there. */
  readonly teamIdsPath: Expression | undefined;
  /** Undefined: `<api_url>/teams` is asked, whose ids are numbers. */
  readonly teamsUrl: URL | undefined;
  /** Whether `api_url` is set: without it, neither userinfo nor `/emails` is asked. */
  readonly hasUserinfo: boolean;
}
