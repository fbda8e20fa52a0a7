import { type Bench, say } from './bench.ts';
import { measureRatio } from './ratio.ts';
import { formatRatio, type Row } from './row.ts';
import { createLinkPath, deriveBenchKey, formatQuery, formatRequest, settingsFor } from './scene.ts';
import type { Server } from './servers.ts';
import { WITHOUT_JUDGEMENT } from './stand-ins.ts';
import { askAsSession, openSession, readCounts } from './visitor.ts';

const COUNTED = 50;

/** What the gateway costs against Workers that do less, and what it does for a request. */
export async function measureGateway(bench: Bench): Promise<Row[]> {
  const origin = await bench.start('bench/workers/origin.ts');
  const originUrl = `http://127.0.0.1:${origin.port}`;
  const bindings = settingsFor(originUrl);
  const gateway = await bench.start('bench/workers/quiet.ts', { bindings, storage: 'all' });
  const passThrough = await bench.start('bench/workers/pass-through.ts', { bindings });
  const linkPath = createLinkPath(await deriveBenchKey());
  const query = formatQuery(await openSession(gateway, linkPath()));

  say('warm share request against a bare pass-through');
  const warm = await measureRatio(
    bench.round(gateway, () => query, 200),
    bench.round(passThrough, () => query, 200),
    bench.effort.pairs,
  );
  const links = await compareLinks(bench, gateway, bindings, linkPath);
  say('header normalisation and policy against neither');
  const bare = await bench.start('bench/workers/quiet.ts', {
    bindings,
    swaps: WITHOUT_JUDGEMENT,
    storage: 'all',
  });
  const policy = await measureRatio(
    bench.round(gateway, () => query, 200),
    bench.round(bare, () => query, 200),
    bench.effort.pairs,
  );
  const decoy = await compareWrongLinks(bench, bindings);
  return [
    formatRatio('warm share request / bare pass-through', warm, '0.75'),
    ...links,
    formatRatio('with header normalisation and policy / without', policy, '0.95'),
    formatRatio('unknown key / wrong signature', decoy, '1 (no difference)'),
    ...(await countWork(bench, bindings, linkPath)),
  ];
}

/**
 * What opening a link costs: the gateway's own work against a Worker that does nothing, both without storage; and
 * the whole gateway against one that only asks KV the same question.
 */
async function compareLinks(
  bench: Bench,
  gateway: Server,
  bindings: Readonly<Record<string, string>>,
  linkPath: () => string,
): Promise<Row[]> {
  const bare = await bench.start('bench/workers/quiet.ts', { bindings });
  const hello = await bench.start('bench/workers/hello.ts');
  const asking = await bench.start('bench/workers/asking.ts', { storage: 'kv' });
  const link = (server: Server) => bench.round(server, () => formatRequest(linkPath()), 303);
  const nothing = (server: Server) => bench.round(server, () => formatRequest('/'), 200);
  say('link verification against hello');
  const own = await measureRatio(link(bare), nothing(hello), bench.effort.pairs);
  say('link verification against a read of KV');
  const whole = await measureRatio(link(gateway), nothing(asking), bench.effort.pairs);
  return [
    formatRatio('link verification, without storage / hello', own, '0.6'),
    formatRatio('link verification / one read of KV', whole, '0.6'),
  ];
}

/** Without ledgers: with them, the gateway would soon stop to answer wrong links, and answer with a pause. */
async function compareWrongLinks(bench: Bench, bindings: Readonly<Record<string, string>>) {
  const gateway = await bench.start('bench/workers/quiet.ts', { bindings, storage: 'kv' });
  const derived = await deriveBenchKey();
  const unknownPath = createLinkPath(derived, 'nobody');
  const rightPath = createLinkPath(derived);
  const wrongPath = () => rightPath().replace(/sign=[0-9a-f]{4}/, 'sign=0000');
  say('unknown key against wrong signature');
  return measureRatio(
    bench.round(gateway, () => formatRequest(unknownPath()), 403),
    bench.round(gateway, () => formatRequest(wrongPath()), 403),
    bench.effort.pairs,
  );
}

async function countWork(
  bench: Bench,
  bindings: Readonly<Record<string, string>>,
  linkPath: () => string,
): Promise<Row[]> {
  const counting = await bench.start('bench/workers/counting.ts', { bindings, storage: 'all' });
  for (let link = 0; link < COUNTED; link++) await openSession(counting, linkPath());
  const links = await readCounts(counting);
  const cookie = await openSession(counting, linkPath());
  const before = await readCounts(counting);
  for (let warm = 0; warm < COUNTED; warm++) {
    const answer = await askAsSession(counting, cookie);
    if (answer !== '200') throw new Error(`a warm request was answered with ${answer}`);
  }
  const after = await readCounts(counting);
  return [
    {
      measurement: `PBKDF2 derivations for ${COUNTED} links one after another`,
      value: String(after.derivations),
      aim: '1',
    },
    {
      measurement: `reads of revocations for ${COUNTED} links`,
      value: String(links.revocationReads),
      aim: String(COUNTED),
    },
    {
      measurement: `storage reads of ${COUNTED} warm requests`,
      value: String(after.storageReads - before.storageReads),
      aim: '0',
    },
  ];
}
