import { misuse } from './cli-error.ts';
import type { Io } from './io.ts';

/**
 * The time to sign or judge by, in unix seconds: `POSTERN_TIMESTAMP`, as in the signers of `examples/sign`,
 * where a test needs the same link twice; else now.
 *
 * @throws CliError where `POSTERN_TIMESTAMP` is not of ten digits
 */
export function readClock({ env }: Pick<Io, 'env'>): number {
  const text = env.POSTERN_TIMESTAMP;
  if (!text) return Math.floor(Date.now() / 1000);
  if (/^[0-9]{10}$/.test(text)) return Number(text);
  throw misuse({
    code: 'clock',
    what: 'POSTERN_TIMESTAMP holds no time.',
    details: 'It takes the place of the current time, as ten digits of unix seconds.',
    fix: 'Unset it, unless this is a test.',
  });
}
