import { version } from '../../package.json';
import { wantsJson } from './args.ts';
import { CliError, type ExitCode } from './cli-error.ts';
import type { Command } from './command.ts';
import { derive } from './commands/derive.ts';
import { doctor } from './commands/doctor.ts';
import { events } from './commands/events.ts';
import { createHelp, explain } from './commands/help.ts';
import { inspect } from './commands/inspect.ts';
import { KEY_COMMANDS } from './commands/key.ts';
import { link } from './commands/link.ts';
import { ONCALL_COMMANDS } from './commands/oncall.ts';
import { REVOKE_COMMANDS } from './commands/revoke.ts';
import { rotate } from './commands/rotate.ts';
import { createSchema } from './commands/schema.ts';
import { ssoExplain } from './commands/sso-explain.ts';
import { SSO_COMMANDS } from './commands/sso-import.ts';
import { ssoRecover } from './commands/sso-recover.ts';
import { ssoRelease } from './commands/sso-release.ts';
import { UNREVOKE_COMMANDS } from './commands/unrevoke.ts';
import { createWordMissing, resolveCommand } from './families.ts';
import { createProcessIo, type Io } from './io.ts';
import { describeError, formatError, formatJson } from './print.ts';

/** The commands, in the order of the help text. */
const COMMANDS: readonly Command[] = [
  doctor,
  link,
  derive,
  inspect,
  ...KEY_COMMANDS,
  ...REVOKE_COMMANDS,
  ...UNREVOKE_COMMANDS,
  ...ONCALL_COMMANDS,
  ...SSO_COMMANDS,
  ssoExplain,
  ssoRelease,
  ssoRecover,
  events,
  rotate,
];
const SCHEMA = createSchema(COMMANDS);
const HELP = createHelp([...COMMANDS, SCHEMA]);

/** Runs one command line and tells its exit code. */
async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return report(error instanceof CliError ? error : createUnexpected(error), wantsJson(argv), io);
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...words] = argv;
  if (name === undefined || name === '--json') return HELP.run(argv, io);
  if (name === '--help' || name === '-h') return HELP.run(words, io);
  if (name === '--version' || name === '-V') return printVersion(words, io);
  const resolved = resolveCommand(argv, [...COMMANDS, SCHEMA, HELP]);
  if (resolved.kind === 'command') return resolved.command.run(resolved.words, io);
  if (words.includes('--help') || words.includes('-h')) return explain(resolved, words, io);
  throw createWordMissing(resolved.family, resolved.members);
}

function printVersion(words: readonly string[], io: Io): ExitCode {
  io.stdout.write(wantsJson(words) ? formatJson({ version }) : `${version}\n`);
  return 0;
}

function report(error: CliError, asJson: boolean, io: Io): ExitCode {
  if (asJson) io.stdout.write(formatJson(describeError(error)));
  else io.stderr.write(formatError(error, io.stderr.style));
  return error.exitCode;
}

/** The message of an unforeseen error may quote what was read, so only its kind is told. */
function createUnexpected(error: unknown): CliError {
  return new CliError({
    code: 'unexpected',
    what: 'Something went wrong that should not have.',
    details: `It was a ${error instanceof Error ? error.name : typeof error}.`,
    fix: 'Please report it with the command, but without its token.',
  });
}

process.exitCode = await main(process.argv.slice(2), createProcessIo(process));
