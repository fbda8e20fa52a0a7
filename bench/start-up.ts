import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from './ratio.ts';

const run = promisify(execFile);
const RUNS = 9;
const PROBE = `const begin = performance.now(); await import(process.argv[1]); console.log(performance.now() - begin);`;

/** Milliseconds that V8 takes to load and evaluate the bundle, in a process of its own each time (median of 9). */
export async function measureStartUp(bundle: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  try {
    const file = join(folder, 'worker.mjs');
    await writeFile(file, bundle);
    const times: number[] = [];
    for (let at = 0; at < RUNS; at++) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROBE, file]);
      times.push(Number(stdout));
    }
    return median(times);
  } finally {
    await rm(folder, { recursive: true });
  }
}
