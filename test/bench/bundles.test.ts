import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { WITHOUT_JUDGEMENT } from '../../bench/stand-ins.ts';
import { bundleWorker } from '../../scripts/bundle.ts';

const ENTRIES = readdirSync(resolve(import.meta.dirname, '../../bench/workers')).filter(
  (file) => !file.startsWith('no-'),
);

test.each(ENTRIES)('the measured Worker %s can be built', async (entry) => {
  expect(await bundleWorker(`bench/workers/${entry}`)).toContain('fetch');
});

test('the gateway can be built without its judgement, and is smaller then', async () => {
  const bare = await bundleWorker('bench/workers/quiet.ts', WITHOUT_JUDGEMENT);
  expect(bare.length).toBeLessThan((await bundleWorker('bench/workers/quiet.ts')).length);
});
