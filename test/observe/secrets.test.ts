import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { formatEvent } from '../../src/observe/events.ts';
import { createLog } from '../../src/observe/log.ts';
import { Gateway, NOW, SECRET } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo, signText } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import { sawResponse, sawText, takeLeaks } from '../support/watch.ts';

const KEY = keyNamed('test1');
const LEGACY = keyNamed('客户门户');
const V1 = `/d/uid-one/demo?aliyun_api_key=${encodeURIComponent(LEGACY.token)}`;
const KEYS = [entryOf(KEY), entryOf(LEGACY, { frameAncestors: ['https://portal.example.com'] })];

/** Ways through the gateway, each of which passes something secret. */
const WAYS: readonly (readonly [what: string, walk: (gateway: Gateway, jar: Jar) => Promise<unknown>])[] = [
  ['an accepted link', (gateway, jar) => gateway.open({}, jar)],
  [
    'a link in a frame',
    (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW }), { headers: { 'Sec-Fetch-Dest': 'iframe' } }),
  ],
  ['an expired link', (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW - 100 }))],
  [
    'a link of the wrong organisation',
    (gateway) => gateway.fetch(linkTo({ key: { ...KEY, orgId: 3 }, at: NOW })),
  ],
  ['a link to nowhere', (gateway) => gateway.fetch(linkTo({ key: KEY, at: NOW, to: '/explore' }))],
  [
    'a link with a parameter too many',
    (gateway) => gateway.fetch(`${linkTo({ key: KEY, at: NOW })}&aliyun_api_key_sign=x`),
  ],
  ['an accepted version 1 link', (gateway) => gateway.fetch(V1)],
  ['a version 1 link that is cut off', (gateway) => gateway.fetch(V1.slice(0, -6))],
  ['a version 1 link to nowhere', (gateway) => gateway.fetch(V1.replace('/d/uid-one/demo', '/explore'))],
  [
    'a page under a session',
    async (gateway, jar) => gateway.fetchAs(await gateway.open({}, jar), '/d/uid-one/demo'),
  ],
  [
    'a path that is not shared',
    async (gateway, jar) => gateway.fetchAs(await gateway.open({}, jar), '/api/admin/settings'),
  ],
  [
    'a key from outside',
    (gateway) => gateway.fetch('/', { headers: { Authorization: `Bearer ${KEY.token}` } }),
  ],
];

/** What the origin does meanwhile. */
const ORIGINS: readonly (readonly [what: string, answer: () => Response | Promise<Response>])[] = [
  ['that answers', () => new Response('page')],
  ['that refuses the key', () => new Response('', { status: 401 })],
  ['that fails', () => Promise.reject(new TypeError(`cannot send Bearer ${KEY.token}`))],
];

describe.each(ORIGINS)('in front of an origin %s', (_, answer) => {
  beforeEach(() => origin.answerWith(answer));

  test.each(WAYS)('%s tells nobody a secret', async (_what, walk) => {
    for (const accept of ['*/*', 'text/html']) {
      const gateway = new Gateway({ keys: KEYS, vars: { API_KEY_SHARE_VERSION: 'v1 v2' } });
      const fetch = gateway.fetch.bind(gateway);
      gateway.fetch = (target, init = {}) => {
        const headers = new Headers(init.headers);
        headers.set('Accept', accept);
        return fetch(target, { ...init, headers });
      };
      await walk(gateway, new Jar());
    }
    expect(await takeLeaks()).toEqual([]);
  });
});

test('the console of a whole application gets no secret', async () => {
  const lines: string[] = [];
  for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation(
      (...parts: unknown[]) => void lines.push(parts.map(String).join(' ')),
    );
  }
  const app = createApp({ now: () => NOW });
  const env = {
    ORIGIN_URL: 'https://grafana.test',
    POSTERN_SECRETS: SECRET,
    SHARE_KEYS: JSON.stringify(KEYS),
  };
  const context = {
    waitUntil: () => undefined,
    passThroughOnException: () => undefined,
    props: {},
  } as unknown as ExecutionContext;
  for (const target of [
    linkTo({ key: KEY, at: NOW }),
    linkTo({ key: KEY, at: NOW - 100 }),
    V1,
    '/d/uid-one',
  ]) {
    sawResponse('an answer', await app.fetch(new Request(`https://dash.example.com${target}`), env, context));
  }
  vi.restoreAllMocks();
  expect(lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) sawText('the console', line);
  expect(await takeLeaks()).toEqual([]);
});

describe('the watch over secrets', () => {
  test.each([
    ['a token', KEY.token],
    ['a token with escapes', encodeURIComponent(LEGACY.token)],
    ['the secret of a token', `x${KEY.secret}y`],
    ['a derived value', KEY.derived],
    ['a signature', signText(KEY, String(NOW))],
    ['the sealing secret', SECRET],
  ])('sees %s', async (_, text) => {
    sawText('the log', `before ${text} after`);
    expect(await takeLeaks()).toContainEqual(expect.stringMatching(/in the log$/));
  });

  test('sees headers and bodies', async () => {
    sawResponse('an answer', new Response(KEY.token, { headers: { Location: `/?x=${KEY.derived}` } }));
    const leaks = await takeLeaks();
    expect(leaks.some((leak) => leak.endsWith('header location'))).toBe(true);
    expect(leaks.some((leak) => leak.endsWith('body'))).toBe(true);
  });
});

describe('the log', () => {
  test('is one line of JSON for each event, and warnings go to the error stream', () => {
    const lines: string[] = [];
    const log = createLog({
      log: (line: string) => lines.push(`log ${line}`),
      warn: (line: string) => lines.push(`warn ${line}`),
    });
    log(formatEvent('key.added', { key: 'a\nb', orgId: 1, by: 'admin' }, NOW, { colo: undefined }));
    log(formatEvent('share.link.refused', { reason: 'expired' }, NOW, { requestId: 'r', country: 'DE' }));
    log(formatEvent('origin.timeout', { path: '/d' }, NOW));
    const time = '"time":"2024-09-20T09:12:13.000Z"';
    expect(lines).toEqual([
      `log {${time},"event":"key.added","outcome":"done","key":"a\\nb","orgId":1,"by":"admin"}`,
      `warn {${time},"event":"share.link.refused","outcome":"refused","requestId":"r","country":"DE","reason":"expired"}`,
      `warn {${time},"event":"origin.timeout","outcome":"failed","path":"/d"}`,
    ]);
  });
});
