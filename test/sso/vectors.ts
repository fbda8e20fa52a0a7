import { ok, type Result } from '../../src/lib/result.ts';
import type { AllowList, ClaimSettings } from '../../src/sso/claim-settings.ts';
import { compileExpression, type Expression } from '../../src/sso/expression.ts';
import { parseList } from '../../src/sso/list.ts';
import { parseOrgMapping } from '../../src/sso/org-mapping.ts';
import { isRole } from '../../src/sso/roles.ts';
import file from '../vectors/generic-oauth.json';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
export type Members = Readonly<Record<string, unknown>>;

export interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly settings: Members;
  readonly id_token_claims: Members | null;
  readonly userinfo: Members | null;
  readonly access_token_claims?: Members;
  readonly access_token_raw?: string;
  readonly id_token_raw?: string;
  readonly raw_json?: string;
  readonly context?: {
    readonly auto_assign_org?: boolean;
    readonly auto_assign_org_id?: number;
    readonly auto_assign_org_role?: string;
    readonly orgs?: Readonly<Record<string, string>>;
    readonly org_list_error?: boolean;
  };
  readonly unit?: {
    readonly external_orgs: readonly string[];
    readonly org_mapping: readonly string[];
    readonly directly_mapped_role: string;
    readonly strict: boolean;
    readonly mapped: Readonly<Record<string, string>> | null;
  };
  readonly emails_response?: unknown;
  readonly teams_response?: unknown;
  readonly orgs_response?: unknown;
  readonly request?: Members;
  readonly jwks?: Members;
  readonly requester_is_grafana_admin?: boolean;
  readonly expect: Members;
}

export const VECTORS = file.vectors as unknown as readonly Vector[];

/** The vectors of one kind. A test that runs them asks for them here, which is how it is known that somebody does. */
export function vectorsOf(kind: string): readonly Vector[] {
  return VECTORS.filter((vector) => vector.kind === kind);
}

/** An answer of the provider; undefined where it is an error. */
export function answerOf(response: unknown): unknown {
  const isError = typeof response === 'object' && response !== null && '__status__' in response;
  return isError ? undefined : response;
}

export function orgsOf({ context }: Vector): ReadonlyMap<number, string> {
  return new Map(Object.entries(context?.orgs ?? {}).map(([id, name]) => [Number(id), name]));
}

/** What an operator with a vector's settings has decided; the reason names the option that cannot be read. */
export function settingsOf(vector: Vector): Result<ClaimSettings, string> {
  const { settings, context = {} } = vector;
  const text = (name: string) => String(settings[name] ?? '');
  const flag = (name: string) => settings[name] === true;
  const list = (name: string): AllowList => parseList(text(name));
  const url = (name: string) => (text(name) === '' ? undefined : new URL(text(name).replace('<idp>', IDP)));
  const broken: string[] = [];
  const path = (name: string): Expression | undefined => {
    if (text(name) === '') return undefined;
    const compiled = compileExpression(text(name));
    if (compiled.ok) return compiled.value;
    broken.push(name);
    return undefined;
  };
  const orgs = orgsOf(vector);
  const listed: AllowList = Array.isArray(settings.org_mapping) ? settings.org_mapping : list('org_mapping');
  const entries = listed === 'malformed' ? [] : listed;
  const isRoleStrict = flag('role_attribute_strict');
  const role = context.auto_assign_org_role ?? 'Viewer';
  const claimSettings: ClaimSettings = {
    loginPath: path('login_attribute_path'),
    namePath: path('name_attribute_path'),
    emailPath: path('email_attribute_path'),
    emailAttribute: text('email_attribute_name') || 'email:primary',
    rolePath: path('role_attribute_path'),
    isRoleStrict,
    mayAssignGrafanaAdmin: flag('allow_assign_grafana_admin'),
    skipsOrgRoleSync: flag('skip_org_role_sync'),
    orgPath: path('org_attribute_path'),
    orgMapping: parseOrgMapping(entries, isRoleStrict, orgs).mapping,
    orgs: context.org_list_error ? new Map() : orgs,
    autoAssign: { orgId: context.auto_assign_org_id ?? 1, role: isRole(role) ? role : 'Viewer' },
    groupsPath: path('groups_attribute_path'),
    allowedGroups: list('allowed_groups'),
    allowedOrganizations: list('allowed_organizations'),
    allowedDomains: list('allowed_domains'),
    teamIds: list('team_ids'),
    teamIdsPath: path('team_ids_attribute_path'),
    teamsUrl: url('teams_url'),
    allowsUnverifiedEmail: true,
    hasUserinfo: text('api_url') !== '',
  };
  return broken.length > 0 ? { ok: false, reason: broken.join(', ') } : ok(claimSettings);
}

const IDP = 'https://idp.example';
