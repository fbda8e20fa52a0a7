/** Rotations of the four rounds, and the constants floor(2^32 * abs(sin(i + 1))) (RFC 1321 §3.4). */
const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
const SINES = Uint32Array.from({ length: 64 }, (_, index) =>
  Math.floor(2 ** 32 * Math.abs(Math.sin(index + 1))),
);

/** What MD5 appends to a message of this many bytes. */
export function padOf(length: number): Uint8Array {
  const zeros = (119 - (length % 64)) % 64;
  const pad = new Uint8Array(1 + zeros + 8);
  pad[0] = 0x80;
  new DataView(pad.buffer).setUint32(1 + zeros, length * 8, true);
  return pad;
}

/**
 * MD5 of `message || pad || suffix`, worked out from MD5 of `message` and its length alone: whoever saw one
 * signature can sign a longer text without the secret.
 */
export function extendMd5(digest: string, length: number, suffix: Uint8Array): string {
  const state = readWords(Uint8Array.from(digest.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16)));
  const done = length + padOf(length).length;
  const pad = padOf(done + suffix.length);
  const rest = Uint8Array.from([...suffix, ...pad]);
  for (let at = 0; at < rest.length; at += 64) compress(state, readWords(rest.subarray(at, at + 64)));
  return [...new Uint8Array(state.buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Little-endian words; every platform that runs these tests is little-endian. */
function readWords(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

function compress(state: Uint32Array, block: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step++) {
    const round = step >> 4;
    const sum = a + mix(round, b, c, d) + (SINES[step] ?? 0) + (block[indexOf(round, step)] ?? 0);
    const turned = rotate(sum >>> 0, ROTATIONS[round]?.[step % 4] ?? 0);
    [a, b, c, d] = [d, (b + turned) >>> 0, b, c];
  }
  [a, b, c, d].forEach((word, index) => {
    state[index] = (state[index] ?? 0) + word;
  });
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return ((b & c) | (~b & d)) >>> 0;
  if (round === 1) return ((b & d) | (c & ~d)) >>> 0;
  if (round === 2) return (b ^ c ^ d) >>> 0;
  return (c ^ (b | ~d)) >>> 0;
}

function indexOf(round: number, step: number): number {
  const factors = [
    [1, 0],
    [5, 1],
    [3, 5],
    [7, 0],
  ];
  const [factor = 0, offset = 0] = factors[round] ?? [];
  return (factor * step + offset) % 16;
}

function rotate(word: number, by: number): number {
  return ((word << by) | (word >>> (32 - by))) >>> 0;
}
