import type { Bytes } from './bytes.ts';
import { parseJson } from './json.ts';

/**
 * The JSON of a body of at most `limitBytes`; undefined where it is longer or no JSON. What is not read is let go.
 */
export async function readJsonBody(response: Response, limitBytes: number): Promise<unknown> {
  const bytes = await readBytes(response, limitBytes);
  return bytes && parseJson(new TextDecoder().decode(bytes));
}

/** The bytes of a body of at most `limitBytes`; undefined where it is longer, or where there is none. */
export async function readBytes(response: Response, limitBytes: number): Promise<Bytes | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const chunk: Uint8Array = part.value;
    length += chunk.length;
    if (length > limitBytes) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(chunk);
  }
  return joinChunks(chunks, length);
}

export function joinChunks(chunks: readonly Uint8Array[], length: number): Bytes {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
