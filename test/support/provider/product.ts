import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';

const COOKIE = 'product-token';

/** Who the product is at the provider. */
export interface ProductClient {
  readonly id: string;
  readonly secret: string;
}

/**
 * A product that signs people in by itself, as some do behind a gateway: it reads the provider's keys once, when it
 * starts, and the ID token in its own cookie is its session.
 */
export class Product {
  readonly #client: ProductClient;
  readonly #server: Server;
  /** Set once both are up: its provider, and where people know it, an address of the gateway. */
  issuer = '';
  address: URL = new URL('about:blank');
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;

  constructor(client: ProductClient) {
    this.#client = client;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Starts it, or starts it again: what it remembered is gone. */
  async start(): Promise<void> {
    const response = await fetch(`${this.issuer}/jwks`);
    this.#keys = createLocalJWKSet((await response.json()) as JSONWebKeySet);
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get callback(): string {
    return new URL(`${this.address.pathname}/callback`, this.address).href;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.address);
    if (url.pathname.endsWith('/callback')) return this.#redeem(url, response);
    if (url.pathname.endsWith('/login')) return this.#begin(response);
    const token = new RegExp(`${COOKIE}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1];
    const who = token === undefined ? undefined : await this.#verify(token);
    if (who !== undefined) response.end(`Hello ${who}`);
    else refuse(response);
  }

  #begin(response: ServerResponse): void {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: this.#client.id,
      redirect_uri: this.callback,
      scope: 'openid',
      state: randomBytes(16).toString('hex'),
    });
    response.writeHead(302, { Location: `${this.issuer}/auth?${query}` }).end();
  }

  async #redeem(url: URL, response: ServerResponse): Promise<void> {
    const { id, secret } = this.#client;
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: url.searchParams.get('code') ?? '',
        redirect_uri: this.callback,
      }),
    });
    const { id_token: token = '' } = (await answer.json()) as { id_token?: string };
    if ((await this.#verify(token)) === undefined) return refuse(response);
    const cookie = `${COOKIE}=${token}; Path=${this.address.pathname}; HttpOnly`;
    response.writeHead(302, { Location: this.address.href, 'Set-Cookie': cookie }).end();
  }

  /** Whose token it is, by the keys that were read at the start. */
  async #verify(token: string): Promise<string | undefined> {
    if (!this.#keys) throw new Error('the product was not started');
    const expected = { issuer: this.issuer, audience: this.#client.id };
    const verified = await jwtVerify(token, this.#keys, expected).catch(() => undefined);
    return verified?.payload.sub;
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'Content-Type': 'text/plain' }).end('token not valid');
}
