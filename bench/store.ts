import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { bundleWorker } from '../scripts/bundle.ts';
import { formatRule } from '../src/revocation/rule.ts';
import { idOf, REVOCATION_PREFIX } from '../src/revocation/target.ts';
import { say } from './bench.ts';
import { COMPATIBILITY_DATE } from './servers.ts';

const FILL = fileURLToPath(new URL('./fill.ts', import.meta.url));
/** As long as the longest session: revocations of sessions are kept for so long. */
const LIFE_SECONDS = 86_400;
/** The first revocation. All others share its value, so that a million of them is no million files. */
const FIRST_SESSION = '0'.repeat(16);

export function keyOfSession(id: string): string {
  return `${REVOCATION_PREFIX}${idOf({ kind: 'session', id })}`;
}

/** Makes a folder with a KV namespace in it that holds one revocation, written by KV itself. */
export async function createStore(folder: string): Promise<void> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundleWorker('bench/workers/nothing.ts'),
      compatibilityDate: COMPATIBILITY_DATE,
      kvNamespaces: ['POSTERN_KV'],
      resourcePersistencePath: folder,
      cf: false,
    }),
  );
  const kv = await miniflare.getKVNamespace('POSTERN_KV');
  const at = Math.floor(Date.now() / 1000);
  const rule = formatRule({ at, by: 'operator', reason: 'one of many', label: FIRST_SESSION });
  await kv.put(keyOfSession(FIRST_SESSION), rule, { expirationTtl: LIFE_SECONDS });
  await miniflare.dispose();
}

export function copyStore(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true });
}

/**
 * Fills a store that no Worker runs on with revocations of sessions, past KV: one put after the other, a million
 * would take too long.
 *
 * @param records how many there are then
 * @param sessions ids of sessions that are among them; all others are random
 * @returns how many seconds it took
 */
export async function fillStore(
  folder: string,
  records: number,
  sessions: readonly string[],
): Promise<number> {
  say(`filling a store with ${records} revocations`);
  const began = performance.now();
  const keys = sessions.map(keyOfSession);
  await runQuietly(['--disable-warning=ExperimentalWarning', FILL, folder, String(records), ...keys]);
  return (performance.now() - began) / 1000;
}

/** Runs Node. What it says of its progress is passed on. */
function runQuietly(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, (error) => (error ? reject(error) : resolve()));
    child.stderr?.pipe(process.stderr, { end: false });
  });
}
