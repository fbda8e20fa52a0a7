const TRIES_MAX = 10;
const PAUSE_MS = 2_000;

/** Waits for the gateway to answer at its address: a new one takes some seconds to be known everywhere. */
export async function waitForHealth(address: string): Promise<boolean> {
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    if (await isHealthy(address)) return true;
    if (tries < TRIES_MAX) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return false;
}

async function isHealthy(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/-/health`, { signal: AbortSignal.timeout(PAUSE_MS) })).ok;
  } catch {
    // Unknown name, no certificate yet, no answer in time: all the same "not yet" here.
    return false;
  }
}
