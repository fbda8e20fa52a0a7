import { decodeUtf8, fromBase64 } from '../lib/bytes.ts';
import type { KeyRegistry } from '../share/key.ts';

/**
 * Whether an `Authorization` from outside carries a registered share key, in any form that Grafana reads: as
 * bearer, or as the password of Basic (Grafana `authn/clients/api_key.go`). Whoever has such a key would walk
 * around expiry, revocation and scope of its links.
 */
export async function carriesShareKey(authorization: string, keys: KeyRegistry): Promise<boolean> {
  for (const token of findTokens(authorization)) {
    if (await keys.findByToken(token)) return true;
  }
  return false;
}

/** The credentials in a header; several header lines arrive joined by commas. */
function findTokens(authorization: string): string[] {
  return authorization.split(',').flatMap((line) => {
    const [, scheme = '', credentials = ''] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    return scheme.toLowerCase() === 'basic' ? findBasicPassword(credentials) : [credentials];
  });
}

function findBasicPassword(credentials: string): string[] {
  const bytes = fromBase64(credentials);
  const text = bytes && decodeUtf8(bytes);
  return text === undefined ? [] : [text.slice(text.indexOf(':') + 1)];
}
