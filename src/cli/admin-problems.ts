import * as z from 'zod';
import { ProblemDocument } from '../api/common.ts';
import type { AdminReply } from './admin-client.ts';
import { CliError } from './cli-error.ts';

/** Gateways of another version may say more. */
const Problem = z.looseObject(ProblemDocument.shape);
type ProblemJson = z.output<typeof Problem>;

export function readProblem(content: unknown): ProblemJson | undefined {
  const parsed = Problem.safeParse(content);
  return parsed.success ? parsed.data : undefined;
}

/** What to do about a refusal, by its code. */
const FIXES: Readonly<Record<string, string>> = {
  admin_token_required:
    'POSTERN_ADMIN_TOKEN has to be the ADMIN_TOKEN of this gateway: ask whoever set it up.',
  invalid_input: 'Correct what is named and try again.',
  not_found: 'Look at what there is: postern key list, postern revoke list.',
  conflict: 'Read what was found, and decide.',
  storage_unavailable: 'Do the same again: every command may be repeated.',
  misconfigured: "The gateway's log says which of its variables is wrong.",
};

/** The gateway's own title speaks of addresses, and nobody typed one here. */
const NOT_FOUND = 'The gateway has nothing of this name.';

/** A refusal of the gateway, with its own code. */
export function createProblem({ code, title, detail, requestId }: ProblemJson, headers: Headers): CliError {
  return new CliError({
    code,
    what: code === 'not_found' ? NOT_FOUND : `${title}.`,
    details: detail,
    fix: `${fixOf(code, headers)} (Request ${requestId}.)`,
  });
}

function fixOf(code: string, headers: Headers): string {
  const wait = /^\d{1,9}$/.exec(headers.get('Retry-After') ?? '')?.[0];
  if (code === 'too_many_attempts')
    return `Wait ${wait === undefined ? 'a minute' : `${wait} seconds`}, and give the right admin token.`;
  return FIXES[code] ?? "See the gateway's log by the id of the request.";
}

export function createApiMissing(origin: string): CliError {
  return new CliError({
    code: 'admin-api-missing',
    what: `There is no admin API at ${origin}.`,
    details:
      'Either the gateway has no ADMIN_TOKEN, or its ADMIN_HOST is another host, or what answers there is not Postern.',
    fix: 'Set ADMIN_TOKEN (npx wrangler secret put ADMIN_TOKEN), and POSTERN_URL to the address of ADMIN_HOST.',
  });
}

/** Neither a document of the admin API nor one of its refusals. */
export function createForeignAnswer(origin: string, { status, headers }: AdminReply): CliError {
  const isRedirect = status >= 300 && status < 400 && headers.has('Location');
  return new CliError({
    code: 'gateway-foreign',
    what: `What answers at ${origin} is not Postern.`,
    details: isRedirect
      ? `It answered ${status} and leads elsewhere, as a sign-in page in front of the gateway does.`
      : `It answered ${status}, and not in the way of the admin API.`,
    fix: 'Set POSTERN_URL to the address of the gateway itself, and let the admin API through what stands before it.',
  });
}

/** JSON that is not what this version asks for. Its values are not repeated. */
export function createUnexpectedAnswer(origin: string, error: z.ZodError): CliError {
  const places = error.issues
    .slice(0, 3)
    .map(({ path }) => (path.length === 0 ? 'the whole' : path.join('.')));
  return new CliError({
    code: 'gateway-answer',
    what: `The gateway at ${origin} answered in a form that is not known here.`,
    details: `Not in its form: ${places.join(', ')}.`,
    fix: 'Use the command line of the version that the gateway has.',
  });
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens there.',
  ENOTFOUND: 'There is no host of this name.',
  EAI_AGAIN: 'The name could not be looked up.',
  ECONNRESET: 'The connection broke off.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is signed by itself.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate is signed by nobody who is trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Its certificate cannot be verified.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name.',
};

export function createUnreachable(origin: string, error: unknown, timeoutSeconds: number): CliError {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return new CliError({
    code: isTimeout ? 'gateway-timeout' : 'gateway-unreachable',
    what: `The gateway at ${origin} ${isTimeout ? 'does not answer' : 'cannot be reached'}.`,
    details: isTimeout ? `It had ${timeoutSeconds} seconds.` : explainCause(error),
    fix: 'Check POSTERN_URL and the network, then do the same again: every command may be repeated.',
  });
}

/** Node hides the reason behind "fetch failed". */
function explainCause(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return CAUSES[code] ?? `The system says ${code || 'no more'}.`;
}
