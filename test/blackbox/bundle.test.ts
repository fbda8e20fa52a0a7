import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleWorker } from '../../scripts/bundle.ts';

const BUNDLE_GZIP_BYTES_MAX = 220 * 1024;

describe('the bundle of the Worker', () => {
  let bundle = '';
  beforeAll(async () => {
    bundle = await bundleWorker();
  });

  test('imports nothing of Node', () => {
    expect(bundle).not.toMatch(/["'`]node:/);
    expect(bundle).not.toMatch(/\brequire\(/);
  });

  test('stays under 220 KB when it is compressed', () => {
    expect(gzipSync(bundle).length).toBeLessThan(BUNDLE_GZIP_BYTES_MAX);
  });
});
