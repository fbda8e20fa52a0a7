import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { WITHOUT_ADMIN, WITHOUT_JUDGEMENT } from '../../bench/stand-ins.ts';
import { measureStartUps } from '../../bench/start-up.ts';
import { bundleWorker } from '../../scripts/bundle.ts';

const ENTRIES = readdirSync(resolve(import.meta.dirname, '../../bench/workers')).filter(
  (file) => !file.startsWith('no-'),
);

test.each(ENTRIES)('the measured Worker %s can be built', async (entry) => {
  expect(await bundleWorker(`bench/workers/${entry}`)).toContain('fetch');
});

test.each([
  ['its judgement', WITHOUT_JUDGEMENT],
  ['the admin API', WITHOUT_ADMIN],
])('the gateway can be built without %s, and is smaller then', async (_what, swaps) => {
  const bare = await bundleWorker('bench/workers/quiet.ts', swaps);
  expect(bare.length).toBeLessThan((await bundleWorker('bench/workers/quiet.ts')).length);
});

test('the start of the bundle can be measured', async () => {
  const [milliseconds] = await measureStartUps([await bundleWorker()]);
  expect(milliseconds).toBeGreaterThan(0);
});
