import { parseJson } from '../lib/json.ts';
import { parseQuery } from '../lib/query.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { Secret } from '../lib/secret.ts';
import { readPolicyRegion } from './access-policy.ts';
import { fieldOf } from './ask.ts';
import { type Clue, clueOfStack, clueOfToken } from './clue.ts';
import { isOfCloud, parseStack, type Stack } from './stack.ts';
import { type Search, TOKEN_KINDS, type TokenKind, type TokenRow } from './token-kinds.ts';

/** A request, as far as its token is concerned. */
export interface Arrival {
  /** Canonical path below `ONCALL_PATH`. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Judged already, and the ones that go on. */
  readonly headers: Headers;
}

/** What a request says about the region that it belongs to. */
export interface Call {
  readonly kind: TokenKind;
  readonly row: TokenRow;
  /** Without `Bearer`. */
  readonly token: Secret;
  /** The header as it came, which is what goes on; undefined where the token stands elsewhere. */
  readonly authorization: Secret | undefined;
  /** What its region may be known by, strongest first: the token, the stack's address, its number. */
  readonly clues: readonly Clue[];
  /** Under which its region is learnt, once somebody was asked; undefined where nobody can be. */
  readonly lesson: Clue | undefined;
  readonly stack: Stack | undefined;
  /** The region that the token itself names. */
  readonly claimed: string | undefined;
}

/** Why nobody needs to be asked about a request. */
export type CallRefusal =
  /** No token, none of a known kind, or one that is broken: what the engine calls an invalid token. */
  | 'no-token'
  | 'unacceptable'
  | 'malformed'
  /** Two tokens: nobody can say which is meant. */
  | 'several-tokens'
  | 'stack-address'
  | 'stack-id'
  | 'no-context'
  | 'bad-context';

/** Longer than any token of a known kind; the engine's own limit for all headers together is about this, too. */
const AUTHORIZATION_LENGTH_MAX = 8_192;
const STACK_ID = /^\d{1,15}$/;

/**
 * Finds out what a request's token is and what it says, without asking anybody. Pure.
 *
 * One `Bearer` in any case is taken away for this, since clients send both; the header itself goes on as it came.
 *
 * @param stackHosts as in `ONCALL_STACK_HOSTS`
 */
export function classify(arrival: Arrival, stackHosts: readonly string[]): Result<Call, CallRefusal> {
  const sent = arrival.headers.get('Authorization') ?? undefined;
  const found = findToken(arrival, sent);
  if (!found.ok) return found;
  const { row, token } = found.value;
  const claimed = readClaim(row, token);
  if (!claimed.ok) return claimed;
  const named = row.hasContext ? readContext(arrival.headers) : readStack(arrival.headers, row, stackHosts);
  if (!named.ok) return named;
  const { stack, stackId } = named.value;
  const clues = [clueOfToken(token)];
  if (stack) clues.push(clueOfStack(stack.host));
  if (stackId !== undefined) clues.push(clueOfStack(stackId));
  return ok({
    kind: row.kind,
    row,
    token: new Secret(token),
    authorization: sent === undefined || row.place !== 'header' ? undefined : new Secret(sent),
    clues,
    lesson: LESSONS[row.search]({ token, sent, stack }),
    stack,
    claimed: claimed.value,
  });
}

const SOMEWHERE = TOKEN_KINDS.filter(({ path }) => path);
const ANYWHERE = TOKEN_KINDS.filter(({ path }) => !path);

/** What a call names, for what is learnt of it. */
interface Named {
  readonly token: string;
  /** The header as it came. */
  readonly sent: string | undefined;
  readonly stack: Stack | undefined;
}

/** Under which clue it is learnt what a search finds. */
const LESSONS: Readonly<Record<Search, (named: Named) => Clue | undefined>> = {
  // A region may know a key and not its form with `Bearer`: what is learnt of one says nothing of the other.
  probe: ({ token, sent }) => clueOfToken(sent ?? token),
  // What a stack of Grafana Cloud says holds for all of its tokens. Elsewhere a host may be anybody's tomorrow.
  stack: ({ stack, token }) => stack && (isOfCloud(stack) ? clueOfStack(stack.host) : clueOfToken(token)),
  claim: () => undefined,
  none: () => undefined,
};

interface FoundToken {
  readonly row: TokenRow;
  readonly token: string;
}

function findToken(arrival: Arrival, sent: string | undefined): Result<FoundToken, CallRefusal> {
  const here = SOMEWHERE.find(({ path }) => path?.test(arrival.path));
  if (here && here.place !== 'header') return take(here, readPlaced(here, arrival));
  const token = readHeader(sent);
  if (!token.ok) return token;
  const rows = here ? [here] : ANYWHERE;
  const row = rows.find(({ form }) => form.test(token.value));
  return row ? ok({ row, token: token.value }) : fail('unacceptable');
}

function take(row: TokenRow, token: Result<string, CallRefusal>): Result<FoundToken, CallRefusal> {
  if (!token.ok) return token;
  return row.form.test(token.value) ? ok({ row, token: token.value }) : fail('unacceptable');
}

/** A token in the path or the query, where the engine reads no header. */
function readPlaced({ place, path }: TokenRow, arrival: Arrival): Result<string, CallRefusal> {
  if (place === 'path') {
    const token = path?.exec(arrival.path)?.[1] ?? '';
    return token === '' ? fail('no-token') : ok(token);
  }
  const [first, ...others] = parseQuery(arrival.query).filter(({ name }) => name === 'token');
  if (others.length > 0) return fail('several-tokens');
  return first?.value === undefined || first.value === '' ? fail('no-token') : ok(first.value);
}

/** `Headers` joins what came twice with a comma, which stands in no token. */
function readHeader(sent: string | undefined): Result<string, CallRefusal> {
  if (sent === undefined || sent === '') return fail('no-token');
  if (sent.length > AUTHORIZATION_LENGTH_MAX) return fail('unacceptable');
  if (sent.includes(',')) return fail('several-tokens');
  const token = sent.replace(/^bearer(?:\s+|$)/i, '');
  return token === '' ? fail('no-token') : ok(token);
}

function readClaim({ search }: TokenRow, token: string): Result<string | undefined, 'malformed'> {
  return search === 'claim' ? readPolicyRegion(token.slice(token.indexOf('_') + 1)) : ok(undefined);
}

interface NamedStack {
  readonly stack: Stack | undefined;
  readonly stackId: string | undefined;
}

function readStack(
  headers: Headers,
  { needsStack }: TokenRow,
  stackHosts: readonly string[],
): Result<NamedStack, CallRefusal> {
  const address = headers.get('X-Grafana-URL') ?? '';
  const stackId = headers.get('X-Grafana-Instance-ID') ?? '';
  const stack = parseStack(address, stackHosts);
  const isId = STACK_ID.test(stackId);
  // The engine reads neither for other tokens: a client that names its own Grafana there loses nothing.
  if (needsStack && address !== '' && !stack) return fail('stack-address');
  if (needsStack && stackId !== '' && !isId) return fail('stack-id');
  return ok({ stack, stackId: isId ? stackId : undefined });
}

/** `X-Instance-Context`: `{"stack_id": "…", "org_id": "…", "grafana_token": "…"}` (engine `auth_token/auth.py`). */
function readContext(headers: Headers): Result<NamedStack, CallRefusal> {
  const text = headers.get('X-Instance-Context');
  if (text === null || text === '') return fail('no-context');
  const context = parseJson(text);
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return fail('bad-context');
  const { stack_id: given } = context as Readonly<Record<string, unknown>>;
  const stackId = typeof given === 'string' || typeof given === 'number' ? String(given) : '';
  return ok({ stack: undefined, stackId: STACK_ID.test(stackId) ? stackId : undefined });
}

/** The token of a stack in `X-Instance-Context`; undefined where there is none. */
export function readContextToken(context: string): string | undefined {
  const token = fieldOf(parseJson(context), 'grafana_token');
  return typeof token === 'string' && token !== '' ? token : undefined;
}
