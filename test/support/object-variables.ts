/**
 * The variables that the Durable Objects of tests inside workerd are set up with: the runtime hands them its own, once,
 * not those of the gateway of a test.
 */
export const OBJECT_VARIABLES = {
  ORIGIN_URL: 'https://grafana.test',
  POSTERN_SECRETS: 'test-secret-of-objects-0123456789abcdef',
  GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID: 'postern',
  GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: 'secret-of-the-client',
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: 'https://idp.test/authorize',
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: 'https://idp.test/token',
  GF_AUTH_GENERIC_OAUTH_API_URL: 'https://idp.test/userinfo',
  GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
  GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: 'role',
} as const;
