import type { ExitCode } from './cli-error.ts';
import type { Io } from './io.ts';
import { formatJson } from './print.ts';

/** The help text of a command or of a family, with what programs want to know beside it. */
interface HelpText {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly help: string;
}

export function printHelp({ name, summary, usage, help }: HelpText, asJson: boolean, io: Io): ExitCode {
  io.stdout.write(asJson ? formatJson({ name, summary, usage, help }) : help);
  return 0;
}
