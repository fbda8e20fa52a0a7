import { setTimeout as wait } from 'node:timers/promises';
import type { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN, askAdmin, keyNamed, readCookie, signLink, startBundle } from './house.ts';
import { Origin } from './origin.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const MEMO_SECONDS = 2;

const origin = new Origin();
let gateway: Miniflare;
let own: URL;

beforeAll(async () => {
  const keys = [{ name: KEY.name, orgId: KEY.orgId, token: KEY.token, live: true }];
  const vars = { ADMIN_TOKEN, REVOCATION_MEMO_SECONDS: String(MEMO_SECONDS) };
  gateway = await startBundle(await origin.listen(), keys, vars);
  own = await gateway.ready;
});

afterAll(async () => {
  await gateway.dispose();
  await origin.close();
});

async function open(): Promise<string> {
  const response = await gateway.dispatchFetch(new URL(signLink(KEY, PAGE), own), { redirect: 'manual' });
  await response.text();
  return readCookie(response);
}

async function see(cookie: string): Promise<number> {
  const response = await gateway.dispatchFetch(new URL(PAGE, own), { headers: { Cookie: cookie } });
  await response.text();
  return response.status;
}

/** A socket of Grafana Live under a session, and the code with which it is closed. */
async function openSocket(cookie: string): Promise<Promise<number>> {
  const { webSocket } = await gateway.dispatchFetch(new URL('/api/live/ws', own), {
    headers: { Cookie: cookie, Upgrade: 'websocket', Origin: own.origin },
  });
  if (!webSocket) throw new Error('no socket');
  const { promise, resolve } = Promise.withResolvers<number>();
  webSocket.addEventListener('close', ({ code }) => resolve(code));
  webSocket.accept();
  return promise;
}

describe('a revocation in the real runtime', () => {
  test('closes open sockets of a revoked session within the bound, and leaves those of others', async () => {
    const [mine, other] = [await open(), await open()];
    expect(await see(mine)).toBe(200);
    const closed = openSocket(mine);
    const others = openSocket(other);
    await Promise.all([closed, others].map((socket) => Promise.race([socket, wait(100)])));
    const { events } = (await askAdmin(gateway, 'GET', '/events?orgId=1&name=test1')) as {
      events: { event: string; sessionId: string }[];
    };
    const [, first] = events.filter(({ event }) => event === 'share.link.accepted');
    await askAdmin(gateway, 'POST', '/revocations', { kind: 'session', id: first?.sessionId });
    expect(await see(mine)).toBe(403);
    expect(await Promise.race([closed, wait(30_000, 'never')])).toBe(4001);
    expect(await Promise.race([others, wait(200, 'open')])).toBe('open');
    expect(await see(other)).toBe(200);
  });

  test('of everything so far is one order, and new links open', async () => {
    const cookies = await Promise.all(Array.from({ length: 20 }, open));
    await wait(1_100);
    await askAdmin(gateway, 'POST', '/revocations', { kind: 'all' });
    expect(new Set(await Promise.all(cookies.map(see)))).toEqual(new Set([403]));
    await wait(1_100);
    expect(await see(await open())).toBe(200);
  });
});
