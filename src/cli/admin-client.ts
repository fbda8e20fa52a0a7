import type * as z from 'zod';
import { type AdminAccess, type AdminGiven, readAdminAccess } from './admin-access.ts';
import {
  createApiMissing,
  createForeignAnswer,
  createProblem,
  createUnexpectedAnswer,
  createUnreachable,
  readProblem,
} from './admin-problems.ts';
import { CliError } from './cli-error.ts';
import type { Io } from './io.ts';

/** One request to the admin API, and what its answer has to be. */
export interface AdminOrder<Schema extends z.ZodType> {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Below `/-/api/v1`. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly answer: Schema;
  /** How long the answer may take; {@link TIMEOUT_SECONDS} where it is left out. */
  readonly timeoutSeconds?: number;
}

/** The admin API of one gateway. */
export interface AdminClient {
  /** For messages. */
  readonly origin: string;
  /** @throws CliError for every refusal, with the code of the gateway's problem document */
  ask<Schema extends z.ZodType>(order: AdminOrder<Schema>): Promise<z.output<Schema>>;
}

const TIMEOUT_SECONDS = 30;
const BASE = '/-/api/v1';
/** Answers 200 wherever the admin API is on, without a token. */
const DOCUMENT = '/-/api/openapi.json';

/** What came back, read to its end. */
export interface AdminReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The client of the gateway that environment and options name. @throws CliError */
export async function connect(given: AdminGiven, io: Io): Promise<AdminClient> {
  return createAdminClient(await readAdminAccess(given, io), io.fetch);
}

export function createAdminClient(access: AdminAccess, fetch: Io['fetch']): AdminClient {
  return {
    origin: access.origin,
    async ask(order) {
      const reply = await send(createRequest(order, access), order.timeoutSeconds ?? TIMEOUT_SECONDS, fetch);
      if (reply.status === 404) await checkApiIsThere(access.origin, fetch);
      return judgeReply(reply, order.answer, access.origin);
    },
  };
}

function createRequest(
  { method, path, query = {}, body }: AdminOrder<z.ZodType>,
  { origin, token }: AdminAccess,
): Request {
  const url = new URL(`${BASE}${path}`, origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const headers = new Headers({
    Authorization: `Bearer ${token.reveal()}`,
    Accept: 'application/json, application/problem+json',
  });
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  // Not followed: the token is for this host.
  const text = body === undefined ? null : JSON.stringify(body);
  return new Request(url, { method, headers, body: text, redirect: 'manual' });
}

async function send(request: Request, timeoutSeconds: number, fetch: Io['fetch']): Promise<AdminReply> {
  try {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const response = await fetch(new Request(request, { signal }));
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    throw createUnreachable(new URL(request.url).origin, error, timeoutSeconds);
  }
}

/** A thing that is not there, and an API that is not there, are both answered 404. */
async function checkApiIsThere(origin: string, fetch: Io['fetch']): Promise<void> {
  const request = new Request(new URL(DOCUMENT, origin), { redirect: 'manual' });
  const { status } = await send(request, TIMEOUT_SECONDS, fetch);
  if (status !== 200) throw createApiMissing(origin);
}

/** The document that was asked for. Pure. @throws CliError */
export function judgeReply<Schema extends z.ZodType>(
  reply: AdminReply,
  schema: Schema,
  origin: string,
): z.output<Schema> {
  const content = parseJson(reply.text);
  if (reply.status >= 200 && reply.status < 300) {
    const parsed = schema.safeParse(content);
    if (parsed.success) return parsed.data;
    throw content === undefined
      ? createForeignAnswer(origin, reply)
      : createUnexpectedAnswer(origin, parsed.error);
  }
  const problem = readProblem(content);
  throw problem ? createProblem(problem, reply.headers) : createForeignAnswer(origin, reply);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: whoever asked says what that means.
    return undefined;
  }
}

/**
 * Every page of a list, one by one.
 *
 * @throws CliError where a cursor comes a second time, which would go on for ever
 */
export async function* readPages<Page extends { readonly cursor: string | null }>(
  readPage: (cursor: string | undefined) => Promise<Page>,
): AsyncGenerator<Page, void> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    yield page;
    cursor = page.cursor ?? undefined;
    if (cursor !== undefined && seen.has(cursor)) throw createEndless();
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
}

function createEndless(): CliError {
  return new CliError({
    code: 'gateway-answer',
    what: 'The list of the gateway does not end.',
    details: 'It named the same next page twice.',
    fix: 'Try again. If it stays so, report it with the version of the gateway.',
  });
}
