import { decodeJwt } from 'jose';
import type { PersonJson, PresentedJson } from '../api/sso.ts';
import type { Visit } from '../corridor.ts';
import { AssertionKeys, type TextBook } from '../sso/assertion-keys.ts';
import type { SsoOptions } from '../sso/options.ts';
import type { Person } from '../sso/person.ts';
import { Presenter } from '../sso/presentation.ts';

/** Keeps nothing. */
const NOWHERE: TextBook = { read: async () => undefined, swap: async () => true };

/**
 * What Grafana would be told of a person, by the very code that tells it. An assertion is made with a key that is
 * thrown away: what is stored is neither read nor changed, and nobody can use it.
 *
 * @param issuer of the person's `sub`; undefined where it is not known
 */
export async function describePresented(
  person: Person,
  issuer: string | undefined,
  { presentation }: SsoOptions,
  { house, gateway, now }: Visit,
): Promise<PresentedJson> {
  const keys = new AssertionKeys(NOWHERE, house.config.session.secrets);
  const presenter = new Presenter({ options: presentation, keys, audience: house.config.origin.base });
  const headers = (await presenter.present({ person, issuer: issuer ?? '' }, gateway, now)) ?? [];
  if (presentation.kind === 'auth-proxy')
    return { mode: 'auth-proxy', headers: headers.map(([name, value]) => ({ name, value })) };
  const [[header, assertion] = ['', '']] = headers;
  // These are of the request that is told, and this is not that one.
  const { iss: _iss, iat: _iat, exp: _exp, sub, ...claims } = decodeJwt(assertion);
  return { mode: 'jwt', header, claims: { ...(issuer !== undefined && { sub }), ...claims } };
}

export function describePerson(person: Person): PersonJson {
  const { sub, login, name, email, orgRoles, isGrafanaAdmin, groups } = person;
  return {
    sub,
    login,
    name,
    email,
    orgRoles: orgRoles?.map(([orgId, role]) => ({ orgId, role })) ?? null,
    isGrafanaAdmin: isGrafanaAdmin ?? null,
    groups: [...groups],
  };
}
