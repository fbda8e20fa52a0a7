import { connect } from 'node:net';

/** A request as it is written, byte for byte. */
export interface RawRequest {
  readonly method?: string;
  /** Goes out as it stands. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** One answer, taken apart. Names of headers are lower case; of several of one name the last is kept. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SILENCE_MILLISECONDS = 10_000;

/** Nothing is added, nothing is checked: what stands here goes over the wire. */
export function formatRequest({ method = 'GET', target, headers, body = '' }: RawRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/**
 * Writes bytes to a server of this machine and ends its own half of the connection. Resolves to all answers that
 * came until the server ended the other half, so that whatever follows a first request has been answered too.
 *
 * @throws Error where the server says nothing and does not end either
 */
export function exchange(port: number, bytes: string): Promise<RawAnswer[]> {
  return converse(port, bytes, true);
}

/**
 * The one answer to one request, which has to ask for the end of the connection: nginx takes a half that has ended
 * for a client that has gone.
 */
export async function ask(port: number, request: RawRequest): Promise<RawAnswer> {
  const answers = await converse(port, formatRequest(request), false);
  const [answer] = answers;
  if (!answer || answers.length > 1) throw new Error(`${answers.length} answers to one request`);
  return answer;
}

function converse(port: number, bytes: string, endsHalf: boolean): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const finish = () => {
      socket.destroy();
      try {
        resolve(parseAnswers(Buffer.concat(chunks).toString('latin1')));
      } catch (error) {
        reject(error);
      }
    };
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', finish);
    socket.on('error', (error) => (chunks.length > 0 ? finish() : reject(error)));
    socket.setTimeout(SILENCE_MILLISECONDS, () => {
      socket.destroy();
      reject(new Error(`the server did not end the connection; it said: ${Buffer.concat(chunks)}`));
    });
    socket.write(Buffer.from(bytes, 'latin1'));
    if (endsHalf) socket.end();
  });
}

function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const parsed = parseAnswer(rest);
    answers.push(parsed.answer);
    rest = parsed.rest;
  }
  return answers;
}

function parseAnswer(text: string): { answer: RawAnswer; rest: string } {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (end < 0 || Number.isNaN(status)) throw new Error(`no answer of HTTP: ${text.slice(0, 200)}`);
  const headers = Object.fromEntries(lines.map(splitLine));
  const { body, rest } = takeBody(text.slice(end + 4), headers);
  return { answer: { status, headers, body }, rest };
}

function splitLine(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function takeBody(text: string, headers: Readonly<Record<string, string>>): { body: string; rest: string } {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(text);
  const length = headers['content-length'];
  // Without a length the answer lasts as long as the connection.
  const size = length === undefined ? text.length : Number(length);
  return { body: text.slice(0, size), rest: text.slice(size) };
}

function takeChunks(text: string): { body: string; rest: string } {
  let body = '';
  for (let rest = text; ; ) {
    const [line = ''] = rest.split('\r\n', 1);
    const size = Number.parseInt(line, 16);
    const start = line.length + 2;
    if (size === 0) return { body, rest: rest.slice(start + 2) };
    if (Number.isNaN(size)) throw new Error(`no chunk: ${rest.slice(0, 100)}`);
    body += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}
