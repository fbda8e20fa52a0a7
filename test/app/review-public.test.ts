import { describe, expect, test } from 'vitest';
import { Gateway, HOST, NOW, refusalOf } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

const TOKEN = '0123456789abcdef0123456789abcdef';
const PAGE = `/public-dashboards/${TOKEN}`;
const API = `/api/public/dashboards/${TOKEN}`;
const FROM_PAGE = { Referer: `https://${HOST}${PAGE}` };

function open(requestsPerMinute = 600): Gateway {
  const vars = { PUBLIC_DASHBOARDS: true, PUBLIC_DASHBOARDS_RATE_LIMITER: requestsPerMinute };
  return new Gateway({ vars });
}

describe('requests to public dashboards', () => {
  test('are counted by address, whatever page they claim to come from', async () => {
    const gateway = open(2);
    const statuses: number[] = [];
    for (let round = 0; round < 30; round++) {
      const token = round.toString(16).padStart(32, '0');
      const headers = {
        'CF-Connecting-IP': '192.0.2.1',
        Referer: `https://${HOST}/public-dashboards/${token}`,
      };
      statuses.push((await gateway.fetch('/bootdata', { headers })).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.slice(10)).toEqual(Array(20).fill(429));
    expect(origin.received).toHaveLength(10);
    const other = { 'CF-Connecting-IP': '192.0.2.2', ...FROM_PAGE };
    expect((await gateway.fetch('/bootdata', { headers: other })).status).toBe(200);
    gateway.now = NOW + 60;
    const again = { 'CF-Connecting-IP': '192.0.2.1', ...FROM_PAGE };
    expect((await gateway.fetch('/bootdata', { headers: again })).status).toBe(200);
  });

  test('are counted by dashboard, however its token is spelt', async () => {
    const gateway = open(2);
    const dashed = TOKEN.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const answers: number[] = [];
    for (const token of [TOKEN, TOKEN.toUpperCase(), dashed]) {
      answers.push((await gateway.fetch(`/api/public/dashboards/${token}`)).status);
    }
    expect(answers).toEqual([200, 200, 429]);
  });
});

describe('a query to a public dashboard', () => {
  const targets = [PAGE, API, `${API}/annotations`, '/bootdata', '/api/frontend/settings'];
  describe.each(targets)('of %s', (target) => {
    test.each(['orgId=1', 'orgId=7&from=now-6h', 'theme=light'])('may hold %s', async (query) => {
      expect((await open().fetch(`${target}?${query}`, { headers: FROM_PAGE })).status).toBe(200);
      expect(origin.only.url).toBe(`https://grafana.test${target}?${query}`);
    });

    test.each([
      'auth_token=e.y.J',
      'x=1&auth_token=e.y.J',
      'Auth_Token=e.y.J',
      'auth%5Ftoken=e.y.J',
      '%61uth_token=e.y.J',
      'targetOrgId=2',
      'TARGETORGID=2',
      'target%4FrgId=2',
      'targetOrgId',
    ])('is refused with %s', async (query) => {
      const response = await open().fetch(`${target}?${query}`, { headers: FROM_PAGE });
      expect(await refusalOf(response)).toBe('403 path_not_shared');
      expect(origin.received).toEqual([]);
    });
  });
});

let files = 0;
/** A file that no other test has asked for: the cache outlives a test. */
const newFile = () => `/public/build/review-${++files}-${crypto.randomUUID()}.js`;

function answerFile(body: (request: Request) => string, more: HeadersInit = {}): void {
  origin.answerWith((request) => {
    const headers = new Headers({ 'Content-Type': 'application/javascript' });
    for (const [name, value] of new Headers(more)) headers.append(name, value);
    return new Response(body(request), { headers });
  });
}

/** Asks for a file again until it came from the cache, or was asked for too often to be there. */
async function isKept(gateway: Gateway, file: string): Promise<boolean> {
  await gateway.fetch(file);
  for (let round = 0; round < 10; round++) {
    await scheduler.wait(10);
    const before = origin.received.length;
    await (await gateway.fetch(file)).text();
    if (origin.received.length === before) return true;
  }
  return false;
}

describe('the cache of static files', () => {
  test.each([
    ['a script', {}, true],
    ['a script that says how long it lives', { 'Cache-Control': 'public, max-age=60' }, true],
    ['one with a cookie', { 'Set-Cookie': 'grafana_session=1' }, false],
    [
      'one with a cookie that says it may be shared',
      { 'Set-Cookie': 'a=1', 'Cache-Control': 'public, max-age=60' },
      false,
    ],
    ['one that is private', { 'Cache-Control': 'private' }, false],
    ['one that differs by language', { Vary: 'Accept-Language' }, false],
  ])('keeps or does not keep %s', async (_, headers, kept) => {
    answerFile(() => 'body', headers);
    expect(await isKept(new Gateway(), newFile())).toBe(kept);
  });

  test('gives nobody the cookie of an answer', async () => {
    answerFile(() => 'body', { 'Set-Cookie': 'grafana_session=1' });
    expect((await new Gateway().fetch(newFile())).headers.getSetCookie()).toEqual([]);
  });

  test('is not filled with what one client sent', async () => {
    const read = [
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Host',
      'Forwarded',
      'Accept-Language',
      'Cookie',
    ];
    answerFile(({ headers }) => `[${read.map((name) => headers.get(name) ?? '').join('')}]`);
    const file = newFile();
    const evil = new Gateway({ at: 'https://evil.example.com' });
    const sent = {
      'X-Forwarded-Host': 'evil.test',
      'X-Host': 'evil.test',
      Forwarded: 'host=evil.test',
      'Accept-Language': 'evil',
      Accept: 'text/evil',
      'User-Agent': 'evil',
      'X-Custom': 'evil',
      Cookie: 'a=evil',
      Authorization: 'Bearer evil',
      Referer: 'https://evil.test/',
      Origin: 'https://evil.test',
      'If-None-Match': '"evil"',
      'Accept-Encoding': 'evil',
    };
    expect(await (await evil.fetch(file, { headers: sent })).text()).toBe('[]');
    const names = [...origin.only.headers.keys()];
    expect(names.filter((name) => !['accept', 'accept-encoding'].includes(name))).toEqual([]);
    expect([...origin.only.headers.values()].join(' ')).not.toContain('evil');
    await scheduler.wait(50);
    expect(await (await new Gateway().fetch(file)).text()).toBe('[]');
  });
});
