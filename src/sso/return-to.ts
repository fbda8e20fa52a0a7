import { findPathProblem } from '../headers/path.ts';

/** Where people go who asked for nothing in particular. */
export const HOME = '/';

const LENGTH_MAX = 2_048;
/** Pages that would only lead back here, or out again. */
const OURS = /^\/(?:-(?:\/|$)|login(?:\/|$)|logout(?:\/|$))/;

/**
 * The page of this host that an address names, in the form in which it goes into a `Location`; undefined for every
 * other: another host however it is spelt, another scheme, a path that can be read in two ways. Looked at before it is
 * read as an address, read, and looked at again.
 */
export function findReturnPath(text: string): string | undefined {
  if (text.length > LENGTH_MAX || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text) || text.includes('\\'))
    return undefined;
  const base = 'https://host.invalid';
  if (!URL.canParse(text, base)) return undefined;
  const { origin, pathname, search } = new URL(text, base);
  if (origin !== base || findPathProblem(pathname) !== undefined) return undefined;
  // What the runtime resolved (dot segments) was not what was asked for.
  if (text.split(/[?#]/)[0] !== pathname) return undefined;
  return OURS.test(pathname) ? HOME : `${pathname}${search}`;
}
