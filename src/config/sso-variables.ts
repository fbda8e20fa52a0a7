import * as z from 'zod';
import { endpointUrl, iniFlag, iniFlagIfSet, lineText } from './forms.ts';
import { allowListText, authStyle, clientSecret, expressionText, listText, unusable } from './sso-forms.ts';
import { variable } from './variable.ts';

const TRUE_OR_FALSE = 'true or false';
const JMESPATH = 'a JMESPath expression';
const ENDPOINT = 'an https address without credentials and fragment (http for this machine alone)';
const LIST =
  'words separated by spaces or commas, where "…" holds a word with spaces together, or a JSON list of texts';
const LEFT_UNSET = 'nothing: leave it unset';

const BOOLEAN = 'A text that is neither true nor false is a mistake; Grafana reads it as false.';
const MALFORMED_LIST =
  'A malformed list lets nobody in, and a warning says so; Grafana reads it as an empty one, which lets everybody in.';
const BROKEN_PATH =
  'A broken expression is a mistake that shows where; Grafana finds it when somebody signs in.';

const CERTIFICATE =
  'is the path of a file, which a Worker does not have: upload the certificate and its key (npx wrangler mtls-certificate upload), bind it as SSO_MTLS in wrangler.toml, and leave this unset';
const PUBLIC_AUTHORITIES =
  'cannot be followed: a Worker trusts the public certificate authorities and cannot be told otherwise. Give the provider a publicly trusted certificate, or lead to it through a tunnel, and leave this unset';

/**
 * Every option of Grafana's `[auth.generic_oauth]`, by the name under which Grafana itself reads it from the
 * environment, in the order of Grafana's documentation. Defaults are those of its `conf/defaults.ini`.
 */
export const GENERIC_OAUTH_VARIABLES = {
  GF_AUTH_GENERIC_OAUTH_ENABLED: variable({
    kind: 'var',
    meaning: 'Sign-in on or off.',
    allowed: TRUE_OR_FALSE,
    example: 'true',
    fallback: 'false',
    stricter: BOOLEAN,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_NAME: variable({
    kind: 'var',
    meaning: 'What the button of the sign-in page says.',
    allowed: 'a text',
    example: 'Company account',
    fallback: 'OAuth',
    schema: lineText().default('OAuth'),
  }),
  GF_AUTH_GENERIC_OAUTH_ICON: variable({
    kind: 'var',
    meaning: 'What the button of the sign-in page shows.',
    allowed: "the name of one of Grafana's icons",
    example: 'signin',
    fallback: 'signin',
    schema: lineText().default('signin'),
  }),
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID: variable({
    kind: 'var',
    meaning: 'The name by which the provider knows this gateway. Required where sign-in is enabled.',
    allowed: 'the client id that the provider gave out',
    example: 'grafana',
    fallback: 'some_id',
    stricter: "Grafana's default is a placeholder, and is not taken for a client id.",
    schema: lineText().default('some_id'),
  }),
  GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: variable({
    kind: 'secret',
    meaning:
      'The secret that the provider gave out with the client id. Without it, the gateway is a public client, which PKCE alone protects.',
    allowed: 'the client secret that the provider gave out',
    example: '<the client secret>',
    fallback: '',
    stricter: 'White space around it is a mistake.',
    schema: clientSecret,
  }),
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: variable({
    kind: 'var',
    meaning: 'Where the provider lets people sign in. Required, unless `SSO_ISSUER` is set.',
    allowed: ENDPOINT,
    example: 'https://id.example.com/oauth2/authorize',
    fallback: '',
    stricter: 'Plain http is refused.',
    schema: endpointUrl().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: variable({
    kind: 'var',
    meaning: 'Where the provider hands out tokens. Required, unless `SSO_ISSUER` is set.',
    allowed: ENDPOINT,
    example: 'https://id.example.com/oauth2/token',
    fallback: '',
    stricter: 'Plain http is refused.',
    schema: endpointUrl().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_API_URL: variable({
    kind: 'var',
    meaning:
      'Where the provider says who a token belongs to (userinfo). `/emails`, `/teams` and `/orgs` are asked below it.',
    allowed: ENDPOINT,
    example: 'https://id.example.com/oauth2/userinfo',
    fallback: '',
    stricter: 'Plain http is refused.',
    schema: endpointUrl().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_AUTH_STYLE: variable({
    kind: 'var',
    meaning:
      'How the client secret is sent to the provider: in the body, in the header `Authorization`, or whichever of the two works.',
    allowed: 'InParams, InHeader or AutoDetect, in upper or lower case',
    example: 'InHeader',
    fallback: 'AutoDetect',
    stricter: 'Another text is a mistake; Grafana reads it as AutoDetect.',
    schema: authStyle,
  }),
  GF_AUTH_GENERIC_OAUTH_SCOPES: variable({
    kind: 'var',
    meaning:
      'The scopes that are asked for. With `SSO_ISSUER` the default is `openid email profile`: OpenID Connect needs `openid`; refresh tokens often need `offline_access`, which nobody adds.',
    allowed: LIST,
    example: 'openid email profile',
    fallback: 'user:email',
    stricter: 'A malformed list is a mistake; Grafana reads it as an empty one.',
    schema: listText().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_EMPTY_SCOPES: variable({
    kind: 'var',
    meaning: 'Whether no scope is asked for, whatever `scopes` says.',
    allowed: TRUE_OR_FALSE,
    example: 'false',
    fallback: 'false',
    stricter: BOOLEAN,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_ALLOW_SIGN_UP: variable({
    kind: 'var',
    meaning:
      'Whether people may sign in for whom Grafana has no account yet. Grafana makes their accounts, if `auto_sign_up` of its auth.jwt or auth.proxy is set.',
    allowed: TRUE_OR_FALSE,
    example: 'true',
    fallback: 'true',
    stricter: BOOLEAN,
    schema: iniFlag(true),
  }),
  GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: variable({
    kind: 'var',
    meaning: 'Whether the sign-in page leads straight to the provider.',
    allowed: TRUE_OR_FALSE,
    example: 'false',
    fallback: 'false',
    stricter: BOOLEAN,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_ID_TOKEN_ATTRIBUTE_NAME: variable({
    kind: 'var',
    meaning: "The member of the token endpoint's answer that holds the ID token.",
    allowed: 'a name',
    example: 'id_token',
    fallback: 'id_token',
    schema: lineText().default('id_token'),
  }),
  GF_AUTH_GENERIC_OAUTH_LOGIN_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning:
      'The login. Where it gives nothing, `login`, then `username`, and at the end the e-mail address.',
    allowed: JMESPATH,
    example: 'preferred_username',
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_NAME_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning: 'The name that is shown. Where it gives nothing, `name`, then `display_name`.',
    allowed: JMESPATH,
    example: 'full_name',
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_EMAIL_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning: 'The e-mail address, where there is no `email`.',
    allowed: JMESPATH,
    example: 'mail',
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_EMAIL_ATTRIBUTE_NAME: variable({
    kind: 'var',
    meaning:
      'The key in the map `attributes` that holds the e-mail address, where neither `email` nor the path gives one.',
    allowed: 'a name',
    example: 'email:primary',
    fallback: 'email:primary',
    schema: lineText().default('email:primary'),
  }),
  GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning: 'The role: None, Viewer, Editor, Admin or GrafanaAdmin, in upper or lower case.',
    allowed: JMESPATH,
    example: "contains(groups[*], 'grafana-admins') && 'Admin' || 'Viewer'",
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT: variable({
    kind: 'var',
    meaning: 'Whether nobody signs in without a role, and one bad entry of `org_mapping` drops all of it.',
    allowed: TRUE_OR_FALSE,
    example: 'false',
    fallback: 'false',
    stricter: BOOLEAN,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_ORG_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning: "The provider's organisations of somebody: a list of texts, for `org_mapping`.",
    allowed: JMESPATH,
    example: 'groups',
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_ORG_MAPPING: variable({
    kind: 'var',
    meaning:
      "Roles in Grafana's organisations by the provider's organisations. `*` in the first place is everybody, in the second every organisation of `GRAFANA_ORGS`. A colon in a name is written `\\:`. Names of Grafana's organisations are looked up in `GRAFANA_ORGS`.",
    allowed: `entries external:org[:role], where org is the id or the name of one of Grafana's, or * (a list: ${LIST})`,
    example: 'staff:1:Editor, "shop floor:2:Viewer"',
    fallback: '',
    stricter:
      'A malformed list is a mistake; Grafana reads it as an empty one. An entry that cannot be read is a warning.',
    schema: listText().default([]),
  }),
  GF_AUTH_GENERIC_OAUTH_ALLOW_ASSIGN_GRAFANA_ADMIN: variable({
    kind: 'var',
    meaning:
      'Whether the role GrafanaAdmin makes a server administrator, and any other role takes that away.',
    allowed: TRUE_OR_FALSE,
    example: 'false',
    fallback: 'false',
    stricter: `${BOOLEAN} Together with \`skip_org_role_sync\` it is a mistake.`,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_SKIP_ORG_ROLE_SYNC: variable({
    kind: 'var',
    meaning: 'Whether roles and organisations are left to Grafana. No role is looked for then.',
    allowed: TRUE_OR_FALSE,
    example: 'false',
    fallback: 'false',
    stricter: BOOLEAN,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning: 'The groups of somebody: a list of texts. A single text gives no groups.',
    allowed: JMESPATH,
    example: 'groups',
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS: variable({
    kind: 'var',
    meaning:
      'Who signs in is in one of these groups, in the same upper and lower case. Needs `groups_attribute_path`.',
    allowed: LIST,
    example: 'grafana-users',
    fallback: '',
    stricter: `${MALFORMED_LIST} Without \`groups_attribute_path\` it is a mistake.`,
    schema: allowListText(),
  }),
  GF_AUTH_GENERIC_OAUTH_ALLOWED_ORGANIZATIONS: variable({
    kind: 'var',
    meaning:
      'Who signs in is in one of these organisations, by `login` in the answer of `<api_url>/orgs`. Needs `api_url`.',
    allowed: LIST,
    example: 'example-org',
    fallback: '',
    stricter: `${MALFORMED_LIST} Without \`api_url\` it is a mistake.`,
    schema: allowListText(),
  }),
  GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS: variable({
    kind: 'var',
    meaning:
      'Who signs in has an e-mail address of one of these domains, in any case. Sub-domains do not count.',
    allowed: LIST,
    example: 'example.com example.org',
    fallback: '',
    stricter: MALFORMED_LIST,
    schema: allowListText(),
  }),
  GF_AUTH_GENERIC_OAUTH_TEAM_IDS: variable({
    kind: 'var',
    meaning:
      'Who signs in is in one of these teams. Needs `teams_url` and `team_ids_attribute_path`; without these two, numbers of teams in the answer of `<api_url>/teams`, as in old versions of Grafana.',
    allowed: LIST,
    example: '["team-a", "team-b"]',
    fallback: '',
    stricter: `${MALFORMED_LIST} Without what it needs it is a mistake.`,
    schema: allowListText(),
  }),
  GF_AUTH_GENERIC_OAUTH_TEAM_IDS_ATTRIBUTE_PATH: variable({
    kind: 'var',
    meaning: 'The ids of teams in the answer of `teams_url`: a list of texts.',
    allowed: JMESPATH,
    example: 'teams[*].slug',
    fallback: '',
    stricter: BROKEN_PATH,
    schema: expressionText(),
  }),
  GF_AUTH_GENERIC_OAUTH_TEAMS_URL: variable({
    kind: 'var',
    meaning: 'Where the provider says which teams somebody is in.',
    allowed: ENDPOINT,
    example: 'https://id.example.com/api/teams',
    fallback: '',
    stricter: 'Plain http is refused.',
    schema: endpointUrl().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_TLS_CLIENT_CERT: variable({
    kind: 'secret',
    meaning:
      'Not usable: a Worker has no files. The certificate that the provider wants is uploaded (`npx wrangler mtls-certificate upload`) and bound as `SSO_MTLS`.',
    allowed: LEFT_UNSET,
    example: '',
    fallback: '',
    stricter: 'Any value is a mistake that says what to do instead.',
    schema: unusable(CERTIFICATE),
  }),
  GF_AUTH_GENERIC_OAUTH_TLS_CLIENT_KEY: variable({
    kind: 'secret',
    meaning: 'Not usable: see `tls_client_cert`.',
    allowed: LEFT_UNSET,
    example: '',
    fallback: '',
    stricter: 'Any value is a mistake that says what to do instead.',
    schema: unusable(CERTIFICATE),
  }),
  GF_AUTH_GENERIC_OAUTH_TLS_CLIENT_CA: variable({
    kind: 'var',
    meaning:
      'Not usable: a Worker trusts the public certificate authorities. The provider needs a publicly trusted certificate, or a tunnel that leads to it.',
    allowed: LEFT_UNSET,
    example: '',
    fallback: '',
    stricter: 'Any value is a mistake that says what to do instead.',
    schema: unusable(PUBLIC_AUTHORITIES),
  }),
  GF_AUTH_GENERIC_OAUTH_TLS_SKIP_VERIFY_INSECURE: variable({
    kind: 'var',
    meaning: 'Not usable: certificates are always verified.',
    allowed: 'false',
    example: 'false',
    fallback: 'false',
    stricter: '`true` is a mistake that says what to do instead.',
    schema: iniFlag(false).refine((isSkipped) => !isSkipped, { error: PUBLIC_AUTHORITIES }),
  }),
  GF_AUTH_GENERIC_OAUTH_USE_PKCE: variable({
    kind: 'var',
    meaning: 'Has no effect: PKCE (S256) is always used. Providers that do not know it ignore it.',
    allowed: TRUE_OR_FALSE,
    example: 'true',
    fallback: 'false',
    stricter: 'PKCE is always used; `false` is a warning.',
    schema: iniFlagIfSet(),
  }),
  GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: variable({
    kind: 'var',
    meaning:
      'Whether access tokens are refreshed when they expire. A session then ends where they cannot be.',
    allowed: TRUE_OR_FALSE,
    example: 'true',
    fallback: 'false',
    stricter: BOOLEAN,
    schema: iniFlag(false),
  }),
  GF_AUTH_GENERIC_OAUTH_LOGIN_PROMPT: variable({
    kind: 'var',
    meaning: 'Sent to the provider as `prompt`.',
    allowed: 'login, consent or select_account',
    example: 'select_account',
    fallback: '',
    stricter: 'Another text is a mistake; Grafana checks it in its SSO API alone.',
    schema: z
      .enum(['login', 'consent', 'select_account'], { error: 'is none of login, consent, select_account' })
      .optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_HOSTED_DOMAIN: variable({
    kind: 'var',
    meaning:
      'Sent to the provider as `hd`, which is a wish. Who may sign in is what `allowed_domains` decides.',
    allowed: 'a domain',
    example: 'example.com',
    fallback: '',
    schema: lineText().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: variable({
    kind: 'var',
    meaning:
      'Where signing out leads, so that people sign out of the provider too. With `post_logout_redirect_uri` in its query, `id_token_hint` is added.',
    allowed: ENDPOINT,
    example:
      'https://id.example.com/logout?post_logout_redirect_uri=https%3A%2F%2Fdashboards.example.com%2F-%2Flogin',
    fallback: '',
    stricter: 'Plain http is refused.',
    schema: endpointUrl().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: variable({
    kind: 'var',
    meaning:
      "Where the provider's public keys are, by which ID tokens are verified. `SSO_ISSUER` finds it too.",
    allowed: ENDPOINT,
    example: 'https://id.example.com/oauth2/jwks',
    fallback: '',
    stricter: 'Plain http is refused.',
    schema: endpointUrl().optional(),
  }),
  GF_AUTH_GENERIC_OAUTH_VALIDATE_ID_TOKEN: variable({
    kind: 'var',
    meaning:
      'Has no effect: ID tokens are verified wherever the keys of the provider are known (`SSO_ISSUER` or `jwk_set_url`).',
    allowed: TRUE_OR_FALSE,
    example: 'true',
    fallback: 'false',
    stricter:
      'Where the keys are known, signature, audience, nonce, lifetime and (with `SSO_ISSUER`) issuer have to hold; Grafana verifies the signature alone, if asked to, and goes on without the token where it is wrong. `false` is a warning; `true` without keys is a mistake.',
    schema: iniFlagIfSet(),
  }),
};
