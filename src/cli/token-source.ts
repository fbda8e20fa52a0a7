import { Secret } from '../lib/secret.ts';
import { type GrafanaToken, parseGrafanaToken } from '../share/token.ts';
import type { OptionRow } from './args.ts';
import { CliError, misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { readSecretFile } from './secret-file.ts';

export const TOKEN_FILE_OPTION = {
  type: 'string',
  value: 'FILE',
  about: "read the key's token from FILE, or from standard input where FILE is -",
} as const satisfies OptionRow;

export const FORCE_OPTION = {
  type: 'boolean',
  about: 'go on although the checksum of the token is wrong',
} as const satisfies OptionRow;

/** A text that should be a token, and where it was found. */
interface FoundToken {
  readonly text: Secret;
  readonly source: string;
}

/** Where a command may look for a token. */
export interface TokenSearch {
  readonly file: string | undefined;
  /** Whether standard input is read where nothing else is there. */
  readonly mayReadStdin: boolean;
}

/**
 * The key's token: `--token-file`, else `POSTERN_KEY_TOKEN`, else standard input.
 *
 * @throws CliError where there is none, it has no form of Grafana's, or its checksum is wrong and `force` is not set
 */
export async function requireToken(
  { file, force }: { readonly file: string | undefined; readonly force: boolean },
  io: Io,
): Promise<GrafanaToken> {
  const token = await findToken({ file, mayReadStdin: true }, io);
  if (!token) throw createMissing();
  if (!token.checksumHolds && !force) throw createMistyped();
  return token;
}

/**
 * The key's token where there is one. Its checksum is not judged.
 *
 * @throws CliError where what was found cannot be read or has no form of Grafana's
 */
export async function findToken(search: TokenSearch, io: Io): Promise<GrafanaToken | undefined> {
  const found = await readSource(search, io);
  if (!found) return undefined;
  const token = parseGrafanaToken(found.text.reveal());
  if (!token.ok) throw createFormError(found.source);
  return token.value;
}

async function readSource({ file, mayReadStdin }: TokenSearch, io: Io): Promise<FoundToken | undefined> {
  if (file !== undefined && file !== '-')
    return { text: await readSecretFile(file, 'token-file', io), source: 'the file' };
  const inherited = (io.env.POSTERN_KEY_TOKEN ?? '').trim();
  if (file === undefined && inherited !== '')
    return { text: new Secret(inherited), source: 'POSTERN_KEY_TOKEN' };
  if (file === undefined && (!mayReadStdin || io.isStdinTerminal)) return undefined;
  const text = (await io.readStdin()).trim();
  // Nothing where nothing was announced is no token; nothing where one was announced is a mistake.
  return text === '' && file === undefined ? undefined : { text: new Secret(text), source: 'standard input' };
}

function createMissing(): CliError {
  return misuse({
    code: 'token-missing',
    what: 'There is no token.',
    details: 'This needs the token of the key: a service account token (glsa_…) or a Grafana 9 API key.',
    fix: 'Set POSTERN_KEY_TOKEN, write --token-file FILE, or pipe it in.',
  });
}

function createFormError(source: string): CliError {
  return new CliError({
    code: 'token-form',
    what: `What was read from ${source} is no token of Grafana's.`,
    details: 'It is neither a service account token (glsa_…) nor a Grafana 9 API key (eyJ…).',
    fix: 'Copy the whole token, without quotes and without "Bearer" in front.',
  });
}

function createMistyped(): CliError {
  return new CliError({
    code: 'token-checksum',
    what: 'The token has a typing mistake.',
    details: 'Its last eight digits are a checksum, and they do not fit the rest: Grafana would refuse it.',
    fix: 'Copy it again from where it is kept. --force goes on with it as it is.',
  });
}
