import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = join(ROOT, 'dist/postern.mjs');

/** Builds the command line as one file for Node 20 and later, and lets `npx postern` find it in this checkout. */
await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/cli/main.ts'],
  outfile: OUTPUT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
});
await chmod(OUTPUT, 0o755);

// npm links the commands of dependencies, not those of the package itself.
const bin = join(ROOT, 'node_modules/.bin');
await mkdir(bin, { recursive: true });
await rm(join(bin, 'postern'), { force: true });
await symlink('../../dist/postern.mjs', join(bin, 'postern'));
