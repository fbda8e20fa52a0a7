import type { KeyRegistry } from '../share/key.ts';

/** Longer than any credential of Grafana, and than the signed tokens that its auth.jwt takes. */
export const AUTHORIZATION_LENGTH_MAX = 8_192;
/** A scheme and its credentials, and the same once more. */
const WORDS_MAX = 4;
/** Texts that one look-up takes (one read of KV). Far more than any credential of Grafana holds. */
const SECRETS_MAX = 100;
/** Shorter than any secret that Grafana makes (32 characters); what is shorter is not looked up. */
const SECRET_LENGTH_MIN = 8;

export type CredentialFinding = 'none' | 'share-key' | 'unreadable';

/**
 * Whether an `Authorization` from outside carries a registered share key, in any form that Grafana reads: as
 * bearer, or as the password of Basic (Grafana `authn/clients/api_key.go`). Whoever has such a key would walk
 * around expiry, revocation and scope of its links.
 *
 * Grafana decodes API keys leniently (line breaks in base64, names in any case, the last of several, bad UTF-8,
 * any prefix that begins with `gl`), so its decoding is not imitated here: every text in the credential that
 * could be a key's secret is looked up. What is too long or of too many parts is `unreadable`.
 */
export async function judgeCredentials(authorization: string, keys: KeyRegistry): Promise<CredentialFinding> {
  if (authorization.length > AUTHORIZATION_LENGTH_MAX) return 'unreadable';
  const words = authorization.split(/[\s,]/).filter((word) => word !== '');
  if (words.length > WORDS_MAX) return 'unreadable';
  if (isWebToken(words)) return 'none';
  const secrets = findPossibleSecrets(authorization, words);
  if (secrets.size > SECRETS_MAX) return 'unreadable';
  const found = await keys.findBySecret([...secrets]);
  return found ? 'share-key' : 'none';
}

/**
 * A signed JSON Web Token, as Grafana's auth.jwt takes. Its dots are in no base64 that Grafana would decode as an
 * API key, and it does not begin as a service account token does; its claims (groups, say) may be many.
 */
function isWebToken(words: readonly string[]): boolean {
  return words.length === 2 && /^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(words[1] ?? '');
}

/** What a header holds, as it is and when decoded, whole and word by word. */
function findPossibleSecrets(authorization: string, words: readonly string[]): Set<string> {
  const secrets = new Set<string>();
  for (const text of [authorization, ...words]) {
    const decoded = decodeLoosely(text);
    const password = decoded.replace(/^[^:]*:/, '');
    addTokenSecrets(text, secrets);
    addTokenSecrets(password, secrets);
    addTexts(decoded, secrets);
    addTexts(decodeLoosely(password), secrets);
  }
  return secrets;
}

/** Whatever stands between two `_`: Grafana takes `gl<anything>_<secret>_<checksum>`. */
function addTokenSecrets(text: string, secrets: Set<string>): void {
  for (const part of text.split('_')) addSecret(part, secrets);
}

/** PBKDF2 takes a secret with zero bytes behind it for the same secret (HMAC pads with them). */
function addSecret(text: string, secrets: Set<string>): void {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  if (end >= SECRET_LENGTH_MIN) secrets.add(text.slice(0, end));
}

/** Every text literal of what may be JSON, without its escapes. One walk through the text, whatever is in it. */
function addTexts(text: string, secrets: Set<string>): void {
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\' && start >= 0) at += 1;
    else if (character === '"' && start < 0) start = at;
    else if (character === '"') {
      addSecret(parseLiteral(text.slice(start, at + 1)), secrets);
      start = -1;
    }
  }
}

function parseLiteral(literal: string): string {
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
