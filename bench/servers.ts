import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { bundleWorker } from '../scripts/bundle.ts';
import { findFreePort } from '../scripts/free-port.ts';

export const COMPATIBILITY_DATE = '2026-10-01';

/** A Worker that runs in workerd, reached by a socket of its own. */
export interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly bindings?: Readonly<Record<string, string>>;
  /** Files that stand in for others: path in the project -> path in the project. */
  readonly swaps?: Readonly<Record<string, string>>;
  /** What is bound: KV and the ledgers, whose class the entry has to export; KV alone; nothing. */
  readonly storage?: 'all' | 'kv' | 'none';
  /** The folder that storage is in; without one, it is empty. */
  readonly storeFolder?: string;
}

/** Starts one Worker from its source, without miniflare's entry Worker in between. */
export async function startWorker(entry: string, options: WorkerOptions = {}): Promise<Server> {
  const { bindings = {}, swaps = {}, storage = 'none', storeFolder } = options;
  const port = await findFreePort();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundleWorker(entry, swaps),
      compatibilityDate: COMPATIBILITY_DATE,
      bindings: { ...bindings },
      ...(storage !== 'none' && { kvNamespaces: ['POSTERN_KV'] }),
      ...(storage === 'all' && {
        durableObjects: {
          POSTERN_LEDGER: { className: 'Ledger', useSQLite: true },
          POSTERN_SIGN_INS: { className: 'SignIn', useSQLite: true },
        },
      }),
      ...(storeFolder !== undefined && { resourcePersistencePath: storeFolder }),
      unsafeDirectSockets: [{ host: '127.0.0.1', port }],
      // Otherwise miniflare asks Cloudflare where this machine is.
      cf: false,
    }),
  );
  await miniflare.ready;
  return { port, stop: () => miniflare.dispose() };
}
