import { fetch, type Miniflare, type WebSocket } from 'miniflare';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keyNamed, readCookie, signLink, startBundle } from './house.ts';
import { Origin } from './origin.ts';

const LIVE = keyNamed('test1');
const QUIET = keyNamed('portal');
const origin = new Origin();
let gateway: Miniflare;
let own: URL;

beforeAll(async () => {
  const originUrl = await origin.listen();
  gateway = await startBundle(originUrl, [
    { name: LIVE.name, orgId: LIVE.orgId, token: LIVE.token, live: true },
    { name: QUIET.name, orgId: QUIET.orgId, token: QUIET.token },
  ]);
  own = await gateway.ready;
});

afterAll(async () => {
  await gateway.dispose();
  await origin.close();
});

beforeEach(() => origin.begin());

function askForSocket(cookie: string) {
  return fetch(new URL('/api/live/ws', own), {
    headers: { Upgrade: 'websocket', Origin: own.origin, Cookie: cookie },
  });
}

/** Opens a link, and then Grafana Live's socket with its cookie. */
async function openLive(key: typeof LIVE, expireSeconds?: number) {
  const link = new URL(signLink(key, '/d/uid-one/demo', expireSeconds), own);
  return askForSocket(readCookie(await fetch(link, { redirect: 'manual' })));
}

function takeSocket({ webSocket }: { readonly webSocket: WebSocket | null }): WebSocket {
  if (!webSocket) throw new Error('the answer is no upgrade');
  return webSocket;
}

function waitFor(socket: WebSocket, kind: 'message' | 'close') {
  return new Promise<{ readonly data?: unknown; readonly code?: number; readonly reason?: string }>(
    (resolve) => {
      socket.addEventListener(kind, (event) => resolve(event), { once: true });
      socket.accept();
    },
  );
}

describe("Grafana Live's socket", () => {
  test('is joined with the origin for a key that allows it, in both directions', async () => {
    const response = await openLive(LIVE);
    expect(response.status).toBe(101);
    const socket = takeSocket(response);
    const received = waitFor(socket, 'message');
    const [atOrigin] = origin.sockets;
    atOrigin?.send('from the origin');
    expect((await received).data).toBe('from the origin');
    socket.send('from the visitor');
    socket.close(1000);
    expect(await atOrigin?.closed).toBe(1000);
    expect(atOrigin?.messages).toEqual(['from the visitor']);
    expect(origin.arrived[0]?.headers.authorization).toBe(`Bearer ${LIVE.token}`);
    expect(origin.arrived[0]?.headers.cookie).toBeUndefined();
  });

  test('is refused for a key that does not allow it', async () => {
    const response = await openLive(QUIET);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'path_not_shared' });
    expect(origin.arrived).toEqual([]);
  });

  test('is refused without a session', async () => {
    const response = await askForSocket('other=cookie');
    expect(response.status).toBe(401);
    expect(origin.arrived).toEqual([]);
  });

  test('closes on both sides when its session ends', async () => {
    const socket = takeSocket(await openLive(LIVE, 2));
    const closed = await waitFor(socket, 'close');
    expect(closed).toMatchObject({ code: 4001, reason: 'session ended' });
    expect(await origin.sockets[0]?.closed).toBe(4001);
  });
});
