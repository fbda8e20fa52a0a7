import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How a program ended, and what it wrote where that was captured. */
export interface Ended {
  /** 128 and the signal's number where a signal ended it, as shells have it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs this checkout's wrangler. Its usage reports are off unless the caller's environment says otherwise. */
export function runWrangler(
  args: readonly string[],
  stdio: 'inherit' | 'capture',
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runNode([WRANGLER, ...args], stdio, environment);
}

/** Runs a script under the Node that runs this one, and passes signals on to it. */
export function runNode(
  args: readonly string[],
  stdio: 'inherit' | 'capture',
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const options: SpawnOptions = {
    cwd: ROOT,
    env: { WRANGLER_SEND_METRICS: 'false', ...process.env, ...environment },
    stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  };
  return awaitEnd(spawn(process.execPath, args, options));
}

async function awaitEnd(child: ChildProcess): Promise<Ended> {
  const stopForwarding = forwardSignals(child);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve(toExitCode(status, signal)));
    });
    return { code, stdout: stdout(), stderr: stderr() };
  } finally {
    stopForwarding();
  }
}

export function toExitCode(status: number | null, signal: NodeJS.Signals | null): number {
  return status ?? 128 + (signal ? constants.signals[signal] : 0);
}

/** While the child lives, a signal is its business: it ends, and then whoever waits for it goes on. */
function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to the child as well; a second one would cut its clean end short.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
