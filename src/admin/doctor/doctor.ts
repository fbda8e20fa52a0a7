import type { DoctorGroup, DoctorJson, DoctorOrderJson } from '../../api/doctor.ts';
import type { Finding } from '../../api/findings.ts';
import type { Visit } from '../../corridor.ts';
import { examineEmbedding } from './embedding.ts';
import { examineGateway } from './gateway.ts';
import { examineKeys } from './keys.ts';
import { examineOncall } from './oncall.ts';
import { examineOrigin } from './origin.ts';
import { examineSignIn } from './sign-in.ts';
import { examineStorage } from './storage.ts';

type Examine = (order: DoctorOrderJson, visit: Visit) => Promise<DoctorJson>;

const GROUPS: Readonly<Record<DoctorGroup, Examine>> = {
  gateway: (_, visit) => whole(examineGateway(visit)),
  storage: (_, visit) => whole(examineStorage(visit)),
  origin: (_, visit) => whole(examineOrigin(visit)),
  keys: ({ cursor }, visit) => examineKeys(cursor, visit),
  embedding: ({ portal }, visit) => whole(examineEmbedding(portal, visit)),
  'sign-in': (_, visit) => whole(examineSignIn(visit)),
  oncall: (_, visit) => whole(examineOncall(visit)),
};

/** Looks at one group of what makes the gateway work. Nothing is changed that is not put back. */
export function examineGroup(order: DoctorOrderJson, visit: Visit): Promise<DoctorJson> {
  return GROUPS[order.group](order, visit);
}

async function whole(findings: Promise<readonly Finding[]>): Promise<DoctorJson> {
  return { findings: [...(await findings)], cursor: null };
}
