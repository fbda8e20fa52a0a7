import { ExplainAnswer, ExplainOrder, ReleaseAnswer, ReleaseOrder } from '../api/sso.ts';
import type { AdminApi } from './api.ts';
import { adminRoute, body, outcome } from './route.ts';
import { explain, release } from './sso.ts';

const tags = ['sso'];

const EXPLAIN = adminRoute({
  method: 'post',
  path: '/-/api/v1/sso/explain',
  tags,
  summary: 'Whether somebody would be let in by sign-in, and as whom',
  description:
    'A dry run on what was pasted: nothing is verified, fetched, stored or logged, and nobody is signed in.',
  request: { body: body(ExplainOrder) },
  responses: { 200: outcome('Every step, and the decision', ExplainAnswer) },
});

const RELEASE = adminRoute({
  method: 'post',
  path: '/-/api/v1/sso/release',
  tags,
  summary: 'Let a login or an e-mail address go that a user of the provider holds',
  description: 'Whoever signs in with it next holds it, and gets the account that Grafana has under it.',
  request: { body: body(ReleaseOrder) },
  responses: { 200: outcome('Nobody holds it', ReleaseAnswer) },
});

export function addSsoRoutes(api: AdminApi): void {
  api.openapi(EXPLAIN, async (c) => c.json(await explain(c.req.valid('json'), c.env.visit), 200));
  api.openapi(RELEASE, async (c) => c.json(await release(c.req.valid('json').name, c.env.visit), 200));
}
