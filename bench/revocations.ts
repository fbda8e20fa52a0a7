import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, say } from './bench.ts';
import { measureRatio } from './ratio.ts';
import { formatRatio, type Row } from './row.ts';
import { createLinkPath, deriveBenchKey, formatQuery, settingsFor } from './scene.ts';
import type { Server } from './servers.ts';
import { copyStore, createStore, fillStore } from './store.ts';
import { askAsSession, type Counts, openSessions, readCounts, readSessionId } from './visitor.ts';

const FEW = 10;
/** Sessions that are in the stores: their visitors have to be refused. */
const REVOKED = 3;
/**
 * Sessions that ask in turn in the cold measurement: more than an isolate remembers (4096), so that each is
 * forgotten before it asks again, and every request is the first of its session.
 */
const COLD_SESSIONS = 5_000;
const WARM_SESSIONS = 100;
/** Longer than the measurement: what was forgotten was forgotten for its number, not for its age. */
const MEMO_SECONDS = 300;
/** Rounds are half as long as elsewhere and there are more of them: no difference is what has to be seen. */
const PAIRS_FACTOR = 1.5;
/** How far the reads of one cold request may be from one. */
const READS_TOLERANCE = 0.001;

/** The same gateway on two stores. */
interface Pair {
  readonly many: Server;
  readonly few: Server;
}

/**
 * Whether the number of revocations in the store is felt: the whole gateway in front of a store with many of them,
 * against the same in front of one with ten.
 *
 * @param records how many are many
 */
export async function measureRevocations(bench: Bench, records: number): Promise<Row[]> {
  const origin = await bench.start('bench/workers/origin.ts');
  const originUrl = `http://127.0.0.1:${origin.port}`;
  const bindings = { ...settingsFor(originUrl), REVOCATION_MEMO_SECONDS: String(MEMO_SECONDS) };
  const { revoked, warmOnes, coldOnes } = await openVisits(bench, bindings);
  const ids = await Promise.all(revoked.map((cookie) => readSessionId(cookie, originUrl)));
  const stores = await createStores(records, ids);
  const startOn = (storeFolder: string) =>
    bench.start('bench/workers/counting.ts', { bindings, storage: 'all', storeFolder });
  const pair: Pair = { many: await startOn(stores.many), few: await startOn(stores.few) };
  const judged = [await judge(pair.few, revoked, warmOnes), await judge(pair.many, revoked, warmOnes)];
  const versus = `${records.toLocaleString('en')} revocations / ${FEW}`;

  say(`warm requests, ${versus}`);
  for (const server of [pair.few, pair.many])
    await Promise.all(warmOnes.map((cookie) => askAsSession(server, cookie)));
  const warm = await compare(bench, pair, warmOnes, 0);
  say(`cold requests, ${versus}`);
  const cold = await compare(bench, pair, coldOnes, 1);
  return [
    formatRatio(`warm request, ${versus}`, warm.ratio, '1 (no difference)'),
    { measurement: '  revocations read for each, in KV', value: warm.reads, aim: '0' },
    formatRatio(`cold request, ${versus}`, cold.ratio, '1 (no difference)'),
    { measurement: '  revocations read for each, in KV', value: cold.reads, aim: '1' },
    {
      measurement: `sessions refused of ${REVOKED} in the store, and of ${REVOKED} others`,
      value: judged.join('; '),
      aim: `${REVOKED} and 0; ${REVOKED} and 0`,
    },
    {
      measurement: `filling the store with ${records.toLocaleString('en')}`,
      value: `${stores.seconds.toFixed(1)} s`,
      aim: '-',
    },
  ];
}

/** Sessions of a gateway whose store is empty. Their cookies hold at every gateway with the same secret. */
async function openVisits(bench: Bench, bindings: Readonly<Record<string, string>>) {
  const gateway = await bench.start('bench/workers/quiet.ts', { bindings, storage: 'all' });
  const count = REVOKED + WARM_SESSIONS + COLD_SESSIONS;
  say(`opening ${count} sessions`);
  const cookies = await openSessions(gateway, createLinkPath(await deriveBenchKey()), count);
  await gateway.stop();
  const revoked = cookies.splice(0, REVOKED);
  return { revoked, warmOnes: cookies.splice(0, WARM_SESSIONS), coldOnes: cookies };
}

/** Both stores, in a folder that goes when the process ends, however it ends. */
async function createStores(records: number, ids: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const few = join(folder, 'few');
  const many = join(folder, 'many');
  await createStore(few);
  await copyStore(few, many);
  await fillStore(few, FEW, ids);
  return { few, many, seconds: await fillStore(many, records, ids) };
}

/** How many of the revoked sessions are refused, and how many of as many others. */
async function judge(server: Server, revoked: readonly string[], living: readonly string[]): Promise<string> {
  const countRefused = async (cookies: readonly string[]) => {
    const answers = await Promise.all(cookies.map((cookie) => askAsSession(server, cookie)));
    return answers.filter((answer) => answer === '403 revoked').length;
  };
  const refused = await countRefused(revoked);
  const others = await countRefused(living.slice(0, REVOKED));
  if (refused !== REVOKED || others !== 0)
    throw new Error(`${refused} of ${REVOKED} revoked sessions were refused, and ${others} others`);
  return `${refused} and ${others}`;
}

/** Compares requests of these sessions in turn, and counts what they read meanwhile. */
async function compare(bench: Bench, pair: Pair, cookies: readonly string[], aim: number) {
  const queries = cookies.map(formatQuery);
  const [many, few] = [pair.many, pair.few].map((server) => ({
    ...bench.round(server, inTurn(queries), 200),
    milliseconds: bench.effort.milliseconds / 2,
  }));
  if (!many || !few) throw new Error('there are two sides');
  const before = await readBoth(pair);
  const ratio = await measureRatio(many, few, Math.ceil(PAIRS_FACTOR * bench.effort.pairs));
  const after = await readBoth(pair);
  return {
    ratio,
    reads: after
      .map((counts, at) => readsForEach(before[at], counts, aim))
      .map((reads) => reads.toFixed(3))
      .join(' and '),
  };
}

function readBoth({ many, few }: Pair): Promise<Counts[]> {
  return Promise.all([readCounts(many), readCounts(few)]);
}

function readsForEach(before: Counts | undefined, after: Counts, aim: number): number {
  const requests = after.requests - (before?.requests ?? 0);
  const reads = after.revocationReads - (before?.revocationReads ?? 0);
  const each = reads / requests;
  if (!(Math.abs(each - aim) <= (aim === 0 ? 0 : READS_TOLERANCE)))
    throw new Error(`${reads} reads of revocations in ${requests} requests, and not ${aim} in each`);
  return each;
}

function inTurn(requests: readonly string[]): () => string {
  let at = 0;
  return () => requests[at++ % requests.length] ?? '';
}
