import { toHex } from '../lib/bytes.ts';
import { pbkdf2Sha256 } from '../lib/pbkdf2.ts';
import { Secret } from '../lib/secret.ts';
import type { GrafanaToken } from './token.ts';

/** What Grafana stores in `api_key.key` (Grafana `pkg/util/encoding.go`, EncodePassword). */
const DERIVATION = { iterations: 10_000, lengthBytes: 50 };

/**
 * The derived value of a token: 100 lower-case hex digits. Costs about 2 ms, so it is worked out once for
 * each key and isolate, never for each link.
 */
export async function deriveKey(token: Pick<GrafanaToken, 'secret' | 'salt'>): Promise<Secret> {
  return new Secret(toHex(await pbkdf2Sha256(token.secret.reveal(), token.salt.reveal(), DERIVATION)));
}
