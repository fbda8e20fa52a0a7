import { md5Hex } from '../lib/md5.ts';
import type { Secret } from '../lib/secret.ts';
import { deriveKey } from './derive.ts';
import { V2_PARAMETERS as P } from './parameters.ts';
import { parseGrafanaToken } from './token.ts';

/** What a version 2 link is made from. */
export interface SignOptions {
  /** Address of a dashboard at the gateway; its query stays as it is. */
  readonly url: string;
  readonly name: string;
  readonly orgId: number;
  readonly token: string;
  /** Unix seconds. */
  readonly now: number;
  readonly expireSeconds?: number | undefined;
}

/** Lower-case hex of MD5(derived + `_` + timestamp): the signature of version 2. */
export function signTimestamp(derived: Secret, timestamp: string): string {
  return md5Hex(`${derived.reveal()}_${timestamp}`);
}

/** Ten decimal digits of unix seconds. */
export function formatTimestamp(unixSeconds: number): string {
  return Math.floor(unixSeconds).toString().padStart(10, '0');
}

/**
 * A signed version 2 link.
 *
 * @throws TypeError where the token has no form of Grafana's. The message does not repeat the token.
 */
export async function signShareLink(options: SignOptions): Promise<string> {
  const token = parseGrafanaToken(options.token);
  if (!token.ok) throw new TypeError('the token is neither a service account token (glsa_…) nor an API key');
  return signWithDerived({ ...options, derived: await deriveKey(token.value) });
}

/** The same with a derived value that is known already. */
export function signWithDerived(options: Omit<SignOptions, 'token'> & { readonly derived: Secret }): string {
  const timestamp = formatTimestamp(options.now);
  const parameters: [string, string][] = [
    [P.sign, signTimestamp(options.derived, timestamp)],
    [P.timestamp, timestamp],
    [P.name, options.name],
    [P.orgId, String(options.orgId)],
  ];
  if (options.expireSeconds !== undefined) parameters.push([P.expireSeconds, String(options.expireSeconds)]);
  return appendQuery(options.url, parameters);
}

/** Appends parameters behind what the address has, before its fragment, and leaves the rest byte for byte. */
function appendQuery(url: string, parameters: readonly [string, string][]): string {
  const [, address = '', fragment = ''] = /^([^#]*)(#.*)?$/s.exec(url) ?? [];
  const added = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const joint = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?';
  return `${address}${joint}${added}${fragment}`;
}
