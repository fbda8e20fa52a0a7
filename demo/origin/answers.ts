import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StaticFile } from '../lib/static-files.ts';

/** An answer before it is written: what a route returns. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * What Grafana puts on every answer that is not a static file: it forbids framing and caching.
 * A gateway that embeds has to replace the first.
 */
const GUARDED = {
  'X-Frame-Options': 'deny',
  'Cache-Control': 'no-cache',
  Pragma: 'no-cache',
  Expires: '-1',
  'X-Content-Type-Options': 'nosniff',
} as const;
const STATIC_SECONDS = 60;

export function json(status: number, value: unknown): Answer {
  const headers = { ...GUARDED, 'Content-Type': 'application/json; charset=UTF-8' };
  return { status, headers, body: JSON.stringify(value) };
}

/** A page with the session cookie that Grafana would set: a gateway must not pass it on to a guest. */
export function page(status: number, html: string, session?: string): Answer {
  const cookie = session && { 'Set-Cookie': `grafana_session=${session}; Path=/; HttpOnly; SameSite=Lax` };
  return {
    status,
    headers: { ...GUARDED, 'Content-Type': 'text/html; charset=UTF-8', ...cookie },
    body: html,
  };
}

export function redirect(location: string): Answer {
  return { status: 302, headers: { ...GUARDED, Location: location }, body: '' };
}

export function staticFile(file: StaticFile): Answer {
  const headers = { 'Content-Type': file.type, 'Cache-Control': `public, max-age=${STATIC_SECONDS}` };
  return { status: 200, headers, body: file.body };
}

/** Grafana's form of a refusal (its `errutil` public error). */
export function refusal(status: number, messageId: string, message: string): Answer {
  return json(status, { extra: null, message, messageId, statusCode: status, traceID: '' });
}

export function notFound(message = 'Not found'): Answer {
  return json(404, { message, traceID: '' });
}

/** Writes an answer; a HEAD request gets the headers only. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': Buffer.byteLength(answer.body) });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}
