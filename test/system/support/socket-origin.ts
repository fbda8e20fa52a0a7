import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { openSocket, readHandshake } from '../../../demo/origin/websocket.ts';
import type { Ending } from './at-end.ts';
import { listen } from './listen.ts';

/** An origin that opens every WebSocket it is asked for, and knows how many are open. */
export class SocketOrigin {
  readonly #streams = new Set<Duplex>();
  readonly #server: Server;
  #port = 0;
  #opened = 0;

  constructor() {
    this.#server = createServer((_, response) => response.end('ok'));
    this.#server.on('upgrade', (request, stream, head) => {
      this.#opened += 1;
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      openSocket(stream, readHandshake(request) ?? '', head);
    });
  }

  /** Starts one that ends with the test. */
  static async start(t: Ending): Promise<SocketOrigin> {
    const origin = new SocketOrigin();
    origin.#port = await listen(t, origin.#server);
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many sockets were opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Resolves when no socket is open. */
  async allClosed(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => once(stream, 'close')));
  }
}
