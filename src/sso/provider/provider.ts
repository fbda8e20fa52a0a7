import { fail, ok, type Result } from '../../lib/result.ts';
import type { ClientOptions, ProviderOptions } from '../options.ts';
import type { Send } from './bounded-fetch.ts';
import { Discovery, type Endpoints } from './discovery.ts';
import type { ProviderFailure } from './failure.ts';
import { type IdTokenRefusal, readIdToken, verifyIdToken } from './id-token.ts';
import { KeySets } from './key-sets.ts';
import { type LogoutOrder, type LogoutTokenRefusal, verifyLogoutToken } from './logout-token.ts';
import type { SharedCopies } from './provider-store.ts';
import type { KeySource } from './signed-token.ts';
import { UserApi } from './sources.ts';
import type { Tokens } from './token-answer.ts';
import { type Redemption, TokenEndpoint } from './token-endpoint.ts';

/** What a provider can be asked for, by name, for events and health. */
export type ProviderPart = 'discovery' | 'keys' | 'token';

/** What the provider's side needs from outside. */
export interface ProviderContext {
  readonly options: ProviderOptions;
  readonly client: ClientOptions;
  readonly send: Send;
  /** Told what could not be had. */
  readonly onFailure: (part: ProviderPart, failure: ProviderFailure) => void;
  /** What isolates tell each other of the provider; undefined where nothing can be shared. */
  readonly store?: SharedCopies | undefined;
}

/** Claims of a token that was judged. */
export type Claims = Readonly<Record<string, unknown>>;

/** The identity provider, as one isolate knows it: its endpoints, keys and tokens. */
export class Provider {
  readonly #context: ProviderContext;
  readonly #discovery: Discovery;
  readonly #keySets: KeySets;
  readonly tokenEndpoint: TokenEndpoint;

  constructor(context: ProviderContext) {
    this.#context = context;
    const { options, client, send, onFailure, store: shared } = context;
    this.#discovery = new Discovery({
      options,
      send,
      shared,
      onFailure: (failure) => onFailure('discovery', failure),
    });
    this.#keySets = new KeySets({ send, shared, onFailure: (failure) => onFailure('keys', failure) });
    this.tokenEndpoint = new TokenEndpoint({ client, idTokenName: options.idTokenName, send });
  }

  endpoints(now: number): Promise<Result<Endpoints, ProviderFailure>> {
    return this.#discovery.find(now);
  }

  /** Redeems the code of a callback that was found to be ours. */
  redeem(
    redemption: Redemption,
    endpoints: Endpoints,
    now: number,
  ): Promise<Result<Tokens, ProviderFailure>> {
    return this.#told(this.tokenEndpoint.redeem(redemption, endpoints, now));
  }

  async refresh(refreshToken: string, now: number): Promise<Result<Tokens, ProviderFailure>> {
    const endpoints = await this.endpoints(now);
    if (!endpoints.ok) return endpoints;
    return this.#told(this.tokenEndpoint.refresh(refreshToken, endpoints.value, now));
  }

  /** A grant that is refused is its holder's affair; anything else is the provider's, or the operator's. */
  async #told<T>(asked: Promise<Result<T, ProviderFailure>>): Promise<Result<T, ProviderFailure>> {
    const answer = await asked;
    if (!answer.ok && answer.reason !== 'grant-refused') this.#context.onFailure('token', answer.reason);
    return answer;
  }

  /**
   * The claims of an ID token, verified wherever the provider has keys.
   *
   * @param nonce of its attempt; undefined after a refresh
   */
  async readIdToken(
    token: string,
    nonce: string | undefined,
    now: number,
  ): Promise<Result<Claims, IdTokenRefusal | ProviderFailure>> {
    const endpoints = await this.endpoints(now);
    if (!endpoints.ok) return endpoints;
    const { server, isIssuerKnown, keys, idTokenAlgorithms: algorithms } = endpoints.value;
    const issuer = isIssuerKnown ? server.issuer : undefined;
    const expected = { issuer, clientId: this.#context.client.id, nonce, algorithms, now };
    // A provider of OpenID Connect has keys; that they cannot be had is no reason to believe what they would prove.
    if (!keys) return isIssuerKnown ? fail('answer-invalid') : readIdToken(token, expected);
    const source = await this.#findKeys(keys, now);
    return source.ok ? verifyIdToken(token, source.value, expected) : source;
  }

  /**
   * What the provider orders by a logout token; `not-set-up` where there is no issuer whose keys could prove that it is
   * the provider who orders.
   */
  async verifyLogoutToken(
    token: string,
    now: number,
  ): Promise<Result<LogoutOrder, LogoutTokenRefusal | ProviderFailure | 'not-set-up'>> {
    const endpoints = await this.endpoints(now);
    if (!endpoints.ok) return endpoints;
    const { server, isIssuerKnown, keys, idTokenAlgorithms: algorithms } = endpoints.value;
    if (!isIssuerKnown || !keys) return fail('not-set-up');
    const source = await this.#findKeys(keys, now);
    if (!source.ok) return source;
    const expected = { issuer: server.issuer, clientId: this.#context.client.id, algorithms, now };
    return verifyLogoutToken(token, source.value, expected);
  }

  async #findKeys(address: URL, now: number): Promise<Result<KeySource, ProviderFailure>> {
    const found = await this.#keySets.find(address, now);
    if (!found.ok) return found;
    return ok({ keys: found.value, findNewer: () => this.#keySets.findNewer(address, now) });
  }

  /** Who holds these tokens, by the provider's own account; undefined where its address cannot be had. */
  async userApi({ accessToken }: Tokens, teams: URL | undefined, now: number): Promise<UserApi | undefined> {
    const endpoints = await this.endpoints(now);
    if (!endpoints.ok) return undefined;
    const { userinfo } = endpoints.value;
    return new UserApi({ accessToken, userinfo, teams, send: this.#context.send });
  }

  /** Forgets what was learnt of the provider. */
  forget(): void {
    this.#discovery.forget();
    this.#keySets.forget();
  }
}

/** The issuer that a user's `sub` belongs to, where nobody named one: what the token says, or who gave it. */
export function issuerOf({ server, isIssuerKnown }: Endpoints, claims: Claims | undefined): string {
  if (isIssuerKnown || typeof claims?.iss !== 'string') return server.issuer;
  return claims.iss;
}
