import type { IncomingMessage } from 'node:http';

const BODY_MAX_BYTES = 64 * 1024;

/** The body of a request as text, or nothing where it is longer than a dashboard's query can be. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_MAX_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
