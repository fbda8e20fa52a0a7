import * as z from 'zod';
import { BindingAnswer, NewBinding, WhichAnswer, WhichOrder } from '../api/oncall.ts';
import { type Clue, isClue } from '../oncall/clue.ts';
import type { AdminApi } from './api.ts';
import { bind, findWhich, forget } from './oncall.ts';
import { adminRoute, body, outcome } from './route.ts';

const tags = ['oncall'];
const params = z.object({
  clue: z
    .string()
    .refine((text) => isClue(text), { error: 'is not token:<SHA-256>, stack:<host> or stack:<number>' })
    .transform((text) => text as Clue),
});

const WHICH = adminRoute({
  method: 'post',
  path: '/-/api/v1/oncall/which',
  tags,
  summary: 'Which region an OnCall token belongs to',
  description:
    'Found as for a call: it may ask the stack, or probe the regions, and what is found is learnt.',
  request: { body: body(WhichOrder) },
  responses: { 200: outcome('What was found, or what a call would be answered', WhichAnswer) },
});

const BIND = adminRoute({
  method: 'post',
  path: '/-/api/v1/oncall/bindings',
  tags,
  summary: 'Bind a token or a stack to a region',
  description: 'A token is stored as a keyed hash. The same order twice leaves the same binding.',
  request: { body: body(NewBinding) },
  responses: { 200: outcome('It is stored', BindingAnswer) },
});

const FORGET = adminRoute({
  method: 'delete',
  path: '/-/api/v1/oncall/bindings/{clue}',
  tags,
  summary: 'Forget what was bound or learnt',
  request: { params },
  responses: { 200: outcome('What was forgotten', BindingAnswer) },
});

export function addOncallRoutes(api: AdminApi): void {
  api.openapi(WHICH, async (c) => c.json(await findWhich(c.req.valid('json'), c.env.visit), 200));
  api.openapi(BIND, async (c) => c.json(await bind(c.req.valid('json'), c.env.visit), 200));
  api.openapi(FORGET, async (c) => c.json(await forget(c.req.valid('param').clue, c.env.visit), 200));
}
