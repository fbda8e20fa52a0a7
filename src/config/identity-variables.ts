import * as z from 'zod';
import { Secret } from '../lib/secret.ts';
import { ROLES } from '../sso/roles.ts';
import { count, endpointUrl, iniFlag, lineText } from './forms.ts';
import { grafanaOrgs, issuerText } from './sso-forms.ts';
import { variable } from './variable.ts';

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 31_536_000;

/** What else sign-in needs to know: of the provider, of Grafana's organisations, and how Grafana takes an identity. */
export const IDENTITY_VARIABLES = {
  SSO_ISSUER: variable({
    kind: 'var',
    meaning:
      "The provider's issuer, exactly as it stands in its tokens (a final `/` counts). Its discovery document, at `/.well-known/openid-configuration` below it, fills in whatever endpoint is not set.",
    allowed: 'an https address without credentials, query and fragment (http for this machine alone)',
    example: 'https://id.example.com',
    fallback: '',
    schema: issuerText,
  }),
  SSO_SESSION_SECONDS: variable({
    kind: 'var',
    meaning: 'No sign-in lasts longer.',
    allowed: 'a whole number of seconds from 1 to 31536000',
    example: '43200',
    fallback: '43200',
    schema: count(43_200, { min: 1, max: YEAR_SECONDS }),
  }),
  SSO_UNVERIFIED_EMAIL: variable({
    kind: 'var',
    meaning:
      'Whether somebody may sign in with an e-mail address of which the provider itself says that it is not verified (`email_verified` is false). Grafana finds accounts by addresses: where people can choose theirs at the provider, set `refuse`. With `allowed_domains`, such an address never counts.',
    allowed: 'allow or refuse',
    example: 'refuse',
    fallback: 'allow',
    schema: z.enum(['allow', 'refuse'], { error: 'is neither allow nor refuse' }).default('allow'),
  }),
  SSO_GRACE_SECONDS: variable({
    kind: 'var',
    meaning: 'How long a session goes on while the provider cannot be asked for a refresh.',
    allowed: 'a whole number of seconds from 0 to 86400',
    example: '1800',
    fallback: '1800',
    schema: count(1800, { min: 0, max: DAY_SECONDS }),
  }),
  SSO_SIGN_OUT_AT_PROVIDER: variable({
    kind: 'var',
    meaning:
      "Whether signing out leads to the provider's `end_session_endpoint`, and back to `/-/login?signedOut=true`, so that people sign out of the provider too. That address has to be registered there (`post_logout_redirect_uris`). `signout_redirect_url` goes first. Needs `SSO_ISSUER`.",
    allowed: 'true or false',
    example: 'true',
    fallback: 'false',
    schema: iniFlag(false),
  }),
  SSO_PROBE_LOGIN: variable({
    kind: 'var',
    meaning:
      'The login of a test user as whom the health checks of sign-in ask Grafana for `/api/user`, every five minutes. Nobody else may have it: Grafana keeps a user of this name, a viewer, as for everybody who signs in. Empty: Grafana is not asked.',
    allowed: 'a login, or an e-mail address',
    example: 'postern-probe',
    fallback: '',
    schema: lineText().optional(),
  }),
  ALERT_WEBHOOK_URL: variable({
    kind: 'secret',
    meaning:
      'Where a change of the health of sign-in, from good to bad or back, is posted to as JSON, once: the address of a formatted webhook of Grafana OnCall, an incoming webhook of Slack, or any other that takes JSON.',
    allowed: 'an https address without credentials and fragment (http for this machine alone)',
    example: 'https://oncall.example.com/integrations/v1/formatted_webhook/…/',
    fallback: '',
    schema: endpointUrl()
      .transform(({ href }) => new Secret(href))
      .optional(),
  }),
  GRAFANA_ORGS: variable({
    kind: 'var',
    meaning:
      "Grafana's organisations, for `org_mapping`: names are looked up here, and `*` is all that stand here.",
    allowed: 'a JSON object of ids and names, no name twice',
    example: '{"1":"Main Org.","2":"Shop floor"}',
    fallback: '{}',
    schema: grafanaOrgs,
  }),
  GF_USERS_AUTO_ASSIGN_ORG: variable({
    kind: 'var',
    meaning:
      'Whether people for whom no mapping says otherwise belong to the organisation of `GF_USERS_AUTO_ASSIGN_ORG_ID`. Without, to organisation 1. As in Grafana.',
    allowed: 'true or false',
    example: 'true',
    fallback: 'true',
    stricter: 'A text that is neither true nor false is a mistake; Grafana reads it as true.',
    schema: iniFlag(true),
  }),
  GF_USERS_AUTO_ASSIGN_ORG_ID: variable({
    kind: 'var',
    meaning: 'That organisation. As in Grafana.',
    allowed: 'a whole number from 1 to 2147483647',
    example: '1',
    fallback: '1',
    stricter: 'What is not a positive number is a mistake; Grafana reads it as 1.',
    schema: count(1, { min: 1, max: 2_147_483_647 }),
  }),
  GF_USERS_AUTO_ASSIGN_ORG_ROLE: variable({
    kind: 'var',
    meaning:
      'The role of people for whom neither `role_attribute_path` nor `org_mapping` gives one. As in Grafana.',
    allowed: 'None, Viewer, Editor or Admin',
    example: 'Viewer',
    fallback: 'Viewer',
    stricter: 'Another text is a mistake; Grafana takes its default instead.',
    schema: z.enum(ROLES, { error: 'is none of None, Viewer, Editor, Admin' }).default('Viewer'),
  }),
  ORIGIN_IDENTITY: variable({
    kind: 'var',
    meaning:
      'How people who have signed in are presented to Grafana: `jwt` by a signed assertion for its auth.jwt, `auth-proxy` by headers for its auth.proxy. Headers carry one organisation, and no server administrators.',
    allowed: 'jwt or auth-proxy',
    example: 'jwt',
    fallback: 'jwt',
    schema: z.enum(['jwt', 'auth-proxy'], { error: 'is neither jwt nor auth-proxy' }).default('jwt'),
  }),
  GF_AUTH_PROXY_HEADER_PROPERTY: variable({
    kind: 'var',
    meaning: 'What the header of `GF_AUTH_PROXY_HEADER_NAME` holds. As in Grafana.',
    allowed: 'username or email',
    example: 'username',
    fallback: 'username',
    schema: z.enum(['username', 'email'], { error: 'is neither username nor email' }).default('username'),
  }),
  GF_AUTH_PROXY_HEADERS_ENCODED: variable({
    kind: 'var',
    meaning:
      'Whether values of these headers are quoted-printable, by which they hold more than ASCII. As in Grafana.',
    allowed: 'true or false',
    example: 'false',
    fallback: 'false',
    stricter: 'A text that is neither true nor false is a mistake; Grafana reads it as false.',
    schema: iniFlag(false),
  }),
  GF_SECURITY_ADMIN_USER: variable({
    kind: 'var',
    meaning:
      "The login of Grafana's own first administrator. Nobody signs in under it: auth.jwt and auth.proxy find accounts by login and e-mail address.",
    allowed: 'a login',
    example: 'admin',
    fallback: 'admin',
    stricter:
      'Grafana has no such rule for its own sign-in, which finds accounts by the id that the provider gives.',
    schema: lineText().default('admin'),
  }),
  GF_SECURITY_ADMIN_EMAIL: variable({
    kind: 'var',
    meaning: "The e-mail address of Grafana's own first administrator. Nobody signs in under it.",
    allowed: 'an e-mail address',
    example: 'admin@localhost',
    fallback: 'admin@localhost',
    stricter:
      'Grafana has no such rule for its own sign-in, which finds accounts by the id that the provider gives.',
    schema: lineText().default('admin@localhost'),
  }),
};
