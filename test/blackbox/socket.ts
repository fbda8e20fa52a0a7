import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** RFC 6455 §1.3. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The origin's end of a WebSocket. */
export interface OriginSocket {
  send(text: string): void;
  /** Text messages that came. */
  readonly messages: string[];
  /** The code of the close frame that came, once there is one. */
  readonly closed: Promise<number>;
}

/** Takes an upgrade, and reads short masked frames: as much of RFC 6455 as these tests need. */
export function acceptSocket(request: IncomingMessage, stream: Duplex): OriginSocket {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}${HANDSHAKE_GUID}`)
    .digest('base64');
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  const messages: string[] = [];
  let unread = Buffer.alloc(0);
  stream.on('error', () => stream.destroy());
  stream.on('data', (bytes: Buffer) => {
    unread = Buffer.concat([unread, bytes]);
    for (let frame = readFrame(unread); frame; frame = readFrame(unread)) {
      unread = unread.subarray(frame.length);
      if (frame.opcode === 0x1) messages.push(frame.payload.toString());
      if (frame.opcode === 0x8) resolve(frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0));
    }
  });
  return { send: (text) => stream.write(formatText(text)), messages, closed: promise };
}

function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  const [first = 0, second = 0] = bytes;
  const size = second & 0x7f;
  const length = 6 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = Buffer.from(bytes.subarray(6, length).map((byte, index) => byte ^ (mask[index & 3] ?? 0)));
  return { opcode: first & 0x0f, payload, length };
}

function formatText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
}
