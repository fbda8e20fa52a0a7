/** The few kinds of frame that a server without fragmentation needs (RFC 6455 §5.2). */
export const OPCODE = { text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Reasons to close, as numbers on the wire (RFC 6455 §7.4.1). */
export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupported: 1003,
  tooBig: 1009,
} as const;

/** What a client may send in one frame. */
export const CLIENT_PAYLOAD_MAX_BYTES = 16 * 1024;

/** One frame of a client, unmasked. */
export interface ClientFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/**
 * `frame`: a whole frame and the bytes behind it. `incomplete`: wait for more. `refused`: close with this code.
 */
export type Decoded =
  | { readonly state: 'frame'; readonly frame: ClientFrame; readonly rest: Buffer }
  | { readonly state: 'incomplete' }
  | { readonly state: 'refused'; readonly code: number };

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const CONTROL = 0x8;
const CONTROL_PAYLOAD_MAX_BYTES = 125;
const KNOWN_OPCODES: ReadonlySet<number> = new Set(Object.values(OPCODE));

/** A whole, unmasked frame: the form in which a server sends (RFC 6455 §5.1). */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([encodeHeader(opcode, payload.length), payload]);
}

/** The payload of a close frame. */
export function encodeClose(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return Buffer.concat([payload, Buffer.from(reason)]);
}

/**
 * Takes the first frame off what a client has sent. Unmasked, reserved, fragmented and oversized frames are
 * refused: nothing the demo's page sends is any of these.
 */
export function decodeFrame(bytes: Buffer): Decoded {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return { state: 'incomplete' };
  const code = refuseHeader(first, second);
  if (code !== undefined) return { state: 'refused', code };
  const size = readSize(bytes, second & 0x7f);
  if (!size) return { state: 'incomplete' };
  if (size.payload > CLIENT_PAYLOAD_MAX_BYTES) return { state: 'refused', code: CLOSE_CODE.tooBig };
  return takeFrame(bytes, first & 0x0f, size);
}

function refuseHeader(first: number, second: number): number | undefined {
  const opcode = first & 0x0f;
  if ((second & MASKED) === 0 || (first & RESERVED) !== 0) return CLOSE_CODE.protocolError;
  if ((opcode & CONTROL) !== 0 && ((first & FIN) === 0 || (second & 0x7f) > CONTROL_PAYLOAD_MAX_BYTES)) {
    return CLOSE_CODE.protocolError;
  }
  const fragment = (first & FIN) === 0 || opcode === 0;
  if (fragment) return CLOSE_CODE.unsupported;
  return KNOWN_OPCODES.has(opcode) ? undefined : CLOSE_CODE.protocolError;
}

interface FrameSize {
  /** Bytes before the mask. */
  readonly header: number;
  readonly payload: number;
}

function readSize(bytes: Buffer, short: number): FrameSize | undefined {
  if (short < 126) return { header: 2, payload: short };
  if (short === 126) return bytes.length < 4 ? undefined : { header: 4, payload: bytes.readUInt16BE(2) };
  return bytes.length < 10 ? undefined : { header: 10, payload: Number(bytes.readBigUInt64BE(2)) };
}

function takeFrame(bytes: Buffer, opcode: number, size: FrameSize): Decoded {
  const start = size.header + 4;
  const end = start + size.payload;
  if (bytes.length < end) return { state: 'incomplete' };
  const payload = unmask(bytes.subarray(start, end), bytes.subarray(size.header, start));
  return { state: 'frame', frame: { opcode, payload }, rest: bytes.subarray(end) };
}

function unmask(payload: Buffer, mask: Buffer): Buffer {
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0)));
}

function encodeHeader(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([FIN | opcode, length]);
  if (length < 0x10000) return Buffer.from([FIN | opcode, 126, length >> 8, length & 0xff]);
  const header = Buffer.alloc(10);
  header.set([FIN | opcode, 127]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
