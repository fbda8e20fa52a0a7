import { sha256Hex } from '../lib/sha256.ts';

/** The beginning of a path, for an event: what follows may be a token (invitations, public dashboards, OnCall). */
export function summarisePath(path: string): string {
  const [, first = '', second = '', third] = path.split('/');
  const isLong = third !== undefined;
  return `/${shorten(first)}${second === '' ? '' : `/${shorten(second)}`}${isLong ? '/…' : ''}`;
}

/** A name of a route is a short word; anything else is told by its hash. */
function shorten(segment: string): string {
  return /^[a-z][a-z.-]{0,30}$/.test(segment) || segment === '' ? segment : hashOf(segment);
}

/** A few digits by which two events about one secret can be told to belong together. */
export function hashOf(secret: string): string {
  return `#${sha256Hex(secret).slice(0, 8)}`;
}
