import { afterEach, beforeEach, expect, vi } from 'vitest';
import { emptyStorage } from './bound.ts';
import { origin } from './origin.ts';
import { takeLeaks } from './watch.ts';

beforeEach(() => {
  origin.install();
});

/**
 * What holds for every test: nobody but the origin was asked, and no secret has left. The next one finds KV and
 * Durable Objects empty.
 */
afterEach(async () => {
  await emptyStorage();
  expect(origin.strays).toEqual([]);
  expect(await takeLeaks()).toEqual([]);
  vi.unstubAllGlobals();
});
