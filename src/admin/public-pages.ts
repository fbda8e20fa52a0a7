import type { Context } from 'hono';
import type { CorridorEnv } from '../corridor.ts';
import { findCode } from '../refusal/codes.ts';

/** `GET /-/health`: the Worker runs and its configuration holds. It asks nobody else. */
export function health(c: Context<CorridorEnv>): Response {
  return c.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' });
}

/** What a gateway of private dashboards tells search engines. */
export function robots(c: Context<CorridorEnv>): Response {
  return c.text('User-agent: *\nDisallow: /\n', 200, { 'Cache-Control': 'public, max-age=3600' });
}

/** `GET /-/problems/<code>`: what the `type` of a problem document points to (RFC 9457 §3.1.1). */
export function problemPage(c: Context<CorridorEnv>): Response {
  const entry = findCode(c.req.param('code') ?? '');
  if (!entry) return c.var.visit.refuse({ code: 'not_found' });
  return c.text(`${entry.title.en} (${entry.status})\n\n${entry.detail.en}\n${entry.next.en}\n`);
}
