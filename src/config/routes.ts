import * as z from 'zod';
import { httpUrl, parseJson } from './forms.ts';

const HOST = /^(?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?$/i;

const ROUTE = z
  .strictObject({
    host: z
      .string()
      .regex(HOST, { error: 'is not a host name (chat.example.com, or *.example.com)' })
      .optional(),
    path: z
      .string()
      .regex(/^\/(?:[A-Za-z0-9._~-]+\/?)*$/, { error: 'is not a path of plain segments that begins with /' })
      .default('/'),
    origin: z.string({ error: 'is missing' }).pipe(httpUrl()),
    visitors: z.enum(['pass', 'deny'], { error: 'is neither pass nor deny' }).default('deny'),
  })
  .refine(({ host, path }) => host !== undefined || path !== '/', {
    error: 'names neither a host nor a path: that is what ORIGIN_URL is for',
  });

/** The further origins of `ROUTES`. Two routes for one host and path cannot be told apart. */
export const routes = z
  .string()
  .transform(parseJson)
  .pipe(z.array(ROUTE, { error: 'is not a JSON list' }))
  .refine(
    (list) =>
      new Set(list.map(({ host, path }) => `${host}${path.replace(/\/+$/, '')}`)).size === list.length,
    {
      error: 'has two routes for one host and path',
    },
  )
  .default([]);
