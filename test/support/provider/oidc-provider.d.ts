/** As much of the package as these tests use; it brings no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Interaction {
    readonly prompt: { readonly name: string };
  }

  export class Grant {
    constructor(of: { readonly clientId: string; readonly accountId: string });
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export interface OidcContext {
    readonly req: IncomingMessage;
    body: unknown;
    type: string;
    readonly oidc?: {
      readonly client: { readonly clientId: string };
      readonly session: { readonly accountId: string };
      readonly params?: Readonly<Record<string, string | undefined>>;
      readonly provider: Provider;
    };
  }

  export default class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    readonly Grant: typeof Grant;
    readonly Session: { findByUid(uid: string): Promise<unknown> };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    use(middleware: (context: OidcContext, next: () => Promise<void>) => Promise<void>): this;
    on(event: string, listener: (context: OidcContext, error?: Error) => void): this;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Readonly<Record<string, unknown>>,
    ): Promise<void>;
  }
}
