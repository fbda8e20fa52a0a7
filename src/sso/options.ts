import type { Secret } from '../lib/secret.ts';
import type { ClaimSettings } from './claim-settings.ts';

/** Everything that the operator decided about sign-in. */
export interface SsoOptions {
  /** What the button of the sign-in page says and shows (`name`, `icon`). */
  readonly button: { readonly name: string; readonly icon: string };
  /** Whether the sign-in page leads straight to the provider. */
  readonly autoLogin: boolean;
  /** Whether Grafana makes accounts for people whom it does not know yet. */
  readonly allowSignUp: boolean;
  readonly client: ClientOptions;
  readonly provider: ProviderOptions;
  readonly claims: ClaimSettings;
  /** Whether access tokens are refreshed when they expire, and sessions end where they cannot be. */
  readonly usesRefreshTokens: boolean;
  readonly signOutUrl: URL | undefined;
  /** Whether signing out leads to the provider, where it says by discovery how (RP-initiated logout). */
  readonly signsOutAtProvider: boolean;
  /** The longest sign-in. */
  readonly sessionSeconds: number;
  /** How long a session goes on while the provider cannot be asked for a refresh. */
  readonly graceSeconds: number;
  readonly presentation: PresentationOptions;
}

/** How the token endpoint learns who asks: as parameters, as Basic, or whichever works (Go `oauth2.AuthStyle`). */
export type AuthStyle = 'in-params' | 'in-header' | 'auto-detect';

/** What the provider knows this gateway by, and what is asked of it. */
export interface ClientOptions {
  readonly id: string;
  /** Undefined for a public client, which PKCE alone protects. */
  readonly secret: Secret | undefined;
  readonly authStyle: AuthStyle;
  readonly scopes: readonly string[];
  /** `prompt` of the authorization request. */
  readonly prompt: string | undefined;
  /** `hd` of the authorization request. */
  readonly hostedDomain: string | undefined;
}

/** Where the provider answers. What is not set is taken from discovery, if there is an issuer. */
export interface ProviderOptions {
  /** The exact text of `iss`. */
  readonly issuer: string | undefined;
  readonly authorizationUrl: URL | undefined;
  readonly tokenUrl: URL | undefined;
  /** `api_url`; also the base of `/emails`, `/teams` and `/orgs`. */
  readonly userinfoUrl: URL | undefined;
  readonly keysUrl: URL | undefined;
  /** The member of the token answer that holds the ID token. */
  readonly idTokenName: string;
}

/** How a signed-in user is presented to Grafana. */
export type PresentationOptions = JwtPresentation | ProxyPresentation;

/** By an assertion that Grafana's auth.jwt takes. */
export interface JwtPresentation {
  readonly kind: 'jwt';
  readonly header: string;
  /** Login and e-mail address of Grafana's own first administrator, as `foldAccountName` folds them: nobody signs in as these. */
  readonly reserved: ReadonlySet<string>;
}

/** What a further header of auth.proxy can hold. */
export type ProxyField = 'Name' | 'Email' | 'Login' | 'Role' | 'Groups';

/** By the headers that Grafana's auth.proxy takes. */
export interface ProxyPresentation {
  readonly kind: 'auth-proxy';
  readonly header: string;
  /** What `header` holds. */
  readonly property: 'username' | 'email';
  /** Header names by what they hold. */
  readonly fields: ReadonlyMap<ProxyField, string>;
  /** Whether values are quoted-printable, which is how they hold more than ASCII. */
  readonly isEncoded: boolean;
  /** As in {@link JwtPresentation}. */
  readonly reserved: ReadonlySet<string>;
}
