import { checks } from './checks.ts';

/** The checks of sign-in, in the order in which they are shown. */
export const SIGN_IN_CHECKS = checks({
  'sso.discovery': {
    group: 'sign-in',
    title: "The provider's discovery document can be read",
    why: 'Without it nobody can sign in once the remembered one is a day old.',
    red: 'It cannot be had: no answer within 6 seconds, a status other than 200, no JSON, or too long.',
    yellow: 'It took longer than 2 seconds.',
  },
  'sso.issuer': {
    group: 'sign-in',
    title: "The provider's issuer is the configured one",
    why: 'A document of another issuer is not believed, and ID tokens of another issuer are refused.',
    red: 'The document names another issuer than `SSO_ISSUER`, if only by a final `/`.',
  },
  'sso.endpoints': {
    group: 'sign-in',
    title: 'The configured endpoints are those of the discovery document',
    why: 'An address that the provider has left is asked until it answers no more.',
    red: 'An endpoint that sign-in needs is neither configured nor in the document, or is no https address.',
    yellow: 'A configured endpoint differs from the one in the document.',
  },
  'sso.keys': {
    group: 'sign-in',
    title: "The provider's keys can be read, and which of them changed since the last check",
    why: 'ID tokens are verified with these keys: without them nobody can sign in.',
    red: 'They cannot be had, are too many (100) or too long (256 KiB), none can verify a signature, or all former ones are gone at once.',
    yellow: 'They took longer than 2 seconds.',
  },
  'sso.client': {
    group: 'sign-in',
    title: 'The provider takes the client id and secret',
    why: 'With a secret that it does not take, no sign-in comes to its end and no session is refreshed.',
    red: 'The token endpoint refuses the client (`invalid_client`, 401), or cannot be asked.',
    yellow: 'Its answer does not say whether it took the client.',
  },
  'sso.redirect': {
    group: 'sign-in',
    title: 'The redirect address is registered, as far as can be told',
    why: 'A provider shows its own error page for an address that is not registered, and nobody comes back.',
    red: 'The provider refuses an authorization request (4xx), leads back with an error, or cannot be asked.',
    yellow: 'Its answer says neither.',
  },
  'sso.clock': {
    group: 'sign-in',
    title: "The provider's clock and the gateway's agree",
    why: 'Tokens from the future, or from a past that is over, are refused beyond 60 seconds.',
    red: 'They are more than 60 seconds apart.',
    yellow: 'They are more than 30 seconds apart.',
  },
  'sso.refreshes': {
    group: 'sign-in',
    title: 'Refreshes of the last hour, and failures by reason',
    why: 'Sessions whose refreshes fail end after `SSO_GRACE_SECONDS`.',
    red: 'Three or more failed, and at least as many as succeeded.',
    yellow: 'At least one failed.',
  },
  'sso.sign-ins': {
    group: 'sign-in',
    title: 'Sign-ins of the last hour, and refusals by reason',
    why: 'Refusals for the same technical reason mean that nobody can sign in, whoever it is.',
    red: 'Three or more ended at the provider or at an ID token that does not hold, and at least as many as succeeded.',
    yellow: 'At least one ended so.',
  },
  'sso.assertion': {
    group: 'sign-in',
    title: 'Grafana takes the identity that the gateway presents',
    why: 'Somebody whom Grafana does not take sees a refusal after each successful sign-in.',
    red: 'Grafana refuses the test user of `SSO_PROBE_LOGIN`, takes it for somebody else, or cannot be asked.',
  },
  'sso.restore': {
    group: 'sign-in',
    title: "Nothing looks as if the provider's database was restored",
    why: 'After a restore, keys, client secrets, refresh tokens and ids of users may be others, and stale ones are refused until they are forgotten.',
    red: 'All former keys are gone at once; or within an hour five or more refreshes are refused, and more than succeed; or three or more users come back under another `sub`, and more than sign in.',
  },
});

export type SignInCheck = keyof typeof SIGN_IN_CHECKS;
