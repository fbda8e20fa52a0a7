import type { Visit } from '../corridor.ts';
import { answerRefusal, type Refusal } from '../refusal/refuse.ts';
import type { AskFailure } from './ask.ts';
import type { StackProblem } from './ask-stack.ts';
import type { Call, CallRefusal } from './classify.ts';
import { ENGINE_WORDS } from './engine-words.ts';
import type { FindRefusal } from './find-region.ts';
import type { OncallOptions } from './options.ts';
import type { Regions } from './region.ts';

/** What a refused call is answered: in the engine's own words where it has some, else as a problem document. */
export type OncallAnswer =
  | { readonly form: 'engine'; readonly status: 401 | 403; readonly detail: string }
  | {
      readonly form: 'problem';
      readonly refusal: Refusal;
      /** Worth another try after so many seconds. */
      readonly retrySeconds?: number;
    };

const INVALID_TOKEN: OncallAnswer = { form: 'engine', status: 403, detail: ENGINE_WORDS.invalidToken };
/** When a region that did not answer is worth another try. */
const RETRY_SECONDS = 5;

/** The answer to a request whose token cannot be read. Exhaustive. */
export function answerCall(reason: CallRefusal): OncallAnswer {
  switch (reason) {
    case 'no-token':
    case 'unacceptable':
    case 'malformed':
      return INVALID_TOKEN;
    case 'several-tokens':
      return answerAmbiguous('The request carries more than one token.');
    case 'stack-address':
      return answerAmbiguous(
        'X-Grafana-URL is not the https address of a stack that this gateway may ask (ONCALL_STACK_HOSTS), without credentials, port and path.',
      );
    case 'stack-id':
      return answerAmbiguous('X-Grafana-Instance-ID is not the number of a stack.');
    case 'no-context':
      return { form: 'engine', status: 401, detail: ENGINE_WORDS.noContext };
    case 'bad-context':
      return { form: 'engine', status: 401, detail: ENGINE_WORDS.badContext };
  }
}

/** The answer to a call whose region was not found. Exhaustive. */
export function answerNotFound(
  reason: FindRefusal,
  call: Call,
  regions: Regions,
  options: OncallOptions,
): OncallAnswer {
  switch (reason.code) {
    case 'unknown-token':
      return INVALID_TOKEN;
    case 'unknown-region':
      return {
        form: 'problem',
        refusal: { code: 'oncall_region_unknown', more: explainUnknown(call, regions, options) },
      };
    case 'undecided':
      return answerUnreached(reason.because, 'Not every OnCall region said whether it knows this token.');
    case 'stack':
      return answerStack(reason.problem, reason.stack.host);
    case 'limited':
      return {
        form: 'problem',
        refusal: {
          code: 'too_many_attempts',
          more: 'From this address came more OnCall tokens that are not known here than a minute allows.',
        },
        retrySeconds: reason.waitSeconds,
      };
  }
}

/** A region or a stack that did not answer, or not in time. */
export function answerUnreached(failure: AskFailure, more: string): OncallAnswer {
  return failure === 'timeout'
    ? { form: 'problem', refusal: { code: 'origin_timeout', more } }
    : { form: 'problem', refusal: { code: 'origin_unreachable', more }, retrySeconds: RETRY_SECONDS };
}

/** A host that grafana.net's wildcard resolves, and behind which nothing is (oncall.md §3). */
export function answerNoSuchHost(region: string): OncallAnswer {
  return {
    form: 'problem',
    refusal: {
      code: 'origin_unreachable',
      more: `There is no OnCall at the address of the region ${region}: it is an unknown regional host. Correct its url in ONCALL_REGIONS.`,
    },
  };
}

function answerAmbiguous(more: string): OncallAnswer {
  return { form: 'problem', refusal: { code: 'bad_request', more } };
}

/** The sentence for each problem with a stack; what is missing here has another answer. */
const STACK_WORDS: Readonly<Record<Exclude<StackProblem, AskFailure | 'token-refused'>, string>> = {
  forbidden: 'may not be asked with this token, which lacks the permission plugins.app:access',
  'no-address': 'does not exist, or has no OnCall (IRM) that tells its address',
  'foreign-address': 'names an address that is no OnCall address of Grafana and not in ONCALL_REGIONS',
};

function answerStack(problem: StackProblem, host: string): OncallAnswer {
  switch (problem) {
    case 'token-refused':
      return INVALID_TOKEN;
    case 'unreachable':
    case 'timeout':
      return answerUnreached(problem, `It is the stack ${host}, which was asked for its OnCall region.`);
    case 'forbidden':
    case 'no-address':
    case 'foreign-address':
      return {
        form: 'problem',
        refusal: { code: 'oncall_stack_unusable', more: `The stack ${host} ${STACK_WORDS[problem]}.` },
      };
  }
}

/** What was read of the token, and which setting would change the answer. */
function explainUnknown(
  { kind, claimed, stack, clues }: Call,
  regions: Regions,
  options: OncallOptions,
): string {
  if (claimed !== undefined) {
    return `The token names the region ${claimed}, and ONCALL_REGIONS has ${regions.names}: add it there, or to the aliases of one of them.`;
  }
  if (kind === 'access-policy') return 'The token names no region: bind it in ONCALL_BINDINGS.';
  if (stack && !options.lookup) {
    return `It names the stack ${stack.host}, and ONCALL_LOOKUP is off: bind the stack in ONCALL_BINDINGS.`;
  }
  const stackClue = clues.find((clue) => clue.startsWith('stack:'));
  if (stackClue !== undefined) return `It names the stack by ${stackClue}: bind that in ONCALL_BINDINGS.`;
  if (kind === 'service-account')
    return 'A service account token says where it belongs by X-Grafana-URL, the address of its stack, which did not come: send it, or bind the token in ONCALL_BINDINGS.';
  return `Nothing in this kind of token (${kind}) says where it belongs: bind it in ONCALL_BINDINGS.`;
}

/**
 * Says it, always as JSON: what calls OnCall is a program. Each form has `detail`, which the engine's own clients
 * show to people.
 */
export function respond(answer: OncallAnswer, method: string, visit: Visit): Response {
  if (answer.form === 'engine') return respondAsEngine(answer.status, answer.detail, method);
  const headers = new Headers();
  if (answer.retrySeconds !== undefined) headers.set('Retry-After', String(answer.retrySeconds));
  const request = { headers: new Headers(), method, requestId: visit.requestId, frameAncestors: ["'none'"] };
  return answerRefusal(answer.refusal, request, headers);
}

function respondAsEngine(status: 401 | 403, detail: string, method: string): Response {
  const headers = new Headers({
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  // The plugin's authenticator asks for this scheme, the others for none (engine `auth_token/auth.py`).
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer');
  return new Response(method === 'HEAD' ? null : JSON.stringify({ detail }), { status, headers });
}
