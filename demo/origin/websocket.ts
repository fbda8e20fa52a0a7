import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  CLOSE_CODE,
  type ClientFrame,
  decodeFrame,
  encodeClose,
  encodeFrame,
  OPCODE,
} from './websocket-frames.ts';

/** RFC 6455 §1.3: proves that the server has read the handshake. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** An open WebSocket, from the server's side. */
export interface ServerSocket {
  /** Sends one text message; nothing once the socket has closed. */
  send(text: string): void;
  close(code: number, reason?: string): void;
  /** Runs once, when either side has ended it. */
  onClose(listener: () => void): void;
}

/** `Sec-WebSocket-Accept` for a handshake, or nothing where it is none (RFC 6455 §4.2.1). */
export function readHandshake(request: IncomingMessage): string | undefined {
  const key = request.headers['sec-websocket-key'];
  const wellFormed =
    request.method === 'GET' &&
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    request.headers['sec-websocket-version'] === '13';
  if (!wellFormed || key === undefined || !KEY.test(key)) return undefined;
  return createHash('sha1')
    .update(key + HANDSHAKE_GUID)
    .digest('base64');
}

/** Answers the handshake and takes the socket over. */
export function openSocket(stream: Duplex, accept: string, head: Buffer): ServerSocket {
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const socket = new FrameSocket(stream);
  socket.receive(head);
  return socket;
}

class FrameSocket implements ServerSocket {
  readonly #stream: Duplex;
  #unread: Buffer = Buffer.alloc(0);
  #closing = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => this.receive(bytes));
    // A client that vanishes is no error of ours; `close` follows.
    stream.on('error', () => stream.destroy());
    stream.on('end', () => stream.end());
  }

  send(text: string): void {
    this.#write(OPCODE.text, Buffer.from(text));
  }

  close(code: number, reason?: string): void {
    this.#write(OPCODE.close, encodeClose(code, reason));
    this.#closing = true;
    this.#stream.end();
  }

  onClose(listener: () => void): void {
    this.#stream.once('close', listener);
  }

  receive(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    while (!this.#closing && this.#takeFrame());
  }

  /** Whether there was a whole frame to take. */
  #takeFrame(): boolean {
    const decoded = decodeFrame(this.#unread);
    if (decoded.state === 'refused') this.close(decoded.code);
    if (decoded.state !== 'frame') return false;
    this.#unread = decoded.rest;
    this.#answer(decoded.frame);
    return true;
  }

  /** Messages of the client go unread: the stream goes one way. */
  #answer(frame: ClientFrame): void {
    if (frame.opcode === OPCODE.ping) this.#write(OPCODE.pong, frame.payload);
    if (frame.opcode === OPCODE.close) this.close(closeCodeOf(frame.payload));
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#closing || !this.#stream.writable) return;
    this.#stream.write(encodeFrame(opcode, payload));
  }
}

/** A close is answered with the code it came with (RFC 6455 §5.5.1). */
function closeCodeOf(payload: Buffer): number {
  return payload.length >= 2 ? payload.readUInt16BE(0) : CLOSE_CODE.normal;
}
