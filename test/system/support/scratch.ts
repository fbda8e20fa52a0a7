import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd, type Ending } from './at-end.ts';

/** A folder that is gone after the test. */
export function makeScratch(t: Ending, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
