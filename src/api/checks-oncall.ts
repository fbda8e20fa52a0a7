import { checks } from './checks.ts';

/** What is looked at of OnCall's regions. */
export const ONCALL_CHECKS = checks({
  'oncall.region': {
    group: 'oncall',
    title: 'Region reachable, time to answer',
    why: 'Calls of its tokens go there: alerts of that region are late or lost while it does not answer.',
    red: 'It does not answer within 6 seconds, or answers 5xx.',
    yellow: 'It takes longer than 2 seconds, or what answers is not OnCall.',
  },
  'oncall.https': {
    group: 'oncall',
    title: 'Region over HTTPS',
    why: 'Each call carries a token.',
    red: 'The address is http, and not that of this machine.',
  },
});
