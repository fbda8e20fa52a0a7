import { randomInt } from 'node:crypto';
import { computeChecksum } from '../../src/share/token.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SECRET_LENGTH = 32;

/** A fresh service account token in Grafana's form: `glsa_<32 letters and digits>_<checksum>`. */
export function mintToken(): string {
  const prefixAndSecret = `glsa_${randomText(SECRET_LENGTH)}`;
  return `${prefixAndSecret}_${computeChecksum(prefixAndSecret)}`;
}

/** Random letters and digits. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
