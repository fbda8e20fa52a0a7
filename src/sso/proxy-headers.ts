import { utf8 } from '../lib/bytes.ts';
import type { ProxyField, ProxyPresentation } from './options.ts';
import type { Person } from './person.ts';
import type { IdentityHeaders } from './presentation.ts';
import { toldGroups } from './told-groups.ts';

/**
 * The headers of Grafana's auth.proxy for a person (`clients/proxy.go`); undefined where the login or the address, by
 * which accounts are found, cannot be carried without being read in two ways. A display name that cannot is left out,
 * and so is a group that Grafana would read as two.
 */
export function formatProxyHeaders(person: Person, options: ProxyPresentation): IdentityHeaders | undefined {
  const user = options.property === 'email' ? person.email : person.login;
  const main = formatValue(user, options.isEncoded);
  if (main === undefined) return undefined;
  const headers: [string, string][] = [[options.header, main]];
  for (const [field, name] of options.fields) {
    const text = textOf(field, person, options.isEncoded);
    if (text === undefined || text === '') continue;
    const value = formatValue(text, options.isEncoded);
    if (value !== undefined) headers.push([name, value]);
    else if (field === 'Email' || field === 'Login') return undefined;
  }
  return headers;
}

function textOf(field: ProxyField, person: Person, isEncoded: boolean): string | undefined {
  switch (field) {
    case 'Name':
      return person.name;
    case 'Email':
      return person.email;
    case 'Login':
      return person.login;
    case 'Role':
      return person.orgRoles?.[0]?.[1];
    case 'Groups':
      return toldGroups(person)
        ?.filter((group) => isOneGroup(group, isEncoded))
        .join(',');
  }
}

/** Grafana takes commas, spaces and quotes for its own, and what begins with `[` for a list (`util.SplitString`). */
function isOneGroup(group: string, isEncoded: boolean): boolean {
  return !/^\[|[\s",\p{C}]/u.test(group) && (isEncoded || /^[\x21-\x7e]+$/.test(group));
}

/** What Go's `mime/quotedprintable` reads as one line, and what servers in between take as one header. */
const VALUE_LENGTH_MAX = 4_096;

/** A value as the header carries it: plain ASCII as it is, anything else only where Grafana decodes it. */
function formatValue(text: string, isEncoded: boolean): string | undefined {
  if (text !== text.trim() || /\p{C}/u.test(text)) return undefined;
  const value = isEncoded ? encodeQuotedPrintable(text) : text;
  if (value.length > VALUE_LENGTH_MAX) return undefined;
  return /^[\x20-\x7e]+$/.test(value) ? value : undefined;
}

/** Quoted-printable (RFC 2045 §6.7) on one line, as Go's `mime/quotedprintable` reads it. */
function encodeQuotedPrintable(text: string): string {
  let encoded = '';
  for (const byte of utf8(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x3d;
    encoded += isPlain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
