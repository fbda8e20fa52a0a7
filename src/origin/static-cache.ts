import type { Visit } from '../corridor.ts';
import { formatTarget } from '../lib/request-url.ts';
import { addressAtOrigin, askOrigin } from './ask.ts';
import { dress, forward, handBack, refuseFailure } from './forward.ts';

/** Types of files that may be kept. */
const KEPT_TYPES =
  /^(?:text\/(?:css|javascript|plain)|application\/(?:javascript|json|wasm)|font\/|image\/)/i;
const SHARED_SECONDS = 3600;

/**
 * A static file of the origin, from the edge's cache where it is there. Files are asked for without any of the
 * client's headers, so that nothing a client sends can change what others get, and kept by their canonical
 * address alone: GET, 200, a static type, no `Set-Cookie`, and not where the origin forbids it.
 */
export async function serveStaticFile(request: Request, visit: Visit): Promise<Response> {
  const nobody = { kind: 'nobody' } as const;
  const { origin } = visit.house.config;
  if (isUncommon(request) || visit.url.host === origin.host) return forward(request, nobody, visit);
  const dressed = dress(request, nobody, visit);
  if (dressed instanceof Response) return dressed;
  const cache = await caches.open('postern-static');
  const target = formatTarget(visit.url);
  const asked = addressAtOrigin(target, origin);
  const kept = await cache.match(asked);
  if (kept) return kept;
  const headers = new Headers({ Accept: '*/*' });
  const answered = await askOrigin({ method: 'GET', target, headers, body: null }, origin);
  if (!answered.ok) return refuseFailure(answered.reason, visit);
  const mayKeep = isKept(answered.value);
  const answer = handBack(answered.value, { request, asked, identity: nobody, visit });
  if (mayKeep) visit.waitUntil(cache.put(asked, toShared(answer.clone())));
  return answer;
}

/** Parts of files, heads and upgrades are not the cache's business. */
function isUncommon({ method, headers }: Request): boolean {
  return method !== 'GET' || headers.has('Range') || headers.has('Upgrade');
}

function isKept({ status, headers }: Response): boolean {
  if (status !== 200 || headers.has('Set-Cookie')) return false;
  if (!/^(?:accept-encoding)?$/i.test(headers.get('Vary') ?? '')) return false;
  return (
    KEPT_TYPES.test(headers.get('Content-Type') ?? '') &&
    !/no-store|private|no-cache/i.test(headers.get('Cache-Control') ?? '')
  );
}

/** What says nothing of its life is kept for an hour: Grafana's build files carry a hash in their names. */
function toShared(answer: Response): Response {
  if (/max-age|s-maxage/i.test(answer.headers.get('Cache-Control') ?? '')) return answer;
  const headers = new Headers(answer.headers);
  headers.set('Cache-Control', `public, max-age=${SHARED_SECONDS}`);
  return new Response(answer.body, { status: answer.status, headers });
}
