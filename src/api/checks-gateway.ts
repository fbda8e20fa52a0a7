import { checks } from './checks.ts';

/** What is looked at of the gateway itself. */
export const GATEWAY_CHECKS = checks({
  'gateway.configuration': {
    group: 'gateway',
    title: 'Configuration of the running gateway',
    why: 'What is allowed but probably not meant shows itself only when somebody stumbles over it.',
    yellow: 'The gateway has a warning of its configuration (`config.warning` in the log).',
  },
  'gateway.former-secrets': {
    group: 'gateway',
    title: 'Former secrets in `POSTERN_SECRETS`',
    why: 'Whoever knows a former secret can still make sessions and open stored keys, as long as it is listed.',
    yellow: 'There is more than one secret; it says whether stored keys are still sealed with a former one.',
  },
  'gateway.admin-host': {
    group: 'gateway',
    title: 'Where the admin API answers',
    why: 'On every host that visitors use, anyone can try tokens; on a host of its own it can be guarded further.',
    yellow: '`ADMIN_HOST` is not set.',
  },
  'gateway.https': {
    group: 'gateway',
    title: 'Public address over HTTPS',
    why: 'Over plain HTTP links and sessions can be read on their way, and browsers keep no cookie inside another page.',
    red: 'The public address is http, and not that of this machine.',
  },
});
