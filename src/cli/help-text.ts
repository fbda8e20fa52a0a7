import type { OptionTable } from './args.ts';
import type { Command, CommandDefinition } from './command.ts';
import { formatRows } from './print.ts';

/** What holds for every command, at the end of the overview. */
const NOTES = `Exit codes
  0   done; inspect: the link would be accepted
  1   refused or failed; inspect: the link would be refused
  2   wrong use

A key's token comes from POSTERN_KEY_TOKEN, from --token-file FILE, or from standard input. It is never an
argument, and it is never printed.

With --json one JSON document goes to standard output, also for an error:
  {"error":{"code","what","details","fix"}}. Codes stay; words may change. Warnings go to standard error.

Colours are for terminals alone; NO_COLOR switches them off. POSTERN_TIMESTAMP (ten digits) takes the place of
the current time, for tests.
`;

/** The list of commands and what holds for all of them. */
export function formatOverview(commands: readonly Command[]): string {
  return `postern: share links and access for dashboards behind a Postern gateway

Usage: postern <command> [options]

Commands
${formatRows(commands.map(({ name, summary }) => [name, summary]))}

Options
${formatRows([
  ['--help, -h', 'print this text, or that of a command'],
  ['--version', 'print the version'],
  ['--json', 'print one JSON document, for programs'],
])}

${NOTES}
See also: postern help <command>
`;
}

/** The help text of one command. */
export function formatCommandHelp({
  usage,
  summary,
  description,
  options,
  examples,
}: Pick<
  CommandDefinition<OptionTable>,
  'usage' | 'summary' | 'description' | 'options' | 'examples'
>): string {
  const rows = Object.entries(options).map(([name, { short, value, about }]): [string, string] => [
    `--${name}${value === undefined ? '' : ` ${value}`}${short === undefined ? '' : `, -${short}`}`,
    about,
  ]);
  const samples = examples.length === 0 ? '' : `\nExamples\n${indent(examples.join('\n'))}\n`;
  return `postern ${usage}\n\n${summary}\n\n${description}\n\nOptions\n${formatRows(rows)}\n${samples}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
