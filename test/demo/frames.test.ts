import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, OPCODE } from '../../demo/origin/websocket-frames.ts';
import { clientFrame } from './support.ts';

describe('frames', () => {
  // RFC 6455 §5.7 prints these bytes.
  test('are read as RFC 6455 writes them', () => {
    const masked = Buffer.from('818537fa213d7f9f4d5158', 'hex');
    const decoded = decodeFrame(masked);
    expect(decoded).toMatchObject({ state: 'frame', frame: { opcode: OPCODE.text } });
    if (decoded.state === 'frame') expect(decoded.frame.payload.toString()).toBe('Hello');
  });

  test('are written as RFC 6455 writes them', () => {
    expect(encodeFrame(OPCODE.text, Buffer.from('Hello')).toString('hex')).toBe('810548656c6c6f');
    expect(encodeFrame(OPCODE.binary, Buffer.alloc(256)).subarray(0, 4).toString('hex')).toBe('827e0100');
    expect(encodeFrame(OPCODE.binary, Buffer.alloc(65_536)).subarray(0, 10).toString('hex')).toBe(
      '827f0000000000010000',
    );
  });

  test('come back as they went, and leave what follows', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const mask = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, mask, bytes, (payload, key, rest) => {
        const sent = Buffer.concat([clientFrame(OPCODE.binary, payload, key), rest]);
        expect(decodeFrame(sent)).toEqual({
          state: 'frame',
          frame: { opcode: OPCODE.binary, payload },
          rest,
        });
      }),
    );
  });

  test('are waited for until they are whole', () => {
    const frame = clientFrame(OPCODE.text, Buffer.alloc(200, 'x'));
    for (let end = 0; end < frame.length; end++) {
      expect(decodeFrame(frame.subarray(0, end)).state).toBe('incomplete');
    }
  });
});
