import { describe, expect, test } from 'vitest';
import { Gateway, NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const OF_KEY = 'https://portal.example.com';
const OF_OPERATOR = 'https://operator.example.com';

function gatewayOf(vars: Readonly<Record<string, unknown>> = {}, more: object = {}): Gateway {
  const keys = [entryOf(KEY, { frameAncestors: [OF_KEY], ...more }), entryOf(keyNamed('portal'))];
  return new Gateway({ keys, vars: { FRAME_ANCESTORS: OF_OPERATOR, ...vars } });
}

/** Who may frame an answer. */
function framersOf(response: Response): string {
  const policy = response.headers.get('Content-Security-Policy') ?? '';
  expect(policy.match(/frame-ancestors/g) ?? []).toHaveLength(1);
  expect(response.headers.get('X-Frame-Options')).toBeNull();
  return /frame-ancestors ([^;,]*)$/.exec(policy)?.[1] ?? '';
}

type Ask = (gateway: Gateway) => Promise<Response>;

async function later(gateway: Gateway, seconds: number, ask: () => Promise<Response>): Promise<Response> {
  gateway.now += seconds;
  return ask();
}

const asViewer =
  (target: string, method = 'GET', headers: HeadersInit = {}): Ask =>
  async (gateway) =>
    gateway.fetchAs(await gateway.open(), target, { method, headers });

const fails =
  (answer: () => Response | Promise<Response>): Ask =>
  (gateway) => {
    origin.answerWith(answer);
    return asViewer(PAGE)(gateway);
  };

/** Answers that concern a key which the visitor has proven to hold a link of. */
const CONCERNED: readonly (readonly [what: string, answer: string, ask: Ask])[] = [
  ['a page under a session', '200', asViewer(PAGE)],
  ['what is not shared', '403 path_not_shared', asViewer('/api/search')],
  ['another dashboard', '403 path_not_shared', asViewer('/d/uid-two')],
  ['a write from elsewhere', '403 cross_site_refused', asViewer('/api/ds/query', 'POST', { Origin: 'null' })],
  ['two forms of a header', '400 bad_request', asViewer(PAGE, 'GET', { a_b: '1', 'a-b': '2' })],
  [
    'a session that has ended',
    '401 session_required',
    async (gateway) => {
      const jar = await gateway.open();
      return later(gateway, 3600, () => gateway.fetchAs(jar, PAGE));
    },
  ],
  [
    'a link that has expired',
    '403 share_link_expired',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW - 61 })),
  ],
  [
    'a link to what the key does not list',
    '403 path_not_shared',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW, to: '/d/uid-two' })),
  ],
  [
    'a link of another organisation than the page',
    '400 share_link_malformed',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW, to: `${PAGE}?orgId=2` })),
  ],
  [
    'a cookie that did not come back',
    '400 cookies_blocked',
    async (gateway) => {
      const headers = { 'Sec-Fetch-Dest': 'iframe' };
      const first = await gateway.fetch(linkTo({ key: KEY, at: NOW }), { headers });
      return gateway.fetch(first.headers.get('Location') ?? '', { headers });
    },
  ],
  [
    'an origin that does not answer',
    '502 origin_unreachable',
    fails(() => Promise.reject(new TypeError('x'))),
  ],
  [
    'an origin that refuses the key',
    '502 origin_refused_key',
    fails(() => new Response('', { status: 401 })),
  ],
];

/** Answers that concern no key, or none that anybody has proven to know. */
const UNCONCERNED: readonly (readonly [what: string, answer: string, ask: Ask])[] = [
  ['no session', '401 session_required', (gateway) => gateway.fetch(PAGE)],
  ['a path that can be read in two ways', '400 bad_request', asViewer('/d//uid-one')],
  ['an unknown address of the gateway', '404 not_found', asViewer('/-/x')],
  [
    'a wrong signature',
    '403 share_link_invalid',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW }).replace(/sign=[0-9a-f]{8}/, 'sign=00000000')),
  ],
  [
    'a wrong signature that is old',
    '403 share_link_invalid',
    (gateway) =>
      gateway.fetch(linkTo({ key: KEY, at: NOW - 999 }).replace(/sign=[0-9a-f]{8}/, 'sign=00000000')),
  ],
  [
    'a name that nobody knows',
    '403 share_link_invalid',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW }).replace('name=test1', 'name=nobody')),
  ],
  [
    'a link without its time',
    '400 share_link_malformed',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW }).replace(/_timestamp=\d+&aliyun_api_key/, '')),
  ],
  [
    'a cookie of nobody',
    '401 session_required',
    (gateway) =>
      gateway.fetch(PAGE, { headers: { Cookie: `__Host-postern-s-00000000=00000000.${'A'.repeat(60)}` } }),
  ],
  [
    'a page under a key without a list of its own',
    '200',
    async (gateway) => gateway.fetchAs(await gateway.open({ key: keyNamed('portal') }), PAGE),
  ],
];

describe('may be framed by the pages', () => {
  test.each(CONCERNED)('of the key: %s (%s)', async (_, answer, ask) => {
    const response = await ask(gatewayOf({}, { dashboards: ['uid-one'] }));
    expect(await refusalOf(response.clone())).toBe(answer);
    expect(framersOf(response)).toBe(OF_KEY);
  });

  test.each(CONCERNED)('of the operator, where the key names none: %s (%s)', async (_, __, ask) => {
    expect(framersOf(await ask(gatewayOf({}, { dashboards: ['uid-one'], frameAncestors: undefined })))).toBe(
      OF_OPERATOR,
    );
  });

  test.each(UNCONCERNED)('of the operator: %s (%s)', async (_, answer, ask) => {
    const response = await ask(gatewayOf());
    expect(await refusalOf(response.clone())).toBe(answer);
    expect(framersOf(response)).toBe(OF_OPERATOR);
  });

  test('of the operator, of a session whose key is gone', async () => {
    const jar = await gatewayOf().open();
    const without = new Gateway({ keys: [], vars: { FRAME_ANCESTORS: OF_OPERATOR } });
    expect(framersOf(await without.fetchAs(jar, PAGE))).toBe(OF_OPERATOR);
  });

  test('of nobody, where the configuration is wrong', async () => {
    expect(framersOf(await gatewayOf({ VISITORS: 'everyone' }).fetch(PAGE))).toBe("'none'");
  });
});

test.each(['*/*', 'text/html'])(
  'an unknown key and a wrong signature are told apart by nothing (%s)',
  async (Accept) => {
    const gateway = gatewayOf();
    const link = linkTo({ key: KEY, at: NOW });
    const wrong = link.replace(/sign=[0-9a-f]{8}/, 'sign=00000000');
    const answers = await Promise.all(
      [wrong, link.replace('name=test1', 'name=tset1'), link.replace('org_id=1', 'org_id=7')].map(
        async (target) => {
          const response = await gateway.fetch(target, { headers: { Accept } });
          const body = (await response.text()).replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID');
          return { status: response.status, headers: [...response.headers], body };
        },
      ),
    );
    expect(answers[0]?.body).toContain('ID');
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  },
);

describe('where people sign in to Grafana itself', () => {
  test.each([
    '/login',
    '/login/generic_oauth',
    '/logout',
    '/signup',
    '/signup/?email=x',
    '/invite/abc',
    '/user/password/reset',
    '/user/password/send-reset-email',
    '/verify',
  ])('nobody frames %s', async (target) => {
    origin.answerWith(
      () => new Response('form', { headers: { 'Content-Security-Policy': 'frame-ancestors *; img-src *' } }),
    );
    const gateway = gatewayOf({ VISITORS: 'pass', FRAME_ANCESTORS: '*' });
    const response = await gateway.fetch(target);
    expect(response.headers.get('Content-Security-Policy')).toBe("img-src *, frame-ancestors 'none'");
  });

  test.each(['/', '/d/uid-one', '/loginx', '/api/login/ping', '/user'])(
    'is not %s, which the operator’s pages may frame',
    async (target) => {
      expect(framersOf(await gatewayOf({ VISITORS: 'pass' }).fetch(target))).toBe(OF_OPERATOR);
    },
  );
});
