import type { Tell } from '../observe/events.ts';
import { findRefererOrigin } from './referer.ts';

/** Destinations of a navigation inside another page (Fetch Metadata). */
export const FRAME_DESTINATIONS: ReadonlySet<string> = new Set(['iframe', 'frame', 'embed', 'object']);

const SOURCE = /^(https?):\/\/([^:/]+|\[[^\]]+\])(?::(\d+|\*))?$/i;

/**
 * The origin of the page that frames a request without being allowed to; undefined where nobody frames it, or
 * somebody who may. The browser refuses such a page by itself: this only lets the operator know.
 *
 * @param sources CSP sources of the pages that may embed
 * @param own origin of the gateway, for `'self'`
 */
export function findRefusedAncestor(
  headers: Headers,
  sources: readonly string[],
  own: string,
): string | undefined {
  const destination = headers.get('Sec-Fetch-Dest');
  if (destination === null || !FRAME_DESTINATIONS.has(destination)) return undefined;
  const page = findRefererOrigin(headers);
  if (page === undefined || page === own) return undefined;
  return sources.some((source) => matchesSource(page, source)) ? undefined : page;
}

/** Tells the operator of a page that embeds without being allowed to. */
export function observeAncestor(
  headers: Headers,
  sources: readonly string[],
  visit: { readonly ownOrigin: string; readonly observe: Tell },
  key?: { readonly name: string; readonly orgId: number },
): void {
  const page = findRefusedAncestor(headers, sources, visit.ownOrigin);
  if (page !== undefined)
    visit.observe('embed.ancestor_refused', { page, key: key?.name, orgId: key?.orgId });
}

/** Whether an origin matches a source of CSP (CSP Level 3 §6.7.2): scheme, host, port; http allows https. */
function matchesSource(origin: string, source: string): boolean {
  if (source === '*') return true;
  const [, scheme = '', host = '', port] = SOURCE.exec(source) ?? [];
  const page = new URL(origin);
  const pageScheme = page.protocol.slice(0, -1);
  if (pageScheme !== scheme.toLowerCase() && !(scheme.toLowerCase() === 'http' && pageScheme === 'https'))
    return false;
  if (!matchesHost(page.hostname, host.toLowerCase())) return false;
  return (
    port === '*' ||
    (port ?? '') === page.port ||
    (page.port === '' && Number(port) === defaultPort(pageScheme))
  );
}

function matchesHost(name: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}
