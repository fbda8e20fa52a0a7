import { SignJWT } from 'jose';
import { sha256Hex } from '../lib/sha256.ts';
import { foldAccountName, isAccountName } from './account-name.ts';
import type { AssertionKeys } from './assertion-keys.ts';
import type { JwtPresentation, PresentationOptions } from './options.ts';
import type { Person } from './person.ts';
import { formatProxyHeaders } from './proxy-headers.ts';
import { lowestRole } from './roles.ts';
import { toldGroups } from './told-groups.ts';

/** Headers by which the origin takes a request for a person's own. */
export type IdentityHeaders = readonly (readonly [name: string, value: string])[];

/** Whom the origin is told of. */
export interface Presented {
  readonly person: Person;
  readonly issuer: string;
}

/** Why somebody cannot be presented to Grafana. */
export type PresentationRefusal =
  /** The name of Grafana's own first administrator. */
  | 'reserved'
  /** A login or an address that the headers cannot carry without being read in two ways. */
  | 'not-presentable';

/** How long an assertion lives. Grafana compares its times with its own clock. */
const ASSERTION_SECONDS = 120;
/** How long one is used: the rest is for its way to Grafana. */
const ASSERTION_USED_SECONDS = 90;
/** The longest `sub` there is (OpenID Connect Core §2). */
const SUB_LENGTH_MAX = 255;

interface Signed {
  readonly headers: IdentityHeaders;
  /** Unix seconds. */
  readonly until: number;
}

/** What presenting needs from outside. */
export interface PresenterContext {
  readonly options: PresentationOptions;
  readonly keys: AssertionKeys;
  /** Scheme, host and port of the origin: whom assertions are for. */
  readonly audience: string;
}

/** Presents signed-in users to the origin, in the way that the operator chose. */
export class Presenter {
  readonly #context: PresenterContext;
  /** Signed once for their lifetime, not once for each request. By person: a refresh makes another. */
  readonly #signed = new WeakMap<Person, Signed>();

  constructor(context: PresenterContext) {
    this.#context = context;
  }

  /** Why a person cannot be presented; undefined where they can. */
  findProblem(person: Person): PresentationRefusal | undefined {
    return findPresentationProblem(person, this.#context.options);
  }

  /**
   * The headers of a person; undefined for one who cannot be presented.
   *
   * @param issuer scheme, host and port of the gateway
   * @throws StorageUnavailable where the key cannot be had
   */
  present(
    presented: Presented,
    issuer: string,
    now: number,
  ): IdentityHeaders | undefined | Promise<IdentityHeaders> {
    const { options } = this.#context;
    if (options.kind === 'auth-proxy') return formatProxyHeaders(presented.person, options);
    const known = this.#signed.get(presented.person);
    return known && now < known.until ? known.headers : this.#sign(presented, options, issuer, now);
  }

  async #sign(
    presented: Presented,
    { header }: JwtPresentation,
    issuer: string,
    now: number,
  ): Promise<IdentityHeaders> {
    const { kid, key } = await this.#context.keys.findSigning(now);
    const assertion = await new SignJWT(claimsOf(presented.person))
      .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(this.#context.audience)
      .setSubject(subjectOf(presented))
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_SECONDS)
      .sign(key);
    const headers: IdentityHeaders = [[header, assertion]];
    this.#signed.set(presented.person, { headers, until: now + ASSERTION_USED_SECONDS });
    return headers;
  }
}

/** Why a person cannot be presented; undefined where they can. */
export function findPresentationProblem(
  person: Person,
  options: PresentationOptions,
): PresentationRefusal | undefined {
  const names = [person.login, person.email].map(foldAccountName);
  if (names.some((name) => options.reserved.has(name))) return 'reserved';
  const isReadable = [person.login, person.email].every(isAccountName);
  if (!isReadable || person.sub.length > SUB_LENGTH_MAX) return 'not-presentable';
  if (options.kind === 'jwt') return undefined;
  return formatProxyHeaders(person, options) ? undefined : 'not-presentable';
}

/**
 * The name of a user at Grafana (`user_auth.auth_id`): who the provider says, not only a number that another provider may
 * give too; and as a hash, since a database may take two names for one that differ in the case of a letter.
 */
export function subjectOf({ issuer, person }: Presented): string {
  return sha256Hex(`${issuer}|${person.sub}`);
}

/**
 * The one role of a person. The lowest of several: Grafana takes the higher of it and of what `org_mapping` gives for an
 * organisation (`org_role_mapper.go`), so it must raise none.
 */
export function toldRole({ orgRoles, isGrafanaAdmin }: Person): string | undefined {
  return isGrafanaAdmin ? 'GrafanaAdmin' : lowestRole((orgRoles ?? []).map(([, role]) => role));
}

/** What the assertion says of a person. */
function claimsOf(person: Person): Record<string, unknown> {
  const { login, email, name, orgRoles } = person;
  const groups = toldGroups(person);
  const role = toldRole(person);
  const orgs = orgRoles?.map(([orgId, one]) => `${orgId}/${one}`);
  return { login, email, name, ...(role && { role }), ...(orgs && { orgs }), ...(groups && { groups }) };
}
