import { misuse } from '../cli-error.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatOverview } from '../help-text.ts';
import { findNearest } from '../nearest.ts';
import { formatJson } from '../print.ts';

/** `postern help [command]`, over the other commands. */
export function createHelp(commands: readonly Command[]): Command {
  const row = defineCommand({
    name: 'help',
    summary: 'print this text, or that of a command',
    usage: 'help [command]',
    description: 'Without a command: the list of commands, and what holds for all of them.',
    examples: ['postern help link'],
    positionals: [],
    options: {},
    run: async ({ options: { json } }, io) => {
      io.stdout.write(json ? formatJson(listCommands(commands)) : formatOverview([...commands, row]));
      return 0;
    },
  });
  return {
    ...row,
    async run(argv, io) {
      const [name, ...rest] = argv;
      if (name === undefined || name.startsWith('-')) return row.run(argv, io);
      const command = findCommand(name, [...commands, row]);
      return command.run(['--help', ...rest], io);
    },
  };
}

function listCommands(commands: readonly Command[]): unknown {
  return { commands: commands.map(({ name, summary, usage }) => ({ name, summary, usage })) };
}

/** @throws CliError with the nearest name, where there is no such command */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((one) => one.name === name);
  if (command) return command;
  const names = commands.map((one) => one.name);
  const nearest = findNearest(name, names);
  throw misuse({
    code: 'command-unknown',
    what: `There is no command "${name.slice(0, 40)}".`,
    details: `Commands are ${names.join(', ')}.`,
    fix: nearest === undefined ? 'See: postern help' : `Did you mean: postern ${nearest}`,
  });
}
