import { gzipSync } from 'node:zlib';
import { bundleWorker } from '../scripts/bundle.ts';
import { say } from './bench.ts';
import type { Row } from './row.ts';
import { WITHOUT_ADMIN } from './stand-ins.ts';
import { measureStartUps } from './start-up.ts';

/** What the Worker weighs, and how long it takes to begin. */
export async function measureBundle(): Promise<Row[]> {
  say('size and start-up of the bundle');
  const bundle = await bundleWorker();
  const bare = await bundleWorker('src/index.ts', WITHOUT_ADMIN);
  const [whole = Number.NaN, withoutAdmin = Number.NaN] = await measureStartUps([bundle, bare]);
  return [
    { measurement: 'bundle, gzipped', value: formatKilobytes(bundle), aim: 'under 220 KB' },
    { measurement: '  without the admin API', value: formatKilobytes(bare), aim: '-' },
    { measurement: 'start-up: evaluating the bundle in V8', value: `${whole.toFixed(1)} ms`, aim: '-' },
    { measurement: '  without the admin API', value: `${withoutAdmin.toFixed(1)} ms`, aim: '-' },
  ];
}

function formatKilobytes(bundle: string): string {
  return `${(gzipSync(bundle, { level: 9 }).length / 1024).toFixed(1)} KB`;
}
