import { type Bench, say } from './bench.ts';
import { measureRatio } from './ratio.ts';
import { formatRatio, type Row } from './row.ts';
import { HOST, settingsFor } from './scene.ts';
import type { Server } from './servers.ts';

const PATH = '/oncall/api/v1/users/?page=1&short=true&roles=0&roles=1';
const UNKNOWN = 20;
/** What an address may bring in a minute is more than that. */
const key = (index: number) => index.toString(16).padStart(64, '0');

/** What a call of OnCall costs whose token was learnt, and what one costs whose token nobody knows. */
export async function measureOncall(bench: Bench): Promise<Row[]> {
  const nobody = await bench.start('bench/workers/region.ts', { bindings: { KNOWS: 'nobody' } });
  const region = await bench.start('bench/workers/region.ts');
  const regionUrl = `http://127.0.0.1:${region.port}`;
  const bindings = {
    ...settingsFor(regionUrl),
    VISITORS: 'pass',
    ONCALL_REGIONS: JSON.stringify({
      us: { url: `http://127.0.0.1:${nobody.port}/oncall` },
      eu: { url: `${regionUrl}/oncall` },
    }),
  };
  const gateway = await bench.start('bench/workers/quiet.ts', { bindings, storage: 'all' });
  // The same gateway, where the same path is none of OnCall's: it goes to the origin as any other.
  const plain = { ...bindings, ONCALL_PATH: '/elsewhere' };
  const passing = await bench.start('bench/workers/quiet.ts', { bindings: plain, storage: 'all' });
  const bare = await bench.start('bench/workers/pass-through.ts', { bindings });
  const query = formatCall(key(0));
  const compare = (other: Server) =>
    measureRatio(
      bench.round(gateway, () => query, 200),
      bench.round(other, () => query, 200),
      bench.effort.pairs,
    );
  say('a learnt OnCall token against a plain pass-through of the same request');
  const own = await compare(passing);
  say('the same against a bare pass-through');
  const whole = await compare(bare);
  return [
    formatRatio('OnCall call with a learnt token / the same call passed through', own, '0.95'),
    formatRatio('OnCall call with a learnt token / bare pass-through', whole, '-'),
    // In an isolate of its own: what an address may look up in a minute is used up by the load above.
    await countProbes(await bench.start('bench/workers/quiet.ts', { bindings, storage: 'all' }), [
      nobody,
      region,
    ]),
  ];
}

/** Probes of keys that nobody has seen before, each of them sent twice. */
async function countProbes(gateway: Server, regions: readonly Server[]): Promise<Row> {
  const before = await readProbes(regions);
  for (let index = 1; index <= UNKNOWN; index++) {
    for (let turn = 0; turn < 2; turn++) {
      const { status } = await fetch(`http://127.0.0.1:${gateway.port}${PATH}`, {
        headers: { Authorization: key(index) },
      });
      if (status !== 200) throw new Error(`an unknown key was answered with ${status}`);
    }
  }
  return {
    measurement: `probes for ${UNKNOWN} unknown keys, sent twice, at ${regions.length} regions`,
    value: String((await readProbes(regions)) - before),
    aim: `at most ${UNKNOWN * regions.length}`,
  };
}

async function readProbes(regions: readonly Server[]): Promise<number> {
  const counts = await Promise.all(
    regions.map(async ({ port }) => {
      const response = await fetch(`http://127.0.0.1:${port}/probes`);
      return ((await response.json()) as { probes: number }).probes;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function formatCall(token: string): string {
  return `GET ${PATH} HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: ${token}\r\nUser-Agent: python-requests/2.32\r\nAccept: */*\r\n\r\n`;
}
