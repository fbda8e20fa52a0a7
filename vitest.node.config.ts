import { defineConfig } from 'vitest/config';

/** Tests that run in Node: the command line, the house rules, the demo, and the real bundle from outside. */
export default defineConfig({
  test: {
    include: ['test/{cli,house,demo,blackbox,bench}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
