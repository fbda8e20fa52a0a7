/// <reference path="./oidc-provider.d.ts" />
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import OidcProvider from 'oidc-provider';
import { runShifted } from './clock.ts';
import { type Claims, configure, type Settings } from './configuration.ts';
import { Memory } from './memory.ts';

export type Endpoint =
  | 'discovery'
  | 'keys'
  | 'authorization'
  | 'token'
  | 'userinfo'
  | 'end-session'
  | 'revocation'
  | 'other';

/** One request that came. */
export interface Call {
  readonly endpoint: Endpoint;
  /** Of a token request that the provider read. */
  grant: string | undefined;
  /** 0 until it was answered, and where the connection was cut instead. */
  status: number;
}

/** What is wrong with the provider for now. */
export interface Fault {
  /** `cut`: connections break without an answer. A number is the status of every answer. */
  readonly kind: 'cut' | 'slow' | number;
  readonly slowMs?: number;
  /** Where; everywhere if it is not said. */
  readonly at?: readonly Endpoint[];
}

export interface ClientSettings {
  readonly id?: string;
  readonly secret?: string | undefined;
  readonly auth?: 'client_secret_basic' | 'client_secret_post' | 'none';
  readonly redirectUris: readonly string[];
  readonly signOutUris?: readonly string[];
  /** Where it is told that somebody has signed out, and whether by `sid` too. */
  readonly backchannel?: { readonly uri: string; readonly withSid?: boolean };
}

export const CLIENT_ID = 'grafana';
export const CLIENT_SECRET = 'provider-client-secret-0123456789abcdef';

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'keys',
  '/auth': 'authorization',
  '/token': 'token',
  '/me': 'userinfo',
  '/session/end': 'end-session',
  '/token/revocation': 'revocation',
};

const INTERACTION = /^\/interaction\/[\w-]+$/;

/**
 * A real OpenID provider on loopback, whose users need not type anything: whoever comes is {@link someone}. It keeps
 * count of what it is asked, and fails as a test wants it to.
 */
export class Provider {
  readonly settings: Settings = {
    accessTokenSeconds: 3_600,
    refreshTokenSeconds: 86_400,
    idTokenSeconds: 3_600,
    claimsIn: 'both',
  };
  readonly people = new Map<string, Claims>();
  /** Who signs in next, a key of {@link people}; undefined declines. */
  someone: string | undefined;
  fault: Fault | undefined;
  /** By how much its clock is wrong; ahead if positive. */
  clockShiftSeconds = 0;
  calls: Call[] = [];
  readonly #memory = new Memory();
  readonly #server: Server;
  #keys: readonly object[] = [];
  #engine: OidcProvider | undefined;
  #handle: ReturnType<OidcProvider['callback']> | undefined;
  readonly #callOf = new WeakMap<IncomingMessage, Call>();

  private constructor() {
    this.#server = createServer((request, response) => this.#receive(request, response));
  }

  static async start(): Promise<Provider> {
    const provider = new Provider();
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    await provider.rotateKeys('replace');
    return provider;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets a client in, or changes one. */
  register({
    id = CLIENT_ID,
    secret = CLIENT_SECRET,
    auth = 'client_secret_basic',
    redirectUris,
    signOutUris = [],
    backchannel,
  }: ClientSettings): void {
    this.#memory.put('Client', id, {
      client_id: id,
      ...(auth !== 'none' && { client_secret: secret }),
      token_endpoint_auth_method: auth,
      redirect_uris: [...redirectUris],
      post_logout_redirect_uris: [...signOutUris],
      ...(backchannel && {
        backchannel_logout_uri: backchannel.uri,
        backchannel_logout_session_required: backchannel.withSid === true,
      }),
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
    });
  }

  /**
   * Signs with a new key from now on. `overlap`: the former ones stay in the published set, as in a planned
   * rotation; `replace`: they are gone.
   */
  async rotateKeys(how: 'overlap' | 'replace'): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' };
    this.#keys = how === 'overlap' ? [key, ...this.#keys] : [key];
    this.#rebuild();
  }

  /** As when somebody's access is taken away at the provider: refreshing answers `invalid_grant`. */
  forgetRefreshTokens(who: string): void {
    this.#memory.forget('RefreshToken', who);
  }

  callsTo(endpoint: Endpoint, grant?: string): Call[] {
    return this.calls.filter(
      (call) => call.endpoint === endpoint && (grant === undefined || call.grant === grant),
    );
  }

  /** Its key set cannot be changed in place: a new engine takes over what the former one has stored. */
  #rebuild(): void {
    const { settings, people } = this;
    const facts = { settings, people, memory: this.#memory, keys: this.#keys };
    this.#engine = new OidcProvider(this.issuer, configure(facts)).use(async (context, next) => {
      await next();
      const call = this.#callOf.get(context.req);
      if (call) call.grant = context.oidc?.params?.grant_type;
    });
    this.#engine.on('server_error', (_, error) => console.error('The provider failed:', error));
    this.#handle = this.#engine.callback();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    const call: Call = { endpoint: ENDPOINTS[pathname] ?? 'other', grant: undefined, status: 0 };
    this.calls.push(call);
    this.#callOf.set(request, call);
    response.on('finish', () => {
      call.status = response.statusCode;
    });
    if (await this.#fail(call.endpoint, response)) return;
    runShifted(this.clockShiftSeconds * 1_000, () =>
      INTERACTION.test(pathname) ? this.#interact(request, response) : this.#handle?.(request, response),
    );
  }

  /** @returns whether that was the answer */
  async #fail(endpoint: Endpoint, response: ServerResponse): Promise<boolean> {
    const { fault } = this;
    if (!fault || (fault.at && !fault.at.includes(endpoint))) return false;
    if (fault.kind === 'slow') {
      await wait(fault.slowMs ?? 0);
      return false;
    }
    if (fault.kind === 'cut') response.destroy();
    else response.writeHead(fault.kind, { 'Content-Type': 'text/html' }).end('<h1>provider is ill</h1>');
    return true;
  }

  async #interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const engine = this.#engine;
    if (!engine) throw new Error('the provider has not started');
    const { prompt } = await engine.interactionDetails(request, response);
    const declined = { error: 'access_denied', error_description: 'The user has declined.' };
    const accepted = prompt.name === 'login' ? { login: { accountId: this.someone } } : { consent: {} };
    await engine.interactionFinished(request, response, this.someone === undefined ? declined : accepted);
  }
}
