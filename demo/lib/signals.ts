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

const PARENT_LOOK_MILLISECONDS = 500;

/**
 * Calls `stop` at a signal, and, under npm, when the process that started this one is gone: npm passes a signal to the
 * shell between, and that one ends without passing it on. May call it more than once: Ctrl-C comes from the terminal, and a
 * second time from npm.
 */
export function onEnd(stop: () => void): void {
  for (const signal of SIGNALS) process.on(signal, stop);
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_LOOK_MILLISECONDS).unref();
}
