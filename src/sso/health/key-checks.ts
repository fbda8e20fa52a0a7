import type { Finding } from '../../api/findings.ts';
import { sha256Base64Url } from '../../lib/sha256.ts';
import type { HealthContext } from './context.ts';
import { bySpeed, count, finding, skipped } from './finding.ts';
import { describeFailure, LOOK_BYTES_MAX, type Look, look, readObject, tellAddress } from './look.ts';
import { KEYS_MAX, type KeyName } from './record.ts';
import { RECOVER } from './restore-check.ts';

/** The provider's keys as they were found. */
export interface KeysFound {
  readonly finding: Finding;
  /** Undefined where they could not be read. */
  readonly keys: readonly KeyName[] | undefined;
  /** Whether none of the former ones is left. */
  readonly areAllNew: boolean;
  readonly look: Look | undefined;
}

/** Key types whose public half is published; a shared secret is not. */
const KEY_TYPES = new Set(['RSA', 'EC', 'OKP']);

/** @param address of the key set; undefined where neither configuration nor document has one */
export async function checkKeys(address: URL | undefined, context: HealthContext): Promise<KeysFound> {
  if (!address) return nothing(judgeMissing(context));
  const request = new Request(address, { headers: { Accept: 'application/json' } });
  const seen = await look(request, context.send);
  const where = tellAddress(address);
  const fix = `Open ${where} and see what it answers.`;
  if (!seen.ok && seen.reason === 'too-long')
    return nothing(red(`The key set at ${where} is longer than ${LOOK_BYTES_MAX / 1024} KiB.`, fix));
  if (!seen.ok) return nothing(red(`${where} ${describeFailure(seen.reason)}.`, fix));
  const { status } = seen.value;
  const document = status === 200 ? readObject(seen.value) : undefined;
  const all = Array.isArray(document?.keys) ? (document.keys as readonly unknown[]) : undefined;
  if (!all) return nothing(red(`${where} answered ${status}, and no key set.`, fix), seen.value);
  if (all.length > KEYS_MAX)
    return nothing(
      red(`The key set at ${where} has ${all.length} keys; more than ${KEYS_MAX} are not taken.`, fix),
    );
  const keys = all.flatMap(nameKey);
  if (keys.length === 0)
    return nothing(red(`The key set at ${where} has no key that can verify a signature.`, fix));
  return { ...judgeChange(keys, seen.value, context), keys, look: seen.value };
}

function judgeMissing({ options }: HealthContext): Finding {
  const why = 'There is no address of a key set.';
  if (options.provider.issuer === undefined)
    return skipped('sso.keys', `${why} Signatures of ID tokens are not verified.`, 'Set SSO_ISSUER.');
  return red(why, 'Mend the discovery document (jwks_uri), or set GF_AUTH_GENERIC_OAUTH_JWK_SET_URL.');
}

function judgeChange(
  keys: readonly KeyName[],
  { milliseconds }: Look,
  { former, now }: HealthContext,
): Pick<KeysFound, 'finding' | 'areAllNew'> {
  const before = former?.keys;
  const has = `The provider has ${count(keys.length, 'key')}, read in ${milliseconds} ms`;
  const tell = (verdict: Finding['verdict'], seen: string, fix?: string) =>
    finding('sso.keys', verdict, seen, {
      milliseconds,
      ...(former && { ageSeconds: Math.max(now - former.changedAt, 0) }),
      ...(fix !== undefined && { fix }),
    });
  if (!before) return { areAllNew: false, finding: tell(bySpeed(milliseconds), `${has}.`) };
  const added = without(keys, before);
  const removed = without(before, keys);
  if (before.length > 0 && removed.length === before.length) {
    const gone = `All ${before.length === 1 ? '' : `${before.length} `}former keys are gone at once (${list(removed)}), as after a restore of the provider's database`;
    return { areAllNew: true, finding: tell('red', `${has}. ${gone}.`, RECOVER) };
  }
  const changes = [
    ...(added.length > 0 ? [`added since the last check: ${list(added)}`] : []),
    ...(removed.length > 0 ? [`removed: ${list(removed)}`] : []),
  ];
  const change = changes.length > 0 ? changes.join('; ') : 'the same as at the last check';
  return { areAllNew: false, finding: tell(bySpeed(milliseconds), `${has}; ${change}.`) };
}

function without(keys: readonly KeyName[], others: readonly KeyName[]): readonly KeyName[] {
  const ids = new Set(others.map(({ id }) => id));
  return keys.filter(({ id }) => !ids.has(id));
}

const TOLD_MAX = 5;

function list(keys: readonly KeyName[]): string {
  const names = keys.slice(0, TOLD_MAX).map(({ name }) => name);
  return keys.length > TOLD_MAX ? `${names.join(', ')} and ${keys.length - TOLD_MAX} more` : names.join(', ');
}

/** A key that can verify. It is known by its numbers: a restored provider may give a new key an old id. */
function nameKey(value: unknown): KeyName[] {
  if (typeof value !== 'object' || value === null) return [];
  const { kty, use, kid, crv, n, e, x, y } = value as Readonly<Record<string, unknown>>;
  if (typeof kty !== 'string' || !KEY_TYPES.has(kty) || use === 'enc') return [];
  const id = sha256Base64Url(JSON.stringify([kty, crv, n, e, x, y])).slice(0, 16);
  const isPlain = typeof kid === 'string' && /^[\w.:~+/=-]{1,64}$/.test(kid);
  return [{ id, name: isPlain ? kid : `#${id.slice(0, 8)}` }];
}

function red(seen: string, fix: string): Finding {
  return finding('sso.keys', 'red', seen, { fix });
}

function nothing(found: Finding, seen?: Look): KeysFound {
  return { finding: found, keys: undefined, areAllNew: false, look: seen };
}
