/** Why a provider could not be asked, or what was wrong with what it said. */
export const PROVIDER_FAILURES = [
  /** No connection, a status of 5xx, or 429. */
  'unreachable',
  'timeout',
  /** Not what its standard says: another form, another issuer, a redirect, too long. */
  'answer-invalid',
  /** The provider does not know the client, or not by this secret. */
  'client-refused',
  /** The code or refresh token is not, or no longer, good. */
  'grant-refused',
] as const;

export type ProviderFailure = (typeof PROVIDER_FAILURES)[number];

export function isProviderFailure(reason: string): reason is ProviderFailure {
  return (PROVIDER_FAILURES as readonly string[]).includes(reason);
}
