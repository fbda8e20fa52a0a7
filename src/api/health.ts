import * as z from 'zod';
import { Instant } from './common.ts';
import { FindingDocument } from './findings.ts';

/** `off`: nobody signs in here. `unknown`: nobody has looked lately. */
export const HEALTH_STATUSES = ['green', 'yellow', 'red', 'off', 'unknown'] as const;

export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** `GET /-/health/sso`; what was found is for the admin token. */
export const HealthDocument = z
  .object({
    status: z.enum(HEALTH_STATUSES),
    checkedAt: Instant.nullable(),
    findings: z.array(FindingDocument).optional(),
  })
  .meta({ id: 'SignInHealth', description: 'How sign-in is' });

export type HealthJson = z.output<typeof HealthDocument>;
