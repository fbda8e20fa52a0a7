/** A stack that a request names and that may be asked. */
export interface Stack {
  /** Host name, with a port in development only. */
  readonly host: string;
  /** Scheme and host. */
  readonly address: string;
}

/** No longer than a name of DNS may be, with its scheme. */
const ADDRESS_LENGTH_MAX = 262;
const PUBLIC_ADDRESS = /^https:\/\/((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)\/?$/;
/** Development and tests: only where the operator lists this very host and port. */
const LOOPBACK_ADDRESS = /^http:\/\/((?:localhost|127\.0\.0\.1):\d{1,5})\/?$/;

const WILDCARD_HOST = /^\*\.(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/;
const PLAIN_HOST = /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/;
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1):\d{1,5}$/;

/** Whether a text may stand in `ONCALL_STACK_HOSTS`. */
export function isStackHostPattern(text: string): boolean {
  return WILDCARD_HOST.test(text) || PLAIN_HOST.test(text) || LOOPBACK_HOST.test(text);
}

/**
 * The address of a stack, checked as text, since what would be asked follows from the client's word:
 *
 * - https
 * - a host that the operator allows, on a label boundary
 * - no port
 * - no credentials, path (but `/`), query or fragment
 *
 * @param hosts as in `ONCALL_STACK_HOSTS`; undefined takes any, for what the operator names themselves
 */
export function parseStack(text: string, hosts: readonly string[] | undefined): Stack | undefined {
  if (text.length > ADDRESS_LENGTH_MAX) return undefined;
  const address = text.toLowerCase();
  const [, name] = PUBLIC_ADDRESS.exec(address) ?? [];
  const [, loopback] = LOOPBACK_ADDRESS.exec(address) ?? [];
  const host = name ?? loopback;
  if (host === undefined || (hosts && !hosts.some((pattern) => matchesHost(host, pattern)))) return undefined;
  return { host, address: address.replace(/\/$/, '') };
}

/** Whether a host is one that Grafana Labs alone gives away. */
export function isOfCloud({ host }: Stack): boolean {
  return matchesHost(host, '*.grafana.net');
}

function matchesHost(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
