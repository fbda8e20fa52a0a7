import { Secret } from '../lib/secret.ts';
import { CliError } from './cli-error.ts';
import type { Io } from './io.ts';

/**
 * What stands in the file of an option, without white space around it.
 *
 * @param option without its hyphens
 * @throws CliError where the file cannot be read
 */
export async function readSecretFile(
  path: string,
  option: string,
  io: Pick<Io, 'readFile'>,
): Promise<Secret> {
  try {
    return new Secret((await io.readFile(path)).trim());
  } catch (error) {
    throw error instanceof CliError ? error : createUnreadable(option, error as NodeJS.ErrnoException);
  }
}

/** What the system says of a file, in words. */
export const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EACCES: 'This user may not read it.',
  EISDIR: 'It is a directory.',
};

/** The name is not repeated: it may be a secret in the wrong place. */
function createUnreadable(option: string, { code = '' }: NodeJS.ErrnoException): CliError {
  return new CliError({
    code: `${option}-unreadable`,
    what: `The file of --${option} cannot be read.`,
    details: FILE_PROBLEMS[code] ?? `The system says ${code || 'no more'}.`,
    fix: 'Give the name of a file that holds the secret and nothing else.',
  });
}
