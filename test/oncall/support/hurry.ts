import { vi } from 'vitest';

/** Runs ahead of the clock, so that what hangs is given up at once. @returns the outcome, and how long it would have taken */
export async function hurry<T>(
  work: (elapsed: () => number) => Promise<T>,
): Promise<{ readonly value: T; readonly milliseconds: number }> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let milliseconds = 0;
  let isDone = false;
  try {
    const done = work(() => milliseconds).finally(() => {
      isDone = true;
    });
    // What waits for real storage needs real time, in which the clock stands still.
    for (let turn = 0; turn < 20 && !isDone; turn++) await scheduler.wait(1);
    while (!isDone) {
      await vi.advanceTimersByTimeAsync(50);
      milliseconds += 50;
      await scheduler.wait(1);
    }
    return { value: await done, milliseconds };
  } finally {
    vi.useRealTimers();
  }
}
