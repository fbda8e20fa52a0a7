import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The Worker as one ES module, bundled as wrangler bundles it: no `node:` import is known to it, so one that
 * slips in fails the build.
 *
 * @param swaps files that stand in for others, for measurements: path in the project -> path in the project
 */
export async function bundleWorker(
  entry = 'src/index.ts',
  swaps: Readonly<Record<string, string>> = {},
): Promise<string> {
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
    write: false,
    legalComments: 'none',
    external: ['cloudflare:*'],
    // As in wrangler.toml. esbuild takes an alias for everything below its name too, hence the second one.
    alias: { zod: './src/lib/zod.ts', 'zod/v4': 'zod/v4' },
    plugins: [swapFiles(swaps)],
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild made no output for ${entry}`);
  return file.text;
}

function swapFiles(swaps: Readonly<Record<string, string>>): Plugin {
  const paths = new Map(Object.entries(swaps).map(([from, to]) => [join(ROOT, from), join(ROOT, to)]));
  return {
    name: 'swap-files',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const other = paths.get(path);
        if (other === undefined) return undefined;
        return { contents: await readFile(other, 'utf8'), loader: 'ts', resolveDir: dirname(other) };
      });
    },
  };
}
