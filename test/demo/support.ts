import { once } from 'node:events';
import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { mintToken } from '../../demo/lib/token.ts';
import { startOrigin } from '../../demo/origin/server.ts';
import { GREENHOUSES, WATERWORKS } from '../../demo/origin/tenants.ts';

export const WATER_TOKEN = mintToken();
export const GREEN_TOKEN = mintToken();

/** The demo's origin on a free port, with a key for each of its organisations. */
export function startTestOrigin() {
  const keys = [
    { token: WATER_TOKEN, tenant: WATERWORKS },
    { token: GREEN_TOKEN, tenant: GREENHOUSES },
  ];
  return startOrigin({ port: 0, keys });
}

export function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

const HANDSHAKE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  // The key of RFC 6455's own example, §1.3.
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** What an upgrade came to: a socket, or the plain answer. */
export interface Upgraded {
  readonly response: IncomingMessage;
  readonly socket?: Socket;
}

/** Asks for an upgrade with the headers of RFC 6455's example, and others in their place. */
export function askUpgrade(url: string, headers: OutgoingHttpHeaders): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { ...HANDSHAKE, ...headers }, agent: false });
    request.on('upgrade', (response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ response, socket });
    });
    request.on('response', (response) => resolve({ response: response.resume() }));
    request.on('error', reject);
  });
}

/** A frame as a server sends it. The tests' own reading, apart from the code that wrote it. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Reads frames off a socket, one at each call. */
export function readFrames(socket: Socket): () => Promise<ServerFrame> {
  const chunks = socket.iterator({ destroyOnReturn: false });
  let unread = Buffer.alloc(0);
  return async () => {
    for (;;) {
      const size = frameSize(unread);
      if (size && unread.length >= size.end) {
        const frame = { opcode: (unread[0] ?? 0) & 0x0f, payload: unread.subarray(size.start, size.end) };
        unread = unread.subarray(size.end);
        return frame;
      }
      const { value, done } = await chunks.next();
      if (done) throw new Error('the socket ended before a whole frame had come');
      unread = Buffer.concat([unread, value]);
    }
  };
}

function frameSize(bytes: Buffer): { start: number; end: number } | undefined {
  const short = bytes[1];
  if (short === undefined || (short === 126 && bytes.length < 4)) return undefined;
  if (short < 126) return { start: 2, end: 2 + short };
  return { start: 4, end: 4 + bytes.readUInt16BE(2) };
}

/** Bytes of a client's frame: masked, whole. */
export function clientFrame(opcode: number, payload: Buffer, mask = Buffer.from([1, 2, 3, 4])): Buffer {
  const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : longLength(payload.length);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, masked]);
}

function longLength(length: number): Buffer {
  const bytes = Buffer.from([0x80 | 126, 0, 0]);
  bytes.writeUInt16BE(length, 1);
  return bytes;
}

/** Sends bytes as they are and resolves to everything that comes back until the other side ends. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.end(bytes);
  await once(socket, 'close');
  return answer;
}
