import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

/** One file of a page, held in memory. */
export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Reads a folder once, so that no path from a request ever reaches the file system.
 *
 * @param folder a `file:` address that ends with a slash
 */
export function loadStaticFiles(folder: URL): ReadonlyMap<string, StaticFile> {
  const files = readdirSync(folder).filter((name) => TYPES[extname(name)] !== undefined);
  return new Map(files.map((name) => [name, loadFile(folder, name)]));
}

function loadFile(folder: URL, name: string): StaticFile {
  return { type: TYPES[extname(name)] ?? '', body: readFileSync(new URL(name, folder)) };
}
