import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fetch, type Miniflare } from 'miniflare';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keyNamed, readCookie, signLink, startBundle } from './house.ts';
import { acceptSocket } from './socket.ts';

const KEY = keyNamed('test1');
const SOCKETS_MAX = 20;

/** An origin that takes upgrades, answers the close frames that come, and keeps what it is asked. */
const server = createServer((request, response) => answer(request, response));
let ends: { readonly stream: Duplex; readonly closed: Promise<number> }[] = [];
let asked: { readonly request: IncomingMessage; readonly body: Promise<string> }[] = [];
let takesUpgrades = true;

function answer(request: IncomingMessage, response: ServerResponse): void {
  asked.push({ request, body: readAll(request) });
  response.setHeader('Content-Type', 'text/html');
  response.end('<title>dashboard</title>');
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

server.on('upgrade', (request: IncomingMessage, stream: Duplex) => {
  if (!takesUpgrades) {
    stream.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    return;
  }
  const { closed } = acceptSocket(request, stream);
  ends.push({ stream, closed });
  void closed.then((code) => stream.end(formatClose(code === 1005 ? [] : [code >> 8, code & 0xff], false)));
});

function formatClose(payload: readonly number[], isMasked: boolean): Buffer {
  return Buffer.from([
    0x88,
    (isMasked ? 0x80 : 0) | payload.length,
    ...(isMasked ? [0, 0, 0, 0] : []),
    ...payload,
  ]);
}

let gateway: Miniflare;
let own: URL;
let clients: Socket[] = [];

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const keys = [{ name: KEY.name, orgId: KEY.orgId, token: KEY.token, live: true }];
  gateway = await startBundle(`http://127.0.0.1:${port}`, keys);
  own = await gateway.ready;
});

afterAll(async () => {
  await gateway.dispose();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  ends = [];
  asked = [];
  clients = [];
  takesUpgrades = true;
});

afterEach(() => {
  for (const client of clients) client.destroy();
  for (const { stream } of ends) stream.destroy();
});

let lastSecond = 0;

/** A link of a second of its own: links of one second are one link, and share their sockets. */
async function signNewLink(): Promise<URL> {
  while (Math.floor(Date.now() / 1000) === lastSecond) await wait(20);
  lastSecond = Math.floor(Date.now() / 1000);
  return new URL(signLink(KEY, '/d/uid-one/demo'), own);
}

async function openLink(link: URL): Promise<string> {
  return readCookie(await fetch(link, { redirect: 'manual' }));
}

/** Writes a request as it stands, and returns its connection with what came first. */
async function send(text: string): Promise<{ client: Socket; first: string; status: number }> {
  const client = connect(Number(own.port), own.hostname);
  clients.push(client);
  client.on('error', () => client.destroy());
  client.write(text);
  const [bytes] = (await Promise.race([once(client, 'data'), once(client, 'close').then(() => [''])])) as [
    Buffer | string,
  ];
  const first = bytes.toString();
  return { client, first, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0) };
}

function formatRequest(line: string, headers: Readonly<Record<string, string>>, body = ''): string {
  const lines = Object.entries({ Host: own.host, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

function upgrade(cookie: string, line = 'GET /api/live/ws') {
  return send(
    formatRequest(line, {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      Origin: own.origin,
      Cookie: cookie,
    }),
  );
}

async function openMany(cookie: string, count: number) {
  return Promise.all(Array.from({ length: count }, () => upgrade(cookie)));
}

function countStatuses(answers: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The first answer other than 429, or 429 where a place did not become free in time. */
async function upgradeOnceFree(cookie: string): Promise<number> {
  for (let round = 0; round < 40; round++) {
    const { status } = await upgrade(cookie);
    if (status !== 429) return status;
    await wait(50);
  }
  return 429;
}

const closeWith = (code: number) => formatClose([code >> 8, code & 0xff], true);

/** What a visitor's end may send to be rid of its socket; RFC 6455 allows only the first two. */
const ENDINGS: readonly (readonly [what: string, frame: Buffer | undefined])[] = [
  ['code 1000', closeWith(1000)],
  ['no code', formatClose([], true)],
  ['code 1004', closeWith(1004)],
  ['code 1005', closeWith(1005)],
  ['code 1006', closeWith(1006)],
  ['code 1015', closeWith(1015)],
  ['code 2999', closeWith(2999)],
  ['code 5000', closeWith(5000)],
  ['code 0', closeWith(0)],
  ['code 999', closeWith(999)],
  ['code 65535', closeWith(65_535)],
  ['half a code', formatClose([3], true)],
  ['a reason that is not UTF-8', formatClose([3, 0xe8, 0xff, 0xfe], true)],
  ['a frame of no kind', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
  ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
  ['the end of the connection', undefined],
];

describe("a socket that its visitor's end closes", () => {
  test.each(ENDINGS)("with %s closes the origin's end and gives its place back", async (_, frame) => {
    const cookie = await openLink(await signNewLink());
    const first = await upgrade(cookie);
    expect(first.status).toBe(101);
    const atOrigin = ends[0];
    const others = await openMany(cookie, SOCKETS_MAX - 1);
    expect(countStatuses(others)).toEqual({ 101: SOCKETS_MAX - 1 });
    expect((await upgrade(cookie)).status).toBe(429);
    if (frame) first.client.write(frame);
    else first.client.destroy();
    const ended = Promise.race([atOrigin?.closed, wait(5_000, 'still open')]);
    expect(await ended).toBeTypeOf('number');
    expect(await upgradeOnceFree(cookie)).toBe(101);
    expect((await upgrade(cookie)).status).toBe(429);
  });
});

describe('the sockets of one link', () => {
  test('are twenty at most, however many are asked for together, and however often it is opened', async () => {
    const link = await signNewLink();
    const cookie = await openLink(link);
    expect(countStatuses(await openMany(cookie, 60))).toEqual({ 101: SOCKETS_MAX, 429: 60 - SOCKETS_MAX });
    expect(ends).toHaveLength(SOCKETS_MAX);
    await wait(1_100);
    const again = await openLink(link);
    expect(again).not.toBe(cookie);
    expect(countStatuses(await openMany(again, 5))).toEqual({ 429: 5 });
    expect(ends).toHaveLength(SOCKETS_MAX);
    const another = await openLink(await signNewLink());
    expect((await upgrade(another)).status).toBe(101);
  });

  test('do not count those that the origin refused', async () => {
    const cookie = await openLink(await signNewLink());
    takesUpgrades = false;
    expect(countStatuses(await openMany(cookie, SOCKETS_MAX))).toEqual({ 403: SOCKETS_MAX });
    expect(countStatuses(await openMany(cookie, SOCKETS_MAX))).toEqual({ 403: SOCKETS_MAX });
    takesUpgrades = true;
    expect(countStatuses(await openMany(cookie, SOCKETS_MAX + 5))).toEqual({ 101: SOCKETS_MAX, 429: 5 });
  });

  /** Miniflare's own entrance makes a GET of every upgrade: other methods are asked in test/app/review-sockets. */
  test.each(['GET /d/uid-one/demo', 'GET /public/build/app.js', 'GET /api/login/ping'])(
    'are not opened by %s',
    async (line) => {
      const { status } = await upgrade(await openLink(await signNewLink()), line);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect([ends.length, asked.length]).toEqual([0, 0]);
    },
  );
});

describe('a body that came with', () => {
  test.each([
    ['GET', 'its length', { 'Content-Length': '5' }, 'a=b&c'],
    ['GET', 'pieces', { 'Transfer-Encoding': 'chunked' }, '5\r\na=b&c\r\n0\r\n\r\n'],
    ['HEAD', 'its length', { 'Content-Length': '5' }, 'a=b&c'],
    ['HEAD', 'pieces', { 'Transfer-Encoding': 'chunked' }, '5\r\na=b&c\r\n0\r\n\r\n'],
  ])('%s and %s is left behind', async (method, _, headers, body) => {
    const cookie = await openLink(await signNewLink());
    const sent = formatRequest(`${method} /d/uid-one/demo`, { Cookie: cookie, ...headers }, body);
    expect((await send(sent)).status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.request.method).toBe(method);
    expect(await asked[0]?.body).toBe('');
    expect(asked[0]?.request.headers['content-length'] ?? '0').toBe('0');
    expect(asked[0]?.request.headers['transfer-encoding']).toBeUndefined();
  });
});

/** Miniflare's own entrance reads the host as `URL` does; test/app/review-hosts asks past it. */
describe('the host that an origin is told', () => {
  test.each(['DASH.TEST', 'dash.test.', 'DASH.TEST.', 'u:p@dash.test'])(
    'is one name for %s',
    async (Host) => {
      await send(formatRequest('HEAD /public/build/app.js', { Host, Connection: 'close' }));
      expect(asked.map(({ request }) => request.headers['x-forwarded-host'])).toEqual(['dash.test']);
    },
  );

  test.each(['dash..test', 'dash.test..', '.'])('is none for %s', async (Host) => {
    const { status } = await send(formatRequest('HEAD /public/build/app.js', { Host, Connection: 'close' }));
    expect(status).toBe(400);
    expect(asked).toEqual([]);
  });
});
