/** Roles in one of Grafana's organisations, lowest first. */
export const ROLES = ['None', 'Viewer', 'Editor', 'Admin'] as const;

export type Role = (typeof ROLES)[number];

/** The exact, case-sensitive reading. */
export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

export function higherRole(one: Role, other: Role): Role {
  return ROLES.indexOf(one) >= ROLES.indexOf(other) ? one : other;
}

export function lowestRole(roles: readonly Role[]): Role | undefined {
  return ROLES.find((role) => roles.includes(role));
}

/** What the text that a `role_attribute_path` gave stands for. */
export interface NamedRole {
  readonly role: Role;
  /** Whether the text was `GrafanaAdmin`: the role Admin, and more where the operator allows it. */
  readonly isGrafanaAdmin: boolean;
}

/**
 * Reads a role as Grafana reads it from claims, in any case (`social_base.go`, getRoleFromSearch, which sets it in
 * title case); undefined where it names none.
 */
export function readRole(text: string): NamedRole | undefined {
  const lower = text.toLowerCase();
  if (lower === 'grafanaadmin') return { role: 'Admin', isGrafanaAdmin: true };
  const role = ROLES.find((name) => name.toLowerCase() === lower);
  return role && { role, isGrafanaAdmin: false };
}
