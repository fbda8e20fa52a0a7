import { parseJson } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';

/** Longer than any access policy token (secret scanners look at 400 characters behind the prefix). */
const PAYLOAD_LENGTH_MAX = 512;
const PAYLOAD = /^[A-Za-z0-9+/_-]+={0,3}$/;
/**
 * What a region may be called (oncall.md §3): two letters (`us`), or words of which at least one hyphen makes a
 * name (`us-azure`, `prod-eu-west-3`).
 */
const REGION_NAME = /^(?:[a-z]{2}|[a-z0-9]+(?:-[a-z0-9]+)+)$/;
const REGION_NAME_LENGTH_MAX = 63;

export function isRegionName(text: string): boolean {
  return text.length <= REGION_NAME_LENGTH_MAX && REGION_NAME.test(text);
}

/**
 * The region that an access policy token names: `glc_` and base64 of `{"o":…,"n":…,"k":…,"m":{"r":"us"}}`
 * (oncall.md §4). Anyone can write such a text, so what is read here only ever chooses a row of a table.
 *
 * @param payload what follows `glc_`; either alphabet, with and without padding
 * @returns undefined where the token names none, as Grafana's own published sample
 */
export function readPolicyRegion(payload: string): Result<string | undefined, 'malformed'> {
  if (payload.length > PAYLOAD_LENGTH_MAX || !PAYLOAD.test(payload)) return fail('malformed');
  const claims = parseJson(decodeBase64(payload));
  if (!isObject(claims)) return fail('malformed');
  if (!Object.hasOwn(claims, 'm')) return ok(undefined);
  const { m } = claims;
  if (!isObject(m)) return fail('malformed');
  if (!Object.hasOwn(m, 'r')) return ok(undefined);
  const { r } = m;
  return typeof r === 'string' && isRegionName(r) ? ok(r) : fail('malformed');
}

/** Each byte as one character: what is read of it is ASCII. Undefined for an impossible length. */
function decodeBase64(payload: string): string | undefined {
  const plain = payload.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  return plain.length % 4 === 1 ? undefined : atob(plain);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
