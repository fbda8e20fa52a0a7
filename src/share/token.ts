import { decodeUtf8, fromBase64, toHex, utf8 } from '../lib/bytes.ts';
import { crc32 } from '../lib/crc32.ts';
import { parseJson } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { Secret } from '../lib/secret.ts';

/**
 * A Grafana credential, taken apart. `secret` and `salt` are what Grafana itself feeds to PBKDF2
 * (Grafana `pkg/components/apikeygen`, `pkg/components/satokengen`).
 */
export interface GrafanaToken {
  readonly kind: 'api-key' | 'service-account-token';
  /** The token as Grafana issued it: what goes into `Authorization: Bearer`. */
  readonly text: Secret;
  readonly secret: Secret;
  readonly salt: Secret;
  /** The name and organisation that an API key carries in itself; a service account token carries none. */
  readonly embedded?: { readonly name: string; readonly orgId: number };
  /** Whether a service account token's checksum is right. A wrong one is a typing mistake: Grafana refuses it. */
  readonly checksumHolds: boolean;
}

/** What makes two tokens one: everything that Grafana's verification reads, whatever their spelling. */
export function materialOf({ secret, salt }: Pick<GrafanaToken, 'secret' | 'salt'>): string {
  return JSON.stringify([secret.reveal(), salt.reveal()]);
}

export type TokenReason = 'token-form-unknown';

/** Longer than any token of Grafana with a name of 190 characters. */
const TOKEN_LENGTH_MAX = 2048;
const SERVICE_ACCOUNT_TOKEN = /^glsa_([A-Za-z0-9]+)_([0-9a-f]{8})$/;

/** Takes a token apart. Grafana reads what begins with `gl` as prefixed and everything else as an API key. */
export function parseGrafanaToken(text: string): Result<GrafanaToken, TokenReason> {
  if (text.length > TOKEN_LENGTH_MAX) return fail('token-form-unknown');
  const token = text.startsWith('gl') ? parseServiceAccountToken(text) : parseApiKey(text);
  return token ? ok(token) : fail('token-form-unknown');
}

function parseServiceAccountToken(text: string): GrafanaToken | undefined {
  const [, secret, checksum] = SERVICE_ACCOUNT_TOKEN.exec(text) ?? [];
  if (secret === undefined || checksum === undefined) return undefined;
  return {
    kind: 'service-account-token',
    text: new Secret(text),
    secret: new Secret(secret),
    salt: new Secret(checksum),
    checksumHolds: checksum === computeChecksum(`glsa_${secret}`),
  };
}

/** CRC-32 of prefix and secret, its four bytes in little-endian order (Grafana `satokengen`). */
export function computeChecksum(prefixAndSecret: string): string {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc32(utf8(prefixAndSecret)), true);
  return toHex(bytes);
}

function parseApiKey(text: string): GrafanaToken | undefined {
  const bytes = fromBase64(text);
  const fields = parseJsonObject(bytes && decodeUtf8(bytes));
  const { k, n, id } = foldNames(fields ?? {});
  if (typeof k !== 'string' || typeof n !== 'string' || !isPositiveInteger(id)) return undefined;
  if (k === '' || n === '') return undefined;
  return {
    kind: 'api-key',
    text: new Secret(text),
    secret: new Secret(k),
    salt: new Secret(n),
    embedded: { name: n, orgId: id },
    checksumHolds: true,
  };
}

/** Grafana's decoder (Go `encoding/json`) does not tell upper from lower case in names; the last one wins. */
function foldNames(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function parseJsonObject(text: string | undefined): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
