import type { Visit } from '../corridor.ts';
import { createAdminApi } from './api.ts';
import { authenticate } from './auth.ts';
import { noSuchPage } from './public-pages.ts';

const DOCUMENT = '/-/api/openapi.json';

let api: ReturnType<typeof createAdminApi> | undefined;

/**
 * The door of the admin API. Without `ADMIN_TOKEN`, and on any other host than `ADMIN_HOST`, it answers as every
 * address does that is not there.
 */
export async function adminDoor(request: Request, visit: Visit): Promise<Response> {
  const { token, host } = visit.house.config.admin;
  if (!token || (host !== undefined && visit.url.host !== host)) return noSuchPage(request, visit);
  // Made when it is first needed: visitors' isolates do without.
  api ??= createAdminApi();
  if (visit.url.path === DOCUMENT && request.method === 'GET') return api.describe(visit.gateway);
  const caller = await authenticate(request, token, visit);
  return caller instanceof Response ? caller : api.answer(request, { visit, caller });
}
