import { fail, ok, type Result } from '../../src/lib/result.ts';
import type { Ended } from './child.ts';
import { Failure } from './failure.ts';

export interface Account {
  readonly id: string;
  readonly name: string;
}

/** Who is signed in to Cloudflare. */
export interface SignIn {
  readonly email: string | undefined;
  /** The accounts that the credentials reach; some API tokens may not list them. */
  readonly accounts: readonly Account[];
}

/** Reads the answer of `wrangler whoami --json`. */
export function judgeSignIn({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): Result<SignIn, Failure> {
  const answer = parseAnswer(stdout);
  if (answer?.loggedIn === true) return ok({ email: answer.email, accounts: answer.accounts ?? [] });
  if (answer?.loggedIn === false) return fail(notSignedIn());
  return fail(
    new Failure('Cloudflare could not be asked who is signed in.', {
      details: stderr || stdout,
      fix: 'Check the network, and CLOUDFLARE_API_TOKEN if it is set; `npx wrangler whoami` tells more.',
    }),
  );
}

interface WhoamiAnswer {
  readonly loggedIn: boolean;
  readonly email?: string | undefined;
  readonly accounts?: readonly Account[];
}

function parseAnswer(stdout: string): WhoamiAnswer | undefined {
  const start = stdout.indexOf('{');
  try {
    return start < 0 ? undefined : (JSON.parse(stdout.slice(start)) as WhoamiAnswer);
  } catch {
    // Not the JSON that was asked for: wrangler's own words are shown instead.
    return undefined;
  }
}

function notSignedIn(): Failure {
  return new Failure('Nobody is signed in to Cloudflare.', {
    details: 'Deploying needs an account; the free plan is enough.',
    fix: [
      'At a terminal: npx wrangler login',
      'Elsewhere: set CLOUDFLARE_API_TOKEN to a token made from the template “Edit Cloudflare Workers”.',
    ].join('\n'),
  });
}

/** The account that was chosen before this run, by its id: in the environment, or in wrangler.toml. */
export function findChosenAccount(
  environment: Readonly<Record<string, string | undefined>>,
  configured: string | undefined,
): string | undefined {
  return environment.CLOUDFLARE_ACCOUNT_ID || configured || undefined;
}

export function severalAccounts(accounts: readonly Account[]): Failure {
  return new Failure('The credentials reach several accounts.', {
    details: accounts.map(({ id, name }) => `${id}  ${name}`).join('\n'),
    fix: 'Set CLOUDFLARE_ACCOUNT_ID to the id of one, or write account_id = "…" above [vars] in wrangler.toml.',
  });
}
