import { formatAddresses } from './addresses.ts';
import { DemoError, formatDemoError } from './lib/demo-error.ts';
import { SIGNALS } from './lib/signals.ts';
import { HELP, readOptions } from './options.ts';
import { type Demo, startDemo } from './start.ts';

const STOP_TIMEOUT_MILLISECONDS = 5000;

/** `npm run demo`: starts, prints the addresses, and ends at the first signal. */
async function main(): Promise<void> {
  const request = readOptions(process.argv.slice(2), process.env);
  if (request.help) return console.log(HELP);
  const demo = await startDemo(request.options);
  stopOnSignal(demo);
  console.log(await formatAddresses(demo, { bold, grafana: request.options.grafana !== undefined }));
}

/** Ctrl-C reaches this process twice, once from the terminal and once passed on by npm: only the first counts. */
function stopOnSignal(demo: Demo): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(giveUp, STOP_TIMEOUT_MILLISECONDS).unref();
    demo.stop().then(finish, fail);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
}

function finish(): void {
  console.log('Stopped.');
  process.exit(0);
}

function giveUp(): void {
  console.error('Something did not end in time; ended it.');
  process.exit(1);
}

function bold(text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[1m${text}\x1b[0m` : text;
}

function fail(error: unknown): never {
  console.error(error instanceof DemoError ? formatDemoError(error) : error);
  process.exit(error instanceof DemoError ? error.exitCode : 1);
}

main().catch(fail);
