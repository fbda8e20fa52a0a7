import { parseArgs } from 'node:util';
import { misuse } from './cli-error.ts';
import { findNearest } from './nearest.ts';

/** An option of a command, for the parser and for the help text. */
export interface OptionRow {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Whether it may be given several times. */
  readonly multiple?: true;
  /** What stands for the value in help texts. */
  readonly value?: string;
  readonly about: string;
}

export type OptionTable = Readonly<Record<string, OptionRow>>;

/** Options that every command has. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', about: 'print one JSON document, for programs; errors too' },
  help: { type: 'boolean', short: 'h', about: 'print this text' },
} as const satisfies OptionTable;

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]?:
    | (T[K] extends { multiple: true } ? readonly string[] : T[K]['type'] extends 'string' ? string : boolean)
    | undefined;
};

export interface Args<T extends OptionTable> {
  readonly options: OptionValues<T>;
  /** Words before `--`. */
  readonly positionals: readonly string[];
  /** Words behind `--`. */
  readonly rest: readonly string[];
}

/**
 * Reads the words behind a command's name.
 *
 * @throws CliError for an option that is unknown, given twice, or lacks its value. Values are never repeated:
 *   one of them may be a key that was typed in the wrong place.
 */
export function readArgs<T extends OptionTable>(argv: readonly string[], table: T): Args<T> {
  const { values, tokens } = parseWords(argv, table);
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const repeated = names.find((name, index) => names.indexOf(name) !== index && !table[name]?.multiple);
  if (repeated !== undefined) {
    throw misuse({
      code: 'option-repeated',
      what: `The option --${repeated} is there twice.`,
      details: 'It could be read in two ways.',
      fix: 'Give it once.',
    });
  }
  const end = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? argv.length;
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token] : []));
  return {
    options: values as OptionValues<T>,
    positionals: words.filter(({ index }) => index < end).map(({ value }) => value),
    rest: words.filter(({ index }) => index > end).map(({ value }) => value),
  };
}

function parseWords(argv: readonly string[], options: OptionTable) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    throw explain(error, options);
  }
}

/** Node's own messages, in words of this command line. */
function explain(error: unknown, table: OptionTable): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const [, name = ''] = /'(?:-\w, )?-{1,2}([\w-]*)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return createUnknownOption(name, table);
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return error;
  const takesValue = table[name]?.type === 'string';
  return misuse({
    code: 'option-value',
    what: `The option --${name} ${takesValue ? 'lacks its value' : 'takes no value'}.`,
    details: takesValue ? 'The next word is missing, or begins with a hyphen.' : 'It is on or off.',
    fix: takesValue
      ? `Write --${name}=VALUE where the value begins with a hyphen.`
      : `Write --${name} alone.`,
  });
}

function createUnknownOption(name: string, table: OptionTable) {
  const nearest = findNearest(name, Object.keys(table));
  const isToken = /^(?:token|key|secret|password)$/i.test(name);
  return misuse({
    code: 'option-unknown',
    what: `There is no option ${name.length > 1 ? '--' : '-'}${name} here.`,
    details: isToken
      ? 'A token is never taken from an argument: others on the machine can read it there, and the shell remembers it.'
      : `Options are ${Object.keys(table)
          .map((option) => `--${option}`)
          .join(', ')}.`,
    fix: isToken
      ? 'Tokens and secrets come from the environment, a file or standard input. If this one was real, replace it.'
      : `${nearest === undefined ? '' : `Did you mean --${nearest}? `}See: postern help`,
  });
}

/** Whether a program is listening, also where the words cannot be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}
