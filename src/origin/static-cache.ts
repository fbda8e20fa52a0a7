import type { Visit } from '../corridor.ts';
import { answerHeaderRefusal } from '../headers/answer.ts';
import { forward } from './forward.ts';

/** Statuses and names that may be kept: a whole file that says it may be shared. */
const KEPT_TYPES =
  /^(?:text\/(?:css|javascript|plain)|application\/(?:javascript|json|wasm)|font\/|image\/)/i;
const SHARED_SECONDS = 3600;

/**
 * A static file of the origin, from the edge's cache where it is there. Files are asked for without any of the
 * client's headers, so that nothing a client sends can change what others get, and kept by their canonical
 * address alone: GET, 200, a static type, no `Set-Cookie`, and not where the origin forbids it.
 */
export async function serveStaticFile(request: Request, visit: Visit): Promise<Response> {
  const inbound = visit.house.inbound.prepare(request.headers, false);
  if (!inbound.ok) return visit.refuse(answerHeaderRefusal(inbound.reason));
  if (request.method !== 'GET' || request.headers.has('Range'))
    return forward(request, { kind: 'nobody' }, visit);
  const cache = await caches.open('postern-static');
  const key = keyOf(visit);
  const kept = await cache.match(key);
  if (kept) return kept;
  const plain = new Request(request.url, { headers: { Accept: '*/*' } });
  const answer = await forward(plain, { kind: 'nobody' }, visit);
  if (isKept(answer)) visit.waitUntil(cache.put(key, toShared(answer.clone())));
  return answer;
}

/** One address for one file of one origin, whatever host of the gateway it was asked at. */
function keyOf({ url, house }: Visit): string {
  const { base, prefix } = house.config.origin;
  return `${base}${prefix}${url.path}${url.query === '' ? '' : `?${url.query}`}`;
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
