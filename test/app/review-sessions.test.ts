import { describe, expect, test } from 'vitest';
import { Gateway, NOW, refusalOf } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const A = keyNamed('test1');
const B = keyNamed('portal');
const PAGE = '/d/uid-one/demo';
const KEYS = [entryOf(A), entryOf(B)];

/** Opens a link inside a frame and returns the address that it leads to, with its `postern_check`. */
async function openFramed(gateway: Gateway): Promise<string> {
  const response = await gateway.fetch(linkTo({ key: A, at: gateway.now }), {
    headers: { 'Sec-Fetch-Dest': 'iframe' },
  });
  const location = response.headers.get('Location') ?? '';
  expect(location).toContain('postern_check=');
  return location;
}

/** The address behind the button of the page that a frame without cookies gets, in a frame that came so late. */
async function findTab(gateway: Gateway): Promise<string> {
  const response = await gateway.fetch(await openFramed(gateway), { headers: { Accept: 'text/html' } });
  const [, address = ''] = /href="([^"]*postern_open=[^"]*)"/.exec(await response.text()) ?? [];
  expect(address).not.toBe('');
  return address.replaceAll('&amp;', '&');
}

describe('a ticket', () => {
  test.each([
    [0, 'opens'],
    [90, 'opens'],
    [91, 'opens nothing'],
    [150, 'opens nothing'],
  ])('for a tab, %i seconds after its link, %s', async (seconds, what) => {
    const gateway = new Gateway();
    const address = await findTab(gateway);
    gateway.now = NOW + seconds;
    const response = await gateway.fetch(address, { headers: { 'Sec-Fetch-Dest': 'document' } });
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe(PAGE);
    expect(readSetCookies(response)).toHaveLength(what === 'opens' ? 1 : 0);
  });

  test('for a tab counts from its link, not from the page with the button', async () => {
    const gateway = new Gateway();
    const check = await openFramed(gateway);
    gateway.now = NOW + 30;
    const page = await gateway.fetch(check, { headers: { Accept: 'text/html' } });
    const [, address = ''] = /href="([^"]*postern_open=[^"]*)"/.exec(await page.text()) ?? [];
    gateway.now = NOW + 91;
    const response = await gateway.fetch(address.replaceAll('&amp;', '&'), {
      headers: { 'Sec-Fetch-Dest': 'document' },
    });
    expect(readSetCookies(response)).toEqual([]);
  });

  test.each([
    [0, '409 cookies_blocked'],
    [30, '409 cookies_blocked'],
    [31, '303'],
  ])('of a frame, %i seconds after its link, is answered %s', async (seconds, answer) => {
    const gateway = new Gateway();
    const address = await openFramed(gateway);
    gateway.now = NOW + seconds;
    const answered = await refusalOf(await gateway.fetch(address));
    expect(answered.replace(/^4\d\d/, '409')).toBe(answer);
  });
});

describe('a link that has expired', () => {
  test('leads in whom its key has let in, though a newer grant covers the same dashboard', async () => {
    const gateway = new Gateway({ keys: KEYS });
    const old = linkTo({ key: A, at: NOW, expireSeconds: 3600 });
    const jar = await gateway.open({ key: A, expireSeconds: 3600 });
    gateway.now = NOW + 30;
    await gateway.open({ key: B, expireSeconds: 3600 }, jar);
    gateway.now = NOW + 120;
    const response = await gateway.fetchAs(jar, old);
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe(PAGE);
    expect(readSetCookies(response)).toEqual([]);
  });

  test.each([
    ['nobody', undefined, 0],
    ['another key alone', B, 0],
    ['its own key, whose grant has ended', A, 40],
  ])('does not lead in whom %s has let in', async (_, key, seconds) => {
    const gateway = new Gateway({ keys: KEYS });
    const old = linkTo({ key: A, at: NOW });
    const expireSeconds = seconds || 3600;
    const jar = key ? await gateway.open({ key, expireSeconds }) : new Jar();
    gateway.now = NOW + 120;
    expect(await refusalOf(await gateway.fetchAs(jar, old))).toMatch(/^4\d\d share_link_expired$/);
  });
});

const LIBRARY = '/api/library-elements/lib-one';
const CONNECTED = { result: [{ connectionUid: 'uid-one' }] };

/** Answers for the connections of a library panel, and for everything else with a page. */
function answerConnections(answer: () => Response): void {
  origin.answerWith(({ url }) => (url.endsWith('/connections/') ? answer() : new Response('{}')));
}

function countAsked(): number {
  return origin.received.filter(({ url }) => url.endsWith('/connections/')).length;
}

describe('where a library panel stands', () => {
  test('is remembered for a minute from when it was told, however often it is used', async () => {
    answerConnections(() => Response.json(CONNECTED));
    const gateway = new Gateway();
    const jar = await gateway.open();
    for (const [seconds, asked] of [
      [0, 1],
      [30, 1],
      [59, 1],
      [60, 2],
      [119, 2],
      [120, 3],
    ] as const) {
      gateway.now = NOW + seconds;
      expect((await gateway.fetchAs(jar, LIBRARY)).status).toBe(200);
      expect(countAsked(), `after ${seconds} seconds`).toBe(asked);
    }
  });

  test('is no longer open once it stands there no longer', async () => {
    answerConnections(() => Response.json(CONNECTED));
    const gateway = new Gateway();
    const jar = await gateway.open();
    expect((await gateway.fetchAs(jar, LIBRARY)).status).toBe(200);
    answerConnections(() => Response.json({ result: [] }));
    gateway.now = NOW + 60;
    expect(await refusalOf(await gateway.fetchAs(jar, LIBRARY))).toBe('403 path_not_shared');
  });

  test.each([
    ['500', () => new Response('', { status: 500 })],
    ['nothing', () => Promise.reject(new TypeError('unreachable')) as never],
    ['no JSON', () => new Response('<html>')],
    ['another form', () => Response.json({ result: [{ uid: 1 }] })],
    ['too much', () => new Response(`{"result":[${' '.repeat(300_000)}]}`)],
  ])('is asked for again where the origin said %s', async (_, answer) => {
    answerConnections(answer);
    const gateway = new Gateway();
    const jar = await gateway.open();
    expect(await refusalOf(await gateway.fetchAs(jar, LIBRARY))).toBe('403 path_not_shared');
    answerConnections(() => Response.json(CONNECTED));
    expect((await gateway.fetchAs(jar, LIBRARY)).status).toBe(200);
  });
});
