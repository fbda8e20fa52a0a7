import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Ending } from './at-end.ts';
import { listen } from './listen.ts';

/** One request as it came over the wire. */
export interface Arrived {
  readonly method: string;
  readonly target: string;
  /** Names as they were spelt, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** False where the body broke off. */
  readonly isWhole: boolean;
}

/** Codes of connections that ended early. */
const CUT = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

/** An origin that keeps all it receives and answers `ok`. Bytes that are no request are kept too. */
export class RecordingOrigin {
  readonly arrived: Arrived[] = [];
  /** Why bytes that came were no request of HTTP. */
  readonly broken: string[] = [];
  readonly #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer(async (request, response) => {
      this.arrived.push(await note(request));
      response.end('ok');
    });
    // Upgrades are kept and declined: whoever wants a socket needs an origin that opens one.
    this.#server.on('upgrade', async (request, stream) => {
      this.arrived.push(await note(request));
      stream.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    this.#server.on('clientError', (error, stream) => {
      // A connection that is simply cut has brought no bytes.
      if ('code' in error && !CUT.has(String(error.code)))
        this.broken.push(`${error.code}: ${error.message}`);
      stream.destroy();
    });
  }

  /** Starts one that ends with the test. */
  static async start(t: Ending): Promise<RecordingOrigin> {
    const origin = new RecordingOrigin();
    origin.#port = await listen(t, origin.#server);
    return origin;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What arrived since the last time. */
  take(): Arrived[] {
    return this.arrived.splice(0);
  }
}

async function note(request: IncomingMessage): Promise<Arrived> {
  const chunks: Buffer[] = [];
  const isWhole = request.headers.upgrade !== undefined || (await readInto(chunks, request));
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: pairUp(request.rawHeaders),
    body: Buffer.concat(chunks).toString('latin1'),
    isWhole,
  };
}

async function readInto(chunks: Buffer[], request: IncomingMessage): Promise<boolean> {
  try {
    for await (const chunk of request) chunks.push(chunk);
    return true;
  } catch {
    // Cut off by the hop before: what came until then is told.
    return false;
  }
}

function pairUp(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));
}

/** Values of a header, however its name is spelt in letters. */
export function valuesOf(request: Arrived, name: string): string[] {
  return request.headers
    .filter(([sent]) => sent.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}
