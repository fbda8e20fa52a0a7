import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../demo/lib/server.ts';
import { CLOSE_CODE, OPCODE } from '../../demo/origin/websocket-frames.ts';
import {
  askUpgrade,
  bearer,
  clientFrame,
  GREEN_TOKEN,
  readFrames,
  sendRaw,
  startTestOrigin,
  type Upgraded,
  WATER_TOKEN,
} from './support.ts';

let origin: RunningServer;
const opened: Upgraded[] = [];
beforeAll(async () => {
  origin = await startTestOrigin();
});
afterEach(() => {
  for (const { socket } of opened.splice(0)) socket?.destroy();
});
afterAll(() => origin.stop());

async function open(headers: Record<string, string>, path = '/api/live/ws'): Promise<Upgraded> {
  const upgraded = await askUpgrade(`${origin.url}${path}`, headers);
  opened.push(upgraded);
  return upgraded;
}

async function openStream(token = WATER_TOKEN) {
  const { socket, response } = await open(bearer(token));
  if (!socket) throw new Error(`no upgrade: ${response.statusCode}`);
  return { socket, next: readFrames(socket) };
}

describe('the handshake', () => {
  test('is answered as RFC 6455 §1.3 shows', async () => {
    const { response } = await open(bearer(WATER_TOKEN));
    expect(response.statusCode).toBe(101);
    expect(response.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  test.each([
    ['without a key', 401, {}],
    ['with an unknown key', 401, bearer('glsa_unknown_00000000')],
    ['with another organisation', 401, { ...bearer(WATER_TOKEN), 'X-Grafana-Org-Id': '2' }],
    [
      'from another page, as Grafana Live judges it',
      403,
      { ...bearer(WATER_TOKEN), Origin: 'https://evil.example' },
    ],
    ['of another version', 400, { ...bearer(WATER_TOKEN), 'Sec-WebSocket-Version': '8' }],
    ['with a key of another form', 400, { ...bearer(WATER_TOKEN), 'Sec-WebSocket-Key': 'short' }],
    ['for another protocol', 400, { ...bearer(WATER_TOKEN), Upgrade: 'h2c' }],
  ])('is refused %s', async (_, status, headers) => {
    const { response, socket } = await open(headers);
    expect(socket).toBeUndefined();
    expect(response.statusCode).toBe(status);
  });

  test('is refused where there is no stream', async () => {
    expect((await open(bearer(WATER_TOKEN), '/api/live/list')).response.statusCode).toBe(404);
  });

  test('is accepted from the origin’s own page', async () => {
    const { response } = await open({ ...bearer(WATER_TOKEN), Origin: origin.url });
    expect(response.statusCode).toBe(101);
  });

  test('that is refused ends its connection', async () => {
    const answer = await sendRaw(
      origin.url,
      'GET /api/live/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
  });
});

describe('the stream', () => {
  test('pushes one measurement at once and another within a second', async () => {
    const { next } = await openStream();
    const started = Date.now();
    const [one, two] = [await next(), await next()];
    expect(Date.now() - started).toBeLessThan(1500);
    expect(one.opcode).toBe(OPCODE.text);
    const [first, second] = [one, two].map(({ payload }) => JSON.parse(payload.toString()).push);
    expect(first.channel).toBe('1/stream/demo/acme_vibration');
    const timeOf = (push: typeof first): number => push.pub.data.data.values[0][0];
    expect(timeOf(second) - timeOf(first)).toBeGreaterThanOrEqual(400);
  });

  test('belongs to the key’s organisation', async () => {
    const { next } = await openStream(GREEN_TOKEN);
    expect(JSON.parse((await next()).payload.toString()).push.channel).toBe('2/stream/demo/globex_light');
  });

  test('answers a ping with its payload', async () => {
    const { socket, next } = await openStream();
    socket.write(clientFrame(OPCODE.ping, Buffer.from('still there?')));
    expect(await nextOf(next, OPCODE.pong)).toEqual(Buffer.from('still there?'));
  });

  test('reads a frame that comes byte by byte', async () => {
    const { socket, next } = await openStream();
    for (const byte of clientFrame(OPCODE.ping, Buffer.from('slow'))) socket.write(Buffer.from([byte]));
    expect(await nextOf(next, OPCODE.pong)).toEqual(Buffer.from('slow'));
  });

  test('takes no notice of messages', async () => {
    const { socket, next } = await openStream();
    socket.write(
      clientFrame(OPCODE.text, Buffer.from('{"subscribe":{"channel":"2/stream/demo/globex_light"}}')),
    );
    socket.write(clientFrame(OPCODE.ping, Buffer.alloc(0)));
    await nextOf(next, OPCODE.pong);
    expect(JSON.parse((await nextOf(next, OPCODE.text)).toString()).push.channel).toMatch(/^1\//);
  });

  test('answers a close with the same code, and ends', async () => {
    const { socket, next } = await openStream();
    socket.write(clientFrame(OPCODE.close, Buffer.from([0x03, 0xe9])));
    expect((await nextOf(next, OPCODE.close)).readUInt16BE(0)).toBe(CLOSE_CODE.goingAway);
    await once(socket.resume(), 'end');
  });

  test.each([
    ['unmasked', CLOSE_CODE.protocolError, Buffer.from([0x81, 0x01, 0x61])],
    ['with a reserved bit', CLOSE_CODE.protocolError, Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
    ['of an unknown kind', CLOSE_CODE.protocolError, clientFrame(0x3, Buffer.alloc(0))],
    ['a control frame in pieces', CLOSE_CODE.protocolError, Buffer.from([0x09, 0x80, 0, 0, 0, 0])],
    ['a control frame too long', CLOSE_CODE.protocolError, clientFrame(OPCODE.ping, Buffer.alloc(126))],
    ['the beginning of a message', CLOSE_CODE.unsupported, Buffer.from([0x01, 0x80, 0, 0, 0, 0])],
    ['a continuation', CLOSE_CODE.unsupported, clientFrame(0x0, Buffer.alloc(0))],
    ['longer than anything it reads', CLOSE_CODE.tooBig, clientFrame(OPCODE.text, Buffer.alloc(20_000))],
    ['of an absurd length', CLOSE_CODE.tooBig, Buffer.from([0x81, 0xff, 0x7f, ...Array(11).fill(0xff)])],
  ])('ends at a frame that it does not take: %s', async (_, code, bytes) => {
    const { socket, next } = await openStream();
    socket.write(bytes);
    expect((await nextOf(next, OPCODE.close)).readUInt16BE(0)).toBe(code);
  });
});

test('stopping the origin ends open streams', async () => {
  const other = await startTestOrigin();
  const { socket } = await askUpgrade(`${other.url}/api/live/ws`, bearer(WATER_TOKEN));
  if (!socket) throw new Error('no upgrade');
  const ended = once(
    socket.resume().on('error', () => undefined),
    'close',
  );
  await other.stop();
  await ended;
});

/** The next frame of a kind; measurements come in between. */
async function nextOf(next: Awaited<ReturnType<typeof openStream>>['next'], opcode: number): Promise<Buffer> {
  for (;;) {
    const frame = await next();
    if (frame.opcode === opcode) return frame.payload;
  }
}
