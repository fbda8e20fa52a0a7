import { HEADER_VALUE_LENGTH_MAX } from '../headers/inbound.ts';
import type { KeyRegistry } from '../share/key.ts';

/** Shorter than any secret that Grafana makes (32 characters); what is shorter is not looked up. */
const SECRET_LENGTH_MIN = 8;

/**
 * Whether an `Authorization` from outside carries a registered share key, in any form that Grafana reads: as
 * bearer, or as the password of Basic (Grafana `authn/clients/api_key.go`). Whoever has such a key would walk
 * around expiry, revocation and scope of its links.
 *
 * Grafana decodes API keys leniently (line breaks in base64, names in any case, the last of several, bad UTF-8),
 * so their decoding is not imitated here: every text in the credential that could be a key's secret is looked up.
 */
export async function carriesShareKey(authorization: string, keys: KeyRegistry): Promise<boolean> {
  // Headers of this length are refused before they go anywhere; there is no need to read them.
  if (authorization.length > HEADER_VALUE_LENGTH_MAX) return false;
  for (const secret of findPossibleSecrets(authorization)) {
    if (await keys.findBySecret(secret)) return true;
  }
  return false;
}

/** The credentials of a header, several of which arrive joined by commas, and what they hold when decoded. */
function findPossibleSecrets(authorization: string): Set<string> {
  const secrets = new Set<string>();
  for (const word of authorization.split(/[\s,]+/)) {
    const password = decodeLoosely(word).replace(/^[^:]*:/, '');
    for (const token of [word, password]) {
      addTokenSecret(token, secrets);
      addTexts(decodeLoosely(token), secrets);
    }
  }
  return secrets;
}

/** The middle of `glsa_<secret>_<checksum>`. */
function addTokenSecret(token: string, secrets: Set<string>): void {
  const [prefix, secret] = token.trim().split('_');
  if (prefix === 'glsa' && secret) secrets.add(secret);
}

/** Every text literal of what may be JSON, without its escapes. */
function addTexts(text: string, secrets: Set<string>): void {
  for (const [literal] of text.matchAll(/"(?:[^"\\]|\\.)*"/gs)) {
    if (literal.length >= SECRET_LENGTH_MIN + 2) secrets.add(unescapeJson(literal));
  }
}

function unescapeJson(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    // No JSON after all: as it stands.
    return literal.slice(1, -1);
  }
}

/** The text of base64 in any spelling that a lenient decoder takes; empty where there is none. */
function decodeLoosely(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9+/]/g, '');
  const whole = plain.slice(0, plain.length - (plain.length % 4 === 1 ? 1 : 0));
  const bytes = Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
