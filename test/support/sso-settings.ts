/** What sign-in needs at least, and nothing that is warned of. */
export const SIGN_IN = {
  GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID: 'grafana',
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: 'https://id.test/authorize',
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: 'https://id.test/token',
  GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: 'https://id.test/keys',
};

/** Variables by the names of Grafana's options: `oauth({ client_id: 'x' })`. */
export function oauth(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [`GF_AUTH_GENERIC_OAUTH_${name.toUpperCase()}`, value]),
  );
}
