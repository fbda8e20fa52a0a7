import { spawn } from 'node:child_process';

/** Another program, as it is to be run. */
export interface ProgramOrder {
  readonly command: string;
  readonly args: readonly string[];
  /** Its standard input. */
  readonly input: string;
}

/** What no other program is handed on. */
const OWN_SECRETS = ['POSTERN_SECRETS', 'POSTERN_ADMIN_TOKEN', 'POSTERN_KEY_TOKEN'];

/** The exit code for a program that could not be started, as shells have it. */
export const NOT_STARTED = 127;

/**
 * Runs a program to its end. What it writes goes to standard error: standard output is this command's own.
 *
 * @returns its exit code; 1 where a signal ended it
 */
export function runProgram(
  { command, args, input }: ProgramOrder,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const passed = Object.entries(env).filter(([name]) => !OWN_SECRETS.includes(name));
  const child = spawn(command, [...args], {
    env: { WRANGLER_SEND_METRICS: 'false', ...Object.fromEntries(passed) },
    stdio: ['pipe', 2, 2],
    // Windows starts npx through its shell only.
    shell: process.platform === 'win32',
  });
  // A program that ends without reading says so by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return new Promise((done) => {
    child.once('error', () => done(NOT_STARTED));
    child.once('close', (code) => done(code ?? 1));
  });
}
