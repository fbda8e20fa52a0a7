import type { Visit } from '../corridor.ts';
import { findCode } from '../refusal/codes.ts';

/** `GET /-/health`: the Worker runs and its configuration holds. It asks nobody else. */
export function health(): Response {
  return Response.json({ status: 'ok' }, { headers: { 'Cache-Control': 'no-store' } });
}

/** What a gateway of private dashboards tells search engines. */
export function robots(): Response {
  return answerText('User-agent: *\nDisallow: /\n');
}

/** `GET /-/problems/<code>`: what the `type` of a problem document points to (RFC 9457 §3.1.1). */
export function problemPage(request: Request, visit: Visit): Response {
  const entry = findCode(visit.url.path.slice('/-/problems/'.length));
  if (!entry) return noSuchPage(request, visit);
  return answerText(`${entry.title.en} (${entry.status})\n\n${entry.detail.en}\n${entry.next.en}\n`);
}

/** Addresses below `/-/` are Postern's own, so none of them goes to the origin. */
export function noSuchPage(_request: Request, visit: Visit): Response {
  return visit.refuse({ code: 'not_found' });
}

function answerText(text: string): Response {
  return new Response(text, {
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'public, max-age=3600' },
  });
}
