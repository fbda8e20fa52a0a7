import { once } from 'node:events';
import {
  request as ask,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { mintPortalKeys } from '../../../demo/keys.ts';
import type { RunningServer } from '../../../demo/lib/server.ts';
import { startOrigin } from '../../../demo/origin/server.ts';

const [KEY] = mintPortalKeys();

/**
 * The demo's dashboards behind what Grafana's auth.jwt does: whoever brings an assertion that the gateway's published
 * keys verify gets in, and nobody else.
 */
export class AssertionOrigin {
  /** Whom the assertions named, in order. */
  readonly seen: JWTPayload[] = [];
  readonly #server: Server;
  readonly #dashboards: RunningServer;
  readonly #streams = new Set<Duplex>();
  #keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  #issuer = '';

  private constructor(dashboards: RunningServer) {
    this.#dashboards = dashboards;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, stream) => this.#upgrade(request, stream));
  }

  static async start(): Promise<AssertionOrigin> {
    const origin = new AssertionOrigin(await startOrigin({ port: 0, keys: [KEY] }));
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The dashboard's path, with its query. */
  get page(): string {
    return KEY.path;
  }

  /** Believes the assertions of this gateway (`[auth.jwt] jwk_set_url`, `expect_claims`). */
  trust(gateway: URL): void {
    this.#issuer = gateway.origin;
    this.#keys = createRemoteJWKSet(new URL('/-/jwks.json', gateway));
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    await this.#dashboards.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isStatic = request.url?.startsWith('/public/build/');
    if (!isStatic && !(await this.#admits(request))) {
      response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"message":"Unauthorized"}');
      return;
    }
    const onward = this.#forward(request);
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  async #upgrade(request: IncomingMessage, stream: Duplex): Promise<void> {
    this.#keep(stream);
    if (!(await this.#admits(request))) {
      stream.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const onward = this.#forward(request);
    onward.on('error', () => stream.destroy());
    onward.on('upgrade', (answer, other, head) => {
      this.#keep(other);
      const lines = answer.rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [`${name}: ${answer.rawHeaders[index + 1]}\r\n`] : [],
      );
      stream.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      other.unshift(head);
      other.pipe(stream).pipe(other);
    });
    onward.end();
  }

  #keep(stream: Duplex): void {
    this.#streams.add(stream);
    stream.on('error', () => stream.destroy());
  }

  async #admits({ headers }: IncomingMessage): Promise<boolean> {
    const assertion = headers['x-jwt-assertion'];
    if (!this.#keys || typeof assertion !== 'string') return false;
    const expected = { issuer: this.#issuer, audience: this.url, algorithms: ['ES256'] };
    const verified = await jwtVerify(assertion, this.#keys, expected).catch(() => undefined);
    if (verified) this.seen.push(verified.payload);
    return verified !== undefined;
  }

  #forward({ method, url, headers }: IncomingMessage) {
    const { 'x-jwt-assertion': _, ...others } = headers;
    return ask(new URL(url ?? '/', this.#dashboards.url), {
      method,
      headers: { ...others, authorization: `Bearer ${KEY.token}` },
    });
  }
}
