import { ResealedKeys } from '../api/keys.ts';
import { type AdminClient, readPages } from './admin-client.ts';

/** What became of the stored keys. */
export interface Resealed {
  readonly resealed: number;
  readonly already: number;
  /** `<organisation>/<name>` of keys that none of the gateway's secrets opens. */
  readonly unreadable: readonly string[];
}

/**
 * Has all stored keys sealed with a secret, page by page; an isolate that has another newest one refuses. Doing it
 * again does no harm.
 */
export async function resealKeys(
  client: AdminClient,
  newest: string,
  onPage: (soFar: Resealed) => void,
): Promise<Resealed> {
  let sum: Resealed = { resealed: 0, already: 0, unreadable: [] };
  const pages = readPages((cursor) =>
    client.ask({ method: 'POST', path: '/keys/reseal', body: { cursor, newest }, answer: ResealedKeys }),
  );
  for await (const { resealed, already, unreadable } of pages) {
    sum = {
      resealed: sum.resealed + resealed,
      already: sum.already + already,
      unreadable: [...sum.unreadable, ...unreadable.map(({ orgId, name }) => `${orgId}/${name}`)],
    };
    onPage(sum);
  }
  return sum;
}

/** Two passes of one run as one: what the first sealed, the second finds sealed. Pure. */
export function addPasses(first: Resealed | undefined, second: Resealed): Resealed {
  if (!first) return second;
  const resealed = first.resealed + second.resealed;
  return {
    resealed,
    already: Math.max(second.resealed + second.already - resealed, 0),
    unreadable: second.unreadable,
  };
}
