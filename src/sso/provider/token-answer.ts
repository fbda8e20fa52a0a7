import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';

/** What a token endpoint gave. Secrets: they leave a sign-in's Durable Object only sealed. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  /** Unix seconds; undefined where nobody said. */
  readonly expiresAt: number | undefined;
}

/** What oauth4webapi may see of an answer, and the ID token, which is verified apart. */
export interface TokenAnswer {
  readonly response: Response;
  readonly idToken: string | undefined;
}

const MEMBERS = ['access_token', 'refresh_token', 'error', 'error_description'];

const SECONDS = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number),
]);

/**
 * An answer of a token endpoint in the form of its standard (RFC 6749 §5): as Go's `oauth2` does, a form is read like
 * JSON, a number may be a text, a missing `token_type` means bearer, and an error counts whatever its status.
 *
 * @param idTokenName the member that holds the ID token (`id_token_attribute_name`)
 */
export async function normaliseTokenAnswer(response: Response, idTokenName: string): Promise<TokenAnswer> {
  // Not text(): the runtime warns of texts that call themselves forms.
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const body = readMembers(text, response.headers.get('Content-Type') ?? '');
  const { [idTokenName]: named, token_type, expires_in, ...others } = body;
  const seconds = SECONDS.safeParse(expires_in);
  const members = {
    token_type: isWord(token_type) ? token_type : 'bearer',
    ...(seconds.success && { expires_in: seconds.data }),
    // What nobody asks for (scopes, which some give as a list; an ID token under another name) is not looked at either.
    ...Object.fromEntries(MEMBERS.map((name) => [name, others[name]]).filter(([, value]) => isWord(value))),
  };
  const isError = typeof body.error === 'string' && response.status < 400;
  const headers = new Headers(response.headers);
  headers.set('Content-Type', 'application/json');
  headers.delete('Content-Length');
  return {
    response: new Response(JSON.stringify(members), { status: isError ? 400 : response.status, headers }),
    idToken: isWord(named) ? named : undefined,
  };
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function readMembers(text: string, type: string): Record<string, unknown> {
  if (
    /^(?:application\/x-www-form-urlencoded|text\/plain)\b/i.test(type) &&
    !text.trimStart().startsWith('{')
  )
    return Object.fromEntries(new URLSearchParams(text));
  const value = parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
