import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretPost,
  customFetch,
  None,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  ResponseBodyError,
  refreshTokenGrantRequest,
  type TokenEndpointRequestOptions,
  type TokenEndpointResponse,
  validateAuthResponse,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { ClientOptions } from '../options.ts';
import { askProvider, type Send } from './bounded-fetch.ts';
import type { Endpoints } from './discovery.ts';
import type { ProviderFailure } from './failure.ts';
import { normaliseTokenAnswer, type Tokens } from './token-answer.ts';

/** How long an access token is taken to live at most: what a provider says beyond it is not believed. */
const EXPIRY_SECONDS_MAX = 31_536_000;

/** What came back from the provider, judged against the attempt that it answers. */
export type CallbackRefusal =
  /** It is not in its form, or of another provider (RFC 9207), or belongs to another attempt. */
  | { readonly kind: 'malformed' }
  /** The provider says no; with its own word for it (RFC 6749 §4.1.2.1). */
  | { readonly kind: 'denied'; readonly error: string };

/** What of an attempt is needed to redeem its code. */
export interface Redemption {
  /** Parameters of the callback, as {@link judgeCallback} let them through. */
  readonly parameters: URLSearchParams;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** Whether a provider takes the client. */
export type ClientProbe =
  | { readonly kind: 'accepted' | 'refused' | 'unreachable' | 'timeout' }
  /** With the provider's own word, where it has one. */
  | { readonly kind: 'unclear'; readonly word: string | undefined };

/** What no provider hands out, in the forms of their standards (RFC 6749 §A.11, RFC 7636 §4.1). */
const PROBE_CODE = 'postern-asks-whether-the-client-is-known';
const PROBE_VERIFIER = 'postern-asks-whether-the-client-is-known-0123456789';

/** GitHub's own words, beside those of RFC 6749 §5.2. */
const CODE_REFUSED = new Set(['invalid_grant', 'bad_verification_code']);
const CLIENT_REFUSED = new Set(['invalid_client', 'unauthorized_client', 'incorrect_client_credentials']);

function toProbe(failure: ProviderFailure, word: string | undefined): ClientProbe {
  if (failure === 'unreachable' || failure === 'timeout') return { kind: failure };
  if (failure === 'grant-refused' || CODE_REFUSED.has(word ?? '')) return { kind: 'accepted' };
  if (failure === 'client-refused' || CLIENT_REFUSED.has(word ?? '')) return { kind: 'refused' };
  return { kind: 'unclear', word };
}

/** What the token endpoint needs from outside. */
export interface TokenEndpointContext {
  readonly client: ClientOptions;
  readonly idTokenName: string;
  readonly send: Send;
}

/** The client's side of a token endpoint (RFC 6749 §3.2), by oauth4webapi. */
export class TokenEndpoint {
  readonly #context: TokenEndpointContext;
  /** Which of the two ways of `AutoDetect` the provider took last. */
  #worked: ClientAuth | undefined;

  constructor(context: TokenEndpointContext) {
    this.#context = context;
  }

  /** What came back in the address of the callback. No request is made. */
  judgeCallback(
    parameters: URLSearchParams,
    state: string,
    { server, isIssuerKnown }: Endpoints,
  ): Result<URLSearchParams, CallbackRefusal> {
    const judged = new URLSearchParams(parameters);
    // Nobody told us the issuer, so there is nothing that it could be compared with.
    if (!isIssuerKnown) judged.delete('iss');
    try {
      const valid = validateAuthResponse(server, this.#client, judged, state);
      return valid.get('code') ? ok(valid) : fail({ kind: 'malformed' });
    } catch (error) {
      if (!(error instanceof AuthorizationResponseError)) return fail({ kind: 'malformed' });
      return fail({ kind: 'denied', error: plainWord(error.error) });
    }
  }

  /** Redeems the code of a callback. */
  redeem(
    { parameters, redirectUri, codeVerifier }: Redemption,
    { server }: Endpoints,
    now: number,
  ): Promise<Result<Tokens, ProviderFailure>> {
    return this.#ask(now, (auth, options) => ({
      request: authorizationCodeGrantRequest(
        server,
        this.#client,
        auth,
        parameters,
        redirectUri,
        codeVerifier,
        options,
      ),
      process: (response) => processAuthorizationCodeResponse(server, this.#client, response),
    }));
  }

  /** Redeems a refresh token. Where no new one comes with the answer, the former one stays good (RFC 6749 §6). */
  async refresh(
    refreshToken: string,
    { server }: Endpoints,
    now: number,
  ): Promise<Result<Tokens, ProviderFailure>> {
    const answer = await this.#ask(now, (auth, options) => ({
      request: refreshTokenGrantRequest(server, this.#client, auth, refreshToken, options),
      process: (response) => processRefreshTokenResponse(server, this.#client, response),
    }));
    if (!answer.ok) return answer;
    return ok({ ...answer.value, refreshToken: answer.value.refreshToken ?? refreshToken });
  }

  /**
   * Whether the provider takes the client, by a code that nobody got: a provider looks who asks before it looks at the
   * code (RFC 6749 §4.1.3), so `invalid_grant` says that it does.
   */
  async probe(redirectUri: string, endpoints: Endpoints, now: number): Promise<ClientProbe> {
    const state = 'probe';
    const { issuer: iss } = endpoints.server;
    const made = this.judgeCallback(new URLSearchParams({ code: PROBE_CODE, state, iss }), state, endpoints);
    if (!made.ok) return { kind: 'unclear', word: undefined };
    let word: string | undefined;
    const answer = await this.#ask(now, (auth, options) => ({
      request: authorizationCodeGrantRequest(
        endpoints.server,
        this.#client,
        auth,
        made.value,
        redirectUri,
        PROBE_VERIFIER,
        options,
      ),
      process: (response) =>
        processAuthorizationCodeResponse(endpoints.server, this.#client, response).catch((error: unknown) => {
          word = error instanceof ResponseBodyError ? plainWord(error.error) : undefined;
          throw error;
        }),
    }));
    return answer.ok ? { kind: 'unclear', word: undefined } : toProbe(answer.reason, word);
  }

  get #client(): Client {
    return { client_id: this.#context.client.id };
  }

  /** One try for each way that may be right, as Go does. */
  async #ask(now: number, call: Call): Promise<Result<Tokens, ProviderFailure>> {
    let failure: ProviderFailure = 'client-refused';
    for (const auth of this.#waysOfAuth()) {
      const answer = await this.#askOnce(auth, now, call);
      if (answer.ok) {
        this.#worked = auth;
        return answer;
      }
      ({ failure } = answer.reason);
      if (!mayBeTheWay(answer.reason)) break;
    }
    return fail(failure);
  }

  async #askOnce(auth: ClientAuth, now: number, call: Call): Promise<Result<Tokens, AskFailure>> {
    let failure: ProviderFailure = 'answer-invalid';
    let idToken: string | undefined;
    const fetchOnce: NonNullable<TokenEndpointRequestOptions[typeof customFetch]> = async (
      address,
      asked,
    ) => {
      const { method, headers, body } = asked;
      const answer = await askProvider(new Request(address, { method, headers, body }), this.#context.send);
      if (!answer.ok) {
        failure = answer.reason;
        throw new TypeError('the token endpoint failed');
      }
      const normal = await normaliseTokenAnswer(answer.value, this.#context.idTokenName);
      idToken = normal.idToken;
      return normal.response;
    };
    try {
      // Plain http is for this machine alone: the configuration, and discovery, have seen to that.
      const options = { [customFetch]: fetchOnce, [allowInsecureRequests]: true };
      const { request, process } = call(auth, options);
      return ok(toTokens(await process(await request), idToken, now));
    } catch (error) {
      // Messages may quote what the provider sent; which failure it was is all that is told.
      const said = failureOf(error);
      return fail({ failure: said ?? failure, isSaid: said !== undefined });
    }
  }

  /** Basic first, then parameters, where nobody said which (Go `oauth2.AuthStyleAutoDetect`). */
  #waysOfAuth(): ClientAuth[] {
    const { secret, authStyle } = this.#context.client;
    if (secret === undefined) return [None()];
    const text = secret.reveal();
    if (authStyle === 'in-params') return [ClientSecretPost(text)];
    if (authStyle === 'in-header') return [basicAuth(text)];
    if (this.#worked) return [this.#worked];
    return [basicAuth(text), ClientSecretPost(text)];
  }
}

/**
 * Basic (RFC 6749 §2.3.1) with the escapes of Go's `url.QueryEscape`, as Grafana sends it. oauth4webapi's own escapes
 * hyphens and dots too, which is as good by the standard; but providers that decode nothing know most clients only
 * without.
 */
function basicAuth(secret: string): ClientAuth {
  return (_server, { client_id }, _body, headers) => {
    headers.set('Authorization', `Basic ${btoa(`${queryEscape(client_id)}:${queryEscape(secret)}`)}`);
  };
}

function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** Why one try failed. */
interface AskFailure {
  readonly failure: ProviderFailure;
  /** Whether the provider said so, in the form of its standard. */
  readonly isSaid: boolean;
}

/** Some do not say that they do not know the client, but that its request makes no sense to them. */
function mayBeTheWay({ failure, isSaid }: AskFailure): boolean {
  return isSaid && (failure === 'client-refused' || failure === 'answer-invalid');
}

interface Calling {
  readonly request: Promise<Response>;
  readonly process: (response: Response) => Promise<TokenEndpointResponse>;
}

type Call = (auth: ClientAuth, options: TokenEndpointRequestOptions) => Calling;

function failureOf(error: unknown): ProviderFailure | undefined {
  if (error instanceof WWWAuthenticateChallengeError) return 'client-refused';
  if (!(error instanceof ResponseBodyError)) return undefined;
  if (error.error === 'invalid_grant') return 'grant-refused';
  const isClient = error.status === 401 || ['invalid_client', 'unauthorized_client'].includes(error.error);
  return isClient ? 'client-refused' : 'answer-invalid';
}

function toTokens(
  { access_token, refresh_token, expires_in }: TokenEndpointResponse,
  idToken: string | undefined,
  now: number,
): Tokens {
  const seconds = expires_in === undefined || expires_in <= 0 ? undefined : expires_in;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    idToken,
    expiresAt: seconds === undefined ? undefined : now + Math.min(Math.floor(seconds), EXPIRY_SECONDS_MAX),
  };
}

/** A word of RFC 6749's own alphabet, shortened: it goes into an event. */
function plainWord(text: string): string {
  return /^[a-z_]{1,40}$/.test(text) ? text : 'other';
}
