import { Secret } from '../lib/secret.ts';
import type { OptionRow } from './args.ts';
import { CliError, misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { readSecretFile } from './secret-file.ts';

export const ONCALL_TOKEN_OPTION = {
  type: 'string',
  value: 'FILE',
  about: 'read the OnCall token from FILE, or from standard input where FILE is -',
} as const satisfies OptionRow;

/**
 * An OnCall token: `--token-file`, else standard input. It is never taken from an argument.
 *
 * @throws CliError where there is none, or more than one word
 */
export async function readOncallToken(file: string | undefined, io: Io): Promise<Secret> {
  const token = await readText(file, io);
  if (token.reveal() === '') throw createMissing();
  // The gateway takes a token of any kind and says itself which it is; this catches what no header can hold.
  if (!/^[\x21-\x7e]+$/.test(token.reveal())) throw createForm();
  return token;
}

async function readText(file: string | undefined, io: Io): Promise<Secret> {
  if (file !== undefined && file !== '-') return readSecretFile(file, 'token-file', io);
  if (file === undefined && io.isStdinTerminal) return new Secret('');
  return new Secret((await io.readStdin()).trim());
}

function createMissing(): CliError {
  return misuse({
    code: 'token-missing',
    what: 'There is no token.',
    details: 'This needs an OnCall token, of any kind.',
    fix: 'Pipe it in (postern oncall which < token.txt), or write --token-file FILE.',
  });
}

function createForm(): CliError {
  return new CliError({
    code: 'token-form',
    what: 'What was read is no token.',
    details: 'It has a space, a line break or a letter that no header can hold.',
    fix: 'Copy the token alone, without quotes and without "Bearer" in front.',
  });
}
