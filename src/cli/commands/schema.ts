import * as z from 'zod';
import { misuse } from '../cli-error.ts';
import { type Command, defineCommand } from '../command.ts';
import { findNearest } from '../nearest.ts';
import {
  CommandHelpOutput,
  ErrorOutput,
  HelpOutput,
  SchemaOutput,
  VersionOutput,
} from '../output-schemas.ts';
import { formatJson } from '../print.ts';

/** What is printed with `--json` beside the commands' own documents. */
const OTHERS: readonly (readonly [name: string, output: z.ZodType])[] = [
  ['help', HelpOutput],
  ['command-help', CommandHelpOutput],
  ['schema', SchemaOutput],
  ['version', VersionOutput],
  ['error', ErrorOutput],
];

/** `postern schema COMMAND`, over the other commands. */
export function createSchema(commands: readonly Command[]): Command {
  const outputs = new Map([...commands.map(({ name, output }) => [name, output] as const), ...OTHERS]);
  const row = defineCommand({
    name: 'schema',
    summary: 'print the JSON Schema of what a command prints with --json',
    usage: 'schema COMMAND',
    description: `Prints a JSON Schema (2020-12). COMMAND is that of the command line, such as "key add", or one of:
${OTHERS.map(([name]) => name).join(', ')}. Every error has the schema "error", every help text "command-help".`,
    examples: ['postern schema key add', 'postern schema error'],
    positionals: ['COMMAND'],
    options: {},
    output: SchemaOutput,
    async run({ positionals: [name = ''] }, io) {
      const output = outputs.get(name);
      if (!output) throw createUnknown(name, [...outputs.keys()]);
      io.stdout.write(formatJson(z.toJSONSchema(output)));
      return 0;
    },
  });
  return {
    ...row,
    run(argv, io) {
      // The name of a command may be two words.
      const words = argv.filter((word) => !word.startsWith('-'));
      const options = argv.filter((word) => word.startsWith('-'));
      return row.run(words.length === 0 ? options : [words.join(' '), ...options], io);
    },
  };
}

function createUnknown(name: string, names: readonly string[]) {
  const nearest = findNearest(name, names);
  return misuse({
    code: 'schema-unknown',
    what: `There is no schema "${name.slice(0, 40)}".`,
    details: `There is one for each of: ${names.join(', ')}.`,
    fix: nearest === undefined ? 'See: postern help schema' : `Did you mean: postern schema ${nearest}`,
  });
}
