import { describe, expect, test } from 'vitest';
import { Gateway, NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const REFUSED = '403 path_not_shared';
const PANEL = '/api/library-elements/lib-one';
const CONNECTIONS = `${PANEL}/connections/`;

function connectionsOf(...uids: readonly string[]): Response {
  return Response.json({ result: uids.map((connectionUid, id) => ({ id, kind: 1, connectionUid })) });
}

/** Lets the origin say in which dashboards the panel stands, and answer everything else. */
function answerConnections(answer: () => Response | Promise<Response>): void {
  origin.answerWith((request) =>
    new URL(request.url).pathname === CONNECTIONS ? answer() : new Response('the panel'),
  );
}

function pathsAsked(): string[] {
  return origin.received.map(({ url }) => new URL(url).pathname);
}

async function see(target = PANEL, more: Readonly<Record<string, unknown>> = {}, method = 'GET') {
  const gateway = new Gateway({ keys: [entryOf(KEY, more)] });
  return refusalOf(await gateway.fetchAs(await gateway.open(), target, { method }));
}

describe('a library panel', () => {
  test('of a granted dashboard is open; its dashboards are asked for as the key', async () => {
    answerConnections(() => connectionsOf('other', 'uid-one'));
    const gateway = new Gateway();
    const jar = await gateway.open();
    const headers = { Cookie: `${jar.header}; grafana_session=theirs`, 'X-WEBAUTH-USER': 'admin' };
    expect((await gateway.fetch(PANEL, { headers })).status).toBe(200);
    expect(pathsAsked()).toEqual([CONNECTIONS, PANEL]);
    const [asked] = origin.received;
    expect(Object.fromEntries(asked?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: `Bearer ${KEY.token}`,
      'x-grafana-org-id': '1',
    });
  });

  test.each([
    ['it stands in others', () => connectionsOf('other', 'uid-two')],
    ['it stands in none', () => connectionsOf()],
    ['its dashboard has a longer uid', () => connectionsOf('uid-one-more')],
    ['a dashboard is called by the star', () => connectionsOf('*')],
  ])('is closed where %s', async (_, answer) => {
    answerConnections(answer);
    expect(await see()).toBe(REFUSED);
    expect(pathsAsked()).toEqual([CONNECTIONS]);
  });

  test('is open to a key of every dashboard, without asking', async () => {
    expect(await see(PANEL, { dashboards: ['*'] })).toBe('200');
    expect(pathsAsked()).toEqual([PANEL]);
  });

  test.each([
    `${PANEL}?x=1`,
    `${PANEL}?auth_token=1`,
    `${PANEL}/`,
    `${PANEL}/connections`,
    CONNECTIONS,
    '/api/library-elements/',
    '/api/library-elements/a.b',
    `/api/library-elements/${'x'.repeat(41)}`,
  ])('is asked for in one form only, not as %s', async (target) => {
    answerConnections(() => connectionsOf('uid-one'));
    expect(await see(target)).toBe(REFUSED);
    expect(origin.received).toEqual([]);
  });

  test('is not written to', async () => {
    for (const method of ['POST', 'PATCH', 'DELETE']) expect(await see(PANEL, {}, method)).toBe(REFUSED);
    expect(origin.received).toEqual([]);
  });
});

/** Answers that say nothing that can be relied on. */
const FAILURES: readonly (readonly [what: string, answer: () => Response | Promise<Response>])[] = [
  ['cannot be reached', () => Promise.reject(new TypeError('refused'))],
  ['says 403', () => new Response('{"message":"no"}', { status: 403 })],
  ['says 404', () => new Response('{"result":[{"connectionUid":"uid-one"}]}', { status: 404 })],
  ['leads elsewhere', () => Response.redirect('https://grafana.test/login', 302)],
  ['answers no JSON', () => new Response('<html>uid-one</html>')],
  ['answers other JSON', () => Response.json({ result: { connectionUid: 'uid-one' } })],
  ['answers rows of another form', () => Response.json({ result: [{ uid: 'uid-one' }] })],
  ['answers nothing', () => new Response(null)],
  [
    'answers at length',
    () => Response.json({ x: 'x'.repeat(262_144), result: [{ connectionUid: 'uid-one' }] }),
  ],
];

describe('what the origin says of a library panel', () => {
  test.each(FAILURES)('is not so where it %s, and is asked again', async (_, failure) => {
    answerConnections(failure);
    const gateway = new Gateway();
    const jar = await gateway.open();
    expect(await refusalOf(await gateway.fetchAs(jar, PANEL))).toBe(REFUSED);
    answerConnections(() => connectionsOf('uid-one'));
    expect((await gateway.fetchAs(jar, PANEL)).status).toBe(200);
  });

  test('is read no further than a quarter of a megabyte', async () => {
    let sent = 0;
    answerConnections(() => {
      const chunk = new Uint8Array(65_536).fill(32);
      const pull = (controller: ReadableStreamDefaultController) => {
        sent += chunk.length;
        controller.enqueue(chunk);
      };
      return new Response(new ReadableStream({ pull }));
    });
    expect(await see()).toBe(REFUSED);
    expect(sent).toBeLessThan(2 * 262_144);
  });

  test('is remembered for a minute, for each key', async () => {
    answerConnections(() => connectionsOf('uid-one'));
    const gateway = new Gateway({ keys: [entryOf(KEY), entryOf(keyNamed('portal'))] });
    const jar = await gateway.open();
    const other = await gateway.open({ key: keyNamed('portal') });
    const countAfter = async (held: typeof jar, now: number) => {
      gateway.now = now;
      expect((await gateway.fetchAs(held, PANEL)).status).toBe(200);
      return pathsAsked().filter((path) => path === CONNECTIONS).length;
    };
    expect(await countAfter(jar, NOW)).toBe(1);
    expect(await countAfter(jar, NOW + 59)).toBe(1);
    expect(await countAfter(other, NOW + 59)).toBe(2);
    expect(await countAfter(jar, NOW + 60)).toBe(3);
  });

  test('that it stands elsewhere is remembered too', async () => {
    answerConnections(() => connectionsOf('other'));
    const gateway = new Gateway();
    const jar = await gateway.open();
    for (let time = 0; time < 3; time++)
      expect(await refusalOf(await gateway.fetchAs(jar, PANEL))).toBe(REFUSED);
    expect(pathsAsked()).toEqual([CONNECTIONS]);
  });
});
