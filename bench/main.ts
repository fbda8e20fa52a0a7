import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundleWorker } from '../scripts/bundle.ts';
import { measureRatio, type RatioResult } from './ratio.ts';
import { createLinkPath, deriveBenchKey, formatRequest, KEY, UID } from './scene.ts';
import { type Server, startWorker } from './servers.ts';
import { WITHOUT_JUDGEMENT } from './stand-ins.ts';
import { measureStartUp } from './start-up.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    seconds: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '5' },
  },
});
const milliseconds = Number(flags.seconds) * 1000;
const pairs = Number(flags.pairs);
const CONNECTIONS = 16;

/** One line of the table: what was measured, what came out, what is aimed at. */
interface Row {
  readonly measurement: string;
  readonly value: string;
  readonly aim: string;
}

const servers: Server[] = [];
async function start(
  entry: string,
  bindings?: Record<string, string>,
  swaps?: Record<string, string>,
): Promise<Server> {
  process.stderr.write(`starting ${entry}\n`);
  const server = await startWorker(entry, bindings, swaps);
  servers.push(server);
  return server;
}

try {
  const rows = await measure();
  console.table(rows);
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(rows, undefined, 2)}\n`);
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}

async function measure(): Promise<Row[]> {
  const origin = await start('bench/workers/origin.ts');
  const originUrl = `http://127.0.0.1:${origin.port}`;
  const settings = {
    ORIGIN_URL: originUrl,
    POSTERN_SECRETS: 'bench'.repeat(8),
    SHARE_KEYS: JSON.stringify([KEY]),
  };
  const gateway = await start('bench/workers/quiet.ts', settings);
  const passThrough = await start('bench/workers/pass-through.ts', { ORIGIN_URL: originUrl });
  const hello = await start('bench/workers/hello.ts');
  const linkPath = createLinkPath(await deriveBenchKey());
  const unknownPath = createLinkPath(await deriveBenchKey(), 'nobody');
  const wrongPath = () => linkPath().replace(/sign=[0-9a-f]{4}/, 'sign=0000');
  const cookie = await openSession(gateway, linkPath());
  const round = (server: Server, request: () => string, expectedStatus: number) => ({
    port: server.port,
    request,
    expectedStatus,
    connections: CONNECTIONS,
    milliseconds,
  });
  const query = formatRequest(`/api/dashboards/uid/${UID}`, [`Cookie: ${cookie}`]);

  process.stderr.write('warm share request against a bare pass-through\n');
  const warm = await measureRatio(
    round(gateway, () => query, 200),
    round(passThrough, () => query, 200),
    pairs,
  );
  process.stderr.write('link verification against hello\n');
  const link = await measureRatio(
    round(gateway, () => formatRequest(linkPath()), 303),
    round(hello, () => formatRequest('/'), 200),
    pairs,
  );
  process.stderr.write('unknown key against wrong signature\n');
  const decoy = await measureRatio(
    round(gateway, () => formatRequest(unknownPath()), 403),
    round(gateway, () => formatRequest(wrongPath()), 403),
    pairs,
  );
  process.stderr.write('header normalisation and policy against neither\n');
  const bare = await start('bench/workers/quiet.ts', settings, WITHOUT_JUDGEMENT);
  const policy = await measureRatio(
    round(gateway, () => query, 200),
    round(bare, () => query, 200),
    pairs,
  );
  const counts = await countWork(settings, linkPath);
  return [
    formatRatio('warm share request / bare pass-through', warm, '0.75'),
    formatRatio('link verification / hello', link, '0.6'),
    formatRatio('with header normalisation and policy / without', policy, '0.95'),
    formatRatio('unknown key / wrong signature', decoy, '1 (no difference)'),
    {
      measurement: 'PBKDF2 derivations for 50 links one after another',
      value: String(counts.derivations),
      aim: '1',
    },
    { measurement: 'storage reads of 50 warm requests', value: String(counts.storageReads), aim: '0' },
    ...(await measureBundle()),
  ];
}

function formatRatio(measurement: string, result: RatioResult, aim: string): Row {
  if (result.unexpected > 0)
    throw new Error(`${measurement}: ${result.unexpected} answers were not the expected ones`);
  const { ratio, lowest, highest, requestsPerSecond, yardstickPerSecond } = result;
  const range = `${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
  const speeds = `${requestsPerSecond.toFixed(0)}/s against ${yardstickPerSecond.toFixed(0)}/s`;
  return { measurement, value: `${ratio.toFixed(2)} (${range}; ${speeds})`, aim };
}

async function openSession(server: Server, path: string): Promise<string> {
  const headers = { Host: 'gateway.example.com' };
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, headers }, (answer) => {
      answer.resume();
      const [cookie] = answer.headers['set-cookie'] ?? [];
      if (cookie === undefined) reject(new Error(`the link was answered with ${answer.statusCode}`));
      else resolve(cookie.slice(0, cookie.indexOf(';')));
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function countWork(settings: Record<string, string>, linkPath: () => string) {
  const counting = await start('bench/workers/counting.ts', settings);
  for (let link = 0; link < 50; link++) await openSession(counting, linkPath());
  const cookie = await openSession(counting, linkPath());
  const before = await readCounts(counting);
  for (let warm = 0; warm < 50; warm++) {
    const answer = await fetch(`http://127.0.0.1:${counting.port}/api/dashboards/uid/${UID}`, {
      headers: { cookie },
    });
    await answer.arrayBuffer();
  }
  const after = await readCounts(counting);
  return { derivations: after.derivations, storageReads: after.storageReads - before.storageReads };
}

async function readCounts(server: Server): Promise<{ derivations: number; storageReads: number }> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/-/counts`);
  return (await answer.json()) as { derivations: number; storageReads: number };
}

async function measureBundle(): Promise<Row[]> {
  const bundle = await bundleWorker();
  const kilobytes = gzipSync(bundle, { level: 9 }).length / 1024;
  return [
    { measurement: 'bundle, gzipped', value: `${kilobytes.toFixed(1)} KB`, aim: 'under 120 KB' },
    {
      measurement: 'start-up: evaluating the bundle in V8',
      value: `${(await measureStartUp(bundle)).toFixed(1)} ms`,
      aim: '-',
    },
  ];
}
