import { fail, ok, type Result } from '../lib/result.ts';
import type { Secret } from '../lib/secret.ts';
import { type AskFailure, askBriefly, fieldOf, type Told } from './ask.ts';
import { ENGINE_WORDS } from './engine-words.ts';
import { addressOf, type Region } from './region.ts';

/** The cheapest call that an API key may make: it changes nothing (engine `public_api/views/info.py`). */
const PROBE_PATH = '/api/v1/info/';

/** Whether a region knows a key, as far as its answer tells. */
export type ProbeVerdict =
  | 'yes'
  /** The words of an engine that knows the key, which anything in front of it could say, too. */
  | 'weak'
  | 'no'
  | 'unknown';

/**
 * What an answer to a probe says of the key. Pure.
 *
 * The answer itself is yes, 403 "Invalid token." is no. What else the engine says after it has found the key is a weak
 * yes: another 403, an organisation that was deleted. The rest (5xx, 429, redirects, pages) says nothing.
 */
export function judgeProbe({ status, body }: Told): ProbeVerdict {
  const detail = fieldOf(body, 'detail');
  if (status === 200) return typeof fieldOf(body, 'url') === 'string' ? 'yes' : 'unknown';
  if (status === 404) return detail === ENGINE_WORDS.notFound ? 'weak' : 'unknown';
  if (status !== 403 || typeof detail !== 'string') return 'unknown';
  return detail === ENGINE_WORDS.invalidToken ? 'no' : 'weak';
}

/** Why no region was found by asking all of them: all said no, or one of them said nothing. */
export type ProbeRefusal = 'nobody' | AskFailure;

/** A region that a key belongs to, as far as probes tell. */
export interface Probed {
  readonly region: Region;
  readonly isWeak: boolean;
}

/**
 * Asks all regions at once whether they know a key, and takes the first that does. The others are not waited for. A
 * weak yes is taken only where all others say no.
 *
 * @param authorization the header as the client sent it: what a region says of another form helps nobody
 */
export async function probeRegions(
  regions: readonly Region[],
  authorization: Secret,
): Promise<Result<Probed, ProbeRefusal>> {
  const stop = new AbortController();
  const { promise: first, resolve } = Promise.withResolvers<Region>();
  const all = regions.map(async (region) => {
    const told = await askBriefly(`${addressOf(region)}${PROBE_PATH}`, authorization, stop.signal);
    const verdict = told.ok ? judgeProbe(told.value) : told.reason;
    if (verdict === 'yes') resolve(region);
    return { region, verdict };
  });
  const found = await Promise.race([first, Promise.all(all)]);
  if (!Array.isArray(found)) {
    stop.abort();
    return ok({ region: found, isWeak: false });
  }
  const [rest, ...others] = found.filter(({ verdict }) => verdict !== 'no');
  if (!rest) return fail('nobody');
  if (rest.verdict === 'weak' && others.length === 0) return ok({ region: rest.region, isWeak: true });
  return fail(found.some(({ verdict }) => verdict === 'timeout') ? 'timeout' : 'unreachable');
}
