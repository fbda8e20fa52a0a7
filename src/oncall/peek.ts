import { joinChunks } from '../lib/bounded-body.ts';
import { decodeUtf8 } from '../lib/bytes.ts';

/** A body that was read, or as much of it as the bound allows. */
export interface Peeked {
  /** Undefined where there is no body, it is longer than the bound, takes too long, or is no UTF-8. */
  readonly text: string | undefined;
  /** The body as it came: what was read of it stands in front. */
  readonly body: BodyInit | null;
  /** The body broke off while it was read: its answer cannot be handed back. */
  readonly isBroken?: true;
}

/** Whether an answer says of itself that it is JSON. */
export function isJson(response: Response): boolean {
  return /^application\/(?:[a-z.]+\+)?json\b/i.test(response.headers.get('Content-Type') ?? '');
}

/** How long a body may take that is read on its way. A list is there at once; what goes on for longer streams. */
const READ_MS = 2_000;

type Part = ReadableStreamReadResult<Uint8Array>;

/**
 * Reads a body of at most `limitBytes`. One that is longer, or takes longer, is read no further and streams on, its
 * beginning included.
 */
export async function peekText({ body, headers }: Response, limitBytes: number): Promise<Peeked> {
  if (!body || Number(headers.get('Content-Length') ?? 0) > limitBytes) return { text: undefined, body };
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), READ_MS);
  try {
    return await readUntil(late, reader, limitBytes);
  } catch {
    // The runtime's message may name addresses; that it broke off is all that is told.
    return { text: undefined, body: null, isBroken: true };
  } finally {
    clearTimeout(timer);
  }
}

async function readUntil(
  late: Promise<'late'>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limitBytes: number,
): Promise<Peeked> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next: Promise<Part> = reader.read();
    const part = await Promise.race([next, late]);
    if (part === 'late') return { text: undefined, body: goOn(chunks, next, reader) };
    if (part.done) break;
    chunks.push(part.value);
    length += part.value.length;
    if (length > limitBytes) return { text: undefined, body: goOn(chunks, reader.read(), reader) };
  }
  const bytes = joinChunks(chunks, length);
  return { text: decodeUtf8(bytes), body: bytes };
}

/** What was read, then what is being read, and then the rest. */
function goOn(
  chunks: readonly Uint8Array[],
  next: Promise<Part>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  const left = [...chunks];
  let reading: Promise<Part> | undefined = next;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = left.shift();
      if (chunk) return controller.enqueue(chunk);
      const part = await (reading ?? reader.read());
      reading = undefined;
      if (part.done) controller.close();
      else controller.enqueue(part.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
