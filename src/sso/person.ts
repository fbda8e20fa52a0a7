import type { Role } from './roles.ts';

declare const verified: unique symbol;

/** Whom a provider says somebody is, and what follows from it under the operator's settings. */
export interface Person {
  /** The provider's own name for this user (`sub`); `email:<address>` where it gives none. */
  readonly sub: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  /** Roles by id of Grafana's organisations; undefined: Grafana keeps the roles that it has. */
  readonly orgRoles: readonly (readonly [orgId: number, role: Role])[] | undefined;
  /** Undefined: Grafana keeps what it has. */
  readonly isGrafanaAdmin: boolean | undefined;
  readonly groups: readonly string[];
}

/**
 * A person for whom every rule of the operator held. Only {@link identify} makes one, so that whoever holds it need
 * not ask again.
 */
export type VerifiedPerson = Person & { readonly [verified]: true };

/** Why somebody is not let in, by the rules. In the order in which Grafana applies them. */
export type PersonRefusal =
  /** `org_attribute_path` could not be evaluated. */
  | 'org-claims-unreadable'
  /** `role_attribute_strict`, and no role. */
  | 'role-missing'
  /** `<api_url>/emails` could not be had. */
  | 'email-unavailable'
  | 'not-in-teams'
  | 'not-in-organizations'
  | 'not-in-groups'
  | 'email-missing'
  /** The provider says that the address was not verified, and the settings want one that was. */
  | 'email-not-verified'
  | 'domain-not-allowed'
  /** Two sources name two different people (`sub`). */
  | 'sub-differs';

/** One source of claims, in the order in which they are asked. */
export type SourceName = 'id_token' | 'userinfo' | 'access_token';

export interface Source {
  readonly name: SourceName;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What else the provider may be asked for one sign-in; each at most once. Undefined: it could not be had. */
export interface FurtherAnswers {
  /** The JSON of `<api_url>/emails`. */
  emails(): Promise<unknown>;
  /** The JSON of `teams_url`, or of `<api_url>/teams`. */
  teams(): Promise<unknown>;
  /** The JSON of `<api_url>/orgs`. */
  organizations(): Promise<unknown>;
}
