import * as z from 'zod';
import { KeyName, NamedOrgId } from '../api/common.ts';
import { CountList, EventList } from '../api/events.ts';
import type { AdminApi } from './api.ts';
import { listCounts, listEvents } from './events.ts';
import { adminRoute, outcome } from './route.ts';

const tags = ['events'];

const EVENTS = adminRoute({
  method: 'get',
  path: '/-/api/v1/events',
  tags,
  summary: 'The latest decisions of this gateway',
  description: 'Of one key (orgId and name), or of all. Each ledger keeps its latest 500.',
  request: {
    query: z.object({
      orgId: NamedOrgId.optional(),
      name: KeyName.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(4_096).optional(),
    }),
  },
  responses: { 200: outcome('Newest first', EventList) },
});

const COUNTS = adminRoute({
  method: 'get',
  path: '/-/api/v1/counts',
  tags,
  summary: 'What was opened, served and refused under a key',
  request: {
    query: z.object({
      orgId: NamedOrgId,
      name: KeyName,
      since: z.iso.datetime({ offset: true, error: 'is not an instant' }).optional(),
    }),
  },
  responses: { 200: outcome('By hour, dashboard and link', CountList) },
});

export function addEventRoutes(api: AdminApi): void {
  api.openapi(EVENTS, async (c) => c.json(await listEvents(c.req.valid('query'), c.env.visit), 200));
  api.openapi(COUNTS, async (c) => c.json(await listCounts(c.req.valid('query'), c.env.visit), 200));
}
