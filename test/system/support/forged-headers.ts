/** A name by which a client tries to claim something, and the header that some software would take it for. */
export interface ForgedHeader {
  readonly sent: string;
  readonly claimed: string;
}

/** The configured header of Grafana's auth proxy, beside those that the gateway knows by itself. */
export const CONFIGURED_CLAIM = 'X-Corp-Login';

/** What may stand where a claimed name has its hyphens. Each is a character that HTTP allows in a name. */
const JOINTS = [
  '-',
  '_',
  '.',
  '~',
  '`',
  '+',
  '%',
  '&',
  '!',
  '#',
  '$',
  "'",
  '*',
  '^',
  '|',
  '__',
  '--',
  '_-',
  '._',
];
/** What may stand around it. */
const ENDS: readonly (readonly [before: string, after: string])[] = [
  ['_', ''],
  ['', '_'],
  ['-', ''],
  ['', '-'],
  ['__', '__'],
  ['.', '.'],
  ['~', '`'],
];

/** Headers of identities, organisations, addresses and URLs that only a proxy may state. */
const CLAIMED = [
  'X-WEBAUTH-ROLE',
  'X-WEBAUTH-GROUPS',
  'X-WEBAUTH-EMAIL',
  'X-JWT-Assertion',
  'X-Grafana-Id',
  'X-Grafana-Org-Id',
  'X-Grafana-Device-Id',
  'X-Access-Token',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-For',
  'X-Forwarded-Prefix',
  'X-Auth-Request-User',
  'X-Remote-User',
  'X-Real-IP',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'Cf-Access-Jwt-Assertion',
  'Cf-Connecting-IP',
  'Proxy-Authorization',
  'Remote-User',
  'True-Client-IP',
  CONFIGURED_CLAIM,
];

/**
 * One claimed name in every spelling there is, every other in those that software is known to confuse. A name that
 * begins with `Host` or the like belongs to the connection and is left to the tests of raw requests.
 */
export const FORGED_HEADERS: readonly ForgedHeader[] = [
  ...spell('X-WEBAUTH-USER', JOINTS),
  ...ENDS.flatMap(([before, after]) => [
    { sent: `${before}X-WEBAUTH-USER${after}`, claimed: 'X-WEBAUTH-USER' },
    { sent: `${before}X_WEBAUTH_USER${after}`, claimed: 'X-WEBAUTH-USER' },
  ]),
  ...['x-webauth-user', 'x_webauth_user', 'X-WebAuth-User', 'X-WEBAUTH_USER', 'x_webauth-USER'].map(
    (sent) => ({
      sent,
      claimed: 'X-WEBAUTH-USER',
    }),
  ),
  ...CLAIMED.flatMap((claimed) => [
    ...spell(claimed, ['-', '_', '.', '__']),
    { sent: claimed.toLowerCase(), claimed },
    // The first joint in one form, the others in the other.
    { sent: claimed.replace('-', '_'), claimed },
    { sent: `_${claimed.replaceAll('-', '_').toUpperCase()}`, claimed },
  ]),
];

function spell(claimed: string, joints: readonly string[]): ForgedHeader[] {
  return joints.map((joint) => ({ sent: claimed.replaceAll('-', () => joint), claimed }));
}

/** Every way in which software is known to fold names: character by character, or by runs, or with ends cut off. */
export function foldsOf(name: string): ReadonlySet<string> {
  const lower = name.toLowerCase();
  const each = lower.replace(/[^a-z0-9]/g, '-');
  const runs = lower.replace(/[^a-z0-9]+/g, '-');
  return new Set([each, runs, each.replace(/^-+|-+$/g, ''), runs.replace(/^-|-$/g, '')]);
}
