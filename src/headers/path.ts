/** Why a path is refused, in words for its sender. */
export type PathProblem =
  | 'it has an empty segment (//)'
  | 'it has a backslash'
  | 'it has a semicolon'
  | 'it has a character that must be percent-encoded'
  | 'it has a broken percent-encoding'
  | 'it has an encoded separator, dot, percent sign or control character'
  | 'it encodes a character that needs no encoding, or in lower-case hex'
  | 'it has a dot segment'
  | 'it is longer than 4096 characters';

const PATH_LENGTH_MAX = 4096;
/** Nearly every path: no escape and nothing doubtful in it. Tested first, since it settles the warm path. */
const PLAIN = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*\/?$/;
/** `/ \ . ; % ? #`, C0 controls and DEL, however their hex is spelt. */
const ENCODED_SEPARATOR = /%(?:[01][0-9a-f]|2[ef53]|3[bf]|5c|7f)/i;
/** Letters, digits and `- _ ~` (RFC 3986 §2.3), whose encoding is not canonical. */
const ENCODED_PLAIN = /%(?:3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|2d)/i;

/**
 * What makes a path readable in two ways; undefined for a canonical one. The runtime has resolved dot
 * segments before this (WHATWG URL), so what is judged here is what would be sent on.
 */
export function findPathProblem(path: string): PathProblem | undefined {
  if (path.length > PATH_LENGTH_MAX) return 'it is longer than 4096 characters';
  if (PLAIN.test(path)) return undefined;
  if (path.includes('//')) return 'it has an empty segment (//)';
  if (path.includes('\\')) return 'it has a backslash';
  if (path.includes(';')) return 'it has a semicolon';
  if (/[^\x21-\x7e]|["<>`{}#?]/.test(path)) return 'it has a character that must be percent-encoded';
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return 'it has a dot segment';
  return path.includes('%') ? findEscapeProblem(path) : undefined;
}

function findEscapeProblem(path: string): PathProblem | undefined {
  if (ENCODED_SEPARATOR.test(path))
    return 'it has an encoded separator, dot, percent sign or control character';
  if (!isDecodable(path)) return 'it has a broken percent-encoding';
  if (ENCODED_PLAIN.test(path) || path.replace(/%[0-9A-F]{2}/g, '').includes('%')) {
    return 'it encodes a character that needs no encoding, or in lower-case hex';
  }
  return undefined;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
