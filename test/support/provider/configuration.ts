/// <reference path="./oidc-provider.d.ts" />
import type { OidcContext } from 'oidc-provider';
import type { Memory } from './memory.ts';

/** What a test may change while the provider runs. */
export interface Settings {
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  idTokenSeconds: number;
  /** Which of its answers tell more of somebody than `sub`. */
  claimsIn: 'both' | 'id-token' | 'userinfo';
}

/** Claims of somebody, beside `sub`. */
export type Claims = Readonly<Record<string, unknown>>;

export interface ProviderFacts {
  readonly settings: Settings;
  readonly people: ReadonlyMap<string, Claims>;
  readonly memory: Memory;
  readonly keys: readonly object[];
}

const DAY_SECONDS = 86_400;

/** Beyond those of the scopes `email` and `profile`. Whatever else people have is told to nobody. */
const OTHER_CLAIMS = ['groups', 'role', 'roles', 'orgs', 'attributes', 'login', 'upn', 'info', 'hd'];

/** The options of `oidc-provider`: nobody is asked for consent, refresh tokens rotate, and using one twice ends all. */
export function configure({ settings, people, memory, keys }: ProviderFacts) {
  return {
    adapter: memory.adapter,
    jwks: { keys },
    cookies: { keys: ['provider-cookie-key-0123456789'] },
    claims: {
      openid: ['sub', ...OTHER_CLAIMS],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
    },
    // Otherwise an ID token that comes with an access token holds no more than `sub`.
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
      backchannelLogout: { enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (_: OidcContext, sub: string) => {
      const person = people.get(sub);
      if (!person) return undefined;
      return { accountId: sub, claims: (use: string) => tell(settings, use, { ...person, sub }) };
    },
    interactions: { url: (_: OidcContext, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    loadExistingGrant: grantEverything,
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    renderError: (context: OidcContext, out: { error: string; error_description?: string }) => {
      context.type = 'text/plain';
      context.body = `${out.error}: ${out.error_description ?? ''}`;
    },
    // The gateway is on this machine, which the provider would not ask otherwise.
    fetch: (url: string, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, options),
    // What is refused, and for how long something lives, never depends on a clock that the test has not moved.
    clockTolerance: 0,
    ttl: {
      AccessToken: () => settings.accessTokenSeconds,
      RefreshToken: () => settings.refreshTokenSeconds,
      IdToken: () => settings.idTokenSeconds,
      AuthorizationCode: 60,
      Interaction: DAY_SECONDS,
      Session: DAY_SECONDS,
      Grant: DAY_SECONDS,
    },
  };
}

function tell({ claimsIn }: Settings, use: string, claims: { readonly sub: string }): object {
  const isToldHere = claimsIn === 'both' || (claimsIn === 'id-token') === (use === 'id_token');
  return isToldHere ? claims : { sub: claims.sub };
}

async function grantEverything({ oidc }: OidcContext) {
  if (!oidc) throw new Error('no request of OpenID Connect');
  const grant = new oidc.provider.Grant({
    clientId: oidc.client.clientId,
    accountId: oidc.session.accountId,
  });
  grant.addOIDCScope(oidc.params?.scope ?? 'openid');
  await grant.save();
  return grant;
}

function logoutSource(context: OidcContext, form: string): void {
  context.body = `<!doctype html><title>Sign out of the provider</title>${form}
<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`;
}

function postLogoutSuccessSource(context: OidcContext): void {
  context.body = '<!doctype html><title>Signed out of the provider</title>';
}
