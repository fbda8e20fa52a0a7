import { LinkAnswer, NewLink } from '../api/links.ts';
import type { AdminApi } from './api.ts';
import { makeLink } from './links.ts';
import { adminRoute, body, outcome } from './route.ts';

const MAKE = adminRoute({
  method: 'post',
  path: '/-/api/v1/links',
  tags: ['links'],
  summary: 'Make a share link',
  description:
    'For a portal that does not want to sign by itself. A mint token of the key opens this route and no other.',
  request: { body: body(NewLink) },
  responses: { 201: outcome('The link', LinkAnswer) },
});

export function addLinkRoutes(api: AdminApi): void {
  api.openapi(MAKE, async (c) => {
    return c.json(await makeLink(c.req.valid('json'), c.env.caller, c.env.visit), 201);
  });
}
