import { LruMap } from './lru.ts';

interface Window {
  readonly start: number;
  count: number;
}

const WINDOW_SECONDS = 60;
const REMEMBERED_MAX = 4096;

/** Counts in fixed windows of a minute, in one isolate, for as many keys as it can remember. */
export class RateWindow {
  readonly #windows = new LruMap<string, Window>(REMEMBERED_MAX);

  /** Counts one more, and says for how many seconds the key has to wait; 0 while it may go on. */
  count(key: string, limit: number, now: number): number {
    const window = this.#windows.get(key);
    if (!window || now >= window.start + WINDOW_SECONDS) {
      this.#windows.set(key, { start: now, count: 1 });
      return 0;
    }
    window.count += 1;
    return window.count <= limit ? 0 : window.start + WINDOW_SECONDS - now;
  }
}
