import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A fresh secret of 256 bits, as 43 characters that need no quotes anywhere. */
export function makeSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
