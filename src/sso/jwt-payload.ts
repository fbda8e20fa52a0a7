import { readJsonBody } from '../lib/bounded-body.ts';
import { type Bytes, decodeUtf8, fromBase64Url } from '../lib/bytes.ts';
import { parseJson } from '../lib/json.ts';

/** Far more than any header or token answer carries. */
const MAX_TOKEN_LENGTH = 65_536;
const MAX_PAYLOAD_BYTES = 1_048_576;

/** Three parts of base64url. The last one is not read, so it may be padded (`social_base.go`, retrieveRawIDToken). */
const JWT = /^([\w-]+)\.([\w-]+)\.[\w=-]+$/;

/**
 * The claims in a JWT, of which nothing is verified: not the signature, not the issuer, not the time. Only for what
 * came straight from the token endpoint. Undefined for anything that is no JWT, and for a payload that unfolds to more
 * than 1 MiB.
 */
export async function readJwtPayload(token: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const [, headerPart = '', payloadPart = ''] = JWT.exec(token) ?? [];
  const header = decodeJson(fromBase64Url(headerPart));
  const payload = fromBase64Url(payloadPart);
  if (!isObject(header) || payload === undefined) return undefined;
  const claims = Object.hasOwn(header, 'zip') ? await unfold(header.zip, payload) : decodeJson(payload);
  return isObject(claims) ? claims : undefined;
}

/** `DEF` is the one compression there is, and what Grafana reads as such is a zlib stream (RFC 1950). */
async function unfold(compression: unknown, payload: Bytes): Promise<unknown> {
  if (compression !== 'DEF') return undefined;
  const stream = new Blob([payload]).stream().pipeThrough(new DecompressionStream('deflate'));
  try {
    return await readJsonBody(new Response(stream), MAX_PAYLOAD_BYTES);
  } catch {
    // No zlib stream, which is the answer.
    return undefined;
  }
}

function decodeJson(bytes: Bytes | undefined): unknown {
  return bytes && parseJson(decodeUtf8(bytes));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
