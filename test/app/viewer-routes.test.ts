import { describe, expect, test } from 'vitest';
import { Gateway, HOST, refusalOf } from '../support/gateway.ts';
import type { Jar } from '../support/jar.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const REFUSED = '403 path_not_shared';
const NS = '/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards';
const OWN = { Origin: `https://${HOST}` };

/** Asks under a session of `uid-one` whose key lists the data source `ds-one`, and says what came of it. */
async function ask(target: string, method = 'GET', headers: HeadersInit = {}): Promise<string> {
  const gateway = new Gateway({ keys: [entryOf(keyNamed('test1'), { resources: ['ds-one'] })] });
  return askIn(gateway, await gateway.open({ to: '/d/uid-one' }), target, method, headers);
}

async function askIn(gateway: Gateway, jar: Jar, target: string, method = 'GET', headers: HeadersInit = {}) {
  const body = method === 'POST' ? { body: '{}' } : {};
  return refusalOf(await gateway.fetchAs(jar, target, { method, headers: { ...OWN, ...headers }, ...body }));
}

/** Every row of the table, with `uid-one` (or `ds-one`) where it names one, and what the origin is asked. */
const OPEN: readonly (readonly [method: string, target: string])[] = [
  ['GET', '/d/uid-one'],
  ['GET', '/d/uid-one/any-slug?orgId=1&from=now-6h&var-x=%2F&kiosk'],
  ['GET', '/d-solo/uid-one'],
  ['GET', '/d-solo/uid-one/slug?panelId=4'],
  ['GET', '/bootdata'],
  ['GET', '/api/frontend/settings'],
  ['GET', '/api/frontend/assets'],
  ['GET', '/api/plugins/timeseries/settings'],
  ['POST', '/apis/features.grafana.app/v0alpha1/namespaces/default/ofrep/v1/evaluate/flags'],
  ['GET', '/api/dashboards/uid/uid-one'],
  ['GET', '/apis/dashboard.grafana.app'],
  ['GET', '/apis/dashboard.grafana.app/'],
  ['GET', `${NS}/uid-one`],
  ['GET', `${NS}/uid-one/dto`],
  ...['v0alpha1', 'v1alpha1', 'v1', 'v2alpha1', 'v2beta1', 'v2'].map(
    (version) => ['GET', `${NS.replace('v1beta1', version)}/uid-one/dto`] as const,
  ),
  ['POST', '/api/ds/query?ds_type=prometheus&expression=true&requestId=Q100'],
  ['POST', '/apis/query.grafana.app/v0alpha1/namespaces/default/query'],
  ['GET', '/api/datasources/uid/ds-one/resources/api/v1/labels?match=x'],
  ['GET', '/api/datasources/proxy/uid/ds-one/api/v1/query?query=up'],
  [
    'GET',
    '/apis/prometheus.datasource.grafana.app/v0alpha1/namespaces/default/datasources/ds-one/resources/x',
  ],
  ['GET', '/api/annotations?dashboardUID=uid-one&from=1&to=2&limit=100&tags=a&matchAny=false&type=alert'],
  ['GET', '/api/prometheus/grafana/api/v1/rules?dashboard_uid=uid-one&panel_id=4'],
];

describe('a viewer of one dashboard', () => {
  test.each(OPEN)('may %s %s', async (method, target) => {
    expect(await ask(target, method)).toBe('200');
    expect(origin.only.method).toBe(method);
    expect(origin.only.url).toBe(`https://grafana.test${target}`);
  });

  test.each(OPEN.filter(([, target]) => /uid-one|ds-one/.test(target)))(
    'may not %s the same of another: %s',
    async (method, target) => {
      expect(await ask(target.replace(/uid-one|ds-one/, 'another'), method)).toBe(REFUSED);
      expect(origin.received).toEqual([]);
    },
  );

  test.each(OPEN.filter(([, target]) => target.includes('/namespaces/')))(
    'may not %s the same in another namespace: %s',
    async (method, target) => {
      for (const namespace of ['org-2', 'org-1', 'stacks-1', 'Default', 'default-2', '*', '-'])
        expect(
          await ask(target.replace('/namespaces/default/', `/namespaces/${namespace}/`), method),
          namespace,
        ).toBe(REFUSED);
      expect(origin.received).toEqual([]);
    },
  );

  test('of another organisation has the namespace of that one, and not the default', async () => {
    const gateway = new Gateway({ keys: [entryOf(keyNamed('portal'))] });
    const jar = await gateway.open({ key: keyNamed('portal'), to: '/d/uid-one' });
    expect(await askIn(gateway, jar, `${NS.replace('default', 'org-2')}/uid-one`)).toBe('200');
    expect(await askIn(gateway, jar, `${NS}/uid-one`)).toBe(REFUSED);
  });

  test.each(OPEN)('may not %s by another method: %s', async (method, target) => {
    const others = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET', 'HEAD'].filter(
      (other) => other !== method && !(method === 'GET' && other === 'HEAD'),
    );
    for (const other of others) expect((await refusedStatus(target, other)) ?? '', other).toBe(403);
    expect(origin.received).toEqual([]);
  });

  test.each(OPEN.filter(([method]) => method === 'GET'))(
    'may ask for the head only: %s %s',
    async (_, target) => {
      expect((await refusedStatus(target, 'HEAD')) ?? 200).toBe(200);
    },
  );

  /** A path as another router might still read it as the same. */
  test.each(OPEN.map(([method, target]) => [method, ...splitTarget(target)] as const))(
    'may not %s another spelling of %s%s',
    async (method, path, query) => {
      const cased = path.replace(/^\/[a-z-]+/, (first) => first.toUpperCase());
      const others = [cased, `/x${path}`, `${path}.json`, `${path}/x/y`, `${path}//`, `${path};x=1`];
      if (!/^\/d(?:-solo)?\/uid-one$|dashboard\.grafana\.app$/.test(path)) others.push(`${path}/`);
      for (const other of others) {
        if (/\/(?:resources|proxy)\//.test(path) && other.startsWith(path) && !/[;]|\/\//.test(other))
          continue;
        if (/^\/d(?:-solo)?\//.test(path) && other === `${path}.json`) continue;
        expect(await ask(other + query, method), other).toMatch(/^(?:403 path_not_shared|400 bad_request)$/);
      }
      expect(origin.received).toEqual([]);
    },
  );

  test.each(OPEN)('may not %s over a socket: %s', async (method, target) => {
    expect(await ask(target, method, { Upgrade: 'websocket' })).toBe(REFUSED);
  });
});

function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)];
}

async function refusedStatus(target: string, method: string): Promise<number> {
  const gateway = new Gateway({ keys: [entryOf(keyNamed('test1'), { resources: ['ds-one'] })] });
  return (await gateway.fetchAs(await gateway.open({ to: '/d/uid-one' }), target, { method, headers: OWN }))
    .status;
}

/** Queries of the routes that name a dashboard there: it has to be there, exactly once, and granted. */
const SELECTORS: readonly (readonly [path: string, parameter: string])[] = [
  ['/api/annotations', 'dashboardUID'],
  ['/api/prometheus/grafana/api/v1/rules', 'dashboard_uid'],
];

describe('a dashboard that is named in a query', () => {
  for (const [path, parameter] of SELECTORS) {
    test.each([
      ['is missing', ''],
      ['is missing among others', '?from=1'],
      ['is empty', `?${parameter}=`],
      ['has no value', `?${parameter}`],
      ['is another', `?${parameter}=another`],
      ['is there twice', `?${parameter}=uid-one&${parameter}=uid-one`],
      ['is there twice, once another', `?${parameter}=uid-one&${parameter}=another`],
      ['is there in two spellings', `?${parameter}=uid-one&${parameter.toUpperCase()}=another`],
      ['is encoded and there twice', `?${parameter}=uid-one&%64${parameter.slice(1)}=another`],
      ['is a list', `?${parameter}=uid-one,another`],
      ['stands beside a numeric id', `?${parameter}=uid-one&dashboardId=7`],
      ['is replaced by a numeric id', '?dashboardId=7'],
      ['is replaced by tags', '?tags=deploy'],
      ['has an escape that is broken', `?${parameter}=uid-one%`],
      ['stands beside a name that is broken', `?${parameter}=uid-one&%zz=1`],
      ['stands beside what nobody knows', `?${parameter}=uid-one&userId=1`],
      ['is watched', `?${parameter}=uid-one&watch=true`],
    ])(`and ${path.split('/').at(-1)}: refused where it %s`, async (_, query) => {
      expect(await ask(path + query)).toBe(REFUSED);
      expect(origin.received).toEqual([]);
    });
  }

  test('is the same in its encoded form', async () => {
    expect(await ask('/api/annotations?dashboardUID=uid%2Done')).toBe('200');
  });
});

/** Parameters by which Grafana changes organisation or identity, on each kind of route. */
const IDENTITIES: readonly (readonly [query: string, answer: string])[] = [
  ['orgId=1', '200'],
  ['orgid=1', '200'],
  ['orgId=2', REFUSED],
  ['orgId=', REFUSED],
  ['orgId=01', REFUSED],
  ['orgId=1&orgId=2', REFUSED],
  ['OrgID=2', REFUSED],
  ['%6frgId=2', REFUSED],
  ['targetOrgId=1', REFUSED],
  ['targetorgid=1', REFUSED],
  ['TARGETORGID=2', REFUSED],
  ['target%4FrgId=1', REFUSED],
  ['auth_token=e.y.J', REFUSED],
  ['Auth_Token=e.y.J', REFUSED],
  ['auth%5Ftoken=e.y.J', REFUSED],
];

describe('a query', () => {
  for (const path of ['/d/uid-one', '/bootdata', '/api/dashboards/uid/uid-one']) {
    test.each(IDENTITIES)(`of ${path} with %s is answered %s`, async (query, answer) => {
      expect(await ask(`${path}?${query}`)).toBe(answer);
    });
  }

  test.each([`${NS}/uid-one?watch=true`, `${NS}/uid-one/dto?watch=1`, `${NS}/uid-one?fieldSelector=x`])(
    'that watches or selects is refused: %s',
    async (target) => {
      expect(await ask(target)).toBe(REFUSED);
    },
  );
});
