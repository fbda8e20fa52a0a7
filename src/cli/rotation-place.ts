import type * as z from 'zod';
import type { SecretsAnswer } from '../api/keys.ts';

/** Ids of the secrets of a rotation. */
export interface RotationIds {
  readonly newest: string;
  readonly former: readonly string[];
}

/**
 * Where the gateway stands. `former`: the new secret is not there. `both`: it comes first, and all former ones are
 * accepted. `partly`: it comes first, and only some former ones are accepted. `alone`: no former one is.
 * `elsewhere`: the gateway works with a secret that this rotation does not know.
 */
export type RotationPlace = 'former' | 'both' | 'partly' | 'alone' | 'elsewhere';

/** Recognises the place by the gateway's own ids. Pure. */
export function findPlace(
  { newest, accepted }: z.output<typeof SecretsAnswer>,
  ids: RotationIds,
): RotationPlace {
  if (newest !== ids.newest) return ids.former.includes(newest) ? 'former' : 'elsewhere';
  const kept = ids.former.filter((id) => accepted.includes(id));
  if (kept.length === ids.former.length) return 'both';
  return kept.length === 0 ? 'alone' : 'partly';
}
