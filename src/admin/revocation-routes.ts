import * as z from 'zod';
import {
  NewRevocation,
  RevocationAnswer,
  RevocationDocument,
  RevocationList,
  SeenAnswer,
} from '../api/revocations.ts';
import type { AdminApi } from './api.ts';
import { lift, listRevocations, lookAt, revoke, see } from './revocations.ts';
import { adminRoute, body, outcome } from './route.ts';

const tags = ['revocations'];
const params = z.object({
  id: z.string().regex(/^[a-z-]+:[A-Za-z0-9_:*-]{1,100}$/, { error: 'is not the id of a revocation' }),
});

const LIST = adminRoute({
  method: 'get',
  path: '/-/api/v1/revocations',
  tags,
  summary: 'List revocations',
  request: {
    query: z.object({
      kind: RevocationDocument.shape.kind.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
      cursor: z.string().max(2_048).optional(),
    }),
  },
  responses: { 200: outcome('One page, in the order of ids', RevocationList) },
});

const REVOKE = adminRoute({
  method: 'post',
  path: '/-/api/v1/revocations',
  tags,
  summary: 'Revoke',
  description:
    'Once this is answered, the revocation is stored. The same order twice leaves the same revocation.',
  request: { body: body(NewRevocation) },
  responses: { 200: outcome('It is stored', RevocationAnswer) },
});

const SHOW = adminRoute({
  method: 'get',
  path: '/-/api/v1/revocations/{id}',
  tags,
  summary: 'Look at a revocation',
  request: { params },
  responses: { 200: outcome('The revocation', RevocationAnswer) },
});

const LIFT = adminRoute({
  method: 'delete',
  path: '/-/api/v1/revocations/{id}',
  tags,
  summary: 'Lift a revocation',
  request: { params },
  responses: { 200: outcome('The revocation that was lifted', RevocationAnswer) },
});

const SEEN = adminRoute({
  method: 'get',
  path: '/-/api/v1/revocations/{id}/seen',
  tags,
  summary: 'Whether this place of Cloudflare has seen a revocation',
  request: { params },
  responses: { 200: outcome('Read the way that visitors are judged', SeenAnswer) },
});

export function addRevocationRoutes(api: AdminApi): void {
  api.openapi(LIST, async (c) => c.json(await listRevocations(c.req.valid('query'), c.env.visit), 200));
  api.openapi(REVOKE, async (c) => c.json(await revoke(c.req.valid('json'), c.env.visit), 200));
  api.openapi(SHOW, async (c) => c.json(await lookAt(c.req.valid('param').id, c.env.visit), 200));
  api.openapi(LIFT, async (c) => c.json(await lift(c.req.valid('param').id, c.env.visit), 200));
  api.openapi(SEEN, async (c) => c.json(await see(c.req.valid('param').id, c.env.visit), 200));
}
