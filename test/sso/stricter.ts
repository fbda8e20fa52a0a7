/**
 * Where the gateway is stricter than Grafana on purpose: names of vectors, and why. The reason is a rule, which holds
 * for every case of its kind. Differences that no vector shows stand in `rules-differences.test.ts`.
 */
export const STRICTER: Readonly<Record<string, string>> = {
  'orgs: broken JMESPath in org_attribute_path is a login error':
    'A JMESPath that cannot be read is a mistake of the configuration, which is refused before anybody signs in.',
  'role: broken JMESPath in role_attribute_path is not an error when not strict':
    'A JMESPath that cannot be read is a mistake of the configuration, which is refused before anybody signs in.',
  'list setting: broken JSON array -> empty list and an error is logged':
    'A list that cannot be read is no empty one: as a list of who is let in, it would let everybody in.',
  'JWKS validation: wrong key -> id_token ignored (not a login error by itself)':
    'An ID token that cannot be verified refuses the sign-in: whoever can spoil it must not choose the next source.',
  'JWKS validation: unknown kid -> ignored (derived)':
    'An ID token that cannot be verified refuses the sign-in: whoever can spoil it must not choose the next source.',
  'JWKS validation checks only the signature: expired/foreign-audience token still used (derived from social_base.go)':
    'An ID token is verified as OpenID Connect Core 3.1.3.7 asks: issuer, audience, time and nonce as well.',
};
