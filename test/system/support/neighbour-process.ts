import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { atEnd, type Ending } from './at-end.ts';

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it says that it is ready. */
  readonly output: 'stdout' | 'stderr';
  /** The line by which it says so. */
  readonly ready: RegExp;
}

/**
 * Starts a program, waits until it says that it is ready, and ends it after the test.
 *
 * @returns the line by which it said so
 * @throws Error with what it said where it ends before
 */
export async function startProcess(t: Ending, options: ProcessOptions): Promise<string> {
  const child = spawn(options.command, options.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(t, () => endProcess(child));
  const lines = createInterface({ input: child[options.output] as Readable });
  // Whatever it says on the other stream would otherwise fill its pipe.
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (options.ready.test(line)) resolve(line);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${options.command} ended (${code}): ${said.join('')}`)));
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
