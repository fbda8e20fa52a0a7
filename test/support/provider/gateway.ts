import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../../../scripts/bundle.ts';
import { CLIENT_ID, CLIENT_SECRET, type Provider } from './provider.ts';

/** One line of the Worker's log. */
export interface LoggedEvent {
  readonly event: string;
  readonly [fact: string]: unknown;
}

export type Vars = Readonly<Record<string, string>>;

const SECRETS = { POSTERN_SECRETS: 'sign-in-test-secret-0123456789abcdefghijkl' };
export const ADMIN_TOKEN = 'sign-in-admin-token-0123456789abcdefghij';

let bundle: Promise<string> | undefined;

/** The bundled Worker in workerd, with all that sign-in stores in, and what it has logged. */
export class SignInGateway {
  readonly url: URL;
  readonly events: readonly LoggedEvent[];
  readonly runtime: Miniflare;

  private constructor(runtime: Miniflare, url: URL, events: readonly LoggedEvent[]) {
    this.runtime = runtime;
    this.url = url;
    this.events = events;
  }

  /** Starts one in front of an origin. Its callback is where {@link register} of the provider puts it. */
  static async start(originUrl: string, vars: Vars): Promise<SignInGateway> {
    bundle ??= bundleWorker();
    const script = await bundle;
    const events: LoggedEvent[] = [];
    const runtime = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script,
        compatibilityDate: '2026-10-01',
        bindings: { ORIGIN_URL: originUrl, ADMIN_TOKEN, ...SECRETS, ...vars },
        kvNamespaces: ['POSTERN_KV'],
        durableObjects: {
          POSTERN_LEDGER: { className: 'Ledger', useSQLite: true },
          POSTERN_SIGN_INS: { className: 'SignIn', useSQLite: true },
        },
        cf: false,
        host: '127.0.0.1',
        port: 0,
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        log: new Log(LogLevel.ERROR),
        logRequests: false,
        handleStructuredLogs: ({ message }: { readonly message: string }) => {
          if (message.startsWith('{"time":')) events.push(JSON.parse(message));
        },
      }),
    );
    await runtime.ready;
    return new SignInGateway(runtime, await runtime.unsafeGetDirectURL(), events);
  }

  /** An address of this gateway. */
  at(path: string): URL {
    return new URL(path, this.url);
  }

  /** Events of one request. */
  eventsOf(requestId: unknown): LoggedEvent[] {
    return this.events.filter((event) => event.requestId === requestId);
  }

  stop(): Promise<void> {
    return this.runtime.dispose();
  }
}

/** The least that sign-in needs with this provider, and the scopes of OpenID Connect. */
export function varsFor(provider: Provider, vars: Vars = {}): Vars {
  return {
    VISITORS: 'login',
    SSO_ISSUER: provider.issuer,
    GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
    GF_AUTH_GENERIC_OAUTH_CLIENT_ID: CLIENT_ID,
    GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: CLIENT_SECRET,
    GF_AUTH_GENERIC_OAUTH_SCOPES: 'openid email profile',
    ...vars,
  };
}

/** Starts a gateway that this provider knows. */
export async function startFor(
  provider: Provider,
  originUrl: string,
  vars: Vars = {},
): Promise<SignInGateway> {
  const gateway = await SignInGateway.start(originUrl, varsFor(provider, vars));
  provider.register({
    redirectUris: [gateway.at('/login/generic_oauth').href],
    signOutUris: [gateway.at('/-/login').href],
  });
  return gateway;
}
