import { describe, expect, test } from 'vitest';
import { Gateway, HOST, NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { ORIGIN, origin } from '../support/origin.ts';

const KEY = keyNamed('test1');

/** Each route leads below a prefix of its own, so that the address at the origin says which one was chosen. */
const ROUTES = [
  { host: 'chat.example.com', origin: `${ORIGIN}/chat`, visitors: 'pass' },
  { host: 'chat.example.com', path: '/api/v2/', origin: `${ORIGIN}/chat-v2`, visitors: 'pass' },
  { host: '*.example.com', path: '/argo', origin: `${ORIGIN}/wild-argo`, visitors: 'pass' },
  { host: '*.deep.example.com', origin: `${ORIGIN}/deep`, visitors: 'pass' },
  { host: 'port.example.net:8443', origin: `${ORIGIN}/port`, visitors: 'pass' },
  { host: 'Case.Example.NET', origin: `${ORIGIN}/case`, visitors: 'pass' },
  { path: '/argo/long/path', origin: `${ORIGIN}/any-argo`, visitors: 'pass' },
  { host: 'shut.example.com', origin: `${ORIGIN}/shut` },
];
const CHAT = 'https://chat.example.com';

function gatewayOf(vars: Readonly<Record<string, unknown>> = {}, keys = [entryOf(KEY)]): Gateway {
  return new Gateway({ keys, vars: { ROUTES: JSON.stringify(ROUTES), VISITORS: 'pass', ...vars } });
}

/** An address at the gateway, and the path that it has at the origin. */
const CHOICES: readonly (readonly [asked: string, path: string])[] = [
  [`${CHAT}/`, '/chat/'],
  [`${CHAT}/x?y=%2F`, '/chat/x?y=%2F'],
  ['http://chat.example.com:8080/x', '/chat/x'],
  ['https://CHAT.example.com/x', '/chat/x'],
  ['https://chat.example.com./x', '/chat/x'],
  [`${CHAT}/api/v2`, '/chat-v2/api/v2'],
  [`${CHAT}/api/v2/x`, '/chat-v2/api/v2/x'],
  [`${CHAT}/api/v22`, '/chat/api/v22'],
  [`${CHAT}/API/v2`, '/chat/API/v2'],
  [`${CHAT}/argo/long/path`, '/chat/argo/long/path'],
  ['https://x.example.com/argo', '/wild-argo/argo'],
  ['https://x.y.example.com/argo/1', '/wild-argo/argo/1'],
  ['https://x.example.com/argo/long/path', '/wild-argo/argo/long/path'],
  ['https://x.example.com/argocd', '/argocd'],
  ['https://example.com/argo', '/argo'],
  ['https://notexample.com/argo/long/path', '/any-argo/argo/long/path'],
  ['https://x.deep.example.com/argo', '/deep/argo'],
  ['https://deep.example.com/argo', '/wild-argo/argo'],
  ['https://port.example.net:8443/', '/port/'],
  ['https://port.example.net/', '/'],
  ['https://case.example.net/', '/case/'],
  ['https://chat.example.com.evil.test/', '/'],
  [`https://${HOST}/argo/long/path/x`, '/wild-argo/argo/long/path/x'],
];

describe('the most specific route', () => {
  test.each(CHOICES)('wins: %s is asked for at %s', async (asked, path) => {
    expect((await gatewayOf().fetch(asked)).status).toBe(200);
    expect(origin.only.url).toBe(`${ORIGIN}${path}`);
  });

  test('wins whatever the order', async () => {
    const gateway = gatewayOf({ ROUTES: JSON.stringify([...ROUTES].reverse()) });
    for (const [asked, path] of CHOICES) {
      origin.received = [];
      await gateway.fetch(asked);
      expect(origin.only.url, asked).toBe(`${ORIGIN}${path}`);
    }
  });

  test('that says nothing of visitors lets nobody through', async () => {
    for (const headers of [{}, { Authorization: 'Bearer own' }, { Cookie: 'a=1' }]) {
      const response = await gatewayOf().fetch('https://shut.example.com/x', { headers });
      expect(await refusalOf(response)).toBe('401 session_required');
    }
    expect(origin.received).toEqual([]);
  });
});

describe('on a route', () => {
  test("visitors' own credentials go on, nothing of Postern's does", async () => {
    const gateway = gatewayOf({ ORIGIN_HEADERS: '{"CF-Access-Client-Secret":"operator-secret"}' });
    const jar = await gateway.open();
    const headers = {
      Cookie: `theirs=1; ${jar.header}; __Host-postern-user=x; Postern-s-1=y; more=2`,
      Authorization: 'Bearer own',
      'X-Grafana-Org-Id': '1',
      'CF-Access-Client-Secret': 'forged',
    };
    expect((await gateway.fetch(`${CHAT}/x`, { headers })).status).toBe(200);
    expect(origin.only.headers.get('Cookie')).toBe('theirs=1; more=2');
    expect(origin.only.headers.get('Authorization')).toBe('Bearer own');
    expect(origin.only.headers.get('CF-Access-Client-Secret')).toBeNull();
    expect(origin.only.headers.get('X-Grafana-Org-Id')).toBeNull();
    expect(origin.only.headers.get('X-Forwarded-Host')).toBe('chat.example.com');
    expect([...origin.only.headers.values()].join()).not.toMatch(/operator-secret|forged/);
  });

  test('no session counts, and no share token goes there', async () => {
    const gateway = gatewayOf({ VISITORS: 'deny' });
    const here = new Gateway({ at: CHAT });
    const jar = await here.open();
    expect((await gateway.fetchAs(jar, `${CHAT}/d/uid-one`)).status).toBe(200);
    expect(origin.only.headers.has('Authorization')).toBe(false);
    expect(origin.only.headers.has('Cookie')).toBe(false);
    expect(await refusalOf(await gateway.fetchAs(jar, 'https://shut.example.com/d/uid-one'))).toBe(
      '401 session_required',
    );
  });

  test('share parameters are no link', async () => {
    const gateway = gatewayOf();
    const target = linkTo({ key: KEY, at: NOW });
    const response = await gateway.fetch(`${CHAT}${target.replace(/sign=[0-9a-f]{4}/, 'sign=0000')}`);
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(gateway.eventNames.filter((name) => name.startsWith('share.'))).toEqual([]);
  });

  test('tickets are the product’s own parameters', async () => {
    expect((await gatewayOf().fetch(`${CHAT}/x?postern_check=1&postern_open=2`)).status).toBe(200);
    expect(origin.only.url).toBe(`${ORIGIN}/chat/x?postern_check=1&postern_open=2`);
  });

  test.each(['/-/health', '/-/anything', '/robots.txt'])('%s stays the gateway’s own', async (path) => {
    const response = await gatewayOf().fetch(`${CHAT}${path}`);
    expect(response.status).toBe(path === '/-/anything' ? 404 : 200);
    expect(origin.received).toEqual([]);
  });

  test('static files and public dashboards are the product’s own', async () => {
    const gateway = gatewayOf({ PUBLIC_DASHBOARDS: 'true' });
    const headers = { Cookie: 'theirs=1' };
    for (const path of ['/public/build/app.js', '/public-dashboards/0123456789abcdef0123456789abcdef'])
      await gateway.fetch(`${CHAT}${path}`, { headers });
    expect(origin.received.map(({ url }) => new URL(url).pathname)).toEqual([
      '/chat/public/build/app.js',
      '/chat/public-dashboards/0123456789abcdef0123456789abcdef',
    ]);
    expect(origin.received.map((request) => request.headers.get('Cookie'))).toEqual(['theirs=1', 'theirs=1']);
  });

  test('the product says who may frame it, and sets its cookies, but none of Postern’s', async () => {
    origin.answerWith(
      () =>
        new Response('page', {
          headers: [
            ['X-Frame-Options', 'SAMEORIGIN'],
            ['Content-Security-Policy', "frame-ancestors 'none'"],
            ['Set-Cookie', 'session=1; Path=/'],
            ['Set-Cookie', '__Host-postern-s-00000000=forged; Path=/; Secure'],
            ['Location', '/chat/elsewhere'],
          ],
        }),
    );
    const { headers } = await gatewayOf({ PUBLIC_URL: 'https://public.example.com' }).fetch(`${CHAT}/x`);
    expect(headers.get('X-Frame-Options')).toBe('SAMEORIGIN');
    expect(headers.get('Content-Security-Policy')).toBe("frame-ancestors 'none'");
    expect(headers.getSetCookie()).toEqual(['session=1; Path=/']);
    expect(headers.get('Location')).toBe(`${CHAT}/elsewhere`);
    expect(headers.get('X-Robots-Tag')).toBeNull();
  });

  test('names with an underscore arrive, and claims do not', async () => {
    const headers = { api_access_token: 'mine', x_webauth_user: 'forged', 'X-Real-IP': 'forged' };
    await gatewayOf().fetch(`${CHAT}/api/v1/profile`, { headers });
    expect(origin.only.headers.get('api-access-token')).toBe('mine');
    expect([...origin.only.headers.values()]).not.toContain('forged');
  });

  test.each([
    ['a path that can be read in two ways', '/a//b', {}, '400 bad_request'],
    ['a closed path', '/swagger/x', {}, '403 path_not_shared'],
    ['a registered key', '/x', { Authorization: `Bearer ${KEY.token}` }, '403 share_key_not_accepted'],
    ['two forms of a name', '/x', { a_b: '1', 'a-b': '2' }, '400 bad_request'],
  ])('%s is refused as everywhere', async (_, path, headers, answer) => {
    const gateway = gatewayOf({ NOT_ALLOW_REQUEST_URI: '/swagger' });
    expect(await refusalOf(await gateway.fetch(`${CHAT}${path}`, { headers }))).toBe(answer);
    expect(origin.received).toEqual([]);
  });

  /** Who writes with a cookie on the route's host. */
  test.each([
    ['its own page', CHAT, '200'],
    ['Grafana’s page', `https://${HOST}`, '403 cross_site_refused'],
    ['a foreign page', 'https://evil.test', '403 cross_site_refused'],
    ['no page', 'null', '403 cross_site_refused'],
  ])('%s writes: %s is answered %s', async (_, page, answer) => {
    const headers = { Cookie: 'theirs=1', Origin: page };
    expect(await refusalOf(await gatewayOf().fetch(`${CHAT}/x`, { method: 'POST', headers }))).toBe(answer);
  });

  test('Grafana’s page is another site where PUBLIC_URL names it, too', async () => {
    const gateway = gatewayOf({ PUBLIC_URL: `https://${HOST}` });
    const headers = { Cookie: 'theirs=1', Origin: `https://${HOST}` };
    for (const [method, more] of [
      ['POST', {}],
      ['GET', { Upgrade: 'websocket' }],
    ] as const)
      expect(
        await refusalOf(await gateway.fetch(`${CHAT}/x`, { method, headers: { ...headers, ...more } })),
      ).toBe('403 cross_site_refused');
  });

  test('Origin stays as it came', async () => {
    await gatewayOf().fetch(`${CHAT}/x`, { headers: { Origin: CHAT } });
    expect(origin.only.headers.get('Origin')).toBe(CHAT);
  });
});
