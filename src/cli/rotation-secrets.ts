import { SECRET_LENGTH_MIN } from '../config/forms.ts';
import { toBase64Url } from '../lib/bytes.ts';
import { createKeyring } from '../lib/keyring.ts';
import { Secret } from '../lib/secret.ts';
import { CliError, misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { splitWords } from './option-values.ts';
import { readSecretFile } from './secret-file.ts';

const SECRET_BYTES = 32;

/** A fresh secret of 256 bits, as 43 characters that need no quotes anywhere. */
export function makeSecret(): Secret {
  return new Secret(toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))));
}

/** What POSTERN_SECRETS is to be: newest first. */
export function joinSecrets(secrets: readonly Secret[]): Secret {
  return new Secret(secrets.map((secret) => secret.reveal()).join(' '));
}

/** The ids by which the gateway tells of its secrets (`GET /secrets`). */
export function identifySecrets(secrets: readonly Secret[]): Promise<string[]> {
  return Promise.all(secrets.map(async (secret) => (await createKeyring([secret], 'key')).newest.id));
}

/** Whether the present value would be read from standard input. */
export function wantsStdin(file: string | undefined, { env }: Pick<Io, 'env'>): boolean {
  return file === '-' || (file === undefined && !env.POSTERN_SECRETS);
}

/**
 * The present value of POSTERN_SECRETS: `--secrets-file`, else the environment, else standard input.
 *
 * @throws CliError where there is none, or it is not in its form
 */
export async function readPresentSecrets(file: string | undefined, io: Io): Promise<Secret[]> {
  const secrets = splitWords((await readText(file, io)).reveal());
  if (secrets.length === 0) throw createMissing();
  if (secrets.some((secret) => secret.length < SECRET_LENGTH_MIN)) throw createForm();
  return secrets.map((secret) => new Secret(secret));
}

async function readText(file: string | undefined, io: Io): Promise<Secret> {
  if (file !== undefined && file !== '-') return readSecretFile(file, 'secrets-file', io);
  if (file === undefined && io.env.POSTERN_SECRETS) return new Secret(io.env.POSTERN_SECRETS);
  if (file === undefined && io.isStdinTerminal) throw createMissing();
  return new Secret(await io.readStdin());
}

function createMissing(): CliError {
  return misuse({
    code: 'secrets-missing',
    what: 'The present value of POSTERN_SECRETS is missing.',
    details:
      'A secret that is deployed cannot be read back, and the new value has to hold the former one for a while.',
    fix: 'Set POSTERN_SECRETS, write --secrets-file FILE, or pipe it in. Where nobody has it any more: docs/cli.md',
  });
}

function createForm(): CliError {
  return new CliError({
    code: 'secrets-form',
    what: 'This is no value of POSTERN_SECRETS.',
    details: `It is one secret or more, separated by spaces or commas, each of ${SECRET_LENGTH_MIN} characters or more.`,
    fix: 'Give the value as it was deployed, without quotes.',
  });
}
