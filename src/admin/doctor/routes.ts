import { DoctorAnswer, DoctorOrder } from '../../api/doctor.ts';
import type { AdminApi } from '../api.ts';
import { adminRoute, body, outcome } from '../route.ts';
import { examineGroup } from './doctor.ts';

const DOCTOR = adminRoute({
  method: 'post',
  path: '/-/api/v1/doctor',
  tags: ['doctor'],
  summary: 'Look at one group of what makes the gateway work',
  description:
    'Takes less than 20 seconds. What it writes to storage, to see whether that works, it takes out again; the origin and the regions of OnCall get questions that change nothing.',
  request: { body: body(DoctorOrder) },
  responses: { 200: outcome('What was found', DoctorAnswer) },
});

export function addDoctorRoutes(api: AdminApi): void {
  api.openapi(DOCTOR, async (c) => c.json(await examineGroup(c.req.valid('json'), c.env.visit), 200));
}
