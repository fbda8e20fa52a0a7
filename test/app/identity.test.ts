import { describe, expect, test } from 'vitest';
import { Gateway, HOST, refusalOf } from '../support/gateway.ts';
import { entryOf, KEYS, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const PASS = { vars: { VISITORS: 'pass' } };

/** Basic credentials, with a password that may hold more than Latin letters. */
function basic(user: string, password: string): string {
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;
}

describe('under a session the origin is asked', () => {
  test.each(KEYS)('with the token of $name as Grafana issued it, and its organisation', async (key) => {
    const gateway = new Gateway({ keys: [entryOf(key)] });
    const jar = await gateway.open({ key });
    await gateway.fetchAs(jar, '/d/uid-one/demo');
    expect(origin.only.headers.get('Authorization')).toBe(`Bearer ${key.token}`);
    expect(origin.only.headers.get('X-Grafana-Org-Id')).toBe(String(key.orgId));
  });

  test('without anything that the visitor says of themselves', async () => {
    const gateway = new Gateway();
    const jar = await gateway.open();
    await gateway.fetch('/d/uid-one/demo', {
      headers: {
        Cookie: `grafana_session=theirs; ${jar.header}; other=1`,
        Authorization: 'Bearer glsa_of_someone_else',
        'X-Grafana-Org-Id': '1',
        'X-WEBAUTH-USER': 'admin',
        'X-Forwarded-For': '127.0.0.1',
        'X-Forwarded-Host': 'evil.test',
        'X-Forwarded-Proto': 'http',
      },
    });
    const { headers } = origin.only;
    expect(headers.get('Cookie')).toBeNull();
    expect(headers.get('Authorization')).toBe(`Bearer ${KEY.token}`);
    expect(headers.get('X-WEBAUTH-USER')).toBeNull();
    expect(headers.get('X-Forwarded-For')).toBeNull();
    expect(headers.get('X-Forwarded-Host')).toBe(HOST);
    expect(headers.get('X-Forwarded-Proto')).toBe('https');
  });

  test('and may set no cookie at the visitor', async () => {
    origin.answerWith(() => new Response('page', { headers: { 'Set-Cookie': 'grafana_session=1' } }));
    const gateway = new Gateway();
    const response = await gateway.fetchAs(await gateway.open(), '/d/uid-one/demo');
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe('visitors who may pass', () => {
  test('come with their own credentials and cookies, but not with those of the gateway', async () => {
    const headers = {
      Authorization: 'Bearer glsa_of_their_own',
      Cookie: 'grafana_session=theirs; __Host-postern-user=x; postern-tx-1=y; b=2',
    };
    const response = await new Gateway(PASS).fetch('/api/search?query=x', { headers });
    expect(response.status).toBe(200);
    expect(origin.only.headers.get('Authorization')).toBe('Bearer glsa_of_their_own');
    expect(origin.only.headers.get('Cookie')).toBe('grafana_session=theirs; b=2');
    expect(origin.only.url).toBe('https://grafana.test/api/search?query=x');
  });

  test('send no cookie at all where all of them were of the gateway', async () => {
    await new Gateway(PASS).fetch('/api/search', { headers: { Cookie: '__Host-postern-user=x' } });
    expect(origin.only.headers.get('Cookie')).toBeNull();
  });

  test('claim no identity that only a proxy may state', async () => {
    await new Gateway(PASS).fetch('/', {
      headers: { 'X-WEBAUTH-USER': 'admin', 'X-JWT-Assertion': 'e.y.J' },
    });
    expect(origin.only.headers.get('X-WEBAUTH-USER')).toBeNull();
    expect(origin.only.headers.get('X-JWT-Assertion')).toBeNull();
  });

  test('are set the cookies of the origin', async () => {
    origin.answerWith(
      () =>
        new Response('', {
          headers: [
            ['Set-Cookie', 'a=1; Path=/'],
            ['Set-Cookie', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
          ],
        }),
    );
    const response = await new Gateway(PASS).fetch('/login');
    expect(response.headers.getSetCookie()).toEqual([
      'a=1; Path=/',
      'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ]);
  });

  test('see the 401 of the origin itself', async () => {
    origin.answerWith(() => new Response('{"message":"Unauthorized"}', { status: 401 }));
    const response = await new Gateway(PASS).fetch('/api/user');
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"message":"Unauthorized"}');
  });

  test('are not let in where the operator says nothing', async () => {
    const response = await new Gateway().fetch('/api/search', {
      headers: { Authorization: 'Bearer glsa_own' },
    });
    expect(await refusalOf(response)).toBe('401 session_required');
    expect(origin.received).toEqual([]);
  });
});

/** The ways in which Grafana reads a key from a request. */
const FORMS: readonly (readonly [what: string, write: (token: string) => string])[] = [
  ['as bearer', (token) => `Bearer ${token}`],
  ['as bearer in another case', (token) => `bearer  ${token} `],
  ['as a password', (token) => basic('api_key', token)],
  ['as a password of anyone', (token) => basic('someone', token)],
  ['behind another credential', (token) => `Bearer x, Bearer ${token}`],
  ['under another scheme', (token) => `Token ${token}`],
];

describe('a registered share key in Authorization', () => {
  for (const key of [KEY, keyNamed('客户门户')]) {
    test.each(FORMS)(`is refused %s (${key.kind})`, async (_, write) => {
      const gateway = new Gateway({ ...PASS, keys: [entryOf(KEY), entryOf(keyNamed('客户门户'))] });
      for (const target of ['/api/search', '/public/build/app.js', '/d/uid-one']) {
        const response = await gateway.fetch(target, { headers: { Authorization: write(key.token) } });
        expect(await refusalOf(response)).toBe('403 share_key_not_accepted');
      }
      expect(origin.received).toEqual([]);
    });
  }

  /** Texts that Grafana decodes to the same API key (Go's base64 is not strict, and JSON has many spellings). */
  test.each([
    [
      'with its fields in another order',
      JSON.stringify({ id: 7, n: '客户门户', k: keyNamed('客户门户').secret }),
    ],
    [
      'with spaces in it',
      JSON.stringify({ k: keyNamed('客户门户').secret, n: '客户门户', id: 7 }, undefined, 1),
    ],
    ['with a further field', JSON.stringify({ k: keyNamed('客户门户').secret, n: '客户门户', id: 7, x: 1 })],
  ])('is refused in another spelling: %s', async (_, json) => {
    const gateway = new Gateway({ ...PASS, keys: [entryOf(keyNamed('客户门户'))] });
    const respelt = btoa(String.fromCharCode(...new TextEncoder().encode(json)));
    for (const authorization of [`Bearer ${respelt}`, basic('api_key', respelt)]) {
      const response = await gateway.fetch('/api/search', { headers: { Authorization: authorization } });
      expect(await refusalOf(response)).toBe('403 share_key_not_accepted');
    }
  });

  /** Go's encoding/json reads names in any case, the last one wins unless it is null, and replaces what is not UTF-8. */
  test.each([
    ['with names in upper case', (k: string) => `{"K":"${k}","N":"客户门户","ID":7}`],
    [
      'with a name that comes twice, in two cases',
      (k: string) => `{"k":"other","K":"${k}","n":"客户门户","id":7}`,
    ],
    [
      'with a name that comes three times',
      (k: string) => `{"k":"a","K":"b","k":"${k}","n":"客户门户","id":7}`,
    ],
    ['with a null behind it', (k: string) => `{"k":"${k}","K":null,"n":"客户门户","id":7}`],
    ['with the sign for kelvin', (k: string) => `{"\u212a":"${k}","n":"客户门户","id":7}`],
    [
      'with a field that makes it long',
      (k: string) => `{"k":"${k}","n":"客户门户","id":7,"x":"${'x'.repeat(4000)}"}`,
    ],
  ])('is refused as Grafana reads it: %s', async (_, write) => {
    const bytes = new TextEncoder().encode(write(keyNamed('客户门户').secret));
    expect(await answerToRespelt(bytes)).toBe('403 share_key_not_accepted');
  });

  test('is refused as Grafana reads it: with a field that is not UTF-8', async () => {
    const json = JSON.stringify({ k: keyNamed('客户门户').secret, n: '客户门户', id: 7, x: '~' });
    const bytes = new TextEncoder().encode(json).map((byte) => (byte === 0x7e ? 0xff : byte));
    expect(await answerToRespelt(bytes)).toBe('403 share_key_not_accepted');
  });

  test('is refused as Grafana reads it: as a password with line breaks in its base64', async () => {
    const key = keyNamed('客户门户');
    const gateway = new Gateway({ ...PASS, keys: [entryOf(key)] });
    const password = `${key.token.slice(0, 8)}\r\n${key.token.slice(8)}`;
    const response = await gateway.fetch('/api/search', {
      headers: { Authorization: basic('api_key', password) },
    });
    expect(await refusalOf(response)).toBe('403 share_key_not_accepted');
  });

  test('is refused in another spelling: with other bits in its padding', async () => {
    const key = keyNamed('a_b_c');
    const respelt = key.token.replace(/0=$/, '1=');
    expect([respelt, atob(respelt)]).not.toEqual([key.token, '']);
    expect(atob(respelt)).toBe(atob(key.token));
    const gateway = new Gateway({ ...PASS, keys: [entryOf(key)] });
    const response = await gateway.fetch('/api/search', { headers: { Authorization: `Bearer ${respelt}` } });
    expect(await refusalOf(response)).toBe('403 share_key_not_accepted');
  });

  test('is refused to a visitor with a session too', async () => {
    const gateway = new Gateway();
    const response = await gateway.fetchAs(await gateway.open(), '/d/uid-one/demo', {
      headers: { Authorization: `Bearer ${KEY.token}` },
    });
    expect(await refusalOf(response)).toBe('403 share_key_not_accepted');
  });
});

describe('static files', () => {
  test('need no session and go out without credentials', async () => {
    const gateway = new Gateway(PASS);
    const headers = { Cookie: 'grafana_session=theirs', Authorization: 'Bearer glsa_own' };
    expect((await gateway.fetch('/public/build/app.js', { method: 'HEAD', headers })).status).toBe(200);
    expect(origin.only.headers.get('Cookie')).toBeNull();
    expect(origin.only.headers.get('Authorization')).toBeNull();
    expect(origin.only.headers.get('X-Grafana-Org-Id')).toBeNull();
  });

  test.each(['/public/img/attachments/panel.png', '/public', '/api/public/x'])(
    'are not what stands at %s',
    async (target) => {
      expect(await refusalOf(await new Gateway().fetch(target))).toBe('401 session_required');
    },
  );

  test('are not written to', async () => {
    expect(await refusalOf(await new Gateway().fetch('/public/build/app.js', { method: 'POST' }))).toBe(
      '401 session_required',
    );
  });
});

/** The answer to an API key that is made of these bytes, where visitors may pass. */
async function answerToRespelt(bytes: Uint8Array): Promise<string> {
  const gateway = new Gateway({ ...PASS, keys: [entryOf(keyNamed('客户门户'))] });
  const headers = { Authorization: `Bearer ${btoa(String.fromCharCode(...bytes))}` };
  return refusalOf(await gateway.fetch('/api/search', { headers }));
}
