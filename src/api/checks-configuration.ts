import { checks } from './checks.ts';

/** What the command line looks at by itself: the files of a deployment, and whether the gateway can be asked. */
export const CONFIGURATION_CHECKS = checks({
  'configuration.files': {
    group: 'configuration',
    title: 'Files of the deployment',
    why: 'What stands in a file that is not read cannot be looked at.',
    yellow: '`wrangler.toml` or `.dev.vars` is not there, or a line of it cannot be read.',
  },
  'configuration.variables': {
    group: 'configuration',
    title: 'Variables',
    why: 'With one mistake the gateway answers every request with 500 (`misconfigured`).',
    red: 'The gateway would refuse to start with it; each mistake is told.',
  },
  'configuration.warnings': {
    group: 'configuration',
    title: 'Warnings of the configuration',
    why: 'It shows itself only when somebody stumbles over it.',
    yellow: 'The gateway would warn of it (`config.warning`); each warning is told.',
  },
  'configuration.exposed-secrets': {
    group: 'configuration',
    title: 'Secrets below `[vars]`',
    why: 'Whoever reads the repository, or the dashboard of Cloudflare, reads what stands there.',
    red: 'A secret stands in `wrangler.toml`.',
  },
  'configuration.secrets': {
    group: 'configuration',
    title: 'Length of secrets',
    why: 'Whoever guesses `POSTERN_SECRETS` makes sessions, and whoever guesses `ADMIN_TOKEN` makes everything.',
    yellow: 'One of them has fewer than 12 different characters.',
  },
  'configuration.former-secrets': {
    group: 'configuration',
    title: 'Former secrets in `POSTERN_SECRETS`',
    why: 'Whoever knows a former secret can still make sessions, as long as it is listed.',
    yellow: 'There is more than one secret.',
  },
  'configuration.bindings': {
    group: 'configuration',
    title: 'Bindings: KV and Durable Objects',
    why: 'Keys, revocations, events and sign-ins live there.',
    red: 'Sign-in is on, and `POSTERN_LEDGER` or `POSTERN_SIGN_INS` is not bound.',
    yellow: '`POSTERN_KV` or `POSTERN_LEDGER` is not bound.',
  },
  'gateway.reachable': {
    group: 'gateway',
    title: 'Answer of the gateway (`GET /-/health`), and its time',
    why: 'While it does not answer, nobody sees a dashboard.',
    red: 'It cannot be reached, answers with an error, or is not Postern.',
    yellow: 'It took longer than 2 seconds.',
  },
  'gateway.clock': {
    group: 'gateway',
    title: "This machine's clock beside the gateway's",
    why: 'Links that are signed by a clock that is off are refused beyond `SHARE_FRESHNESS_SECONDS`.',
    red: 'They are more than 30 seconds apart.',
    yellow: 'They are more than 5 seconds apart.',
  },
  'gateway.admin-api': {
    group: 'gateway',
    title: 'Answers of the admin API',
    why: 'What it cannot be asked about is not known.',
    red: 'It does not take the token, is not there, or did not answer for a group.',
  },
});
