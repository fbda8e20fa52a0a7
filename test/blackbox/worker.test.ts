import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestHarness } from 'wrangler';
import { getStream, keyNamed, readCookie, signLink, startByWrangler } from './house.ts';
import { Origin, readBody } from './origin.ts';

const KEY = keyNamed('test1');
const origin = new Origin();
let gateway: TestHarness;
let own: URL;

beforeAll(async () => {
  const originUrl = await origin.listen();
  gateway = startByWrangler(originUrl, [{ name: KEY.name, orgId: KEY.orgId, token: KEY.token }]);
  own = (await gateway.listen()).url;
});

afterAll(async () => {
  await gateway.close();
  await origin.close();
});

beforeEach(() => origin.begin());

/** A request over a real socket. */
function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, own), { redirect: 'manual', ...init });
}

async function openLink(): Promise<string> {
  const response = await ask(signLink(KEY, '/d/uid-one/demo'));
  expect(response.status).toBe(303);
  return readCookie(response);
}

describe('the real bundle in front of a real origin', () => {
  test('answers its health without asking the origin', async () => {
    const response = await ask('/-/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok' });
    expect(origin.arrived).toEqual([]);
  });

  test('leads a visitor from a link over a cookie to the page and its data', async () => {
    const link = await ask(signLink(KEY, '/d/uid-one/demo?orgId=1&from=now-1h'));
    expect(link.status).toBe(303);
    expect(link.headers.get('Location')).toBe('/d/uid-one/demo?orgId=1&from=now-1h');
    const Cookie = readCookie(link);
    expect(Cookie).toMatch(/^postern-s-[0-9a-f]{8}=/);
    expect(origin.arrived).toEqual([]);

    const page = await ask('/d/uid-one/demo?orgId=1&from=now-1h', { headers: { Cookie } });
    expect(page.status).toBe(200);
    expect(await page.text()).toBe('<title>dashboard</title>');
    expect(page.headers.get('X-Frame-Options')).toBeNull();
    expect(page.headers.get('Content-Security-Policy')).toBe("frame-ancestors 'self'");
    expect(page.headers.getSetCookie()).toEqual([]);

    origin.begin(async (request, response) => {
      response
        .setHeader('Content-Type', 'application/json')
        .end(JSON.stringify({ asked: await readBody(request) }));
    });
    const data = await ask('/api/ds/query?ds_type=testdata', {
      method: 'POST',
      headers: { Cookie, 'Content-Type': 'application/json', 'X-Dashboard-Uid': 'uid-one' },
      body: '{"queries":[]}',
    });
    expect(await data.json()).toEqual({ asked: '{"queries":[]}' });
    const [arrived] = origin.arrived;
    expect(arrived?.path).toBe('/api/ds/query?ds_type=testdata');
    expect(arrived?.headers.authorization).toBe(`Bearer ${KEY.token}`);
    expect(arrived?.headers['x-grafana-org-id']).toBe('1');
    expect(arrived?.headers.cookie).toBeUndefined();
  });

  test('refuses whoever comes without a session', async () => {
    const response = await ask('/d/uid-one/demo');
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'session_required' });
    expect(origin.arrived).toEqual([]);
  });

  test('sets a cookie that survives inside a foreign iframe where it is asked over HTTPS', async () => {
    const response = await gateway.fetch(`https://dash.example.com${signLink(KEY, '/d/uid-one/demo')}`, {
      redirect: 'manual',
    });
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-postern-s-[0-9a-f]{8}=[^;]+; Path=\/; HttpOnly; SameSite=None; Max-Age=3600; Secure; Partitioned$/,
      ),
    ]);
  });

  test('counts wrong signatures in its Durable Objects, and never keeps a right one waiting', async () => {
    const answers: string[] = [];
    for (let index = 0; index < 12; index++) {
      const wrong = signLink(KEY, '/d/uid-one/demo').replace(/sign=[0-9a-f]{4}/, 'sign=0000');
      const response = await ask(wrong);
      answers.push(`${response.status} ${response.headers.get('Retry-After')}`);
    }
    expect(answers.slice(0, 10)).toEqual(Array(10).fill('403 null'));
    expect(answers.slice(10)).toEqual([
      expect.stringMatching(/^429 (?:3600|359\d)$/),
      expect.stringMatching(/^429 (?:3600|359\d)$/),
    ]);
    await openLink();
    expect(origin.arrived).toEqual([]);
  });

  test('hands on the pieces of an answer as they come', async () => {
    const Cookie = await openLink();
    const { promise: isRead, resolve: tellRead } = Promise.withResolvers<void>();
    origin.begin(async (_, response) => {
      response.write('first ');
      await isRead;
      response.end('second');
    });
    const pieces = (await getStream(new URL('/d/uid-one/demo', own), Cookie))[Symbol.asyncIterator]();
    // The origin sends the second piece only after the first has been read here.
    expect(String((await pieces.next()).value)).toBe('first ');
    tellRead();
    expect(String((await pieces.next()).value)).toBe('second');
  });

  test('hands on the pieces of a request as they come', async () => {
    const Cookie = await openLink();
    const { promise: hasArrived, resolve: tellArrived } = Promise.withResolvers<void>();
    origin.begin(async (request, response) => {
      const first = await request.pieces.next();
      tellArrived();
      await readBody(request);
      response.end(`${first.value}|${await request.body}`);
    });
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('first '));
        // The client sends the second piece only after the first has reached the origin.
        await hasArrived;
        controller.enqueue(new TextEncoder().encode('second'));
        controller.close();
      },
    });
    const response = await ask('/api/ds/query', {
      method: 'POST',
      headers: { Cookie, 'X-Dashboard-Uid': 'uid-one' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(await response.text()).toBe('first |first second');
  });
});
