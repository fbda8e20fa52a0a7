import type { LedgerNamespace } from '../../ledger/ledgers.ts';
import { toHex } from '../../lib/bytes.ts';
import { within } from '../../lib/deadline.ts';
import type { Kv } from '../../lib/kv.ts';
import { attempt, StorageUnavailable } from '../../lib/storage-error.ts';

/** Every key of KV that the doctor writes begins like this. It deletes it again; if it cannot, KV does. */
export const TRIAL_PREFIX = 'doctor:';
const TRIAL_SECONDS = 60;
/** The ledger that the doctor writes to: it keeps a number, and no text once the trial is over. */
export const TRIAL_LEDGER = 'doctor';

/** So long a write that works never takes; below what a group may take in all. */
const STEP_MS = 4_000;
/** After so long the doctor does not wait any more for a write to be visible. */
export const VISIBLE_MS = 6_000;
const LOOK_PAUSE_MS = 500;

/** What came of a trial of KV. */
export type KvTrial =
  | { readonly failed: 'write' | 'read' | 'delete' }
  | {
      readonly failed: undefined;
      readonly writeMs: number;
      readonly readMs: number;
      /** Since the write; undefined where it was not visible in time. */
      readonly visibleMs: number | undefined;
    };

/**
 * Writes a value under a new name, waits until it is read back, and deletes it. A look that came too early is remembered
 * by the place for half a minute, as it is for every reader: what is not visible then is late for all of them.
 */
export async function tryKv(kv: Kv): Promise<KvTrial> {
  const value = randomText();
  const name = `${TRIAL_PREFIX}${randomText()}`;
  const written = await time(() => bounded(kv.write(name, value, TRIAL_SECONDS)));
  if (written === 'failed') return { failed: 'write' };
  const start = Date.now();
  const looked = await lookFor(kv, name, value, start);
  // In any case: what was written shall go. It waits for its turn, a second after the write, so its time tells nothing.
  const deleted = await time(() => bounded(kv.delete(name)));
  if (looked === 'failed') return { failed: 'read' };
  if (deleted === 'failed') return { failed: 'delete' };
  return { failed: undefined, writeMs: written, ...looked };
}

async function lookFor(kv: Kv, name: string, value: string, start: number) {
  let readMs: number | undefined;
  do {
    let found: string | undefined;
    const read = await time(async () => {
      found = (await kv.read([name])).get(name);
    });
    if (read === 'failed') return 'failed';
    readMs ??= read;
    if (found === value) return { readMs, visibleMs: Date.now() - start };
    await new Promise((resolve) => setTimeout(resolve, LOOK_PAUSE_MS));
  } while (Date.now() - start < VISIBLE_MS);
  return { readMs, visibleMs: undefined };
}

/** What came of a trial of a Durable Object. */
export type LedgerTrial =
  | { readonly failed: true }
  | { readonly failed: false; readonly milliseconds: number };

/** Writes a text into the doctor's own ledger, reads it back, and takes it out again. */
export async function tryLedger(namespace: LedgerNamespace): Promise<LedgerTrial> {
  const book = namespace.getByName(TRIAL_LEDGER);
  const value = randomText();
  const milliseconds = await time(async () => {
    const former = await attempt('read', STEP_MS, () => book.readRecord());
    const revision = former?.revision ?? 0;
    const isWritten = await attempt('write', STEP_MS, () => book.swapRecord(revision, value));
    const kept = await attempt('read', STEP_MS, () => book.readRecord());
    // Another doctor may be at it at the same moment: its text is no failure, and it takes it out itself.
    if (isWritten && kept?.text === value)
      await attempt('write', STEP_MS, () => book.swapRecord(kept.revision, null));
    else if (!kept || kept.revision === revision) throw new StorageUnavailable('write');
  });
  return milliseconds === 'failed' ? { failed: true } : { failed: false, milliseconds };
}

/** How long some work of storage takes. */
export async function time(work: () => Promise<unknown>): Promise<number | 'failed'> {
  const start = Date.now();
  try {
    await work();
    return Math.max(Date.now() - start, 0);
  } catch (error) {
    if (error instanceof StorageUnavailable) return 'failed';
    throw error;
  }
}

/** Shorter than the tries of {@link Kv}, which has more time. */
function bounded(work: Promise<void>): Promise<void> {
  // It goes on unheard where it comes too late.
  work.catch(() => undefined);
  return within(STEP_MS, work, () => new StorageUnavailable('write'));
}

function randomText(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
