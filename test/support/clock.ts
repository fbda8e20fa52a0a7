import { vi } from 'vitest';

/** What KV wants between two writes of one key, and a little more. */
const WRITE_PAUSE_MS = 1_100;
/** Small beside every timeout of the gateway, so that none of them is over before real storage has answered. */
const STEP_MS = 25;

const readClock = Date.now.bind(Date);
let skippedMs = 0;

/** Only what counts milliseconds notices: the gateway's own clock stands where its test has put it. */
function skip(milliseconds: number): void {
  skippedMs += milliseconds;
  vi.spyOn(Date, 'now').mockImplementation(() => readClock() + skippedMs);
}

/** Lets the second pass that KV wants between two writes of one key, without waiting for it. */
export function skipWritePause(): void {
  skip(WRITE_PAUSE_MS);
}

/** Runs ahead of the clock while some work waits for it. What waits for real storage gets real time. */
export async function fastForward<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isDone = false;
  try {
    const done = work().finally(() => {
      isDone = true;
    });
    while (!isDone) {
      skip(STEP_MS);
      await vi.advanceTimersByTimeAsync(STEP_MS);
      await scheduler.wait(1);
    }
    return await done;
  } finally {
    vi.useRealTimers();
  }
}
