import type { Stores, Visit } from '../corridor.ts';
import { Refused } from './refused.ts';

/** What is kept in KV. @throws Refused where no namespace is bound */
export function requireStores({ house }: Visit): Stores {
  if (house.stores) return house.stores;
  throw new Refused('conflict', 'No KV namespace is bound as POSTERN_KV, so nothing can be kept.');
}
