import type { Visit } from '../corridor.ts';
import { isCrossSite } from '../headers/cross-site.ts';
import { summarisePath } from '../observe/summary.ts';

/** What a browser adds by itself: cookies, and a name and password that it has remembered. */
function actsForBrowser(headers: Headers): boolean {
  return (
    headers.has('Cookie') || /^(?:basic|digest|negotiate|ntlm)\s/i.test(headers.get('Authorization') ?? '')
  );
}

/**
 * A refusal for a request that would act with what this browser remembers and comes from another site; undefined
 * for any other. A program that brings a token of its own acts with nobody's session but its own.
 *
 * @param own origins whose pages may act
 */
export function refuseFromElsewhere(
  { method, headers }: Request,
  visit: Visit,
  own: readonly string[] = visit.ownOrigins,
): Response | undefined {
  if (!actsForBrowser(headers)) return undefined;
  if (!isCrossSite({ method, headers, isUpgrade: headers.has('Upgrade'), own })) return undefined;
  visit.observe('request.cross_site.refused', { path: summarisePath(visit.url.path) });
  return visit.refuse({ code: 'cross_site_refused' });
}
