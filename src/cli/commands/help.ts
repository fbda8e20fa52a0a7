import type { ExitCode } from '../cli-error.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatFamilyHelp, type Resolved, resolveCommand } from '../families.ts';
import { formatOverview, NOTES } from '../help-text.ts';
import type { Io } from '../io.ts';
import { HelpOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { printHelp } from '../print-help.ts';

/** `postern help [command]`, over the other commands. */
export function createHelp(commands: readonly Command[]): Command {
  const row = defineCommand({
    name: 'help',
    summary: 'print the list of commands, or the text of one',
    usage: 'help [command]',
    description: `Without a command: the list of commands.\n\n${NOTES}`,
    examples: ['postern help link', 'postern help key', 'postern help key add'],
    positionals: [],
    options: {},
    output: HelpOutput,
    run: async ({ options: { json } }, io) => {
      io.stdout.write(json ? formatJson(listCommands([...commands, row])) : formatOverview(commands));
      return 0;
    },
  });
  return {
    ...row,
    async run(argv, io) {
      const [name] = argv;
      if (name === undefined || name.startsWith('-')) return row.run(argv, io);
      return explain(resolveCommand(argv, [...commands, row]), argv, io);
    },
  };
}

/** The text of a command or of a family. */
export function explain(resolved: Resolved, argv: readonly string[], io: Io): Promise<ExitCode> | ExitCode {
  if (resolved.kind === 'command') return resolved.command.run(['--help', ...resolved.words], io);
  const { family, members } = resolved;
  const usage = `${family.name} <word>`;
  const help = formatFamilyHelp(family, members);
  return printHelp({ ...family, usage, help }, argv.includes('--json'), io);
}

function listCommands(commands: readonly Command[]) {
  return { commands: commands.map(({ name, summary, usage }) => ({ name, summary, usage })) };
}
