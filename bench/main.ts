import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Bench, type Effort } from './bench.ts';
import { measureBundle } from './bundle.ts';
import { measureGateway } from './gateway.ts';
import { measureOncall } from './oncall.ts';
import { measureRevocations } from './revocations.ts';
import type { Row } from './row.ts';
import { measureSignIn } from './sign-in.ts';

/** What is measured, in this order; `--only <section>`, more than once if need be, leaves the others out. */
const SECTIONS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  gateway: measureGateway,
  oncall: measureOncall,
  'sign-in': measureSignIn,
  bundle: measureBundle,
  revocations: (bench) => measureRevocations(bench, Number(flags.records)),
};

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    seconds: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: Object.keys(SECTIONS) },
    records: { type: 'string', default: '1000000' },
  },
});

const effort: Effort = { milliseconds: Number(flags.seconds) * 1000, pairs: Number(flags.pairs) };
const rows: Row[] = [];
try {
  for (const name of new Set(flags.only)) rows.push(...(await measure(name)));
} finally {
  console.table(rows);
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(rows, undefined, 2)}\n`);
}

async function measure(name: string): Promise<Row[]> {
  const section = SECTIONS[name];
  if (!section) throw new Error(`--only takes ${Object.keys(SECTIONS).join(', ')}, and not ${name}`);
  const bench = new Bench(effort);
  try {
    return await section(bench);
  } finally {
    await bench.stop();
  }
}
