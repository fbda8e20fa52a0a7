import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptSocket, type OriginSocket } from './socket.ts';

/** One request as it came over the wire. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawNames: readonly string[];
  /** The whole body, once it has come. */
  readonly body: Promise<string>;
  /** Pieces of the body as they come. */
  readonly pieces: AsyncIterator<Buffer>;
}

type Handler = (request: Arrived, response: ServerResponse) => void | Promise<void>;

/** A real origin on a real socket. */
export class Origin {
  readonly arrived: Arrived[] = [];
  readonly sockets: OriginSocket[] = [];
  #handler: Handler = answerPage;
  readonly #server: Server;
  readonly #streams = new Set<Duplex>();

  constructor() {
    this.#server = createServer((request, response) => this.#receive(request, response));
    this.#server.on('upgrade', (request, stream) => this.#upgrade(request, stream));
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Forgets what came, and answers this way from now on. */
  begin(handler: Handler = answerPage): void {
    this.arrived.length = 0;
    this.sockets.length = 0;
    this.#handler = handler;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = note(request);
    this.arrived.push(arrived);
    await this.#handler(arrived, response);
  }

  #upgrade(request: IncomingMessage, stream: Duplex): void {
    this.arrived.push(note(request));
    this.#streams.add(stream);
    this.sockets.push(acceptSocket(request, stream));
  }
}

function note(request: IncomingMessage): Arrived {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  async function* pieces() {
    for await (const chunk of request) {
      chunks.push(chunk);
      yield chunk;
    }
    resolve(Buffer.concat(chunks).toString());
  }
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawNames: request.rawHeaders.filter((_, index) => index % 2 === 0),
    body: promise,
    pieces: pieces(),
  };
}

/** Reads a body to its end. */
export async function readBody(request: Arrived): Promise<string> {
  while (!(await request.pieces.next()).done);
  return request.body;
}

async function answerPage(_: Arrived, response: ServerResponse): Promise<void> {
  response.setHeader('Content-Type', 'text/html');
  response.setHeader('X-Frame-Options', 'deny');
  response.setHeader('Set-Cookie', 'grafana_session=of-the-origin; Path=/');
  response.end('<title>dashboard</title>');
}
