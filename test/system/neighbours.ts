/**
 * The programs that system tests run beside the gateway: which are here, where, and in which version.
 *
 * A neighbour that is missing fails the test where `CI` is set; elsewhere the test is skipped, and the runner names
 * it as not run.
 */

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';

interface Probe {
  /** Names it goes by, the usual one first. */
  readonly commands: readonly string[];
  readonly versionArguments: readonly string[];
}

const PROBES = {
  java: { commands: ['java'], versionArguments: ['-version'] },
  // Apart from java, because a runtime without the compiler is common and not enough.
  javac: { commands: ['javac'], versionArguments: ['-version'] },
  go: { commands: ['go'], versionArguments: ['version'] },
  python3: { commands: ['python3'], versionArguments: ['--version'] },
  openssl: { commands: ['openssl'], versionArguments: ['version'] },
  nginx: { commands: ['nginx'], versionArguments: ['-v'] },
  chromium: {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    versionArguments: ['--version'],
  },
} as const satisfies Record<string, Probe>;

export type NeighbourName = keyof typeof PROBES;

export interface Neighbour {
  readonly path: string;
  readonly version: string;
}

export const NEIGHBOUR_NAMES = Object.keys(PROBES) as readonly NeighbourName[];

/** Where system programs live that an ordinary user's PATH may leave out. */
const SYSTEM_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin'];
const VERSION_TIMEOUT_MS = 20_000;

const found = new Map<NeighbourName, Neighbour | undefined>();

/** True where a missing neighbour is a failure. As most tools read it: set, and neither empty nor `false`. */
export function isCi(): boolean {
  const ci = process.env.CI ?? '';
  return ci !== '' && ci !== 'false' && ci !== '0';
}

/** The neighbour, if it is here and runs. Looked up once in a process. */
export function findNeighbour(name: NeighbourName): Neighbour | undefined {
  if (!found.has(name)) found.set(name, probe(PROBES[name]));
  return found.get(name);
}

/**
 * Path of a neighbour that the test cannot do without. When it is `undefined` the test has been skipped and has
 * nothing left to do but return:
 *
 *     const nginx = requireNeighbour(t, 'nginx');
 *     if (!nginx) return;
 *
 * @throws Error where `CI` is set and the neighbour is missing
 */
export function requireNeighbour(t: Pick<TestContext, 'skip'>, name: NeighbourName): string | undefined {
  const neighbour = findNeighbour(name);
  if (neighbour) return neighbour.path;
  if (isCi()) throw new Error(`${name} is missing, and CI is set: install it (.ci/run does)`);
  t.skip(`${name} is missing`);
  return undefined;
}

function probe({ commands, versionArguments }: Probe): Neighbour | undefined {
  for (const path of commands.flatMap(pathsOf)) {
    const version = readVersion(path, versionArguments);
    if (version) return { path, version };
  }
  return undefined;
}

function pathsOf(command: string): string[] {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return [...directories, ...SYSTEM_DIRECTORIES]
    .map((directory) => join(directory, command))
    .filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program that is there but does not start (a shim without its program, say) counts as missing. */
function readVersion(path: string, versionArguments: readonly string[]): string | undefined {
  const result = spawnSync(path, versionArguments, { encoding: 'utf8', timeout: VERSION_TIMEOUT_MS });
  if (result.status !== 0) return undefined;
  // java and nginx write theirs to standard error; wrappers write warnings there.
  const lines = `${result.stdout}\n${result.stderr}`.split('\n');
  return lines.find((line) => /\d+\.\d+/.test(line))?.trim() ?? 'version unknown';
}
