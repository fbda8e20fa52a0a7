import { afterEach, beforeEach, expect, vi } from 'vitest';
import { origin } from './origin.ts';
import { takeLeaks } from './watch.ts';

beforeEach(() => {
  origin.install();
});

/** What holds for every test: nobody but the origin was asked, and no secret has left. */
afterEach(async () => {
  expect(origin.strays).toEqual([]);
  expect(await takeLeaks()).toEqual([]);
  vi.unstubAllGlobals();
});
