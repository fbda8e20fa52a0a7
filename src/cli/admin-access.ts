import { Secret } from '../lib/secret.ts';
import type { OptionTable } from './args.ts';
import { type CliError, misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { readSecretFile } from './secret-file.ts';

/** The option that every command of the admin API has. */
export const ADMIN_OPTIONS = {
  'admin-token-file': {
    type: 'string',
    value: 'FILE',
    about: 'read the admin token from FILE, or from standard input where FILE is -',
  },
} as const satisfies OptionTable;

/** The options as they were given. */
export interface AdminGiven {
  readonly 'admin-token-file'?: string | undefined;
}

/** Where the admin API is, and what opens it. */
export interface AdminAccess {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly token: Secret;
}

/** The last paragraph of the help text of such a command. */
export const ADMIN_HELP =
  'Asks the admin API of the gateway at POSTERN_URL, with the token in POSTERN_ADMIN_TOKEN or --admin-token-file.';

/**
 * The gateway at `POSTERN_URL`, with the token of `--admin-token-file`, else of `POSTERN_ADMIN_TOKEN`.
 *
 * @throws CliError where either is missing or not in its form, or the token would travel in the clear
 */
export async function readAdminAccess(
  { 'admin-token-file': file }: AdminGiven,
  io: Io,
): Promise<AdminAccess> {
  const origin = readGatewayOrigin(io.env.POSTERN_URL);
  const token = await readAdminToken(file, io);
  if (token === undefined || token.reveal() === '') throw createTokenMissing(file);
  // A header holds nothing else: fetch would quote the value in its complaint.
  if (!/^[\x21-\x7e]+$/.test(token.reveal())) throw createTokenForm();
  return { origin, token };
}

async function readAdminToken(file: string | undefined, io: Io): Promise<Secret | undefined> {
  if (file === '-') return new Secret((await io.readStdin()).trim());
  if (file !== undefined) return readSecretFile(file, 'admin-token-file', io);
  return new Secret((io.env.POSTERN_ADMIN_TOKEN ?? '').trim());
}

/** @throws CliError for what is no address of a gateway that a token may be sent to */
export function readGatewayOrigin(given: string | undefined): string {
  const text = (given ?? '').trim();
  if (text === '') throw createUrlMistake('POSTERN_URL is not set.', 'It says which gateway is meant.');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem = findProblem(url);
  if (!url || problem !== undefined) throw createUrlMistake('POSTERN_URL cannot be used.', problem ?? '');
  return url.origin;
}

function findProblem(url: URL | undefined): string | undefined {
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return 'It is no http or https address.';
  if (url.username !== '' || url.password !== '') return 'It has a user name or a password.';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return 'It has a path, a query or a fragment: the gateway has its own addresses below /-/.';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'It begins with http://, and the admin token would travel in the clear.';
  return undefined;
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d+){3}$/.test(host)
  );
}

/** The value is not repeated: it may be a token in the wrong place. */
function createUrlMistake(what: string, details: string): CliError {
  return misuse({
    code: 'gateway-address',
    what,
    details,
    fix: 'Set it to the gateway alone: POSTERN_URL=https://grafana.example.com',
  });
}

function createTokenMissing(file: string | undefined): CliError {
  return misuse({
    code: 'admin-token-missing',
    what: 'There is no admin token.',
    details:
      file === undefined
        ? 'This asks the admin API of the gateway, which opens with its ADMIN_TOKEN.'
        : 'What --admin-token-file names is empty.',
    fix: 'Set POSTERN_ADMIN_TOKEN, or write --admin-token-file FILE.',
  });
}

function createTokenForm(): CliError {
  return misuse({
    code: 'admin-token-form',
    what: 'The admin token is not in its form.',
    details: 'It has a space, a line break or a letter that no header can hold.',
    fix: "Give the gateway's ADMIN_TOKEN and nothing else.",
  });
}

/** @throws CliError where two options want standard input */
export function checkStdinOnce(adminFile: string | undefined, wantsStdin: boolean, what: string): void {
  if (adminFile !== '-' || !wantsStdin) return;
  throw misuse({
    code: 'stdin-twice',
    what: `Standard input cannot hold both the admin token and ${what}.`,
    details: 'Both would be read from there.',
    fix: 'Set POSTERN_ADMIN_TOKEN, or put one of them into a file.',
  });
}
