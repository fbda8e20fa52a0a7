import { formatAddresses } from './addresses.ts';
import { DemoError, formatDemoError } from './lib/demo-error.ts';
import { onEnd } from './lib/signals.ts';
import { HELP, readOptions } from './options.ts';
import { type Demo, startDemo } from './start.ts';

const STOP_TIMEOUT_MILLISECONDS = 5000;

/** `npm run demo`: starts, prints the addresses, and ends when it is told to. */
async function main(): Promise<void> {
  const request = readOptions(process.argv.slice(2), process.env);
  if (request.help) return console.log(HELP);
  const demo = await startDemo(request.options);
  stopAtEnd(demo);
  console.log(await formatAddresses(demo, { bold, grafana: request.options.grafana !== undefined }));
}

/** Ends the demo once, however often it is asked to. */
function stopAtEnd(demo: Demo): void {
  let stopping = false;
  onEnd(() => {
    if (stopping) return;
    stopping = true;
    setTimeout(giveUp, STOP_TIMEOUT_MILLISECONDS).unref();
    demo.stop().then(finish, fail);
  });
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
