import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import type * as z from 'zod';
import { ProblemDocument } from '../api/common.ts';

/** One answer of a route, in words and as a schema. */
interface Outcome<Schema extends z.ZodType> {
  readonly description: string;
  readonly content: { readonly 'application/json': { readonly schema: Schema } };
}

/** An answer that is a document. */
export function outcome<Schema extends z.ZodType>(description: string, schema: Schema): Outcome<Schema> {
  return { description, content: { 'application/json': { schema } } };
}

/** A body that has to be there. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemDocument } },
});

/** What every route may answer beside its own outcomes. */
const REFUSALS = {
  400: problem('The request is not in its form (`invalid_input`, `bad_request`)'),
  401: problem('No admin token, or a wrong one (`admin_token_required`)'),
  403: problem('The link would be refused (`path_not_shared`)'),
  404: problem('There is no such thing (`not_found`)'),
  409: problem('It does not fit what is there (`conflict`)'),
  429: problem('Too many wrong tokens (`too_many_attempts`)'),
  503: problem('KV cannot be read or written; nothing was promised (`storage_unavailable`)'),
} as const;

/** A route of the admin API: its own outcomes, and the refusals that all routes share. */
export function adminRoute<P extends string, R extends Omit<RouteConfig, 'path'> & { path: P }>(route: R) {
  return createRoute({ ...route, responses: { ...route.responses, ...REFUSALS } });
}
