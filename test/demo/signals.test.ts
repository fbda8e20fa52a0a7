import { expect, test } from 'vitest';
import { measure } from '../../demo/origin/signals.ts';

const SIGNAL = { base: 100, swing: 10, seed: 7 };
const NOW = 1_795_000_000_000;

test('a signal stays near its middle and moves', () => {
  const values = Array.from({ length: 600 }, (_, index) => measure(SIGNAL, NOW + index * 1000));
  expect(Math.min(...values)).toBeGreaterThan(85);
  expect(Math.max(...values)).toBeLessThan(115);
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(8);
});

test('a signal makes no leaps', () => {
  for (let at = NOW; at < NOW + 300_000; at += 100) {
    expect(Math.abs(measure(SIGNAL, at + 100) - measure(SIGNAL, at))).toBeLessThan(SIGNAL.swing * 0.05);
  }
});

test('another seed is another signal', () => {
  expect(measure({ ...SIGNAL, seed: 8 }, NOW)).not.toBe(measure(SIGNAL, NOW));
});
