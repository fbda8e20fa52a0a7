import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { bundleWorker } from '../scripts/bundle.ts';
import { findFreePort } from '../scripts/free-port.ts';

const COMPATIBILITY_DATE = '2026-10-01';

/** A Worker that runs in workerd, reached by a socket of its own. */
export interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts one Worker from its source, without miniflare's entry Worker in between. */
export async function startWorker(
  entry: string,
  bindings: Record<string, string> = {},
  swaps: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await findFreePort();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundleWorker(entry, swaps),
      compatibilityDate: COMPATIBILITY_DATE,
      bindings,
      kvNamespaces: ['POSTERN_KV'],
      unsafeDirectSockets: [{ host: '127.0.0.1', port }],
    }),
  );
  await miniflare.ready;
  return { port, stop: () => miniflare.dispose() };
}
