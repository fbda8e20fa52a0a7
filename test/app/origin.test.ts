import { describe, expect, test } from 'vitest';
import { Gateway, type GatewayOptions, HOST, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import { guard } from '../support/watch.ts';

const PAGE = '/d/uid-one/demo';
const AT = `https://${HOST}`;

/** Asks for the page of a session. */
async function see(options: GatewayOptions = {}, target = PAGE): Promise<Response> {
  const gateway = new Gateway(options);
  return gateway.fetchAs(await gateway.open(), target);
}

describe('the origin', () => {
  test('is asked for the same path and query, below its prefix', async () => {
    const vars = { ORIGIN_URL: 'https://grafana.test/grafana/' };
    expect((await see({ vars }, `${PAGE}?var-x=a%2Fb+c&kiosk`)).status).toBe(200);
    expect(origin.only.url).toBe('https://grafana.test/grafana/d/uid-one/demo?var-x=a%2Fb+c&kiosk');
    expect(origin.only.redirect).toBe('manual');
  });

  test("is given the operator's own headers, whoever asks", async () => {
    const secret = 'access-client-secret-0123456789';
    guard('a header of the operator', secret);
    const vars = { ORIGIN_HEADERS: JSON.stringify({ 'CF-Access-Client-Secret': secret }), VISITORS: 'pass' };
    await see({ vars });
    await new Gateway({ vars }).fetch('/api/health', { headers: { 'CF-Access-Client-Secret': 'theirs' } });
    const given = origin.received.map(({ headers }) => headers.get('CF-Access-Client-Secret'));
    expect(given).toEqual([secret, secret]);
  });

  test.each([
    ['answers 401', () => new Response('{"message":"Invalid API key"}', { status: 401 })],
    ['leads to its sign-in', () => new Response(null, { status: 302, headers: { Location: '/login' } })],
    ['leads to its sign-in by address', () => Response.redirect('https://grafana.test/login?x=1', 302)],
  ])('that %s has refused the key, and is asked no more', async (_, answer) => {
    origin.answerWith(answer);
    const gateway = new Gateway();
    const response = await gateway.fetchAs(await gateway.open(), PAGE);
    expect(await refusalOf(response)).toBe('502 origin_refused_key');
    expect(response.headers.get('Location')).toBeNull();
    expect(gateway.events.at(-1)).toMatchObject({ event: 'origin.refused_key', key: 'test1', orgId: 1 });
    expect(origin.received).toHaveLength(1);
  });

  test('below a prefix leads to its sign-in there', async () => {
    origin.answerWith(() => new Response(null, { status: 302, headers: { Location: '/grafana/login' } }));
    const vars = { ORIGIN_URL: 'https://grafana.test/grafana' };
    expect(await refusalOf(await see({ vars }))).toBe('502 origin_refused_key');
  });

  test('that cannot be reached is said to be so, without its address', async () => {
    origin.answerWith(() => Promise.reject(new TypeError('connect ECONNREFUSED 10.0.0.7:3000')));
    const gateway = new Gateway();
    const response = await gateway.fetchAs(await gateway.open(), PAGE);
    const body = await response.clone().text();
    expect(await refusalOf(response)).toBe('502 origin_unreachable');
    expect(body).not.toContain('10.0.0.7');
    expect(gateway.events.at(-1)).toMatchObject({ event: 'origin.unreachable', path: '/d/uid-one/…' });
  });

  test('that does not begin to answer in time is waited for no longer', async () => {
    origin.answerWith(() => new Promise(() => undefined));
    expect(await refusalOf(await see({ vars: { ORIGIN_TIMEOUT_SECONDS: '1' } }))).toBe('504 origin_timeout');
    expect(origin.only.signal.aborted).toBe(true);
  });

  test.each([
    [404, 'not found'],
    [500, 'broken'],
    [304, null],
  ])('has its own status %s passed on', async (status, body) => {
    origin.answerWith(() => new Response(body, { status }));
    const response = await see();
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body ?? '');
  });
});

/** A `Location` of the origin, and what becomes of it; the origin is below `/grafana`. */
const LOCATIONS: readonly (readonly [what: string, from: string, to: string])[] = [
  ['an address of the origin', 'https://grafana.test/grafana/d/x?y=1#z', `${AT}/d/x?y=1#z`],
  ['the origin itself', 'https://grafana.test/grafana', `${AT}/`],
  ['a path', '/grafana/d/x', `${AT}/d/x`],
  ['a relative path', 'other?x=1', `${AT}/d/uid-one/other?x=1`],
  ['a path outside of the prefix', '/elsewhere', `${AT}/elsewhere`],
  ['a path that only begins like the prefix', '/grafana-old/x', `${AT}/grafana-old/x`],
  ['a foreign address', 'https://idp.example.com/authorize?x=1', 'https://idp.example.com/authorize?x=1'],
  [
    'the host of the origin at another port',
    'https://grafana.test:8443/grafana/x',
    'https://grafana.test:8443/grafana/x',
  ],
  [
    'the host of the origin over another scheme',
    'http://grafana.test/grafana/x',
    'http://grafana.test/grafana/x',
  ],
  ['a foreign host without scheme', '//evil.test/x', '//evil.test/x'],
  ['the origin without scheme', '//grafana.test/grafana/x', `${AT}/x`],
  ['a path that becomes one of a foreign host', '/grafana//evil.test/x', `${AT}//evil.test/x`],
  ['what is no address', 'http://[', 'http://['],
];

describe('a redirect of the origin', () => {
  test.each(LOCATIONS)('to %s leads where it meant', async (_, from, to) => {
    origin.answerWith(() => new Response(null, { status: 302, headers: { Location: from } }));
    const response = await see({ vars: { ORIGIN_URL: 'https://grafana.test/grafana' } });
    expect(response.status).toBe(302);
    expect(response.headers.get('Location')).toBe(to);
  });

  test('leads to the public address of the gateway, where it has one', async () => {
    origin.answerWith(() => new Response(null, { status: 302, headers: { Location: '/d/x' } }));
    const response = await see({ vars: { PUBLIC_URL: 'https://public.example.com' } });
    expect(response.headers.get('Location')).toBe('https://public.example.com/d/x');
  });
});

/** What the origin says about framing, and what the visitor's browser is told. */
const POLICIES: readonly (readonly [what: string, policies: string[], told: string])[] = [
  ['nothing', [], "frame-ancestors 'self'"],
  ['that nobody may', ["frame-ancestors 'none'"], "frame-ancestors 'self'"],
  [
    'that nobody may, among others',
    ["default-src 'self'; frame-ancestors 'none'; img-src *"],
    "default-src 'self'; img-src *, frame-ancestors 'self'",
  ],
  [
    'it twice',
    ["FRAME-ANCESTORS 'none'; object-src 'none'", 'frame-ancestors *'],
    "object-src 'none', frame-ancestors 'self'",
  ],
  ['other things', ["script-src 'self'"], "script-src 'self', frame-ancestors 'self'"],
];

describe('an answer of the origin', () => {
  test.each(POLICIES)(
    'that says %s about framing is framed by whom the operator names',
    async (_, policies, told) => {
      origin.answerWith(() => {
        const headers = new Headers({ 'X-Frame-Options': 'deny' });
        for (const policy of policies) headers.append('Content-Security-Policy', policy);
        return new Response('page', { headers });
      });
      const response = await see();
      expect(response.headers.get('X-Frame-Options')).toBeNull();
      expect(response.headers.get('Content-Security-Policy')).toBe(told);
    },
  );

  test('is framed by whom its key names, before whom the operator names', async () => {
    const keys = [entryOf(keyNamed('test1'), { frameAncestors: ['https://portal.example.com', "'self'"] })];
    const response = await see({ keys, vars: { FRAME_ANCESTORS: 'https://other.example.com' } });
    expect(response.headers.get('Content-Security-Policy')).toBe(
      "frame-ancestors https://portal.example.com 'self'",
    );
  });

  test('keeps its own headers, but for those of the connection', async () => {
    origin.answerWith(
      () =>
        new Response('x', {
          headers: { ETag: '"1"', 'Cache-Control': 'no-store', 'Keep-Alive': 'timeout=5' },
        }),
    );
    const response = await see();
    expect(response.headers.get('ETag')).toBe('"1"');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Keep-Alive')).toBeNull();
  });
});

describe('paths that nobody reaches', () => {
  const vars = { NOT_ALLOW_REQUEST_URI: '/swagger | /API/Admin', VISITORS: 'pass' };

  test.each(['/swagger', '/swagger-ui', '/Swagger/x', '/api/admin/settings', '/API/ADMIN'])(
    'include %s',
    async (target) => {
      expect(await refusalOf(await new Gateway({ vars }).fetch(target))).toBe('403 path_not_shared');
      expect(origin.received).toEqual([]);
    },
  );

  test.each(['/', '/x/swagger', '/api/adm'])('do not include %s', async (target) => {
    expect((await new Gateway({ vars }).fetch(target)).status).toBe(200);
  });
});
