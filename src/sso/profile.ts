import { type BareJson, type BareObject, isBareObject } from './bare-json.ts';
import type { ClaimSettings } from './claim-settings.ts';
import {
  byPath,
  type Claims,
  findText,
  inMember,
  namePath,
  type Place,
  readPath,
  readTexts,
} from './claims.ts';
import type { TakeStep } from './steps.ts';

/** What the sources say about somebody; a text that none of them gives is empty. */
export interface Profile {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/**
 * Reads each field from the first source that gives it (`generic_oauth.go`, extractBasicUserFields and
 * extractUserGroups). Within a source, the claims `login` and `email` come before the operator's JMESPath, and `name`
 * comes after it: so do extractLogin, extractEmail and extractUserName.
 */
export function readProfile(claims: readonly Claims[], settings: ClaimSettings, take: TakeStep): Profile {
  const { loginPath, namePath: fullNamePath } = settings;
  const logins = [inMember('login'), ...byPath('login_attribute_path', loginPath), inMember('username')];
  const names = [...byPath('name_attribute_path', fullNamePath), inMember('name'), inMember('display_name')];
  return {
    login: findText('login', claims, logins, take),
    name: findText('name', claims, names, take),
    email: findText('email', claims, placesOfEmail(settings), take),
    groups: readGroups(claims, settings, take),
  };
}

function placesOfEmail({ emailPath, emailAttribute }: ClaimSettings): readonly Place[] {
  return [
    inMember('email'),
    ...byPath('email_attribute_path', emailPath),
    inAttributes(emailAttribute),
    { by: 'upn', read: readUpn },
  ];
}

/** The first value of a key in the map `attributes`. */
function inAttributes(key: string): Place {
  return {
    by: `attributes["${key}"][0]`,
    read({ attributes }) {
      const values = isBareObject(attributes) ? attributes[key] : undefined;
      const first: BareJson | undefined = Array.isArray(values) ? values[0] : undefined;
      return first === undefined ? undefined : { gave: first };
    },
  };
}

const ATOM = String.raw`[A-Za-z0-9!#$%&'*+/=?^_{|}~\u0060\u0080-\u{10ffff}-]+`;
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${ATOM}(?:\\.${ATOM})*$`, 'u');

/** A `upn` is an address only in some directories; Go's `mail.ParseAddress` decides there, RFC 5322 dot-atoms here. */
function readUpn({ upn }: BareObject) {
  if (upn === undefined) return undefined;
  const isAddress = typeof upn === 'string' && ADDRESS.test(upn);
  return isAddress ? { gave: upn } : { gave: null, note: 'is no address' };
}

function readGroups(
  claims: readonly Claims[],
  { groupsPath }: ClaimSettings,
  take: TakeStep,
): readonly string[] {
  if (groupsPath === undefined) return [];
  const by = namePath('groups_attribute_path', groupsPath);
  for (const { source, data } of claims) {
    const { gave, note } = readPath(groupsPath, data);
    const groups = readTexts(gave);
    take({ about: 'groups', source, by, gave, counts: groups.length > 0, note });
    if (groups.length > 0) return groups;
  }
  return [];
}
