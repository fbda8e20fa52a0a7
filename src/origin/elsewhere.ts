import type { Visit } from '../corridor.ts';
import { isCrossSite } from '../headers/cross-site.ts';

/**
 * A refusal for a request that would act with a cookie of this browser and comes from another site; undefined
 * for any other. A program without cookies acts with nobody's session but its own.
 */
export function refuseFromElsewhere({ method, headers }: Request, visit: Visit): Response | undefined {
  if (!headers.has('Cookie')) return undefined;
  if (!isCrossSite({ method, headers, isUpgrade: headers.has('Upgrade'), own: visit.ownOrigins }))
    return undefined;
  visit.observe('request.cross_site.refused', { path: visit.url.path });
  return visit.refuse({ code: 'cross_site_refused' });
}
