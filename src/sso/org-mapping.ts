import { fail, ok, type Result } from '../lib/result.ts';
import { higherRole, isRole, type Role } from './roles.ts';

/** One of Grafana's organisations by its id, or every one. */
export type OrgTarget = number | 'all';

/** One entry of `org_mapping` that was understood. */
export interface OrgRule {
  /** The entry as the operator wrote it. */
  readonly entry: string;
  /** The provider's organisation; `*` for everybody. */
  readonly external: string;
  readonly target: OrgTarget;
  readonly role: Role;
}

/** `org_mapping`: at most one rule for each pair of an external organisation and a target. */
export interface OrgMapping {
  readonly rules: readonly OrgRule[];
}

export const NO_ORG_MAPPING: OrgMapping = { rules: [] };

/** Roles by id of Grafana's organisations, lowest id first. */
export type OrgRoles = readonly (readonly [orgId: number, role: Role])[];

/**
 * Reads the entries `<ExternalOrg>:<OrgIdOrName>[:<Role>]` as Grafana does (`org_role_mapper.go`,
 * ParseOrgMappingSettings): a role that is missing or unknown is Viewer, an entry that cannot be read is left out, and
 * of two for the same pair the last one counts. If strict, one bad entry empties the whole mapping.
 */
export function parseOrgMapping(
  entries: readonly string[],
  isStrict: boolean,
  orgs: ReadonlyMap<number, string>,
): { readonly mapping: OrgMapping; readonly problems: readonly string[] } {
  const rules = new Map<string, OrgRule>();
  const problems: string[] = [];
  for (const entry of entries) {
    const read = parseEntry(entry, isStrict, orgs);
    if (read.ok) rules.set(JSON.stringify([read.value.external, read.value.target]), read.value);
    else problems.push(`"${entry}" ${read.reason}`);
  }
  const isDropped = isStrict && problems.length > 0;
  return { mapping: isDropped ? NO_ORG_MAPPING : { rules: [...rules.values()] }, problems };
}

function parseEntry(
  entry: string,
  isStrict: boolean,
  orgs: ReadonlyMap<number, string>,
): Result<OrgRule, string> {
  const [external, org, role, ...more] = splitEntry(entry);
  if (external === undefined || org === undefined || more.length > 0) {
    return fail(String.raw`is not <organisation>:<id or name>[:<role>] (write \: for a colon in a name)`);
  }
  const target = findTarget(org, orgs);
  if (target === undefined) return fail(`names no organisation of Grafana: "${org}"`);
  if (role !== undefined && isRole(role)) return ok({ entry, external, target, role });
  if (isStrict) return fail('needs a role, as role_attribute_strict is set: None, Viewer, Editor or Admin');
  return ok({ entry, external, target, role: 'Viewer' });
}

/** Splits at colons; `\:` is a colon of a name, and any other backslash stands for itself. */
function splitEntry(entry: string): readonly string[] {
  return entry.split(/(?<!\\):/).map((part) => part.replaceAll('\\:', ':'));
}

/** A number is an id whether or not there is such an organisation; anything else is a name. */
function findTarget(org: string, orgs: ReadonlyMap<number, string>): OrgTarget | undefined {
  if (org === '*') return 'all';
  if (/^[+-]?\d+$/.test(org)) return isOrgId(Number(org)) ? Number(org) : undefined;
  return [...orgs].find(([, name]) => name === org && name !== '')?.[0];
}

/** Grafana takes -1 for every organisation, which it only means for itself. */
function isOrgId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0;
}

/** Where a mapping can lead to, whoever signs in. */
export function orgsInReach({ rules }: OrgMapping): ReadonlySet<number> | 'all' {
  const targets = new Set<number>();
  for (const { target } of rules) {
    if (target === 'all') return 'all';
    targets.add(target);
  }
  return targets;
}

/** The rules that hold for somebody of these external organisations. Names match exactly. */
export function matchRules({ rules }: OrgMapping, externalOrgs: readonly string[]): readonly OrgRule[] {
  const names = new Set(['*', ...externalOrgs]);
  return rules.filter(({ external }) => names.has(external));
}

/** What is known when roles are decided. */
export interface RoleSettings {
  readonly isRoleStrict: boolean;
  readonly orgs: ReadonlyMap<number, string>;
  /** Who belongs where no mapping says otherwise. */
  readonly autoAssign: { readonly orgId: number; readonly role: Role };
}

/**
 * The roles that follow from the rules that hold and from the role that the claims name (`org_role_mapper.go`,
 * MapOrgRoles). The highest role counts in each organisation. `none`: strict, and nothing gives a role. `unlisted`: a
 * rule is about all organisations, and they are not known.
 */
export function mapOrgRoles(
  matched: readonly OrgRule[],
  direct: Role | undefined,
  { isRoleStrict, orgs, autoAssign }: RoleSettings,
): Result<OrgRoles, 'none' | 'unlisted'> {
  if (orgs.size === 0 && matched.some(({ target }) => target === 'all')) return fail('unlisted');
  if (matched.length === 0) {
    if (isRoleStrict && direct === undefined) return fail('none');
    return ok([[autoAssign.orgId, direct ?? autoAssign.role]]);
  }
  const roles = new Map<number, Role>();
  const raise = (orgId: number, role: Role) => roles.set(orgId, higherRole(role, roles.get(orgId) ?? 'None'));
  for (const { target, role } of matched) {
    for (const orgId of target === 'all' ? orgs.keys() : [target]) raise(orgId, role);
  }
  if (direct !== undefined) for (const orgId of [...roles.keys()]) raise(orgId, direct);
  return ok([...roles].sort(([one], [other]) => one - other));
}
