import type * as z from 'zod';
import { COMMON_OPTIONS, type OptionTable, type OptionValues, readArgs } from './args.ts';
import { type ExitCode, misuse } from './cli-error.ts';
import { formatCommandHelp } from './help-text.ts';
import type { Io } from './io.ts';
import { printHelp } from './print-help.ts';

/** One row of the table of commands. */
export interface Command {
  /** One word, or a family and a word: `link`, `key add`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The words behind `postern`. */
  readonly usage: string;
  readonly help: string;
  /** What it prints with `--json`. */
  readonly output: z.ZodType;
  run(argv: readonly string[], io: Io): Promise<ExitCode>;
}

/** A command as its file declares it. */
export interface CommandDefinition<T extends OptionTable> {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** Paragraphs of the help text, between usage and options. */
  readonly description: string;
  readonly examples: readonly string[];
  /** Names of its positional words, all of them required. */
  readonly positionals: readonly string[];
  /** Whether words behind `--` are for another program; else they are positional words. */
  readonly passesRest?: boolean;
  readonly options: T;
  readonly output: z.ZodType;
  run(call: Call<T>, io: Io): Promise<ExitCode>;
}

/** What was typed behind a command's name. */
export interface Call<T extends OptionTable> {
  readonly options: OptionValues<T & typeof COMMON_OPTIONS>;
  readonly positionals: readonly string[];
  /** Words for another program. */
  readonly rest: readonly string[];
}

/** A row of the table: reads the words, answers `--help`, counts the positional words, and runs. */
export function defineCommand<T extends OptionTable>(definition: CommandDefinition<T>): Command {
  const { name, summary, usage, output, passesRest = false } = definition;
  const table = { ...definition.options, ...COMMON_OPTIONS };
  const help = formatCommandHelp({ ...definition, options: table });
  return {
    name,
    summary,
    usage,
    help,
    output,
    async run(argv, io) {
      const args = readArgs(argv, table);
      const options = args.options as Call<T>['options'];
      if (options.help) return printHelp({ name, summary, usage, help }, options.json === true, io);
      const positionals = passesRest ? args.positionals : [...args.positionals, ...args.rest];
      checkCount(positionals, definition);
      return definition.run({ options, positionals, rest: passesRest ? args.rest : [] }, io);
    },
  };
}

function checkCount(
  given: readonly string[],
  { name, usage, positionals }: Pick<CommandDefinition<OptionTable>, 'name' | 'usage' | 'positionals'>,
): void {
  if (given.length === positionals.length) return;
  const isMissing = given.length < positionals.length;
  throw misuse({
    code: isMissing ? 'argument-missing' : 'argument-unexpected',
    what: isMissing ? `${positionals[given.length]} is missing.` : 'There is a word too many.',
    details: `Usage: postern ${usage}`,
    fix: isMissing
      ? `See: postern help ${name}`
      : 'Put quotes around what has spaces in it. A token is never taken from an argument.',
  });
}
