import type { Finding } from '../../api/findings.ts';
import type { Reply } from './ask.ts';
import { tell } from './origin-answers.ts';

/** What tells whether strangers reach the origin. */
interface Openness {
  /** Whether Grafana answered without `ORIGIN_HEADERS`. */
  readonly isGrafana: boolean;
  /** Whether it did with them. */
  readonly isKnownAsGrafana: boolean;
  readonly hasHeaders: boolean;
  readonly isLoopback: boolean;
  /** The header by which Grafana takes anybody's word for who they are (`ORIGIN_IDENTITY=auth-proxy`). */
  readonly trustedHeader: string | undefined;
}

/** Whether the origin answers the open internet. */
export function judgeOpen(openness: Openness): Finding {
  const { isGrafana, isKnownAsGrafana, hasHeaders, isLoopback, trustedHeader } = openness;
  if (isLoopback)
    return tell('origin.open', { verdict: 'skipped', seen: 'The origin is this machine: it was not asked.' });
  if (!isKnownAsGrafana && !isGrafana)
    return tell('origin.open', {
      verdict: 'skipped',
      seen: 'What answers is not recognised as Grafana, so nobody can say whether strangers reach it.',
    });
  if (hasHeaders && !isGrafana)
    return tell('origin.open', { verdict: 'green', seen: 'Without ORIGIN_HEADERS Grafana does not answer.' });
  const seen = hasHeaders
    ? 'Without ORIGIN_HEADERS Grafana answers all the same: the guard guards nothing.'
    : 'No ORIGIN_HEADERS are set: to the origin, the gateway is like anybody who knows its address.';
  const isRed = hasHeaders || trustedHeader !== undefined;
  return tell('origin.open', {
    verdict: isRed ? 'red' : 'yellow',
    seen: trustedHeader === undefined ? seen : `${seen} ${describeTrust(trustedHeader)}`,
    fix: hasHeaders
      ? "Make the origin's guard refuse requests without these headers: close every other way to Grafana (a second host name, the address itself, http)."
      : 'Put a guard in front of Grafana that wants a secret (Cloudflare Access with a service token on a tunnel, or a header that the proxy checks), and set it in ORIGIN_HEADERS.',
  });
}

function describeTrust(header: string): string {
  return `With auth.proxy, whoever reaches Grafana is the user that they name in ${header}, administrators included.`;
}

/** @param reply of `/api/org`, asked without credentials */
export function judgeAnonymous(reply: Reply, isPassing: boolean): Finding {
  const status = reply.ok ? reply.value.status : undefined;
  if (status === 401 || status === 403)
    return tell('origin.anonymous', {
      verdict: 'green',
      seen: `Without credentials Grafana answers ${status}.`,
    });
  if (status !== 200)
    return tell('origin.anonymous', {
      verdict: 'skipped',
      seen: `Grafana did not say (${status === undefined ? 'no answer' : `it answered ${status}`}).`,
    });
  return tell('origin.anonymous', {
    verdict: isPassing ? 'red' : 'yellow',
    seen: isPassing
      ? '[auth.anonymous] is on and VISITORS=pass: whoever comes sees what it shows, without any link.'
      : '[auth.anonymous] is on. Nobody comes through without a session; but whose token or assertion Grafana does not take is served as anonymous, and no error tells it.',
    fix: 'Set [auth.anonymous] enabled = false in Grafana: share links need none.',
  });
}
