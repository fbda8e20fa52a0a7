import { describe, expect, test } from 'vitest';
import { Gateway, HOST, NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const OWN = { Origin: `https://${HOST}` };
const FOLDERS = '/apis/folder.grafana.app/v1beta1/namespaces/default/folders/secret-folder';

/** What the gateway answers itself, and what it says. */
const EDGE: readonly (readonly [method: string, target: string, said: object])[] = [
  ['POST', '/api/user/auth-tokens/rotate', { message: 'Logged in' }],
  ['GET', '/api/login/ping', { message: 'Logged in' }],
  ['POST', '/api/frontend-metrics', { message: 'ok' }],
  ['GET', '/api/folders/secret-folder', { uid: 'secret-folder', title: '', canSave: false, canAdmin: false }],
  ['GET', FOLDERS, { kind: 'Folder', metadata: { name: 'secret-folder', annotations: {} } }],
  ['GET', `${FOLDERS}/access`, { canSave: false, canEdit: false, canAdmin: false, canDelete: false }],
  ['GET', `${FOLDERS}/parents`, { kind: 'FolderInfoList', items: [] }],
];

describe('what the gateway answers itself under a session', () => {
  test.each(EDGE)('never reaches the origin: %s %s', async (method, target, said) => {
    const gateway = new Gateway();
    const response = await gateway.fetchAs(await gateway.open(), target, { method, headers: OWN });
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(await response.json()).toMatchObject(said);
    expect(origin.received).toEqual([]);
  });

  test.each(EDGE)('needs a session: %s %s', async (method, target) => {
    expect(await refusalOf(await new Gateway().fetch(target, { method, headers: OWN }))).toBe(
      '401 session_required',
    );
  });

  test.each(EDGE)('needs one that lives: %s %s', async (method, target) => {
    const gateway = new Gateway();
    const jar = await gateway.open({ expireSeconds: 100 });
    gateway.now = NOW + 100;
    expect(await refusalOf(await gateway.fetchAs(jar, target, { method, headers: OWN }))).toBe(
      '401 session_required',
    );
    expect(origin.received).toEqual([]);
  });

  test.each(EDGE)('is not asked by another method: %s %s', async (method, target) => {
    const gateway = new Gateway();
    const jar = await gateway.open();
    for (const other of ['PUT', 'DELETE', 'PATCH', method === 'GET' ? 'POST' : 'GET'])
      expect(
        await refusalOf(await gateway.fetchAs(jar, target, { method: other, headers: OWN })),
        other,
      ).toBe('403 path_not_shared');
    expect(origin.received).toEqual([]);
  });

  test.each(EDGE)('reaches the origin of those who come as themselves: %s %s', async (method, target) => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    expect((await gateway.fetch(target, { method, headers: OWN })).status).toBe(200);
    expect(origin.only.headers.has('Authorization')).toBe(false);
  });

  test('tells of folders in the namespace of its organisation only', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open();
    for (const namespace of ['org-2', 'stacks-1'])
      expect(await refusalOf(await gateway.fetchAs(jar, FOLDERS.replace('default', namespace)))).toBe(
        '403 path_not_shared',
      );
  });
});

/** `grafana.md` §5.2, one address of each kind: what a viewer of a share link must not ask. */
const CLOSED: readonly string[] = `
GET / · GET /login · GET /login/generic_oauth · POST /login · GET /logout · GET /signup · GET /invite/abc
GET /user/password/reset · GET /user/auth-tokens/rotate?redirectTo=/ · GET /api/user/auth-tokens/rotate
POST /api/login/passwordless/start · POST /api/login/ping · GET /profile · GET /profile/switch-org/2
POST /api/user/using/2 · PUT /api/user/password · GET /api/user/preferences · PUT /api/user/preferences
POST /api/user/stars/dashboard/uid/uid-one · GET /api/user/stars · GET /api/user · GET /api/user/teams
GET /api/user/orgs · GET /api/user/auth-tokens · POST /api/user/revoke-auth-token · GET /api/user/quotas
GET /api/user/helpflags/clear · GET /admin/users · GET /org · GET /org/users · GET /api/admin/settings
GET /api/admin/stats · GET /api/users · GET /api/users/1 · GET /api/org · GET /api/org/users · GET /api/orgs
GET /api/teams/search · GET /api/auth/keys · GET /api/serviceaccounts/search
GET /api/access-control/user/actions · GET /api/access-control/roles
GET /apis/iam.grafana.app/v0alpha1/namespaces/default/users · GET /api/v1/sso-settings · GET /api/licensing/check
GET /explore · GET /drilldown · GET /a/grafana-lokiexplore-app · GET /connections/datasources · GET /plugins
GET /dashboards · GET /dashboards/f/abc · GET /dashboard/new · GET /playlists · GET /library-panels
GET /api/search?query=a · GET /api/search/sorting · GET /api/datasources · POST /api/datasources
GET /api/datasources/uid/ds-one · GET /api/datasources/1 · GET /api/datasources/name/x
GET /api/datasources/uid/ds-one/health · GET /api/datasources/1/resources/x · GET /api/datasources/proxy/1/x
POST /api/datasources/uid/ds-one/resources/x · DELETE /api/datasources/proxy/uid/ds-one/x
POST /api/datasources/proxy/uid/ds-one/x · GET /api/datasources/uid/ds-one/resources
GET /api/plugins · GET /api/plugins/x/resources/y · GET /api/plugins/x/health · POST /api/plugins/x/settings
GET /api/plugin-proxy/x/y · GET /api/gnet/dashboards/1 · POST /api/dashboards/db · POST /api/dashboards/import
POST /api/dashboards/calculate-diff · POST /api/dashboards/trim · DELETE /api/dashboards/uid/uid-one
GET /api/dashboards/uid/uid-one/versions · POST /api/dashboards/uid/uid-one/restore
GET /api/dashboards/uid/uid-one/permissions · GET /api/dashboards/uid/uid-one/public-dashboards
POST /api/dashboards/uid/uid-one/public-dashboards · GET /api/dashboards/home · GET /api/dashboards/tags
GET /api/dashboards/db/slug · GET /api/dashboards/id/1/versions · GET /api/folders · POST /api/folders
GET /api/folders/abc/permissions · GET /api/folders/id/1 · POST /api/annotations · POST /api/annotations/graphite
GET /api/annotations/tags · GET /api/annotations/1 · DELETE /api/annotations/1 · GET /api/library-elements
POST /api/library-elements · GET /api/library-elements/lib/connections/ · GET /api/library-elements/name/x
GET /api/queries · POST /api/query-history · GET /api/playlists · POST /api/short-urls · GET /goto/abc
GET /apis · GET /apis/dashboard.grafana.app/v1beta1 · GET /apis/dashboard.grafana.app/v1beta1/dashboards
GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards
GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/
GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards?watch=true
GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/search
GET /apis/folder.grafana.app/v1beta1/namespaces/default/folders
GET /apis/folder.grafana.app/v1beta1/namespaces/default/folders/abc/counts
GET /apis/userstorage.grafana.app/v0alpha1/namespaces/default/user-storage
GET /api · GET /openapi/v3 · GET /version
GET /dashboard/snapshot/abc · GET /api/snapshots/abc · POST /api/snapshots · GET /api/snapshots-delete/abc
GET /api/dashboard/snapshots · GET /api/alerts/states-for-dashboard?dashboardUID=uid-one
GET /api/alerts · GET /alerting/list · GET /api/alertmanager/grafana/api/v2/alerts
GET /api/ruler/grafana/api/v1/rules · GET /api/prometheus/grafana/api/v1/alerts · GET /api/prometheus/1/api/v1/rules
GET /api/v1/provisioning/alert-rules · GET /api/v1/ngalert · POST /api/live/publish · POST /api/live/push/x
GET /api/live/list · GET /api/live/pipeline/entities · GET /api/live/channel-rules · GET /api/live/ws
GET /metrics · GET /metrics/plugins/x · GET /debug/pprof · GET /swagger · GET /swagger-ui · GET /openapi3
GET /api/swagger.yaml · GET /api/health · GET /healthz · GET /render/d-solo/uid-one/x?panelId=1 · GET /render/x
GET /avatar/abc · GET /public/img/attachments/abc.png · POST /log-grafana-javascript-agent
GET /public-dashboards/0123456789abcdef0123456789abcdef · GET /api/public/dashboards/0123456789abcdef0123456789abcdef
GET /dashboard-solo/db/x · GET /dashboard/db/x · GET /dashboard/script/x.js · GET /d · GET /d/ · GET /d-solo
`
  .split(/[\n·]/)
  .map((line) => line.trim())
  .filter((line) => line !== '');

describe('what is closed to a viewer of a link', () => {
  test.each(CLOSED)('%s, even where a key grants every dashboard', async (line) => {
    const [method = '', target = ''] = line.split(' ');
    const keys = [entryOf(keyNamed('test1'), { dashboards: ['*'], resources: ['ds-one'], live: true })];
    const gateway = new Gateway({ keys, vars: { VISITORS: 'pass', PUBLIC_DASHBOARDS: 'false' } });
    const response = await gateway.fetchAs(await gateway.open(), target, { method, headers: OWN });
    expect(await refusalOf(response)).toBe('403 path_not_shared');
    expect(origin.received).toEqual([]);
  });
});
