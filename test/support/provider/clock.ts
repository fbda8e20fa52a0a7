import { AsyncLocalStorage } from 'node:async_hooks';

const shifted = new AsyncLocalStorage<{ readonly shiftMs: number }>();
const readClock = Date.now.bind(Date);

let isReplaced = false;

/**
 * Does some work by a clock that goes wrong by so much. `oidc-provider` takes every time from `Date.now()`, and
 * nothing outside this work notices.
 */
export function runShifted<T>(shiftMs: number, work: () => T): T {
  if (!isReplaced) {
    isReplaced = true;
    Date.now = () => readClock() + (shifted.getStore()?.shiftMs ?? 0);
  }
  return shifted.run({ shiftMs }, work);
}
