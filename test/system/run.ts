/**
 * Runs the system tests: `npm run test:system`, or a part of them, `npm run test:system -- signers nginx`.
 *
 * Says first which neighbours are here and last what did not run, so that a green run cannot hide a gap.
 */

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { findNeighbour, isCi, NEIGHBOUR_NAMES, type NeighbourName } from './neighbours.ts';

interface Outcome {
  readonly failed: readonly string[];
  readonly notRun: readonly string[];
}

const directory = import.meta.dirname;

function chooseFiles(wanted: readonly string[]): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort()
    .map((file) => join(directory, file));
}

function printNeighbours(): NeighbourName[] {
  console.log('Neighbours:');
  for (const name of NEIGHBOUR_NAMES) {
    const neighbour = findNeighbour(name);
    console.log(`  ${name.padEnd(9)} ${neighbour ? `${neighbour.version} (${neighbour.path})` : 'MISSING'}`);
  }
  console.log('');
  return NEIGHBOUR_NAMES.filter((name) => !findNeighbour(name));
}

async function runTests(files: string[]): Promise<Outcome> {
  const failed: string[] = [];
  const notRun: string[] = [];
  // One file at a time: neighbours share ports, processors and memory.
  const events = run({ files, concurrency: false });
  events.on('test:fail', (test) => {
    if (test.todo === undefined) failed.push(describe(test));
  });
  events.on('test:pass', (test) => {
    if (test.skip !== undefined) notRun.push(`${describe(test)}: ${test.skip}`);
  });
  for await (const text of events.compose(spec)) process.stdout.write(text);
  return { failed, notRun };
}

function describe(test: { name: string; file?: string | undefined }): string {
  return `${basename(test.file ?? '?')} > ${test.name}`;
}

function printOutcome({ failed, notRun }: Outcome, missing: readonly NeighbourName[]): void {
  console.log('');
  for (const test of notRun) console.log(`NOT RUN  ${test}`);
  for (const test of failed) console.log(`FAILED   ${test}`);
  if (missing.length > 0) {
    const consequence = isCi() ? 'CI is set, so the run has failed' : 'what needs them did not run';
    console.log(`MISSING  ${missing.join(', ')}: ${consequence}`);
  }
}

async function main(wanted: readonly string[]): Promise<number> {
  const files = chooseFiles(wanted);
  if (files.length === 0) {
    console.error(`No system test matches: ${wanted.join(' ')}`);
    return 1;
  }
  const missing = printNeighbours();
  const outcome = await runTests(files);
  printOutcome(outcome, missing);
  const passed = outcome.failed.length === 0 && !(isCi() && missing.length > 0);
  console.log(
    `System tests ${passed ? 'passed' : 'FAILED'}: ${files.length} file(s), ${outcome.notRun.length} not run`,
  );
  return passed ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
