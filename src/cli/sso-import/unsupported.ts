/** Why an option of Grafana becomes no variable. */
export interface Unsupported {
  readonly code: 'not-in-a-worker' | 'ignored';
  readonly text: string;
}

const CERTIFICATE =
  'It names a file, and a Worker has none. Upload certificate and key (npx wrangler mtls-certificate upload) and bind them as SSO_MTLS.';
const AZURE =
  "It is an option of Grafana's Azure AD sign-in. Generic OAuth ignores it, and so does the gateway.";
const FORM = "It only says what Grafana's own page of settings shows.";

/** Options of a section for generic OAuth that no variable takes, by their names. */
export const UNSUPPORTED: ReadonlyMap<string, Unsupported> = new Map<string, Unsupported>([
  ['tls_client_cert', { code: 'not-in-a-worker', text: CERTIFICATE }],
  ['tls_client_key', { code: 'not-in-a-worker', text: CERTIFICATE }],
  [
    'tls_client_ca',
    {
      code: 'not-in-a-worker',
      text: 'A Worker trusts the public certificate authorities and no others. The provider needs a certificate of one of these, or a tunnel that leads to it.',
    },
  ],
  [
    'tls_skip_verify_insecure',
    {
      code: 'not-in-a-worker',
      text: 'A Worker always verifies certificates. The provider needs one of a public authority.',
    },
  ],
  [
    'validate_hd',
    {
      code: 'ignored',
      text: "It is an option of Grafana's Google sign-in. Generic OAuth ignores it: who may sign in is what allowed_domains decides.",
    },
  ],
  ...[
    'client_authentication',
    'managed_identity_client_id',
    'federated_credential_audience',
    'workload_identity_token_file',
    'force_use_graph_api',
    'domain_hint',
  ].map((key) => [key, { code: 'ignored', text: AZURE }] as const),
  ['define_allowed_groups', { code: 'ignored', text: FORM }],
  ['define_allowed_teams_ids', { code: 'ignored', text: FORM }],
]);
