import { describe, expect, test } from 'vitest';
import { Gateway, HOST, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const LIVE = '/api/live/ws';
/** A whole handshake (RFC 6455 §4.1). */
const UPGRADE = {
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  Origin: `https://${HOST}`,
};

function live(vars: Readonly<Record<string, unknown>> = {}): Gateway {
  return new Gateway({ keys: [entryOf(keyNamed('test1'), { live: true })], vars });
}

describe('an upgrade that fails gives its place back', () => {
  test.each([
    ['is answered with a page', () => new Response('no'), '200'],
    ['is refused', () => new Response('no', { status: 403 }), '403'],
    ['is refused with the key', () => new Response('no', { status: 401 }), '502'],
    ['meets no origin', () => Promise.reject(new TypeError('unreachable')), '502'],
    [
      'is led to the sign-in',
      () => new Response(null, { status: 302, headers: { Location: '/login' } }),
      '502',
    ],
  ])('where it %s', async (_, answer, status) => {
    origin.answerWith(answer);
    const gateway = live();
    const jar = await gateway.open();
    for (let round = 0; round < 25; round++) {
      const response = await gateway.fetchAs(jar, LIVE, { headers: UPGRADE });
      expect(String(response.status), `after ${round} others`).toBe(status);
    }
    expect(origin.received).toHaveLength(25);
  });

  test('where its headers are refused', async () => {
    origin.answerWith(() => new Response('no', { status: 403 }));
    const gateway = live({ UNDERSCORE_HEADERS: 'reject' });
    const jar = await gateway.open();
    for (let round = 0; round < 25; round++) {
      const response = await gateway.fetchAs(jar, LIVE, { headers: { ...UPGRADE, a_b: '1' } });
      expect(await refusalOf(response)).toBe('400 bad_request');
    }
    expect((await gateway.fetchAs(jar, LIVE, { headers: UPGRADE })).status).toBe(403);
  });
});

/** Upgrades that are none of a socket, with a session and the gateway's own Origin. */
const NOT_UPGRADED: readonly (readonly [method: string, target: string])[] = [
  ['POST', LIVE],
  ['HEAD', LIVE],
  ['PUT', LIVE],
  ['OPTIONS', LIVE],
  ['GET', '/public/build/app.js'],
  ['HEAD', '/public/build/app.js'],
  ['GET', '/d/uid-one/demo'],
  ['POST', '/api/ds/query'],
  ['GET', '/api/login/ping'],
];

describe('an upgrade is refused', () => {
  test.each(NOT_UPGRADED)('by %s of %s, under a session', async (method, target) => {
    const gateway = live();
    const response = await gateway.fetchAs(await gateway.open(), target, { method, headers: UPGRADE });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(origin.received).toEqual([]);
  });

  test.each([
    ['POST', LIVE],
    ['HEAD', LIVE],
    ['GET', '/public/build/app.js'],
    ['HEAD', '/public/build/app.js'],
  ])('by %s of %s, for visitors', async (method, target) => {
    const gateway = live({ VISITORS: 'pass' });
    const response = await gateway.fetch(target, { method, headers: UPGRADE });
    expect(await (method === 'HEAD' ? response.status : refusalOf(response))).toEqual(
      method === 'HEAD' ? 400 : '400 bad_request',
    );
    expect(origin.received).toEqual([]);
  });

  test.each(['h2c', 'websocket, h2c', 'websockets', ''])('to %j', async (upgrade) => {
    const gateway = live();
    const response = await gateway.fetchAs(await gateway.open(), LIVE, {
      headers: { ...UPGRADE, Upgrade: upgrade },
    });
    expect(await refusalOf(response)).toBe('400 bad_request');
    expect(origin.received).toEqual([]);
  });
});
