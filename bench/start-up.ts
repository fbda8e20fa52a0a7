import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from './ratio.ts';

const run = promisify(execFile);
const RUNS = 9;
/** What workerd has built in and Node has not. */
const BUILT_IN = `data:text/javascript,${encodeURIComponent('export class DurableObject {}')}`;
const PROBE = `
  import { registerHooks } from 'node:module';
  const builtIn = { url: ${JSON.stringify(BUILT_IN)}, shortCircuit: true };
  registerHooks({
    resolve: (name, context, next) => (name === 'cloudflare:workers' ? builtIn : next(name, context)),
  });
  const begin = performance.now();
  await import(process.argv[1]);
  console.log(performance.now() - begin);`;

/**
 * Milliseconds that V8 takes to load and evaluate each of these bundles, in a process of its own each time
 * (median of 9, in turn).
 */
export async function measureStartUps(bundles: readonly string[]): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  try {
    const measured = bundles.map((bundle, at) => ({
      bundle,
      file: join(folder, `worker-${at}.mjs`),
      times: [] as number[],
    }));
    for (const { file, bundle } of measured) await writeFile(file, bundle);
    for (let at = 0; at < RUNS; at++) {
      for (const { file, times } of measured) {
        const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROBE, file]);
        times.push(Number(stdout));
      }
    }
    return measured.map(({ times }) => median(times));
  } finally {
    await rm(folder, { recursive: true });
  }
}
