import { gzipSync } from 'node:zlib';
import type { Miniflare } from 'miniflare';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBundle } from './house.ts';
import { Origin, readBody } from './origin.ts';

const KEY = '13ca4f3cfe7cd84dbe8724646f79b65db52e78cc8561dddb80ca024edb7343a3';
const GLSA = 'glsa_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKE_cecb8038';
const grafana = new Origin();
const us = new Origin();
const eu = new Origin();
const stack = new Origin();
let gateway: Miniflare;
let own: URL;
let euUrl: string;
let stackUrl: string;

beforeAll(async () => {
  const [grafanaUrl, usUrl] = await Promise.all([grafana.listen(), us.listen()]);
  euUrl = `${await eu.listen()}/oncall`;
  stackUrl = await stack.listen();
  gateway = await startBundle(grafanaUrl, [], {
    ONCALL_REGIONS: JSON.stringify({ us: { url: `${usUrl}/oncall` }, eu: { url: euUrl } }),
    ONCALL_STACK_HOSTS: `*.grafana.net ${new URL(stackUrl).host}`,
  });
  own = await gateway.ready;
});

afterAll(async () => {
  await gateway.dispose();
  await Promise.all([grafana, us, eu, stack].map((one) => one.close()));
});

beforeEach(() => {
  const refuse = (status: number, detail: string) => ({ status, body: JSON.stringify({ detail }) });
  us.begin((_, response) => {
    const { status, body } = refuse(403, 'Invalid token.');
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  });
  eu.begin((_, response) => {
    const page = {
      next: `${euUrl}/api/v1/users/?page=2`,
      previous: null,
      results: [],
      url: 'https://eu.test',
    };
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    response.end(gzipSync(JSON.stringify(page)));
  });
  stack.begin((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ jsonData: { onCallApiUrl: euUrl } }));
  });
});

/** A request over a real socket, as a client without this gateway in mind sends it. */
function ask(path: string, init: RequestInit = {}, token = KEY): Promise<Response> {
  return fetch(new URL(path, own), {
    redirect: 'manual',
    ...init,
    headers: { Authorization: token, ...init.headers },
  });
}

describe('the real bundle in front of real regions', () => {
  test('finds the region by one round, and maps a compressed page', async () => {
    const response = await ask('/oncall/api/v1/users/?page=1&roles=0&roles=1');
    expect(await response.json()).toMatchObject({
      next: `${own.origin}/oncall/api/v1/users/?page=2`,
      previous: null,
    });
    expect(us.arrived.map(({ path }) => path)).toEqual(['/oncall/api/v1/info/']);
    expect(eu.arrived.map(({ path }) => path)).toEqual([
      '/oncall/api/v1/info/',
      '/oncall/api/v1/users/?page=1&roles=0&roles=1',
    ]);
    await ask('/oncall/api/v1/users/');
    expect(us.arrived).toHaveLength(1);
  });

  test('sends a form on with its length, as Django needs it', async () => {
    const body = 'email=user%40example.com&message=hello';
    const type = 'application/x-www-form-urlencoded';
    eu.begin(async (request, response) => {
      await readBody(request);
      response.end('{}');
    });
    await ask('/oncall/api/v1/make_call', {
      method: 'POST',
      body,
      headers: { 'Content-Type': type, Cookie: 'a=b' },
    });
    const sent = eu.arrived.at(-1);
    expect(sent).toMatchObject({ method: 'POST', path: '/oncall/api/v1/make_call' });
    expect(sent?.headers).toMatchObject({ 'content-length': String(body.length), 'content-type': type });
    expect(sent?.headers.cookie).toBeUndefined();
    expect(await sent?.body).toBe(body);
  });

  test('asks a stack, and follows no redirect of it', async () => {
    const headers = { 'X-Grafana-URL': stackUrl };
    expect((await ask('/oncall/api/v1/teams/', { headers }, GLSA)).status).toBe(200);
    expect(stack.arrived.map(({ path, headers: sent }) => [path, sent.authorization])).toEqual([
      ['/api/plugins/grafana-irm-app/settings', `Bearer ${GLSA}`],
    ]);
  });

  test('hands a redirect on', async () => {
    eu.begin((_, response) => {
      response.writeHead(301, { Location: `${euUrl}/api/v1/teams/` }).end();
    });
    const response = await ask('/oncall/api/v1/teams');
    expect([response.status, response.headers.get('Location')]).toEqual([
      301,
      `${own.origin}/oncall/api/v1/teams/`,
    ]);
    expect(eu.arrived).toHaveLength(1);
  });

  test('asks nothing of Grafana itself', () => expect(grafana.arrived).toEqual([]));

  test.each<[string, 'silent' | 'endless' | 'broken', number]>([
    ['a region that is silent', 'silent', 504],
    ['a region that never ends its answer', 'endless', 504],
    ['a region that breaks the connection', 'broken', 502],
  ])('tells within 5 seconds of %s', async (_, fault, status) => {
    eu.begin((_request, response) => {
      if (fault === 'broken') response.destroy();
      if (fault !== 'endless') return;
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{"url":');
    });
    const start = performance.now();
    const response = await ask('/oncall/api/v1/teams/', {}, `${fault.length}${'0'.repeat(63)}`);
    expect(response.status).toBe(status);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
