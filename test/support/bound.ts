import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { SignIn } from './worker.ts';

interface Bound {
  readonly POSTERN_KV: KVNamespace;
  readonly POSTERN_LEDGER: DurableObjectNamespace<Ledger>;
  readonly POSTERN_SIGN_INS: DurableObjectNamespace<SignIn>;
}

/** More stands in it than these: the test runner's own. */
const { POSTERN_KV, POSTERN_LEDGER, POSTERN_SIGN_INS } = env as unknown as Bound;

let isUsed = false;

/** What the runtime of the tests binds, as wrangler.toml does. `setup.ts` empties it after each test. */
export const BOUND: Bound = {
  get POSTERN_KV() {
    isUsed = true;
    return POSTERN_KV;
  },
  get POSTERN_LEDGER() {
    isUsed = true;
    return POSTERN_LEDGER;
  },
  get POSTERN_SIGN_INS() {
    isUsed = true;
    return POSTERN_SIGN_INS;
  },
};

/** What goes on writing after the answers of a test. */
interface Writer {
  settle(): Promise<void>;
}

let writers: Writer[] = [];

export function settleAtEnd(writer: Writer): void {
  writers.push(writer);
}

/**
 * Empties what is bound, once nobody writes to it any more: storage is the same for all tests of a file. Where
 * nobody used it, nothing is done, since the edge cache would be emptied in the middle of a write.
 */
export async function emptyStorage(): Promise<void> {
  const all = writers;
  writers = [];
  try {
    for (const writer of all) await writer.settle();
  } finally {
    if (isUsed) await reset();
    isUsed = false;
  }
}
