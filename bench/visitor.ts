import { Agent, type IncomingMessage, request } from 'node:http';
import { createKeyring } from '../src/lib/keyring.ts';
import { Secret } from '../src/lib/secret.ts';
import { openGrant } from '../src/session/grant.ts';
import { HOST, QUERY_PATH, settingsFor } from './scene.ts';
import type { Server } from './servers.ts';

/** Visitors that open links at the same time. */
const VISITORS = 16;
const AGENT = new Agent({ keepAlive: true, maxSockets: VISITORS });

/** What a Worker answered. */
interface Answer {
  readonly status: number | undefined;
  readonly cookie: string | undefined;
  readonly cookies: readonly string[];
  readonly location: string | undefined;
  readonly text: string;
}

/** Opens a link and returns the `name=value` of the session's cookie. */
export async function openSession(server: Server, path: string): Promise<string> {
  const { status, cookie } = await ask(server, path);
  if (cookie === undefined) throw new Error(`the link was answered with ${status}`);
  return cookie.slice(0, cookie.indexOf(';'));
}

/** Opens so many sessions, each of its own. */
export async function openSessions(server: Server, path: () => string, count: number): Promise<string[]> {
  const cookies: string[] = [];
  let left = count;
  const visit = async () => {
    while (left-- > 0) cookies.push(await openSession(server, path()));
  };
  await Promise.all(Array.from({ length: VISITORS }, visit));
  return cookies;
}

/** The id of the session in a cookie. */
export async function readSessionId(cookie: string, originUrl: string): Promise<string> {
  const keyring = await createKeyring([new Secret(settingsFor(originUrl).POSTERN_SECRETS)], 'grant');
  const sealed = cookie.slice(cookie.indexOf('=') + 1);
  const grant = await openGrant(sealed, 'share', keyring, { host: HOST, origin: originUrl });
  if (!grant) throw new Error('the cookie does not open');
  return grant.id;
}

/** The answer to a panel's query: its status, and the code where it is a refusal. */
export async function askAsSession(server: Server, cookie: string): Promise<string> {
  const { status, text } = await ask(server, QUERY_PATH, { Cookie: cookie, Accept: 'application/json' });
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** What a counting gateway has counted so far. */
export interface Counts {
  readonly requests: number;
  readonly derivations: number;
  readonly signatures: number;
  readonly storageReads: number;
  readonly revocationReads: number;
}

export async function readCounts(server: Server): Promise<Counts> {
  return JSON.parse((await ask(server, '/-/counts')).text) as Counts;
}

export function ask(
  server: Server,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { port } = server;
  const options = { agent: AGENT, host: '127.0.0.1', port, path, headers: { Host: HOST, ...headers } };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => readAnswer(answer).then(resolve, reject));
    asked.on('error', reject);
    asked.end();
  });
}

async function readAnswer(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const cookies = answer.headers['set-cookie'] ?? [];
  return {
    status: answer.statusCode,
    cookie: cookies[0],
    cookies,
    location: answer.headers.location,
    text: Buffer.concat(chunks).toString(),
  };
}
