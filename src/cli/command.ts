import { COMMON_OPTIONS, type OptionTable, type OptionValues, readArgs } from './args.ts';
import { type ExitCode, misuse } from './cli-error.ts';
import { formatCommandHelp } from './help-text.ts';
import type { Io } from './io.ts';
import { formatJson } from './print.ts';

/** One row of the table of commands. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The words behind `postern`. */
  readonly usage: string;
  readonly help: string;
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
  readonly options: T;
  run(call: Call<T>, io: Io): Promise<ExitCode>;
}

/** What was typed behind a command's name. */
export interface Call<T extends OptionTable> {
  readonly options: OptionValues<T & typeof COMMON_OPTIONS>;
  readonly positionals: readonly string[];
}

/** A row of the table: reads the words, answers `--help`, counts the positional words, and runs. */
export function defineCommand<T extends OptionTable>(definition: CommandDefinition<T>): Command {
  const { name, summary, usage } = definition;
  const table = { ...definition.options, ...COMMON_OPTIONS };
  const help = formatCommandHelp({ ...definition, options: table });
  return {
    name,
    summary,
    usage,
    help,
    async run(argv, io) {
      const { options, positionals } = readArgs(argv, table);
      const call = { options: options as Call<T>['options'], positionals };
      if (call.options.help) {
        io.stdout.write(call.options.json ? formatJson({ name, summary, usage, help }) : help);
        return 0;
      }
      checkCount(positionals, definition);
      return definition.run(call, io);
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
