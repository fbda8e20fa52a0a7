/**
 * Upgrades as raw bytes: what does not become a WebSocket leaves no tunnel and nothing open, and a visitor who goes
 * takes the origin's socket along.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { SOCKETS_MAX } from '../../src/origin/socket-count.ts';
import { Gateway } from './support/gateway.ts';
import { exchange, formatRequest } from './support/raw-http.ts';
import { HOST, KEY, openSession, setRawScene } from './support/raw-scene.ts';
import { SocketOrigin } from './support/socket-origin.ts';

type Pair = readonly [name: string, value: string];

const VERSION: Pair = ['Sec-WebSocket-Version', '13'];
const NONCE: Pair = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
const UPGRADE: Pair = ['Upgrade', 'websocket'];

/** Handshakes that are none (RFC 6455 §4.2.1). */
const FAILED: readonly { readonly what: string; readonly headers: readonly Pair[] }[] = [
  { what: 'another version', headers: [UPGRADE, ['Sec-WebSocket-Version', '777'], NONCE] },
  { what: 'two versions', headers: [UPGRADE, VERSION, VERSION, NONCE] },
  { what: 'no version', headers: [UPGRADE, NONCE] },
  { what: 'no key', headers: [UPGRADE, VERSION] },
  { what: 'a list of protocols', headers: [['Upgrade', 'websocket, h2c'], VERSION, NONCE] },
  { what: 'HTTP/2', headers: [['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABk'], VERSION, NONCE] },
  { what: 'two protocols in two lines', headers: [UPGRADE, ['Upgrade', 'h2c'], VERSION, NONCE] },
];

test('upgrades that fail', async (t) => {
  const scene = await setRawScene(t);
  for (const { what, headers } of FAILED) {
    await t.test(`${what}: what follows is a request of its own, and is refused`, async () => {
      const hidden = formatRequest({ target: '/api/admin/settings', headers: visitor(scene.session) });
      const answers = await exchange(scene.gateway.port, `${formatUpgrade(scene.session, headers)}${hidden}`);
      const statuses = answers.map(({ status }) => status);
      assert.ok([400, 403, 426].includes(statuses[0] ?? 0), `${statuses[0]}`);
      assert.deepEqual(statuses.slice(1), [403]);
      const others = scene.origin.take().filter(({ target }) => target !== '/api/live/ws');
      assert.deepEqual(others, []);
    });
  }
});

test('sockets of an origin that opens them', async (t) => {
  const origin = await SocketOrigin.start(t);
  const gateway = await startLiveGateway(t, origin);
  for (const { what, headers } of FAILED) {
    await t.test(`a handshake with ${what} opens none`, async () => {
      const session = await openSession(gateway.port);
      const before = origin.opened;
      const [answer] = await exchange(gateway.port, formatUpgrade(session, headers));
      assert.ok(answer && answer.status >= 400);
      assert.equal(origin.opened - before, 0);
    });
  }
});

test('sockets of visitors who go without a word are given back', async (t) => {
  const origin = await SocketOrigin.start(t);
  const gateway = await startLiveGateway(t, origin);
  const session = await openSession(gateway.port);
  for (let visit = 0; visit <= SOCKETS_MAX; visit++) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(formatUpgrade(session, [UPGRADE, VERSION, NONCE]));
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 101 /, `visit ${visit}`);
    socket.destroy();
    await origin.allClosed();
  }
  assert.equal(origin.opened, SOCKETS_MAX + 1);
});

function startLiveGateway(t: TestContext, origin: SocketOrigin): Promise<Gateway> {
  const vars = { ORIGIN_URL: origin.url, SHARE_KEYS: JSON.stringify([{ ...KEY, live: true }]) };
  return Gateway.start(t, { vars });
}

function visitor(session: string): Pair[] {
  return [
    ['Host', HOST],
    ['Origin', `http://${HOST}`],
    ['Cookie', session],
  ];
}

function formatUpgrade(session: string, headers: readonly Pair[]): string {
  return formatRequest({
    target: '/api/live/ws',
    headers: [...visitor(session), ['Connection', 'Upgrade'], ...headers],
  });
}
