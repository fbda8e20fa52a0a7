import type { WarningDocument } from '../api/common.ts';
import { ALL } from '../session/scope.ts';
import type { KeyRecord } from '../share/key-record.ts';
import { pickWarnings } from './warning-rows.ts';

/** Grafana's own list of keys ends there, so nobody sees the ones behind it. */
const KEYS_PER_ORG_MAX = 100;

const WHO_HOLDS_A_LINK =
  'Whoever holds a link of this key can make every query that its account may make, also of data that no shared dashboard shows.';

/** Roles that can do no more than a viewer. */
const VIEWER_ROLES: readonly string[] = ['Viewer', 'None'];

/** What is worth a word when a key is registered or changed. */
export function findKeyWarnings({
  dashboards,
  maxSessionSeconds,
  origin,
  orgId,
}: Pick<KeyRecord, 'dashboards' | 'maxSessionSeconds' | 'origin' | 'orgId'>): WarningDocument[] {
  return pickWarnings([
    [
      origin?.state === 'refused',
      'refused-by-origin',
      'The origin refuses this token: it was deleted, has expired, or is of another Grafana.',
    ],
    [
      origin?.state === 'unreachable',
      'origin-unreachable',
      'The origin could not be asked about this token. Ask again later: postern key check.',
    ],
    [
      origin?.role !== undefined && !VIEWER_ROLES.includes(origin.role),
      'role-above-viewer',
      `The token has the role ${origin?.role}. Make one of the role Viewer. ${WHO_HOLDS_A_LINK}`,
    ],
    [
      origin?.orgId !== undefined && origin.orgId !== orgId,
      'other-organisation',
      `The token is of organisation ${origin?.orgId}, and the key is registered for ${orgId}.`,
    ],
    [
      !dashboards,
      'no-dashboards',
      `No dashboards are listed: a link opens the one it points to, whichever that is. ${WHO_HOLDS_A_LINK}`,
    ],
    [
      dashboards?.includes(ALL) === true,
      'all-dashboards',
      `All dashboards of the organisation are open. ${WHO_HOLDS_A_LINK}`,
    ],
    [
      maxSessionSeconds === undefined,
      'no-longest-session',
      'No longest session is set: the length that a link asks for is not signed, and only the gateway caps it.',
    ],
  ]);
}

/** Organisations with more keys than Grafana's own list shows. */
export function findCrowdedOrgs(names: readonly { readonly orgId: number }[]): WarningDocument[] {
  const counts = new Map<number, number>();
  for (const { orgId } of names) counts.set(orgId, (counts.get(orgId) ?? 0) + 1);
  return [...counts].flatMap(([orgId, count]) =>
    count > KEYS_PER_ORG_MAX
      ? [
          {
            code: 'many-keys',
            message: `Organisation ${orgId} has ${count} keys. Grafana's own list ends at ${KEYS_PER_ORG_MAX}: what is behind it is easily forgotten.`,
          },
        ]
      : [],
  );
}
