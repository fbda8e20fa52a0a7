import { describe, expect, test } from 'vitest';
import { Gateway, HOST, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { ORIGIN, origin } from '../support/origin.ts';

type Sent = Readonly<Record<string, string>>;

const OWN = `https://${HOST}`;
const PUBLIC = 'https://public.example.com';
const REFUSED = '403 cross_site_refused';
const WRITE = '/api/ds/query';
const SOCKET = '/api/live/ws';

/** What a request says of where it comes from, and whether it may write with this browser's session. */
const WRITES: readonly (readonly [sent: Sent, answer: string])[] = [
  [{}, '200'],
  [{ Origin: OWN }, '200'],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'same-origin' }, '200'],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'none' }, '200'],
  [{ 'Sec-Fetch-Site': 'same-origin' }, '200'],
  [{ Origin: PUBLIC, 'Sec-Fetch-Site': 'same-origin' }, '200'],
  [{ Origin: 'https://evil.test' }, REFUSED],
  [{ Origin: 'null' }, REFUSED],
  [{ Origin: '' }, REFUSED],
  [{ Origin: `http://${HOST}` }, REFUSED],
  [{ Origin: `${OWN}:8443` }, REFUSED],
  [{ Origin: `https://x.${HOST}` }, REFUSED],
  [{ Origin: `${OWN}.evil.test` }, REFUSED],
  [{ Origin: `https://evil.test, ${OWN}` }, REFUSED],
  [{ Origin: ORIGIN }, REFUSED],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'same-site' }, REFUSED],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'cross-site' }, REFUSED],
  [{ 'Sec-Fetch-Site': 'cross-site' }, REFUSED],
  [{ 'Sec-Fetch-Site': 'SAME-ORIGIN' }, REFUSED],
  [{ 'Sec-Fetch-Site': '' }, REFUSED],
  [{ 'Sec-Fetch-Site': 'same-origin, cross-site' }, REFUSED],
];

async function write(gateway: Gateway, headers: Sent, method = 'POST', target = WRITE): Promise<string> {
  return refusalOf(await gateway.fetch(target, { method, headers, body: '{}' }));
}

describe('a write', () => {
  test.each(WRITES)('under a session that says %j is answered %s', async (sent, answer) => {
    const gateway = new Gateway({ vars: { PUBLIC_URL: PUBLIC } });
    const { header } = await gateway.open();
    expect(await write(gateway, { ...sent, Cookie: header })).toBe(answer);
    expect(origin.received).toHaveLength(answer === '200' ? 1 : 0);
  });

  test.each(WRITES)("with a visitor's own cookie that says %j is answered %s", async (sent, answer) => {
    const gateway = new Gateway({ vars: { PUBLIC_URL: PUBLIC, VISITORS: 'pass' } });
    expect(await write(gateway, { ...sent, Cookie: 'grafana_session=1' })).toBe(answer);
    expect(origin.received).toHaveLength(answer === '200' ? 1 : 0);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('by %s is one', async (method) => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    expect(await write(gateway, { Cookie: 'a=1', Origin: 'https://evil.test' }, method, '/api/x')).toBe(
      REFUSED,
    );
    expect(gateway.events.at(-1)).toMatchObject({ event: 'request.cross_site.refused', path: '/api/x' });
  });

  test.each(['GET', 'HEAD', 'OPTIONS'])('is not what %s asks', async (method) => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    const headers = { Cookie: 'a=1', Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' };
    expect((await gateway.fetch('/api/x', { method, headers })).status).toBe(200);
  });

  test.each(['/api/user/auth-tokens/rotate', '/api/frontend-metrics'])(
    'that the gateway answers itself is looked at as well: %s',
    async (target) => {
      const gateway = new Gateway();
      const { header } = await gateway.open();
      expect(await write(gateway, { Cookie: header, Origin: 'https://evil.test' }, 'POST', target)).toBe(
        REFUSED,
      );
      expect(await write(gateway, { Cookie: header, Origin: OWN }, 'POST', target)).toBe('200');
    },
  );
});

/** Who acts by themselves, and who by what a browser adds. */
const ACTORS: readonly (readonly [what: string, sent: Sent, answer: string])[] = [
  ['a program with a bearer', { Authorization: 'Bearer glsa_own' }, '200'],
  ['a program that says nothing', {}, '200'],
  ['a name and password that a browser remembers', { Authorization: 'Basic dTpw' }, REFUSED],
  ['the same in another case', { Authorization: 'bAsIc dTpw' }, REFUSED],
  ['a bearer beside a cookie', { Authorization: 'Bearer glsa_own', Cookie: 'a=1' }, REFUSED],
  ['a cookie of Postern only', { Cookie: '__Host-postern-user=1' }, REFUSED],
];

describe('from another site, where visitors may pass,', () => {
  test.each(ACTORS)('%s writes: %#', async (_, sent, answer) => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    const elsewhere = { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' };
    expect(await write(gateway, { ...sent, ...elsewhere })).toBe(answer);
  });

  test('a remembered password reads, as a link to the page does', async () => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    const headers = { Authorization: 'Basic dTpw', 'Sec-Fetch-Site': 'cross-site' };
    expect((await gateway.fetch('/d/uid-one', { headers })).status).toBe(200);
  });
});

/** What a socket says of where it comes from; it has to name its origin. */
const SOCKETS: readonly (readonly [sent: Sent, answer: string])[] = [
  [{ Origin: OWN }, '101'],
  [{ Origin: PUBLIC }, '101'],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'same-origin' }, '101'],
  [{}, REFUSED],
  [{ 'Sec-Fetch-Site': 'same-origin' }, REFUSED],
  [{ Origin: 'null' }, REFUSED],
  [{ Origin: 'https://evil.test' }, REFUSED],
  [{ Origin: `http://${HOST}` }, REFUSED],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'cross-site' }, REFUSED],
  [{ Origin: OWN, 'Sec-Fetch-Site': 'same-site' }, REFUSED],
];

function answerSocket(): void {
  origin.answerWith(() => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }));
}

describe('a socket', () => {
  test.each(SOCKETS)('under a session that says %j is answered %s', async (sent, answer) => {
    const keys = [entryOf(keyNamed('test1'), { live: true })];
    const gateway = new Gateway({ keys, vars: { PUBLIC_URL: PUBLIC } });
    const { header } = await gateway.open();
    answerSocket();
    const headers = { ...sent, Cookie: header, Upgrade: 'websocket' };
    expect(await refusalOf(await gateway.fetch(SOCKET, { headers }))).toBe(answer);
    expect(origin.received.map((request) => request.headers.get('Origin'))).toEqual(
      answer === '101' ? [ORIGIN] : [],
    );
  });

  test.each(SOCKETS)("with a visitor's own cookie that says %j is answered %s", async (sent, answer) => {
    const gateway = new Gateway({ vars: { PUBLIC_URL: PUBLIC, VISITORS: 'pass' } });
    answerSocket();
    const headers = { ...sent, Cookie: 'grafana_session=1', Upgrade: 'websocket' };
    expect(await refusalOf(await gateway.fetch(SOCKET, { headers }))).toBe(answer);
  });

  test('of a program with a bearer names no origin', async () => {
    answerSocket();
    const headers = { Authorization: 'Bearer glsa_own', Upgrade: 'WebSocket' };
    const response = await new Gateway({ vars: { VISITORS: 'pass' } }).fetch(SOCKET, { headers });
    expect(response.status).toBe(101);
    expect(origin.only.headers.get('Upgrade')).toBe('websocket');
  });
});

describe('Origin', () => {
  test.each([
    ["a page of the gateway's", OWN, ORIGIN],
    ["a page of the gateway's public address", PUBLIC, ORIGIN],
    ['a foreign page', 'https://evil.test', 'https://evil.test'],
    ['no page', 'null', 'null'],
    ['a page over another scheme', `http://${HOST}`, `http://${HOST}`],
  ])('of %s is what Grafana compares with its own host', async (_, sent, received) => {
    const gateway = new Gateway({ vars: { PUBLIC_URL: PUBLIC, ORIGIN_URL: `${ORIGIN}/grafana` } });
    await gateway.fetchAs(await gateway.open(), '/d/uid-one', { headers: { Origin: sent } });
    expect(origin.only.headers.get('Origin')).toBe(received);
  });

  test('is not made up where there was none', async () => {
    const gateway = new Gateway();
    await gateway.fetchAs(await gateway.open(), WRITE, { method: 'POST' });
    expect(origin.only.headers.has('Origin')).toBe(false);
  });
});
