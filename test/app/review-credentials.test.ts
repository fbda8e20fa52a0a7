import { describe, expect, test } from 'vitest';
import { Gateway, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const LEGACY = keyNamed('客户门户');
const SUM = KEY.token.slice(-8);
const REFUSED = '403 share_key_not_accepted';

function passing(): Gateway {
  return new Gateway({ keys: [entryOf(KEY), entryOf(LEGACY)], vars: { VISITORS: 'pass' } });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const basic = (password: string, user = 'api_key') => `Basic ${base64(`${user}:${password}`)}`;

async function answerTo(authorization: string, target = '/api/search'): Promise<string> {
  return refusalOf(await passing().fetch(target, { headers: { Authorization: authorization } }));
}

/**
 * Texts that Grafana takes for the key: its checksum is of prefix and secret, so that four characters of the
 * prefix can be chosen for it to come out as before (each of these was), and it is the salt.
 */
const RESPELT: readonly (readonly [what: string, token: string])[] = [
  ['its own prefix', KEY.token],
  ['a prefix of the same checksum', `glsazpGiD1n_${KEY.secret}_${SUM}`],
  ['a prefix that is no word of Grafana', `glsazQl2g_${KEY.secret}_${SUM}`],
  ['the shortest prefix', `gl_${KEY.secret}_${SUM}`],
  ['a prefix of many signs', `gl!$.-~[]:${'z'.repeat(99)}_${KEY.secret}_${SUM}`],
  ['a prefix with a space', `gl xPFMGVF_${KEY.secret}_${SUM}`],
  ['a prefix with a comma', `gl,ia8FnB_${KEY.secret}_${SUM}`],
  ['a prefix with a tab', `gl\tx_${KEY.secret}_${SUM}`],
  ['another checksum', `glsa_${KEY.secret}_00000000`],
];

describe('a registered service account token in Authorization is refused', () => {
  test.each(RESPELT)('with %s', async (_, token) => {
    expect(await answerTo(`Bearer ${token}`), 'as bearer').toBe(REFUSED);
    expect(await answerTo(basic(token)), 'as a password').toBe(REFUSED);
    expect(origin.received).toEqual([]);
  });

  test.each([1, 2, 31])('as a password with %i zero bytes behind its secret', async (zeros) => {
    expect(await answerTo(basic(`glsaGoDGnL_${KEY.secret}${'\0'.repeat(zeros)}_${SUM}`))).toBe(REFUSED);
    expect(origin.received).toEqual([]);
  });

  test('on a route of its own as well', async () => {
    const routes = [{ path: '/grafana-two', origin: 'https://grafana.test', visitors: 'pass' }];
    const gateway = new Gateway({ vars: { ROUTES: JSON.stringify(routes) } });
    const headers = { Authorization: `Bearer glsazQl2g_${KEY.secret}_${SUM}` };
    expect(await refusalOf(await gateway.fetch('/grafana-two/x', { headers }))).toBe(REFUSED);
  });
});

/** What stands for the secret in the JSON of an API key. HMAC pads with zero bytes, so they change nothing. */
const LITERALS: readonly (readonly [what: string, literal: string])[] = [
  ['a zero byte behind it', `${LEGACY.secret}\\u0000`],
  ['many zero bytes behind it', `${LEGACY.secret}${'\\u0000'.repeat(32)}`],
  ['an escape in it', `\\u00${LEGACY.secret.charCodeAt(0).toString(16)}${LEGACY.secret.slice(1)}`],
];

describe('a registered API key in Authorization is refused', () => {
  test.each(LITERALS)('with %s', async (_, literal) => {
    const token = base64(`{"k":"${literal}","n":"${LEGACY.name}","id":${LEGACY.orgId}}`);
    expect(await answerTo(`Bearer ${token}`), 'as bearer').toBe(REFUSED);
    expect(await answerTo(basic(token)), 'as a password').toBe(REFUSED);
    expect(origin.received).toEqual([]);
  });
});

const JWT = `${base64('{"alg":"RS256"}')}.${base64(`{"sub":"u","groups":"${'g'.repeat(2200)}"}`)}.${'S'.repeat(342)}`;

describe("a visitor's own credential goes on as it came", () => {
  test.each([
    ['a JWT of 3 KB', `Bearer ${JWT}`],
    ['another service account token', 'Bearer glsa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_01234567'],
    ["the registered token's checksum alone", `Bearer glsa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_${SUM}`],
    ['another API key', `Bearer ${base64('{"k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","n":"客户门户","id":7}')}`],
    ['a name and password', basic('correct horse_battery_staple', 'user')],
    ['a password with zero bytes', basic('glsa_x\0_y')],
    ['an opaque token', 'Token token="0123456789abcdef"'],
    ['nothing but a scheme', 'Bearer'],
  ])('%s', async (_, authorization) => {
    expect(await answerTo(authorization)).toBe('200');
    expect(origin.only.headers.get('Authorization')).toBe(authorization);
  });

  test('the JWT is of 3 KB indeed', () => {
    expect(JWT.length).toBeGreaterThan(3_000);
  });
});

/** Credentials that nobody reads: refused on the way to Grafana, and on the way to a file. */
describe('an Authorization of any other size is refused', () => {
  test.each([
    ['longer than 8 KB', `Bearer ${'a'.repeat(8_200)}`],
    ['of five words', 'Bearer a b c d'],
    ['of five words between commas', 'Bearer a,b,c,d'],
    ['of thousands of words', `Bearer ${'a '.repeat(4_000)}b`],
  ])('%s', async (_, authorization) => {
    for (const target of ['/api/search', '/public/build/app.js']) {
      expect(await answerTo(authorization, target)).toBe('400 bad_request');
    }
    expect(origin.received).toEqual([]);
  });
});

/** Milliseconds that some work takes; clocks of the runtime stand still until something was waited for. */
async function measure(work: () => Promise<unknown>): Promise<number> {
  await scheduler.wait(1);
  const start = Date.now();
  await work();
  await scheduler.wait(1);
  return Date.now() - start;
}

describe('judging takes no longer than the length of a credential asks for', () => {
  test.each([
    ['open quotes', basic('"'.repeat(6_000))],
    ['backslashes', basic(`"${'\\'.repeat(6_000)}`)],
    ['colons', basic(':'.repeat(6_000))],
    ['underscores', `Bearer gl${'_'.repeat(8_000)}`],
    ['zero bytes that are not at the end', basic(`"${'\0'.repeat(6_000)}x"`)],
  ])('%s', async (_, authorization) => {
    const gateway = passing();
    const headers = { Authorization: authorization };
    const milliseconds = await measure(async () => {
      for (let round = 0; round < 20; round++) await gateway.fetch('/api/search', { headers });
    });
    expect(milliseconds).toBeLessThan(200);
  });
});
