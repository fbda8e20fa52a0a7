/** What ends the demo from outside. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `start`, and takes away the signal listeners that it left behind. miniflare installs some that end the process at
 * once with 130, before the demo's own servers are closed. Until `start` is done they stay: they end what is half started.
 */
export async function withoutSignalListeners<T>(start: () => Promise<T>): Promise<T> {
  const before = new Set(SIGNALS.flatMap((signal) => process.listeners(signal)));
  const started = await start();
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal))
      if (!before.has(listener)) process.off(signal, listener);
  }
  return started;
}
