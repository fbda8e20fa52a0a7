import {
  type AuthorizationServer,
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
} from 'oauth4webapi';
import { isLoopbackHost } from '../../lib/request-url.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import type { ProviderOptions } from '../options.ts';
import { askProvider, type Send } from './bounded-fetch.ts';
import type { ProviderFailure } from './failure.ts';
import { type ProviderCopy, type SharedCopies, UNSHARED } from './provider-store.ts';

/** Where the provider answers, once what was not set is filled from discovery. */
export interface Endpoints {
  /** As oauth4webapi wants it; `issuer` is a stand-in where nobody named one. */
  readonly server: AuthorizationServer;
  readonly isIssuerKnown: boolean;
  readonly authorization: URL;
  readonly token: URL;
  readonly userinfo: URL | undefined;
  readonly keys: URL | undefined;
  readonly endSession: URL | undefined;
  /** Algorithms of ID tokens; undefined where nobody says. */
  readonly idTokenAlgorithms: readonly string[] | undefined;
}

/** A discovery document is asked for again after an hour: endpoints move seldom. */
const FRESH_SECONDS = 3_600;
/** How long one that cannot be had again is relied on. */
const STALE_SECONDS_MAX = 86_400;
/** How long after a failure nobody asks again. */
const COOL_DOWN_SECONDS = 15;

/** What discovery needs from outside. */
export interface DiscoveryContext {
  readonly options: ProviderOptions;
  readonly send: Send;
  /** Told when the document could not be had or does not hold. */
  readonly onFailure: (failure: ProviderFailure) => void;
  /** What isolates tell each other; without it, each knows what it has read itself. */
  readonly shared?: SharedCopies | undefined;
}

interface Kept {
  readonly endpoints: Endpoints;
  readonly readAt: number;
}

/** Knows the endpoints of the provider: those that the operator named, and the others from its discovery document. */
export class Discovery {
  readonly #context: DiscoveryContext;
  readonly #shared: SharedCopies;
  #kept: Kept | undefined;
  #failed: { readonly failure: ProviderFailure; readonly at: number } | undefined;

  constructor(context: DiscoveryContext) {
    this.#context = context;
    this.#shared = context.shared ?? UNSHARED;
  }

  async find(now: number): Promise<Result<Endpoints, ProviderFailure>> {
    await this.#takeShared(now);
    const kept = this.#kept;
    if (kept && now - kept.readAt < FRESH_SECONDS) return ok(kept.endpoints);
    const stale = kept && now - kept.readAt < STALE_SECONDS_MAX ? kept.endpoints : undefined;
    if (this.#failed && now - this.#failed.at < COOL_DOWN_SECONDS)
      return stale ? ok(stale) : fail(this.#failed.failure);
    const read = await this.#read(now);
    if (read.ok) {
      this.#kept = { endpoints: read.value, readAt: now };
      this.#failed = undefined;
      return read;
    }
    this.#failed = { failure: read.reason, at: now };
    this.#context.onFailure(read.reason);
    return stale ? ok(stale) : read;
  }

  /** Forgets what was learnt: the next one who asks reads it anew. */
  forget(): void {
    this.#kept = undefined;
    this.#failed = undefined;
  }

  /** Drops what is to be forgotten, and takes what another isolate has read since. */
  async #takeShared(now: number): Promise<void> {
    const { issuer } = this.#context.options;
    if (issuer === undefined) return;
    const { copies, forgetBefore } = await this.#shared.look(now);
    if (this.#kept && this.#kept.readAt <= forgetBefore) this.forget();
    const copy = copies.discovery;
    if (!copy || copy.of !== issuer || copy.readAt <= (this.#kept?.readAt ?? Number.NEGATIVE_INFINITY))
      return;
    const endpoints = await this.#judgeCopy(issuer, copy);
    if (endpoints.ok) this.#kept = { endpoints: endpoints.value, readAt: copy.readAt };
  }

  /** As if the provider had just said it. */
  async #judgeCopy(issuer: string, { value }: ProviderCopy): Promise<Result<Endpoints, ProviderFailure>> {
    try {
      const document = await processDiscoveryResponse(new URL(issuer), Response.json(value));
      return combine(this.#context.options, document);
    } catch {
      // Of a provider, it would not be taken either.
      return fail('answer-invalid');
    }
  }

  async #read(now: number): Promise<Result<Endpoints, ProviderFailure>> {
    const { options } = this.#context;
    const { issuer } = options;
    if (issuer === undefined) return combine(options, undefined);
    const document = await this.#readDocument(issuer);
    if (!document.ok) return document;
    const endpoints = combine(options, document.value);
    if (endpoints.ok) this.#shared.keep('discovery', { of: issuer, readAt: now, value: document.value });
    return endpoints;
  }

  async #readDocument(issuer: string): Promise<Result<AuthorizationServer, ProviderFailure>> {
    let failure: ProviderFailure = 'answer-invalid';
    const url = new URL(issuer);
    try {
      const response = await discoveryRequest(url, {
        [allowInsecureRequests]: isLoopbackHost(url.host),
        [customFetch]: async (address, { headers }) => {
          const answer = await askProvider(new Request(address, { headers }), this.#context.send);
          if (answer.ok) return answer.value;
          failure = answer.reason;
          throw new TypeError('discovery failed');
        },
      });
      if (response.status === 404) return fail('answer-invalid');
      return ok(await processDiscoveryResponse(url, response));
    } catch {
      // Whatever was wrong with the document (form, another issuer), it cannot be relied on.
      return fail(failure);
    }
  }
}

function combine(
  options: ProviderOptions,
  document: AuthorizationServer | undefined,
): Result<Endpoints, ProviderFailure> {
  const authorization = options.authorizationUrl ?? parseEndpoint(document?.authorization_endpoint, options);
  const token = options.tokenUrl ?? parseEndpoint(document?.token_endpoint, options);
  if (!authorization || !token) return fail('answer-invalid');
  const issuer = options.issuer ?? token.origin;
  const server: AuthorizationServer = {
    ...document,
    issuer,
    authorization_endpoint: authorization.href,
    token_endpoint: token.href,
  };
  return ok({
    server,
    isIssuerKnown: options.issuer !== undefined,
    authorization,
    token,
    userinfo: options.userinfoUrl ?? parseEndpoint(document?.userinfo_endpoint, options),
    keys: options.keysUrl ?? parseEndpoint(document?.jwks_uri, options),
    endSession: parseEndpoint(document?.end_session_endpoint, options),
    idTokenAlgorithms: document?.id_token_signing_alg_values_supported,
  });
}

/** An address of the document: https, or plain http where the issuer itself is this machine. */
function parseEndpoint(text: string | undefined, { issuer }: ProviderOptions): URL | undefined {
  if (text === undefined || issuer === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === 'https:') return url;
  const isLoopback = isLoopbackHost(url.host) && isLoopbackHost(new URL(issuer).host);
  return url.protocol === 'http:' && isLoopback ? url : undefined;
}
