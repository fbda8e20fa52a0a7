import { describe, expect, test } from 'vitest';
import { summarisePath } from '../../src/observe/summary.ts';
import { Gateway, type GatewayOptions, NOW } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import { guard } from '../support/watch.ts';

const PASS: GatewayOptions = { vars: { VISITORS: 'pass' } };

function changesOf({ events }: Gateway): string[] {
  return events.filter(({ event }) => event === 'headers.changed').map(({ change }) => String(change));
}

function makeUpHeaders(round: number): Headers {
  const headers = new Headers();
  for (let at = 0; at < 190; at++)
    headers.set(`made_up_${round}_${at}_${'x'.repeat(100)}`, 'value-of-theirs');
  return headers;
}

describe('made-up header names', () => {
  test('write five events a request, with names that are cut', async () => {
    const gateway = new Gateway(PASS);
    await gateway.fetch('/', { headers: makeUpHeaders(0) });
    const changes = changesOf(gateway);
    expect(changes).toHaveLength(5);
    for (const change of changes) expect(change.length).toBeLessThanOrEqual(64);
    expect(JSON.stringify(gateway.events)).not.toContain('value-of-theirs');
  });

  test('write sixty events a minute, and as many in the next one', async () => {
    const gateway = new Gateway(PASS);
    for (let round = 0; round < 30; round++) await gateway.fetch('/', { headers: makeUpHeaders(round) });
    expect(changesOf(gateway)).toHaveLength(60);
    gateway.now = NOW + 59;
    await gateway.fetch('/', { headers: makeUpHeaders(99) });
    expect(changesOf(gateway)).toHaveLength(60);
    gateway.now = NOW + 60;
    for (let round = 100; round < 130; round++) await gateway.fetch('/', { headers: makeUpHeaders(round) });
    expect(changesOf(gateway)).toHaveLength(120);
  });
});

const TOKEN = '0123456789abcdef0123456789abcdef';
const INVITE = 'aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0';
guard('the token of a public dashboard', TOKEN);
guard('an invite code', INVITE);
guard('the tail of a path', 'tail-of-the-path');

/** Paths that hold what nobody else may know. */
const SECRET_PATHS = [
  `/public-dashboards/${TOKEN}`,
  `/api/public/dashboards/${TOKEN}/annotations`,
  `/invite/${INVITE}`,
  `/${INVITE}`,
  `/goto/${INVITE}`,
  `/api/user/invite/${INVITE}`,
  '/a/plugin/tail-of-the-path/x',
  '/api/alertmanager/tail-of-the-path',
];

describe('events tell of a path no more than its beginning', () => {
  test.each(SECRET_PATHS)('where a session asks for what is not shared: %s', async (path) => {
    const gateway = new Gateway();
    await gateway.fetchAs(await gateway.open(), path);
    expect(gateway.eventNames).toContain('session.path.refused');
  });

  test.each(SECRET_PATHS)('where the origin cannot be reached: %s', async (path) => {
    origin.answerWith(() => Promise.reject(new TypeError(`connect ${path}`)));
    const gateway = new Gateway({ vars: { VISITORS: 'pass', PUBLIC_DASHBOARDS: true } });
    await gateway.fetch(path);
    expect(gateway.eventNames).toContain('origin.unreachable');
  });

  test.each(SECRET_PATHS)('where another site drives: %s', async (path) => {
    const gateway = new Gateway(PASS);
    await gateway.fetch(path, { method: 'POST', headers: { Cookie: 'a=1', Origin: 'https://evil.test' } });
    expect(gateway.eventNames).toContain('request.cross_site.refused');
  });

  test('where a public dashboard is asked for too often', async () => {
    const vars = { PUBLIC_DASHBOARDS: true, PUBLIC_DASHBOARDS_RATE_LIMITER: 1 };
    const gateway = new Gateway({ vars });
    for (let round = 0; round < 2; round++) await gateway.fetch(`/public-dashboards/${TOKEN}`);
    expect(gateway.eventNames).toEqual(['public_dashboard.rate.refused']);
  });
});

describe('a path as events tell it', () => {
  test.each([
    ['/', '/'],
    ['/login', '/login'],
    ['/api/search', '/api/search'],
    ['/api/ds/query', '/api/ds/…'],
    ['/api/', '/api'],
    ['/apis/dashboard.grafana.app/v1/x', '/apis/dashboard.grafana.app/…'],
  ])('%s is %s', (path, told) => {
    expect(summarisePath(path)).toBe(told);
  });

  test.each([`/${INVITE}`, `/d/${INVITE}`, `/d/${TOKEN}/x`, '/%E5%AE%A2', `/${'a'.repeat(40)}`])(
    '%s is told by a hash',
    (path) => {
      expect(summarisePath(path)).toMatch(/^(?:\/[a-z]+)?\/#[0-9a-f]{8}(?:\/…)?$/);
    },
  );
});

/** Where a Referer is read: a frame with a session, a link in a frame, a start request of a public dashboard. */
const READERS: readonly (readonly [what: string, ask: (headers: HeadersInit) => Promise<Gateway>])[] = [
  [
    'under a session',
    async (headers) => {
      const gateway = new Gateway();
      const answer = await gateway.fetchAs(await gateway.open(), '/d/uid-one/demo', { headers });
      expect(answer.status).toBe(200);
      return gateway;
    },
  ],
  [
    'for a visitor',
    async (headers) => {
      const gateway = new Gateway({ vars: { VISITORS: 'pass', PUBLIC_DASHBOARDS: true } });
      expect((await gateway.fetch('/bootdata', { headers })).status).toBe(200);
      return gateway;
    },
  ],
  [
    'over plain HTTP',
    async (headers) => {
      const gateway = new Gateway({ at: 'http://dash.example.com', keys: [entryOf(keyNamed('test1'))] });
      const answer = await gateway.fetch('/d/uid-one?aliyun_api_key_sign=x', { headers });
      expect(answer.status).toBeLessThan(500);
      return gateway;
    },
  ],
];

describe.each(READERS)('a Referer that is none, read %s', (_, ask) => {
  test.each([
    'https://[bad',
    'https://[bad/d/uid-one',
    'https:///x',
    'https://',
    'https://%zz/',
    'https://h:99999/',
    'https://user:secretpw@h/',
    'https://user:secretpw@h:8443/x?secretpw',
    'http://secretpw@[::1]/',
    'nonsense',
  ])('brings neither a failure nor a password into the log: %s', async (Referer) => {
    const gateway = await ask({ Referer, 'Sec-Fetch-Dest': 'iframe' });
    expect(gateway.eventNames).not.toContain('request.failed');
    expect(JSON.stringify(gateway.events)).not.toContain('secretpw');
  });
});

test('a page that may not embed is told by its origin alone', async () => {
  const gateway = new Gateway();
  const headers = { Referer: 'https://user:secretpw@h/x?y', 'Sec-Fetch-Dest': 'iframe' };
  await gateway.fetchAs(await gateway.open(), '/d/uid-one/demo', { headers });
  expect(gateway.events.at(-1)).toMatchObject({ event: 'embed.ancestor_refused', page: 'https://h' });
});
