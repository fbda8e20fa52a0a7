import * as z from 'zod';
import { Cursor, Instant } from './common.ts';

/** One event, as the log has it. */
export const EventDocument = z
  .looseObject({
    time: Instant,
    event: z.string(),
    outcome: z.enum(['done', 'refused', 'failed', 'noted']),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Event', description: 'One event; docs/events.md lists them with their facts' });

/** `GET /events` */
export const EventList = z
  .object({
    events: z.array(EventDocument),
    cursor: Cursor,
    missing: z.array(z.string()).meta({ description: 'Ledgers that could not be asked' }),
  })
  .meta({ id: 'EventList' });

/** `GET /counts`: of one key, by hour, dashboard and link. */
export const CountList = z
  .object({
    counts: z.array(
      z.object({
        hour: Instant,
        dashboard: z.string(),
        linkId: z
          .string()
          .meta({ description: 'Empty where there is none; * for links without a row of their own' }),
        what: z.enum(['opened', 'served', 'refused']),
        count: z.int(),
      }),
    ),
  })
  .meta({ id: 'CountList' });
