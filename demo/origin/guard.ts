import type { IncomingMessage } from 'node:http';
import { type Answer, redirect, refusal } from './answers.ts';
import type { Tenant } from './tenants.ts';

/** A key that the origin knows, and whose data it opens. */
export interface OriginKey {
  readonly token: string;
  readonly tenant: Tenant;
}

/** Who asks, or why nobody may. */
export type Admission =
  | { readonly admitted: true; readonly tenant: Tenant }
  | { readonly admitted: false; readonly reason: Refusal };
type Refusal = 'unauthorized' | 'key-invalid' | 'organisation-mismatch';

const ADMISSION_REFUSALS: Readonly<Record<Refusal, { messageId: string; message: string }>> = {
  unauthorized: { messageId: 'auth.unauthorized', message: 'Unauthorized' },
  'key-invalid': { messageId: 'api-key.invalid', message: 'Invalid API key' },
  'organisation-mismatch': {
    messageId: 'api-key.organization-mismatch',
    message: 'API key does not belong to the requested organization',
  },
};

/**
 * Judges a request as Grafana judges a service account token: it comes in `Authorization: Bearer` and nowhere
 * else, and an organisation that the request names has to be the token's own.
 */
export function admit(request: IncomingMessage, url: URL, keys: readonly OriginKey[]): Admission {
  const token = bearerToken(request);
  if (token === undefined) return { admitted: false, reason: 'unauthorized' };
  const key = keys.find((candidate) => candidate.token === token);
  if (!key) return { admitted: false, reason: 'key-invalid' };
  const named = namedOrganisation(request, url);
  if (named !== undefined && named !== String(key.tenant.orgId)) {
    return { admitted: false, reason: 'organisation-mismatch' };
  }
  return { admitted: true, tenant: key.tenant };
}

/** The API answers 401 in JSON; a page leads to the sign-in form. */
export function refuseAdmission(reason: Refusal, url: URL): Answer {
  if (!url.pathname.startsWith('/api/')) return redirect(loginAddress(url));
  const { messageId, message } = ADMISSION_REFUSALS[reason];
  return refusal(401, messageId, message);
}

function loginAddress(url: URL): string {
  return `/login?redirectTo=${encodeURIComponent(url.pathname + url.search)}`;
}

function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
}

/** The header counts before the query parameter, as in Grafana. */
function namedOrganisation(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers['x-grafana-org-id'];
  return (typeof header === 'string' ? header : undefined) ?? url.searchParams.get('orgId') ?? undefined;
}
