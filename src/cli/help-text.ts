import type { OptionTable } from './args.ts';
import type { Command, CommandDefinition } from './command.ts';
import { FAMILIES } from './families.ts';
import { formatRows } from './print.ts';

/** What holds for every command. */
export const NOTES = `Exit codes
  0   done; inspect: the link would be accepted
  1   refused or failed; inspect: the link would be refused
  2   wrong use

A key's token comes from POSTERN_KEY_TOKEN, from --token-file FILE, or from standard input. The admin token comes from
POSTERN_ADMIN_TOKEN or --admin-token-file FILE. Neither is ever an argument, and neither is printed.

With --json one JSON document goes to standard output, also for an error:
  {"error":{"code","what","details","fix"}}. Codes stay; words may change. Warnings go to standard error.
postern schema COMMAND prints the JSON Schema of what a command prints with --json.

Colours are for terminals alone; NO_COLOR switches them off. POSTERN_TIMESTAMP (ten digits) takes the place of
the current time where links are signed and inspected, for tests.`;

/** The overview in parts, so that it fits a screen. */
const SECTIONS: readonly { readonly title: string; readonly names: readonly string[] }[] = [
  { title: "Links, with a key's token (POSTERN_KEY_TOKEN)", names: ['link', 'derive', 'inspect'] },
  {
    title: 'A gateway, through its admin API (POSTERN_URL, POSTERN_ADMIN_TOKEN)',
    names: ['doctor', 'key', 'revoke', 'unrevoke', 'sso', 'events', 'rotate'],
  },
];

/** The list of commands: 24 lines of 80 columns. */
export function formatOverview(commands: readonly Command[]): string {
  const summaries = new Map([...commands, ...FAMILIES].map(({ name, summary }) => [name, summary]));
  const width = Math.max(...SECTIONS.flatMap(({ names }) => names.map((name) => name.length)));
  const sections = SECTIONS.map(({ title, names }) => {
    const rows = names.map((name): [string, string] => [name.padEnd(width), summaries.get(name) ?? '']);
    return `${title}\n${formatRows(rows)}`;
  });
  return `postern: share links and access for dashboards behind a Postern gateway
Usage: postern <command> [options]

${sections.join('\n\n')}

Options
${formatRows([
  ['--json', 'print one JSON document, for programs; errors too'],
  ['--help, --version', 'print this text, or that of a command; print the version'],
])}

Exit codes: 0 done, 1 refused or failed, 2 wrong use. Secrets are no arguments.
See also: postern help <command>, postern help help, postern schema <command>
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
