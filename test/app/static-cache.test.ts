import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { Gateway, HOST, refusalOf, SECRET } from '../support/gateway.ts';
import { type Answer, ORIGIN, origin } from '../support/origin.ts';

/** A file of its own for each test, since the cache outlives them. */
let file = '';
let count = 0;
beforeEach(() => {
  file = `/public/build/${count++}.4f1a.js`;
});

const CODE = { 'Content-Type': 'application/javascript; charset=utf-8' };
const answerWith = (headers: HeadersInit, status = 200): Answer => {
  let times = 0;
  return () => new Response(`code ${++times}`, { status, headers });
};

const env = { ORIGIN_URL: `${ORIGIN}/grafana`, POSTERN_SECRETS: SECRET, VISITORS: 'pass' };
const app = createApp({ observe: () => undefined });

/** Asks, and waits for what goes on after the answer. */
async function fetchFile(target = file, init: RequestInit = {}, at = `https://${HOST}`): Promise<string> {
  const context = createExecutionContext();
  const response = await app.fetch(new Request(`${at}${target}`, init), env, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return text;
}

describe('a static file', () => {
  test('is asked for once', async () => {
    origin.answerWith(answerWith(CODE));
    expect([await fetchFile(), await fetchFile()]).toEqual(['code 1', 'code 1']);
    expect(origin.only.url).toBe(`${ORIGIN}/grafana${file}`);
  });

  test('is the same for every host of the gateway, and another for another query', async () => {
    origin.answerWith(answerWith(CODE));
    expect(await fetchFile()).toBe('code 1');
    expect(await fetchFile(file, {}, 'https://second.example.com')).toBe('code 1');
    expect(await fetchFile(`${file}?v=2`)).toBe('code 2');
    expect(await fetchFile(`${file}?v=3`)).toBe('code 3');
    expect(await fetchFile(`${file}?v=2`)).toBe('code 2');
    expect(await fetchFile(file.toUpperCase().replace('/PUBLIC/', '/public/'))).toBe('code 4');
  });

  test('carries, kept or not, who may frame it, and no frame options', async () => {
    origin.answerWith(answerWith({ ...CODE, 'X-Frame-Options': 'deny' }));
    const gateway = new Gateway({ vars: env });
    for (let time = 0; time < 2; time++) {
      const { headers } = await gateway.fetch(file);
      expect(headers.get('Content-Security-Policy')).toBe("frame-ancestors 'self'");
      expect(headers.get('X-Frame-Options')).toBeNull();
    }
  });

  test.each([
    ['says nothing of its life', {}, 'public, max-age=3600'],
    ['says how long it lives', { 'Cache-Control': 'public, max-age=60' }, 'public, max-age=60'],
    ['varies by encoding', { Vary: 'Accept-Encoding' }, 'public, max-age=3600'],
  ])('is kept where the origin %s', async (_, headers, kept) => {
    origin.answerWith(answerWith({ ...CODE, ...headers }));
    expect([await fetchFile(), await fetchFile()]).toEqual(['code 1', 'code 1']);
    const cache = await caches.open('postern-static');
    const found = await cache.match(`${ORIGIN}/grafana${file}`);
    expect(found?.headers.get('Cache-Control')).toBe(kept);
    await found?.body?.cancel();
  });

  test.each([
    ['a cookie comes with it', { 'Set-Cookie': 'grafana_session=1' }, 200],
    ['it must not be stored', { 'Cache-Control': 'no-store' }, 200],
    ['it is private', { 'Cache-Control': 'max-age=60, Private' }, 200],
    ['it must be asked for again', { 'Cache-Control': 'no-cache' }, 200],
    ['it varies by cookie', { Vary: 'Cookie' }, 200],
    ['it varies by whatever', { Vary: '*' }, 200],
    ['it is a page', { 'Content-Type': 'text/html' }, 200],
    ['it is of a kind that nobody knows', { 'Content-Type': 'application/octet-stream' }, 200],
    ['it is not found', {}, 404],
    ['it leads elsewhere', { Location: '/x' }, 302],
    ['it is a part', { 'Content-Range': 'bytes 0-1/2' }, 206],
    ['the origin fails', {}, 500],
  ])('is not kept where %s', async (_, headers, status) => {
    origin.answerWith(answerWith({ ...CODE, ...headers }, status));
    expect([await fetchFile(), await fetchFile()]).toEqual(['code 1', 'code 2']);
  });

  test.each([
    ['its head is asked for', { method: 'HEAD' }],
    ['a part is asked for', { headers: { Range: 'bytes=0-1' } }],
  ])('is neither kept nor taken from there where %s', async (_, init) => {
    origin.answerWith(answerWith(CODE));
    await fetchFile(file, init);
    expect(await fetchFile()).toBe('code 2');
    await fetchFile(file, init);
    expect(origin.received).toHaveLength(3);
    expect(await fetchFile()).toBe('code 2');
  });

  test('that the origin could not give is asked for again', async () => {
    origin.answerWith(() => Promise.reject(new TypeError('refused')));
    expect(JSON.parse(await fetchFile())).toMatchObject({ code: 'origin_unreachable' });
    origin.answerWith(answerWith(CODE));
    expect(await fetchFile()).toBe('code 1');
  });

  test.each(['/public/img/attachments/a.png', '/public/img/attachments', '/public/img/attachmentsx/a.png'])(
    'is not what was rendered for somebody: %s',
    async (target) => {
      expect(await refusalOf(await new Gateway().fetch(target))).toBe('401 session_required');
      expect(origin.received).toEqual([]);
    },
  );
});

/** Headers by which an origin, or a cache before it, may be led to answer something else. */
const POISON: Readonly<Record<string, string>> = {
  'X-Forwarded-Host': 'evil.test',
  'X-Forwarded-Scheme': 'http',
  'X-Original-URL': '/admin',
  'X-HTTP-Method-Override': 'POST',
  'X-Anything': 'evil.test',
  x_anything_else: 'evil.test',
  Accept: 'text/html',
  'Accept-Encoding': 'evil',
  'Accept-Language': 'zh',
  Authorization: 'Bearer theirs',
  'Cache-Control': 'no-cache',
  Cookie: 'grafana_session=theirs',
  'If-None-Match': '*',
  Origin: 'https://evil.test',
  Referer: 'https://evil.test/',
  'User-Agent': 'evil.test',
};

describe('what a client sends with a static file', () => {
  test('changes nothing of what the origin is asked', async () => {
    origin.answerWith(answerWith(CODE));
    await fetchFile(file, { headers: POISON });
    expect(Object.fromEntries(origin.only.headers)).toEqual({ accept: '*/*' });
  });

  test.each(Object.entries(POISON))('changes nothing of what others get: %s', async (name, value) => {
    origin.answerWith((request) => {
      const heard = [...request.headers].flat().join(' ');
      return new Response(heard.includes(value) && value !== '*' ? 'poisoned' : 'clean', { headers: CODE });
    });
    await fetchFile(file, { headers: { [name]: value } });
    expect(await fetchFile()).toBe('clean');
  });

  test.each([
    ['two forms of a name', { a_b: '1', 'a-b': '2' }],
    ['a value that is too long', { 'X-Long': 'x'.repeat(16_385) }],
  ])('is judged as everywhere, kept or not: %s', async (_, headers) => {
    origin.answerWith(answerWith(CODE));
    const refused = { code: 'bad_request' };
    expect(JSON.parse(await fetchFile(file, { headers }))).toMatchObject(refused);
    expect(origin.received).toEqual([]);
    await fetchFile();
    expect(JSON.parse(await fetchFile(file, { headers }))).toMatchObject(refused);
  });
});
