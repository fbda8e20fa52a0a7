import { describe, expect, test } from 'vitest';
import { Gateway, refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { origin } from '../support/origin.ts';

const PASS = { VISITORS: 'pass' };
const ROUTES = {
  ROUTES: JSON.stringify([{ path: '/chat', origin: 'https://grafana.test', visitors: 'pass' }]),
};

/** Those who may set cookies of their own: the origin of visitors, and that of a route. */
const SETTERS = [
  ["visitors' origin", PASS, '/api/search'],
  ["a route's origin", ROUTES, '/chat/app'],
] as const;

/** `Set-Cookie` values by which a browser would come to send a cookie in the gateway's name. */
const OURS: readonly (readonly [what: string, line: string])[] = [
  ['a session', '__Host-postern-s-0a1b2c3d=theirs; Path=/; Secure'],
  ['a session of plain HTTP', 'postern-s-0a1b2c3d=theirs; Path=/'],
  ['the end of a session', '__Host-postern-s-0a1b2c3d=; Path=/; Secure; Max-Age=0'],
  ['a sign-in', '__Host-postern-user=theirs; Path=/; Secure'],
  ['another case', '__hOST-Postern-user=theirs; Path=/; Secure'],
  ['spaces around the name', '  postern-tx-1  =theirs'],
  ['a tab before the name', '\tpostern-tx-1=theirs'],
  ['no value', 'postern-s-0a1b2c3d; Path=/'],
  ['no name, and a value that reads as one', '=postern-s-0a1b2c3d=theirs; Path=/'],
  ['no name, a space, and a value that reads as one', ' = __Host-postern-user=theirs; Path=/; Secure'],
];

const THEIRS = [
  'grafana_session=1; Path=/; HttpOnly',
  'expires=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
  'my-postern-s-0a1b2c3d=3',
  'posternish=4; Path=/',
  'value=postern-s-0a1b2c3d=5',
];

function answerWithCookies(lines: readonly string[], status = 200): void {
  origin.answerWith(() => {
    const headers = new Headers();
    for (const line of lines) headers.append('Set-Cookie', line);
    return status === 101
      ? new Response(null, { status, headers, webSocket: new WebSocketPair()[0] })
      : new Response('', { status, headers });
  });
}

describe.each(SETTERS)('%s', (_, vars, target) => {
  test.each(OURS)('sets no cookie of the gateway: %s', async (_, line) => {
    answerWithCookies(['before=1', line, 'after=2; Path=/']);
    const response = await new Gateway({ vars }).fetch(target);
    expect(response.headers.getSetCookie()).toEqual(['before=1', 'after=2; Path=/']);
  });

  test('sets its own cookies, each by itself', async () => {
    answerWithCookies(THEIRS);
    const response = await new Gateway({ vars }).fetch(target);
    expect(response.headers.getSetCookie()).toEqual(THEIRS);
  });

  test('sets no cookie of the gateway with an upgrade either', async () => {
    answerWithCookies([...OURS.map(([, line]) => line), 'a=1'], 101);
    const headers = {
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      Origin: 'https://dash.example.com',
    };
    const response = await new Gateway({ vars }).fetch(target, { headers });
    expect(response.status).toBe(101);
    expect(response.headers.getSetCookie()).toEqual(['a=1']);
  });
});

/** Cookies with names of grants, as many as are asked for, that do not open. */
function makeUp(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `__Host-postern-s-${at.toString(16).padStart(8, '0')}=x`);
}

describe('cookies of grants', () => {
  test.each([
    [31, '200'],
    [32, '401 session_required'],
    [500, '401 session_required'],
  ])('beside %i made-up ones are answered %s', async (count, answer) => {
    const gateway = new Gateway();
    const jar = await gateway.open();
    const Cookie = [...makeUp(count), jar.header].join('; ');
    expect(await refusalOf(await gateway.fetch('/d/uid-one/demo', { headers: { Cookie } }))).toBe(answer);
    expect(origin.received).toHaveLength(answer === '200' ? 1 : 0);
  });

  test('of which there are too many do not make somebody of a visitor', async () => {
    const gateway = new Gateway({ vars: PASS });
    const response = await gateway.fetch('/api/search', { headers: { Cookie: makeUp(33).join('; ') } });
    expect(await refusalOf(response)).toBe('401 session_required');
    expect(origin.received).toEqual([]);
  });
});

describe('cookies in two lines, which arrive joined by a comma', () => {
  test.each(SETTERS)('do not take one of the gateway to %s', async (_, vars, target) => {
    const headers = new Headers({ Cookie: 'theirs=1; b=2' });
    headers.append('Cookie', '__Host-postern-user=ours; c=3');
    headers.append('Cookie', 'postern-tx-1=ours');
    expect(headers.get('Cookie')).toContain(', ');
    await new Gateway({ vars }).fetch(target, { headers });
    const sent = origin.only.headers.get('Cookie');
    expect(sent).toContain('theirs=1');
    expect(sent).not.toMatch(/postern|ours/);
  });

  /**
   * Any sibling host may set `x=1, __Host-postern-s-…=…` for the whole domain, and browsers keep it: `__Host-` is
   * worth something only while a value never becomes a cookie.
   */
  test('are not what a value with a comma is: no grant comes out of it', async () => {
    const gateway = new Gateway();
    const { header } = await gateway.open({}, new Jar());
    const headers = { Cookie: `x=1, ${header}` };
    expect(await refusalOf(await gateway.fetch('/d/uid-one/demo', { headers }))).toBe('401 session_required');
    expect(origin.received).toEqual([]);
  });

  test('are not what a value with a comma is: it does not stand in the way of the real one', async () => {
    const gateway = new Gateway();
    const { header } = await gateway.open();
    const headers = { Cookie: `${header}; x=1, ${header.split('=')[0]}=theirs` };
    expect((await gateway.fetch('/d/uid-one/demo', { headers })).status).toBe(200);
  });
});
