import { utf8 } from '../lib/bytes.ts';
import type { Person } from './person.ts';

/** What a header may grow by for groups: with the rest of an assertion it stays below the 8 KB that nginx takes. */
export const TOLD_GROUPS_BYTES_MAX = 4_096;

/**
 * The groups that the origin is told of: all of them, or none where they are too many for a header. A part of them would
 * be read as all of them (Grafana's team sync takes people out of the teams of groups that are not named).
 */
export function toldGroups({ groups }: Pick<Person, 'groups'>): readonly string[] | undefined {
  return utf8(JSON.stringify(groups)).length <= TOLD_GROUPS_BYTES_MAX ? groups : undefined;
}
