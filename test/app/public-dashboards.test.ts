import { describe, expect, test } from 'vitest';
import { Gateway, HOST, NOW, refusalOf } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

const TOKEN = '0123456789abcdef0123456789ABCDEF';
const UUID = '01234567-89ab-cdef-0123-456789abcdef';
const PAGE = `https://${HOST}/public-dashboards/${TOKEN}`;

function gatewayOf(vars: Readonly<Record<string, unknown>> = {}): Gateway {
  return new Gateway({ vars: { PUBLIC_DASHBOARDS: 'true', ...vars } });
}

async function ask(
  gateway: Gateway,
  target: string,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  return refusalOf(await gateway.fetch(target, { method, headers }));
}

/** Exactly what the page of a public dashboard asks. */
const OPEN: readonly (readonly [method: string, target: string])[] = [
  ['GET', `/public-dashboards/${TOKEN}`],
  ['HEAD', `/public-dashboards/${TOKEN}`],
  ['GET', `/public-dashboards/${UUID}?from=now-6h`],
  ['GET', `/api/public/dashboards/${TOKEN}`],
  ['GET', `/api/public/dashboards/${TOKEN}/annotations?from=1&to=2`],
  ['POST', `/api/public/dashboards/${TOKEN}/panels/12/query`],
];
const START: readonly (readonly [method: string, target: string])[] = [
  ['GET', '/bootdata'],
  ['GET', '/api/frontend/settings'],
  ['GET', '/api/frontend/assets'],
  ['POST', '/api/frontend-metrics'],
];

describe('a public dashboard', () => {
  test.each(OPEN)('is seen without a session: %s %s', async (method, target) => {
    expect(await ask(gatewayOf(), target, method)).toBe('200');
    expect(origin.only.url).toBe(`https://grafana.test${target}`);
  });

  test.each([...OPEN, ...START])('is closed by default: %s %s', async (method, target) => {
    for (const vars of [{}, { PUBLIC_DASHBOARDS: 'false' }])
      expect((await new Gateway({ vars }).fetch(target, { method, headers: { Referer: PAGE } })).status).toBe(
        401,
      );
    expect(origin.received).toEqual([]);
  });

  test.each([...OPEN, ...START])('is seen as nobody, whoever comes: %s %s', async (method, target) => {
    const gateway = gatewayOf({ VISITORS: 'pass', ORIGIN_HEADERS: '{"X-Tunnel":"t"}' });
    const jar = await gateway.open();
    const headers = {
      Referer: PAGE,
      Cookie: `${jar.header}; grafana_session=theirs`,
      Authorization: 'Bearer own',
      'X-Grafana-Org-Id': '1',
      'X-WEBAUTH-USER': 'admin',
    };
    origin.answerWith(() => new Response('x', { headers: { 'Set-Cookie': 'grafana_session=2' } }));
    const response = await gateway.fetch(target, { method, headers });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    for (const name of ['Cookie', 'Authorization', 'X-Grafana-Org-Id', 'X-WEBAUTH-USER'])
      expect(origin.only.headers.get(name), name).toBeNull();
    expect(origin.only.headers.get('X-Tunnel')).toBe('t');
  });

  test.each([
    ['POST', `/public-dashboards/${TOKEN}`],
    ['GET', `/public-dashboards/${TOKEN}/`],
    ['GET', `/public-dashboards/${TOKEN}/x`],
    ['GET', `/public-dashboards/${TOKEN.slice(1)}`],
    ['GET', `/public-dashboards/${TOKEN}0`],
    ['GET', `/public-dashboards/${TOKEN.replace('0', 'g')}`],
    ['GET', '/public-dashboards/'],
    ['GET', `/Public-dashboards/${TOKEN}`],
    ['PUT', `/api/public/dashboards/${TOKEN}`],
    ['GET', `/api/public/dashboards/${TOKEN}/panels/12/query`],
    ['POST', `/api/public/dashboards/${TOKEN}/panels/x/query`],
    ['POST', `/api/public/dashboards/${TOKEN}/panels/12/query/x`],
    ['POST', `/api/public/dashboards/${TOKEN}/annotations`],
    ['GET', '/api/public/dashboards'],
    ['GET', '/api/dashboards/public-dashboards'],
    ['GET', `/api/dashboards/uid/uid-one/public-dashboards/${TOKEN}`],
    ['POST', '/api/ds/query'],
    ['GET', '/bootdata/x'],
    ['POST', '/bootdata'],
    ['GET', '/api/frontend-metrics'],
    ['GET', '/api/live/ws'],
  ])('opens nothing else: %s %s', async (method, target) => {
    const headers = { Referer: PAGE };
    expect((await gatewayOf().fetch(target, { method, headers })).status).toBe(401);
    expect(origin.received).toEqual([]);
  });

  test('is upgraded to no socket', async () => {
    expect(await ask(gatewayOf(), `/public-dashboards/${TOKEN}`, 'GET', { Upgrade: 'websocket' })).toBe(
      '400 bad_request',
    );
  });

  test.each([
    'auth_token=e.y.J',
    'Auth_Token=x',
    'auth%5ftoken=x',
    'targetOrgId=2',
    'TARGETORGID=2',
    'from=1&target%4frgid=2',
  ])('takes nobody’s identity from its query: %s', async (query) => {
    for (const [method, target] of [...OPEN, ...START]) {
      const headers = { Referer: PAGE };
      const asked = `${target}${target.includes('?') ? '&' : '?'}${query}`;
      expect((await gatewayOf({ VISITORS: 'pass' }).fetch(asked, { method, headers })).status, asked).toBe(
        403,
      );
    }
    expect(origin.received).toEqual([]);
  });
});

/** The pages from which the start of the frontend is asked for, and whether that is answered. */
const REFERERS: readonly (readonly [referer: string | undefined, isOpen: boolean])[] = [
  [PAGE, true],
  [`https://${HOST}/public-dashboards/${UUID}?from=1#x`, true],
  [`http://${HOST}/public-dashboards/${TOKEN}`, true],
  [undefined, false],
  ['', false],
  [`https://${HOST}/`, false],
  [`https://${HOST}/d/uid-one?x=/public-dashboards/${TOKEN}`, false],
  [`https://${HOST}/public-dashboards/${TOKEN}/x`, false],
  [`https://${HOST}/api/public/dashboards/${TOKEN}/panels/12/query`, false],
  [`https://evil.test/public-dashboards/${TOKEN}`, false],
  [`https://${HOST}:8443/public-dashboards/${TOKEN}`, false],
  [`https://evil.test/https://${HOST}/public-dashboards/${TOKEN}`, false],
  [`//${HOST}/public-dashboards/${TOKEN}`, false],
  [`/public-dashboards/${TOKEN}`, false],
];

describe('the start of the frontend', () => {
  for (const [method, target] of START) {
    test.each(REFERERS)(`${method} ${target} from %s is open: %s`, async (referer, isOpen) => {
      const headers = referer === undefined ? {} : { Referer: referer };
      expect((await gatewayOf().fetch(target, { method, headers })).status).toBe(isOpen ? 200 : 401);
    });
  }
});

describe('requests to public dashboards', () => {
  const LIMIT = { PUBLIC_DASHBOARDS_RATE_LIMITER: '2' };
  const FROM = (address: string) => ({ 'CF-Connecting-IP': address, Referer: PAGE });

  test('are limited in a minute, whatever is asked, and the answer says how long to wait', async () => {
    const gateway = gatewayOf(LIMIT);
    expect(await ask(gateway, `/public-dashboards/${TOKEN}`, 'GET', FROM('192.0.2.1'))).toBe('200');
    gateway.now = NOW + 20;
    expect(await ask(gateway, '/bootdata', 'GET', FROM('192.0.2.1'))).toBe('200');
    const response = await gateway.fetch(`/api/public/dashboards/${TOKEN}`, { headers: FROM('192.0.2.1') });
    expect(await refusalOf(response)).toBe('429 too_many_attempts');
    expect(response.headers.get('Retry-After')).toBe('40');
    expect(gateway.events.at(-1)?.event).toBe('public_dashboard.rate.refused');
    expect(JSON.stringify(gateway.events)).not.toContain(TOKEN.toLowerCase());
    gateway.now = NOW + 60;
    expect(await ask(gateway, `/public-dashboards/${TOKEN}`, 'GET', FROM('192.0.2.1'))).toBe('200');
    expect(origin.received).toHaveLength(3);
  });

  test('are counted together for all spellings of one token', async () => {
    const gateway = gatewayOf(LIMIT);
    const spellings = [TOKEN, UUID, UUID.toUpperCase(), TOKEN.toLowerCase()];
    const answers: string[] = [];
    for (const spelling of spellings)
      answers.push(await ask(gateway, `/public-dashboards/${spelling}`, 'GET', FROM('192.0.2.1')));
    expect(answers).toEqual(['200', '200', '429 too_many_attempts', '429 too_many_attempts']);
  });

  test('are counted by address and by dashboard', async () => {
    const gateway = gatewayOf(LIMIT);
    const other = TOKEN.replace('0', 'f');
    for (const [address, token] of [
      ['192.0.2.1', TOKEN],
      ['192.0.2.2', TOKEN],
      ['192.0.2.1', other],
    ] as const) {
      const target = `/public-dashboards/${token}`;
      const answers = [];
      for (let time = 0; time < 3; time++) answers.push(await ask(gateway, target, 'GET', FROM(address)));
      expect(answers).toEqual(['200', '200', '429 too_many_attempts']);
    }
  });

  test('are counted by address alone where many dashboards are named', async () => {
    const gateway = gatewayOf(LIMIT);
    const answers: string[] = [];
    for (let index = 10; index < 22; index++)
      answers.push(
        await ask(gateway, `/public-dashboards/${index}${TOKEN.slice(2)}`, 'GET', FROM('192.0.2.1')),
      );
    expect(answers).toEqual([...Array(10).fill('200'), ...Array(2).fill('429 too_many_attempts')]);
  });
});
