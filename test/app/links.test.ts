import { describe, expect, test } from 'vitest';
import { Gateway, type GatewayOptions, NOW, readProblem, refusalOf } from '../support/gateway.ts';
import { readSetCookies } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo, signText } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const LEGACY = keyNamed('客户门户');
const V1 = `aliyun_api_key=${encodeURIComponent(KEY.token)}`;
const LEGACY_V1 = `aliyun_api_key=${encodeURIComponent(LEGACY.token)}`;

async function answerTo(target: string, options: GatewayOptions = {}): Promise<string> {
  return refusalOf(await new Gateway(options).fetch(target));
}

describe('an accepted link', () => {
  test('leads to the same address without it, and says that nobody may keep or tell it', async () => {
    const response = await new Gateway().fetch(
      linkTo({ key: KEY, at: NOW, to: '/d/uid-one/a%20b?var-x=a+b&kiosk&from=now-1h' }),
    );
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe('/d/uid-one/a%20b?var-x=a+b&kiosk&from=now-1h');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(await response.text()).toBe('');
    expect(origin.received).toEqual([]);
  });

  test('is logged with its id and without anything secret', async () => {
    const gateway = new Gateway();
    await gateway.open({ expireSeconds: 60 });
    expect(gateway.events).toEqual([
      {
        time: '2024-09-20T09:12:13.000Z',
        event: 'share.link.accepted',
        outcome: 'done',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        version: 'v2',
        key: 'test1',
        orgId: 1,
        uid: 'uid-one',
        linkId: expect.stringMatching(/^[0-9a-f]{16}$/),
        sessionId: expect.stringMatching(/^[0-9a-f]{16}$/),
        sessionSeconds: 60,
      },
    ]);
  });

  test.each(['/d/uid-one', '/d/uid-one/', '/d/uid-one/demo', '/d-solo/uid-one/demo'])(
    'may lead to %s',
    async (to) => {
      expect(await answerTo(linkTo({ key: KEY, at: NOW, to }))).toBe('303');
    },
  );

  test('lasts as long as the operator says where it says nothing', async () => {
    const gateway = new Gateway({ vars: { SHARE_SESSION_SECONDS: '120' } });
    const [cookie] = readSetCookies(await gateway.fetch(linkTo({ key: KEY, at: NOW })));
    expect(cookie?.attributes['max-age']).toBe('120');
  });
});

/** Links that are refused, and how. */
const REFUSED: readonly (readonly [what: string, target: string, answer: string])[] = [
  [
    'to a page that is no dashboard',
    linkTo({ key: KEY, at: NOW, to: '/explore' }),
    '400 share_link_malformed',
  ],
  ['to an API', linkTo({ key: KEY, at: NOW, to: '/api/ds/query' }), '400 share_link_malformed'],
  ['to a static file', linkTo({ key: KEY, at: NOW, to: '/public/build/app.js' }), '400 share_link_malformed'],
  [
    'with an orgId of another organisation',
    linkTo({ key: KEY, at: NOW, to: '/d/uid-one?orgId=2' }),
    '400 share_link_malformed',
  ],
  [
    'with orgId twice',
    linkTo({ key: KEY, at: NOW, to: '/d/uid-one?orgId=1&orgId=1' }),
    '400 share_link_malformed',
  ],
  [
    'with orgId in another spelling',
    linkTo({ key: KEY, at: NOW, to: '/d/uid-one?orgID=1' }),
    '400 share_link_malformed',
  ],
  [
    'with a version 1 key beside its signature',
    `${linkTo({ key: KEY, at: NOW })}&${V1}`,
    '400 share_link_malformed',
  ],
  ['that has expired', linkTo({ key: KEY, at: NOW - 61 }), '403 share_link_expired'],
  ['of a key that nobody knows', linkTo({ key: LEGACY, at: NOW }), '403 share_link_invalid'],
];

describe('a link', () => {
  test.each(REFUSED)('%s is refused', async (_, target, answer) => {
    const gateway = new Gateway();
    const response = await gateway.fetch(target);
    expect(await refusalOf(response)).toBe(answer);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(origin.received).toEqual([]);
    expect(gateway.eventNames).toEqual(['share.link.refused']);
  });

  test.each(['POST', 'PUT', 'HEAD', 'DELETE'])('is not opened by %s', async (method) => {
    const response = await new Gateway().fetch(linkTo({ key: KEY, at: NOW }), { method });
    expect(response.status).toBe(400);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test('to a dashboard outside of the list of its key is refused', async () => {
    const keys = [entryOf(KEY, { dashboards: ['uid-two'] })];
    expect(await answerTo(linkTo({ key: KEY, at: NOW }), { keys })).toBe('403 path_not_shared');
  });

  test('says which parameter is at fault, in words of the gateway', async () => {
    const target = linkTo({ key: KEY, at: NOW }).replace(
      /aliyun_api_key_timestamp=\d+/,
      'aliyun_api_key_timestamp=soon',
    );
    const { detail } = await readProblem(await new Gateway().fetch(target));
    expect(detail).toContain('aliyun_api_key_timestamp is not in its form: exactly ten decimal digits');
    expect(detail).not.toContain('soon');
  });
});

describe('an unknown key and a wrong signature', () => {
  const wrong = (text: string) => linkTo({ key: KEY, at: NOW }).replace(/sign=[0-9a-f]{32}/, `sign=${text}`);

  test('have one answer, byte for byte but for the id of the request', async () => {
    const targets = [
      linkTo({ key: { ...KEY, name: 'nobody' }, at: NOW }),
      linkTo({ key: { ...KEY, orgId: 2 }, at: NOW }),
      wrong('0'.repeat(32)),
      wrong(signText(LEGACY, String(NOW))),
    ];
    for (const accept of ['*/*', 'text/html']) {
      const answers = new Set<string>();
      for (const target of targets) {
        const response = await new Gateway().fetch(target, { headers: { Accept: accept } });
        const body = (await response.text()).replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'id');
        answers.add(JSON.stringify([response.status, [...response.headers], body]));
      }
      expect(answers.size).toBe(1);
    }
  });

  test('are told apart in the log', async () => {
    const gateway = new Gateway();
    await gateway.fetch(wrong('0'.repeat(32)));
    await gateway.fetch(linkTo({ key: { ...KEY, name: 'nobody' }, at: NOW }));
    expect(gateway.events.map(({ reason }) => reason)).toEqual(['signature', 'unknown-key']);
  });
});

describe('an expired link', () => {
  const LATER = NOW + 100;

  test('leads in whom its key has let in already, and lengthens nothing', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open({ expireSeconds: 300 });
    gateway.now = LATER;
    const response = await gateway.fetchAs(
      jar,
      linkTo({ key: KEY, at: NOW, to: '/d/uid-one/demo?x=1', expireSeconds: 300 }),
    );
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe('/d/uid-one/demo?x=1');
    expect(response.headers.getSetCookie()).toEqual([]);
    gateway.now = NOW + 300;
    expect(await refusalOf(await gateway.fetchAs(jar, '/d/uid-one/demo'))).toBe('401 session_required');
  });

  /** Who comes with a session, and is refused all the same. */
  test.each([
    ['a session that has ended', { key: KEY, expireSeconds: 99 }, KEY],
    ['a session of another dashboard', { key: KEY, to: '/d/uid-two/demo' }, KEY],
    ['a session of another key for the same dashboard', { key: LEGACY }, KEY],
  ])('does not lead in who holds %s', async (_, held, key) => {
    const gateway = new Gateway({ keys: [entryOf(KEY), entryOf(LEGACY)] });
    const jar = await gateway.open(held);
    gateway.now = LATER;
    expect(await refusalOf(await gateway.fetchAs(jar, linkTo({ key, at: NOW })))).toBe(
      '403 share_link_expired',
    );
  });

  test('with a wrong signature leads nobody in', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open();
    gateway.now = LATER;
    const forged = linkTo({ key: KEY, at: NOW }).replace(/sign=[0-9a-f]{32}/, `sign=${'0'.repeat(32)}`);
    expect(await refusalOf(await gateway.fetchAs(jar, forged))).toBe('403 share_link_invalid');
  });
});

describe('a version 1 link', () => {
  const bothVersions = { keys: [entryOf(KEY), entryOf(LEGACY)], vars: { API_KEY_SHARE_VERSION: 'v1 v2' } };

  test('is not accepted unless the operator says so', async () => {
    expect(await answerTo(`/d/uid-one/demo?${V1}`)).toBe('403 share_link_not_accepted');
  });

  test.each([
    ['a service account token', V1, KEY],
    ['an API key', LEGACY_V1, LEGACY],
  ])('with %s opens a session', async (_, parameter, key) => {
    const gateway = new Gateway(bothVersions);
    const response = await gateway.fetch(`/d/uid-one/demo?orgId=${key.orgId}&${parameter}&from=now-1h`);
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe(`/d/uid-one/demo?orgId=${key.orgId}&from=now-1h`);
    expect(readSetCookies(response).map(({ attributes }) => attributes['max-age'])).toEqual(['3600']);
  });

  test.each([
    [
      'of a key that nobody knows',
      `/d/uid-one?aliyun_api_key=${keyNamed('portal').token}`,
      '403 share_link_invalid',
    ],
    ['of no known form', '/d/uid-one?aliyun_api_key=secret', '400 share_link_malformed'],
    ['of another organisation', `/d/uid-one?orgId=2&${V1}`, '400 share_link_malformed'],
    ['twice', `/d/uid-one?${V1}&${V1}`, '400 share_link_malformed'],
    ['to no dashboard', `/explore?${V1}`, '400 share_link_malformed'],
  ])('%s is refused', async (_, target, answer) => {
    expect(await answerTo(target, bothVersions)).toBe(answer);
  });

  test('is the only one that is accepted where only version 1 is', async () => {
    const only = { vars: { API_KEY_SHARE_VERSION: 'v1' } };
    expect(await answerTo(`/d/uid-one?${V1}`, only)).toBe('303');
    expect(await answerTo(linkTo({ key: KEY, at: NOW }), only)).toBe('403 share_link_not_accepted');
  });
});

test('where sharing is off, no link is accepted, and none reaches the origin even where visitors may pass', async () => {
  const vars = { API_KEY_SHARE: 'false', VISITORS: 'pass', API_KEY_SHARE_VERSION: 'v1 v2' };
  for (const target of [
    linkTo({ key: KEY, at: NOW }),
    `/d/uid-one?${V1}`,
    '/d/uid-one?aliyun_api_key_sign=%',
  ]) {
    expect(await answerTo(target, { vars })).toBe('403 share_link_not_accepted');
  }
  expect(origin.received).toEqual([]);
});
