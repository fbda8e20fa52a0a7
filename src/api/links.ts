import * as z from 'zod';
import { Instant, KeyName, OrgId } from './common.ts';

/** `POST /links`: for the admin token, or a mint token of this very key. */
export const NewLink = z
  .strictObject({
    orgId: OrgId,
    name: KeyName,
    to: z
      .string()
      .max(4_096)
      .meta({ description: 'Path of a dashboard, with its query', example: '/d/TZWea0001/sales?orgId=1' }),
    expireSeconds: z.int().min(1).max(31_536_000).optional().meta({ description: 'Length of the session' }),
  })
  .meta({ id: 'NewLink' });

export const LinkAnswer = z
  .object({
    url: z.string(),
    linkId: z.string(),
    signedAt: Instant,
    openUntil: Instant,
  })
  .meta({ id: 'Link', description: 'A version 2 share link' });

export type NewLinkJson = z.output<typeof NewLink>;
