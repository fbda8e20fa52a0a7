import * as z from 'zod';
import { readJsonBody } from '../lib/bounded-body.ts';
import type { Secret } from '../lib/secret.ts';
import { askOrigin } from './ask.ts';
import type { OriginOptions } from './options.ts';

/** What Grafana says about a token of its own. */
export interface TokenFinding {
  readonly state: 'works' | 'refused' | 'unreachable';
  /** `None`, `Viewer`, `Editor` or `Admin`, where Grafana tells. */
  readonly role?: string | undefined;
  readonly orgId?: number | undefined;
  readonly orgName?: string | undefined;
}

/** Nobody waits longer for an answer about one token. */
const TIMEOUT_SECONDS = 10;
const ANSWER_BYTES_MAX = 1_048_576;

/** Grafana's `GET /api/org` (`pkg/api/org.go`). */
const ORG = z.object({ id: z.int(), name: z.string() });
/** Grafana's `GET /bootdata`, from 12 on (`pkg/api/index.go`). */
const BOOT_DATA = z.object({ user: z.object({ orgRole: z.string() }) });
/** Grafana's `GET /api/access-control/user/permissions`: actions with their scopes. */
const PERMISSIONS = z.record(z.string(), z.unknown());

/** Actions that a basic role has and the one below it has not (Grafana `pkg/services/accesscontrol`). */
const TELLING_ACTIONS: readonly (readonly [action: string, role: string])[] = [
  ['serviceaccounts:create', 'Admin'],
  ['org.users:add', 'Admin'],
  ['datasources:create', 'Admin'],
  ['dashboards:create', 'Editor'],
  ['dashboards:write', 'Editor'],
  ['folders:create', 'Editor'],
];

/** Asks the origin whether it takes a token, and for whose it takes it. */
export async function probeToken(token: Secret, origin: OriginOptions): Promise<TokenFinding> {
  const ask = (path: string) => askAs(token, path, origin);
  const org = await ask('/api/org');
  if (!org) return { state: 'unreachable' };
  const body = await readJsonBody(org, ANSWER_BYTES_MAX);
  // 403 is an answer to somebody: a role that may not read its organisation.
  if (org.status !== 200 && org.status !== 403)
    return { state: org.status === 401 ? 'refused' : 'unreachable' };
  const found = ORG.safeParse(body);
  const role = await findRole(ask);
  return found.success
    ? { state: 'works', role, orgId: found.data.id, orgName: found.data.name }
    : { state: org.status === 403 ? 'works' : 'unreachable', role };
}

async function findRole(ask: (path: string) => Promise<Response | undefined>): Promise<string | undefined> {
  const bootData = await ask('/bootdata');
  const boot = BOOT_DATA.safeParse(bootData && (await readJsonBody(bootData, ANSWER_BYTES_MAX)));
  if (boot.success && boot.data.user.orgRole !== '') return boot.data.user.orgRole;
  const answer = await ask('/api/access-control/user/permissions');
  if (answer?.status !== 200) return undefined;
  const permissions = PERMISSIONS.safeParse(await readJsonBody(answer, ANSWER_BYTES_MAX));
  if (!permissions.success) return undefined;
  const [, role = 'Viewer'] =
    TELLING_ACTIONS.find(([action]) => Object.hasOwn(permissions.data, action)) ?? [];
  return role;
}

async function askAs(token: Secret, path: string, origin: OriginOptions): Promise<Response | undefined> {
  const headers = new Headers({ Authorization: `Bearer ${token.reveal()}`, Accept: 'application/json' });
  const bounded = { ...origin, timeoutSeconds: Math.min(origin.timeoutSeconds, TIMEOUT_SECONDS) };
  const answered = await askOrigin({ method: 'GET', target: path, headers, body: null }, bounded);
  return answered.ok ? answered.value : undefined;
}
