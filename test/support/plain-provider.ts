import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { toBase64Url, utf8 } from '../../src/lib/bytes.ts';
import { OBJECT_VARIABLES } from './object-variables.ts';
import { type Answer, origin } from './origin.ts';
import { guard } from './watch.ts';

/** The client as Durable Objects know it too, since they refresh in its name. */
export const CLIENT = {
  id: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_CLIENT_ID,
  secret: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET,
};
guard('the client secret', CLIENT.secret);

const KEYS_ADDRESS = 'https://keys.id.test/jwks';

/** What a provider is like: its addresses, and what it says of the one person who signs in. */
export interface Shape {
  readonly authorization: string;
  readonly token: string;
  /** JSON answers by address, for whoever shows the access token; a number is the status of a refusal. */
  readonly api?: Readonly<Record<string, unknown>>;
  /** Claims of the ID token, beside times, audience and nonce. Without them there is none. */
  readonly idToken?: Readonly<Record<string, unknown>>;
  /** Where its keys are published; {@link KEYS_ADDRESS} if it is not said. */
  readonly keys?: string;
  /** Its discovery document by address. */
  readonly discovery?: readonly [address: string, document: Readonly<Record<string, unknown>>];
  /** Claims of the access token, where it is a JWT. */
  readonly accessToken?: Readonly<Record<string, unknown>>;
  /** How the client has to show its secret. */
  readonly auth?: 'basic' | 'post';
  readonly tokenAnswer?: 'json' | 'form';
  /** Whether it hands out refresh tokens, each good for one use. */
  readonly rotates?: boolean;
  /** More members of the token answer. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly nonce: string | null;
}

/** A provider in the test's isolate, which answers as its shape says and as its standards demand. */
export class PlainProvider {
  /** Every request of the gateway: method and address. */
  readonly asked: string[] = [];
  #shape: Shape;
  readonly #now: () => number;
  readonly #keys = generateKeyPair('RS256', { extractable: true });
  readonly #codes = new Map<string, Code>();
  #accessToken = '';
  #refreshToken: string | undefined;
  /** Instead of every answer: a status, or no answer at all. */
  fault: number | 'cut' | undefined;

  /** @param now unix seconds, of tokens */
  constructor(shape: Shape, now: () => number) {
    this.#shape = shape;
    this.#now = now;
  }

  /** Puts its hosts up beside the origin. */
  install(): this {
    const { token, keys = KEYS_ADDRESS, api = {}, discovery } = this.#shape;
    const addresses = [token, keys, ...Object.keys(api), ...(discovery ? [discovery[0]] : [])];
    for (const address of addresses) origin.putUp(new URL(address).origin, this.#answer);
    return this;
  }

  /** Says something else from now on. */
  change(shape: Partial<Shape>): void {
    this.#shape = { ...this.#shape, ...shape };
  }

  /** As when somebody's access is taken away there. */
  forgetRefreshToken(): void {
    this.#refreshToken = undefined;
  }

  get keysAddress(): string {
    return this.#shape.keys ?? KEYS_ADDRESS;
  }

  /**
   * Where somebody who agrees is sent from the authorization endpoint.
   *
   * @throws Error for a request that a provider would refuse
   */
  authorize(location: string): string {
    const { origin: host, pathname, searchParams } = new URL(location);
    if (`${host}${pathname}` !== this.#shape.authorization) throw new Error(`not this provider: ${location}`);
    const [type, client, method] = ['response_type', 'client_id', 'code_challenge_method'].map((name) =>
      searchParams.get(name),
    );
    if (type !== 'code' || client !== CLIENT.id || method !== 'S256') throw new Error(`refused: ${location}`);
    const [redirectUri, state, challenge] = ['redirect_uri', 'state', 'code_challenge'].map(
      (name) => searchParams.get(name) ?? '',
    );
    if (!redirectUri || !state || !challenge) throw new Error(`not complete: ${location}`);
    const code = crypto.randomUUID();
    this.#codes.set(code, { challenge, redirectUri, nonce: searchParams.get('nonce') });
    return `${redirectUri}?${new URLSearchParams({ code, state })}`;
  }

  readonly #answer: Answer = async (request) => {
    this.asked.push(`${request.method} ${request.url}`);
    if (this.fault === 'cut') throw new TypeError('connection lost');
    if (this.fault !== undefined) return new Response('<h1>ill</h1>', { status: this.fault });
    const { token, api = {}, discovery } = this.#shape;
    if (request.url === token) return this.#redeem(request);
    if (request.url === this.keysAddress) return Response.json({ keys: [await this.#publicKey()] });
    if (request.url === discovery?.[0]) return Response.json(discovery[1]);
    if (!Object.hasOwn(api, request.url)) return new Response('no such page', { status: 404 });
    if (request.headers.get('Authorization') !== `Bearer ${this.#accessToken}`)
      return Response.json({ error: 'invalid_token' }, { status: 401 });
    const answer = api[request.url];
    return typeof answer === 'number' ? new Response('', { status: answer }) : Response.json(answer);
  };

  async #redeem(request: Request): Promise<Response> {
    const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
    if (request.method !== 'POST') return refuse('invalid_request', 405);
    if (!this.#isClient(request, form)) return refuse('invalid_client', 401);
    if (form.get('grant_type') === 'refresh_token') return this.#refresh(form);
    if (form.get('grant_type') !== 'authorization_code') return refuse('unsupported_grant_type', 400);
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    if (!code || code.redirectUri !== form.get('redirect_uri')) return refuse('invalid_grant', 400);
    if ((await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge)
      return refuse('invalid_grant', 400);
    return this.#giveTokens(code.nonce);
  }

  /** A token that was used before ends everything, as it should where tokens rotate (RFC 9700 §2.2.2). */
  #refresh(form: URLSearchParams): Response | Promise<Response> {
    const isGood = this.#refreshToken !== undefined && form.get('refresh_token') === this.#refreshToken;
    this.#refreshToken = undefined;
    return isGood ? this.#giveTokens(null) : refuse('invalid_grant', 400);
  }

  #isClient(request: Request, form: URLSearchParams): boolean {
    if (this.#shape.auth === 'post')
      return form.get('client_id') === CLIENT.id && form.get('client_secret') === CLIENT.secret;
    return request.headers.get('Authorization') === `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`;
  }

  async #giveTokens(nonce: string | null): Promise<Response> {
    const { idToken, accessToken, extra, tokenAnswer, rotates } = this.#shape;
    if (rotates) {
      this.#refreshToken = `refresh-${crypto.randomUUID()}`;
      guard('a refresh token', this.#refreshToken);
    }
    this.#accessToken = accessToken ? await this.#sign(accessToken) : `opaque-${crypto.randomUUID()}`;
    guard('an access token', this.#accessToken);
    const members = {
      access_token: this.#accessToken,
      token_type: 'bearer',
      expires_in: 7_200,
      ...(idToken && { id_token: await this.#sign({ aud: CLIENT.id, ...(nonce && { nonce }), ...idToken }) }),
      ...(this.#refreshToken !== undefined && { refresh_token: this.#refreshToken }),
      ...extra,
    };
    if (tokenAnswer !== 'form') return Response.json(members);
    const texts = Object.entries(members).map(([name, value]) => [name, String(value)]);
    return new Response(new URLSearchParams(texts), {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  }

  async #sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const { privateKey } = await this.#keys;
    const { kid = '' } = await this.#publicKey();
    const now = this.#now();
    return new SignJWT({ iat: now, exp: now + 3_600, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
      .sign(privateKey);
  }

  async #publicKey() {
    const { kty = '', n = '', e = '' } = await exportJWK((await this.#keys).publicKey);
    return { kty, n, e, kid: 'of-the-provider', alg: 'RS256', use: 'sig' };
  }
}

function refuse(error: string, status: number): Response {
  return Response.json({ error }, { status });
}

async function challengeOf(verifier: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(verifier))));
}
