import { expect } from 'vitest';
import { Jar } from '../../jar.ts';
import { origin } from '../../origin.ts';
import { findSessions } from '../judge.ts';
import type { Stage } from './stage.ts';
import { presentedAfter, reasonOf, refusedFor, type Variants } from './variants.ts';

const ROLE_PATH = 'GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH';
const STRICT = { GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT: 'true' };
/** The least that somebody gets for whom nothing gives a role. */
const LEAST = { GF_USERS_AUTO_ASSIGN_ORG_ROLE: 'None' };

/** Claims that lead to roles and groups. */
export const ROLE_CLAIMS: Variants = {
  'oauth-040': [
    ...[undefined, null, '', [], {}, 7, false].map((role) => ({
      name: JSON.stringify(role) ?? 'nothing',
      vars: { [ROLE_PATH]: 'role', ...STRICT },
      lies: { claims: { role }, userinfo: { role } },
      async after(response: Response, stage: Stage) {
        expect([response.status, reasonOf(stage)]).toEqual([403, 'role-missing']);
        expect(response.headers.get('Content-Type')).toMatch(/^text\/html/);
        expect(findSessions(response)).toEqual([]);
      },
    })),
  ],
  'oauth-042': [
    ...['Denied', 'Owner', 'Administrator', 'Admin ', 'Аdmin', 'admin,viewer', '1'].flatMap((role) => [
      {
        name: `${role}, strict`,
        vars: { [ROLE_PATH]: 'role', ...STRICT },
        lies: { claims: { role }, userinfo: { role } },
        after: refusedFor('role-missing'),
      },
      {
        name: `${role}, not strict`,
        vars: { [ROLE_PATH]: 'role', ...LEAST },
        lies: { claims: { role }, userinfo: { role } },
        async after(response: Response, stage: Stage) {
          expect(await presentedAfter(response, stage)).toMatchObject({ role: 'None', orgs: ['1/None'] });
        },
      },
    ]),
  ],
  'oauth-045': [
    ...["x' || 'Admin", ["x' || 'Admin"], ["admins'"], [['admins']], { admins: true }, 'admins-not'].map(
      (groups) => ({
        name: JSON.stringify(groups),
        vars: { [ROLE_PATH]: "contains(groups[*], 'admins') && 'Admin' || 'Viewer'" },
        lies: { claims: { groups }, userinfo: { groups } },
        async after(response: Response, stage: Stage) {
          expect(await presentedAfter(response, stage)).toMatchObject({ role: 'Viewer', orgs: ['1/Viewer'] });
        },
      }),
    ),
  ],
  'oauth-046': [
    ...['GrafanaAdmin', 'grafanaadmin', 'GRAFANAADMIN'].map((role) => ({
      name: role,
      vars: { [ROLE_PATH]: 'role' },
      lies: { claims: { role }, userinfo: { role } },
      async after(response: Response, stage: Stage) {
        expect(await presentedAfter(response, stage)).toMatchObject({ role: 'Admin', orgs: ['1/Admin'] });
      },
    })),
  ],
  'oauth-048': [
    ...['false', 'true'].map((isEncoded) => ({
      name: `headers_encoded = ${isEncoded}`,
      vars: {
        ORIGIN_IDENTITY: 'auth-proxy',
        GF_AUTH_PROXY_HEADERS: 'Groups:X-WEBAUTH-GROUPS Role:X-WEBAUTH-ROLE',
        GF_AUTH_PROXY_HEADERS_ENCODED: isEncoded,
        GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
      },
      lies: {
        claims: {
          groups: [
            'staff',
            'x,admins',
            'y\r\nX-WEBAUTH-ROLE: Admin',
            'z\nadmins',
            'w\u0000admins',
            ...(isEncoded === 'true' ? ['v\u2028admins'] : []),
          ],
        },
      },
      async after(response: Response, stage: Stage) {
        await stage.scene.ask(new Jar().take(response));
        const [headers = new Headers()] = origin.received.map((request) => request.headers);
        const groups = headers.get('X-WEBAUTH-GROUPS')?.split(',') ?? [];
        expect(groups).not.toContain('admins');
        expect(groups).toContain('staff');
        expect(headers.get('X-WEBAUTH-ROLE')).toBe('Viewer');
        expect(headers.get('X-WEBAUTH-USER')).toBe('ann');
      },
    })),
  ],
};
