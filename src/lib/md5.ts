import { md5 } from '@noble/hashes/legacy.js';
import { toHex, utf8 } from './bytes.ts';

/**
 * Lower-case hex of MD5 (RFC 1321) over the UTF-8 of a text.
 *
 * MD5 is here because version 2 share links are signed with it, and for nothing else. WebCrypto has it in
 * workerd but not in Node, where the command line signs links; this implementation serves both.
 */
export function md5Hex(text: string): string {
  return toHex(md5(utf8(text)));
}
