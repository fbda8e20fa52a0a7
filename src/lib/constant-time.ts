import { utf8 } from './bytes.ts';

/** workerd's own comparison; Node, where the command line runs, has it elsewhere. */
interface TimingSafe {
  timingSafeEqual?(one: ArrayBufferView, other: ArrayBufferView): boolean;
}

/**
 * Whether two texts of one length are equal, in a time that does not tell where they differ. Texts of two
 * lengths are unequal: a length is no secret here, since the form of what is compared fixes it.
 */
export function equalInConstantTime(expected: string, given: string): boolean {
  const one = utf8(expected);
  const other = utf8(given);
  if (one.length !== other.length) return false;
  const subtle = crypto.subtle as object as TimingSafe;
  return subtle.timingSafeEqual?.(one, other) ?? compareAll(one, other);
}

/** Looks at every byte, whatever it finds. */
function compareAll(one: Uint8Array, other: Uint8Array): boolean {
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return difference === 0;
}
