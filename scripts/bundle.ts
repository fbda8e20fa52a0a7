import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The Worker as one ES module, bundled as wrangler bundles it: no `node:` import is known to it, so one that
 * slips in fails the build.
 */
export async function bundleWorker(entry = 'src/index.ts'): Promise<string> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    minify: true,
    keepNames: true,
    write: false,
    legalComments: 'none',
    external: ['cloudflare:*'],
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild made no output for ${entry}`);
  return file.text;
}
