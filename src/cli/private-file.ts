import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Puts a file in place as a whole or not at all, readable by this user alone: written beside its place, flushed to
 * the disk, then renamed.
 */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  // The same beginning: what keeps the file itself out of a repository keeps its draft out too.
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFlushed(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
