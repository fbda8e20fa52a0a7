import { sha256Hex } from '../lib/sha256.ts';

/**
 * A user as events name them: by `sub`. Where the provider gives none, and the address stands in its place, by a few
 * digits of its hash: no address goes into a log.
 */
export function subjectLabel(sub: string): string {
  return sub.startsWith('email:') ? `email:#${sha256Hex(sub).slice(0, 12)}` : sub;
}
