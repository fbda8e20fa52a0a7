import * as z from 'zod';
import type { Finding } from '../../api/findings.ts';
import type { UnderscoreMode } from '../../headers/options.ts';
import { parseJson } from '../../lib/json.ts';
import type { OriginOptions } from '../../origin/options.ts';
import type { Reply, Told } from './ask.ts';
import { tell } from './origin-answers.ts';

/** Directives of a policy by name (CSP Level 3 §2.2); of several policies, all. */
function listDirectives(headers: Headers): (readonly string[])[] {
  return (headers.get('Content-Security-Policy') ?? '')
    .split(/[;,]/)
    .map((directive) => directive.trim().toLowerCase().split(/\s+/));
}

/**
 * What of the origin's own say on framing is left behind the gateway.
 *
 * @param reply of `/`
 * @param publicHost under which visitors know the gateway
 */
export function judgeFraming(reply: Reply, publicHost: string): Finding {
  if (!reply.ok) return tell('origin.framing', { verdict: 'skipped', seen: 'No page came.' });
  const { headers } = reply.value;
  const directives = listDirectives(headers);
  if (directives.some(([name]) => name === 'sandbox'))
    return tell('origin.framing', {
      verdict: 'yellow',
      seen: "The origin's policy has sandbox, which the gateway passes on: pages may show nothing.",
      fix: 'Take sandbox out of the Content-Security-Policy that Grafana or the proxy in front of it sends.',
    });
  const sockets = findSocketHosts(directives);
  if (sockets.length > 0 && !sockets.includes(publicHost.toLowerCase()))
    return tell('origin.framing', {
      verdict: 'yellow',
      seen: `The origin's policy lets sockets go to ${sockets[0]}, not to ${publicHost}.`,
      fix: "Set Grafana's root_url to the gateway's address: its content_security_policy is made from it.",
    });
  const embedding = headers.get('X-Frame-Options');
  return tell('origin.framing', {
    verdict: 'green',
    seen:
      embedding === null
        ? 'Grafana sends no X-Frame-Options (allow_embedding). The gateway says who may embed; who reaches Grafana past it may, too.'
        : 'Grafana sends X-Frame-Options (allow_embedding is off). The gateway takes it away and says itself who may embed: leave it so.',
  });
}

/** Hosts of `ws:` and `wss:` sources, without their paths; only those that have the form of a host. */
function findSocketHosts(directives: readonly (readonly string[])[]): string[] {
  const [, ...sources] = directives.find(([name]) => name === 'connect-src') ?? [];
  return sources.flatMap((source) => {
    const [, host] = /^wss?:\/\/([a-z0-9.*:[\]_-]{1,253})(?:\/|$)/.exec(source) ?? [];
    return host === undefined ? [] : [host];
  });
}

/** @param reply of `/` */
export function judgeRedirect(reply: Reply, origin: OriginOptions): Finding {
  if (!reply.ok) return tell('origin.redirect', { verdict: 'skipped', seen: 'No page came.' });
  const target = findTarget(reply.value, origin);
  if (!target || target.host === origin.host)
    return tell('origin.redirect', {
      verdict: 'green',
      seen: target ? '/ leads to a page of the same host.' : `/ is answered ${reply.value.status}.`,
    });
  return tell('origin.redirect', {
    verdict: 'red',
    seen: `/ is redirected to ${target.host}.`,
    fix: "If that is Grafana's own public name, set enforce_domain = false. If it is a guard that people sign in to, give the gateway a way past it by ORIGIN_HEADERS.",
  });
}

function findTarget({ status, headers }: Told, origin: OriginOptions): URL | undefined {
  const location = headers.get('Location');
  const asked = `${origin.base}${origin.prefix}/`;
  if (status < 300 || status > 399 || location === null || !URL.canParse(location, asked)) return undefined;
  return new URL(location, asked);
}

/** Grafana's `GET /api/frontend/settings`: `appUrl` is `root_url`. */
const SETTINGS = z.object({ appUrl: z.string().refine((text) => URL.canParse(text)) });

/**
 * @param reply of `/api/frontend/settings`
 * @param gateway scheme, host and port under which visitors know the gateway
 */
export function judgeRootUrl(reply: Reply, gateway: string): Finding {
  const settings = SETTINGS.safeParse(reply.ok ? parseJson(reply.value.text) : undefined);
  if (!settings.success)
    return tell('origin.root-url', {
      verdict: 'skipped',
      seen: `Grafana did not tell its root_url (${reply.ok ? `it answered ${reply.value.status}` : 'no answer'}).`,
    });
  const { origin } = new URL(settings.data.appUrl);
  if (origin === gateway)
    return tell('origin.root-url', { verdict: 'green', seen: `root_url begins with ${gateway}.` });
  return tell('origin.root-url', {
    verdict: 'yellow',
    seen: `root_url begins with ${origin}, and visitors come to ${gateway}.`,
    fix: `Set [server] root_url = ${gateway}/ in Grafana.`,
  });
}

/** What decides how bad it is that no socket opens. */
interface LiveContext {
  readonly isNeeded: boolean;
  /** Whether it was asked with a key that should work. */
  readonly hasKey: boolean;
}

/** @param reply of a handshake at `/api/live/ws` (RFC 6455 §4) */
export function judgeLive(reply: Reply, { isNeeded, hasKey }: LiveContext): Finding {
  if (!reply.ok) return tell('origin.live', { verdict: 'skipped', seen: 'The handshake got no answer.' });
  const { status, milliseconds, isSocket } = reply.value;
  if (isSocket)
    return tell('origin.live', {
      verdict: 'green',
      seen: `A socket opened after ${milliseconds} ms.`,
      milliseconds,
    });
  if (status === 401)
    return tell('origin.live', {
      verdict: 'skipped',
      seen: hasKey
        ? 'Grafana refused the key of the handshake: see the checks of keys.'
        : 'There is no key that works to open a socket with.',
    });
  return tell('origin.live', {
    verdict: isNeeded ? 'red' : 'yellow',
    seen: `The handshake was answered ${status} in place of 101.`,
    fix:
      status === 403
        ? "Grafana, or a proxy in front of it, does not take the Origin. The gateway sends the origin's own address: let the proxy hand on Host as it came, or list the address of ORIGIN_URL in [live] allowed_origins."
        : 'Let the proxy in front of Grafana pass Upgrade and Connection on, and see that [live] max_connections is not 0.',
  });
}

/** Two values that are sent to the origin: one under a name with underscores, one under another without any. */
export interface Probe {
  readonly underscored: string;
  readonly hyphened: string;
}

/** @param reply of `/`, asked with both */
export function judgeUnderscores(reply: Reply, probe: Probe, mode: UnderscoreMode): Finding {
  const isEchoed = (value: string) => reply.ok && holds(reply.value, value);
  if (isEchoed(probe.underscored))
    return tell('origin.underscores', {
      verdict: 'green',
      seen: 'Headers with an underscore arrive at the origin as they are.',
    });
  if (!isEchoed(probe.hyphened))
    return tell('origin.underscores', {
      verdict: 'skipped',
      seen: 'The origin does not show what it got, as Grafana never does: nobody can see it from here.',
    });
  if (mode === 'keep')
    return tell('origin.underscores', {
      verdict: 'yellow',
      seen: 'UNDERSCORE_HEADERS=keep, and headers with an underscore are lost on the way to the origin.',
      fix: 'Set UNDERSCORE_HEADERS=hyphenate, or let the proxy in front pass them (nginx: underscores_in_headers on).',
    });
  return tell('origin.underscores', {
    verdict: 'green',
    seen: `Headers with an underscore are lost on the way; UNDERSCORE_HEADERS=${mode} sends none.`,
  });
}

function holds({ text, headers }: Told, value: string): boolean {
  return text.includes(value) || [...headers].some(([, field]) => field.includes(value));
}
