import { type CliError, misuse } from './cli-error.ts';
import type { Command } from './command.ts';
import { findNearest } from './nearest.ts';
import { formatRows } from './print.ts';

/** Commands that begin with the same word: `key add`, `key list`. */
export interface Family {
  readonly name: string;
  readonly summary: string;
}

/** The families, and what each is about. */
export const FAMILIES: readonly Family[] = [
  { name: 'key', summary: 'register, list, change, replace and remove keys' },
  { name: 'revoke', summary: 'take back links, sessions, keys, dashboards, or everything' },
  { name: 'unrevoke', summary: 'lift what was revoked' },
  { name: 'oncall', summary: 'find, bind and forget the regions of OnCall tokens' },
  { name: 'sso', summary: 'sign-in: import settings, explain a decision, free a name, recover' },
];

/** What a command line asks for: a command and the words behind it, or the help text of a family. */
export type Resolved =
  | { readonly kind: 'command'; readonly command: Command; readonly words: readonly string[] }
  | { readonly kind: 'family'; readonly family: Family; readonly members: readonly Command[] };

/**
 * Finds the command that the first words name, the longer name first.
 *
 * @throws CliError with the nearest name, where there is no such command
 */
export function resolveCommand(argv: readonly string[], commands: readonly Command[]): Resolved {
  const [first = '', second] = argv;
  const find = (name: string) => commands.find((one) => one.name === name);
  const two = find(`${first} ${second}`);
  if (two) return { kind: 'command', command: two, words: argv.slice(2) };
  const one = find(first);
  const members = commands.filter(({ name }) => name.startsWith(`${first} `));
  const isMistyped = members.length > 0 && second !== undefined && /^[a-z]+(?:-[a-z]+)*$/.test(second);
  if (isMistyped) throw createUnknown(second, members, first);
  if (one) return { kind: 'command', command: one, words: argv.slice(1) };
  const family = FAMILIES.find(({ name }) => name === first);
  if (family && members.length > 0) return { kind: 'family', family, members };
  throw createUnknown(first, commands);
}

/** The words that may follow the first one. */
function listNext(commands: readonly Command[], family: string | undefined): string[] {
  const names = commands.map(({ name }) => name.split(' ')[family === undefined ? 0 : 1] ?? '');
  return [...new Set(names)].filter((name) => name !== '');
}

function createUnknown(word: string, commands: readonly Command[], family?: string): CliError {
  const names = listNext(commands, family);
  const nearest = findNearest(word, names);
  const lead = family === undefined ? '' : `${family} `;
  const help = family === undefined ? 'postern help' : `postern help ${family}`;
  return misuse({
    code: 'command-unknown',
    what: `There is no command "${lead}${word.slice(0, 40)}".`,
    details: `${family === undefined ? 'Commands' : `Words behind ${family}`} are ${names.join(', ')}.`,
    fix: nearest === undefined ? `See: ${help}` : `Did you mean: postern ${lead}${nearest}`,
  });
}

/** A family alone does nothing. */
export function createWordMissing({ name }: Family, members: readonly Command[]): CliError {
  return misuse({
    code: 'command-missing',
    what: `postern ${name} needs one word more.`,
    details: `Words behind ${name} are ${listNext(members, name).join(', ')}.`,
    fix: `See: postern help ${name}`,
  });
}

/** The help text of a family: its commands. */
export function formatFamilyHelp({ name, summary }: Family, members: readonly Command[]): string {
  const rows = members.map((member): [string, string] => [member.name, member.summary]);
  return `postern ${name} <word> …

${summary}

Commands
${formatRows(rows)}

See also: postern help ${name} <word>
`;
}
