import { beforeEach, describe, expect, test } from 'vitest';
import { createKeyring } from '../../src/lib/keyring.ts';
import { seal } from '../../src/lib/seal.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Arrival } from '../../src/session/keeper.ts';
import { SignInCookies, type SignInSession, tagIssuer } from '../../src/session/sign-in.ts';
import { Gateway, HOST, NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { ORIGIN } from '../support/origin.ts';
import { PlainProvider } from '../support/plain-provider.ts';

const SESSION: SignInSession = {
  id: '0123456789abcdef0123456789abcdef',
  sub: 'subject-1',
  sid: 'provider-session',
  issuer: tagIssuer('https://id.example.com'),
  email: 'ann@example.com',
  role: 'Editor',
  start: NOW,
  end: NOW + 3_600,
};

/** One isolate's. */
function cookiesOf(secrets = [SECRET], origin = ORIGIN): SignInCookies {
  return new SignInCookies({ secrets: secrets.map((text) => new Secret(text)), maxSeconds: 3_600 }, origin);
}

function arrive(cookies: string | null, at: Partial<Arrival['url']> = {}, now = NOW): Arrival {
  return { url: { protocol: 'https:', host: HOST, ...at }, cookies, now };
}

const pairOf = (setCookie: string) => setCookie.slice(0, setCookie.indexOf(';'));

describe('the cookie of a sign-in', () => {
  let cookie: string;
  let line: string;

  beforeEach(async () => {
    line = await cookiesOf().format(SESSION, arrive(null));
    cookie = pairOf(line);
  });

  test('comes back whole', async () => {
    expect(await cookiesOf().find(arrive(`a=b; ${cookie}`))).toEqual(SESSION);
  });

  test('is for this host alone, for links from elsewhere, and as long as its session', () => {
    expect(cookie).toMatch(/^__Host-postern-user=[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
    expect(line.slice(line.indexOf(';'))).toBe('; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure');
    expect(cookiesOf().formatCleared(arrive(null))).toBe(
      '__Host-postern-user=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure',
    );
  });

  test('at this machine, over plain HTTP, has a name that browsers keep there', async () => {
    const here = { protocol: 'http:', host: '127.0.0.1:8787' };
    const local = await cookiesOf().format(SESSION, arrive(null, here));
    expect(local).toMatch(/^postern-user=(?!.*Secure)/);
    expect(await cookiesOf().find(arrive(pairOf(local), here))).toEqual(SESSION);
    // A page of a subdomain can set a cookie without the prefix: over HTTPS it is not read.
    expect(await cookiesOf().find(arrive(pairOf(local)))).toBeUndefined();
  });

  test.each([
    ['at another host', (one: string) => arrive(one, { host: 'other.example.com' })],
    ['under the name without a prefix', (one: string) => arrive(one.replace('__Host-', ''))],
    ['that came twice', (one: string) => arrive(`${one}; ${one}`)],
    ['that came twice, once empty', (one: string) => arrive(`${one}; __Host-postern-user=`)],
    ['that was changed', (one: string) => arrive(`${one.slice(0, -2)}${one.endsWith('AA') ? 'BB' : 'AA'}`)],
    ['that is cut off', (one: string) => arrive(one.slice(0, -4))],
    ['that is empty', () => arrive('__Host-postern-user=')],
    ['longer than browsers keep', (one: string) => arrive(`${one}${'A'.repeat(4_096)}`)],
    ['that is no seal', () => arrive('__Host-postern-user=hello')],
    ['whose session has ended', (one: string) => arrive(one, {}, SESSION.end)],
  ])('%s opens nothing, warm or cold', async (_what, arrivalWith) => {
    const cookies = cookiesOf();
    expect(await cookies.find(arrivalWith(cookie))).toBeUndefined();
    expect(await cookies.find(arrive(cookie))).toEqual(SESSION);
    expect(await cookies.find(arrivalWith(cookie))).toBeUndefined();
  });

  test('lasts to the last second', async () => {
    expect(await cookiesOf().find(arrive(cookie, {}, SESSION.end - 1))).toEqual(SESSION);
  });

  test('is opened once: then it is known without a wait', async () => {
    const cookies = cookiesOf();
    expect(cookies.find(arrive(cookie))).toBeInstanceOf(Promise);
    await cookies.find(arrive(cookie));
    expect(cookies.find(arrive(cookie))).toEqual(SESSION);
    expect(cookies.find(arrive(cookie, {}, SESSION.end))).toBeUndefined();
  });

  test('is worth nothing in front of another origin, or under other secrets', async () => {
    expect(await cookiesOf([SECRET], 'https://other.test').find(arrive(cookie))).toBeUndefined();
    expect(await cookiesOf([SECRET], `${ORIGIN}/grafana`).find(arrive(cookie))).toBeUndefined();
    expect(await cookiesOf([OTHER_SECRET]).find(arrive(cookie))).toBeUndefined();
    expect(await cookiesOf([OTHER_SECRET, SECRET]).find(arrive(cookie))).toEqual(SESSION);
  });

  test('is no seal of another purpose or another use', async () => {
    const { id, sub, sid, email, role, start, end, issuer } = SESSION;
    const text = JSON.stringify([id, sub, sid, email, role, start, end, issuer]);
    const context = `user|${HOST}|${ORIGIN}`;
    for (const [purpose, use, isOurs] of [
      ['sign-in', context, true],
      ['grant', context, false],
      ['attempt', context, false],
      ['sign-in record', context, false],
      ['sign-in', `share|${HOST}|${ORIGIN}`, false],
    ] as const) {
      const sealed = await seal(await createKeyring([new Secret(SECRET)], purpose), text, use);
      const found = await cookiesOf().find(arrive(`__Host-postern-user=${sealed}`));
      expect([purpose, found !== undefined]).toEqual([purpose, isOurs]);
    }
  });

  test('with other claims than ours opens nothing', async () => {
    const ring = await createKeyring([new Secret(SECRET)], 'sign-in');
    for (const claims of [
      [],
      {},
      null,
      ['id'],
      // Without an issuer, as sessions once were: the provider could not end it.
      ['a', 'b', 'c', 'd', 'e', 1, 2],
      ['a', 'b', 'c', 'd', 'e', 1, '2', 'f'],
      ['a', 'b', 'c', 'd', 'e', 1, 2.5, 'f'],
    ]) {
      const sealed = await seal(ring, JSON.stringify(claims), `user|${HOST}|${ORIGIN}`);
      expect(await cookiesOf().find(arrive(`__Host-postern-user=${sealed}`, {}, 0))).toBeUndefined();
    }
  });

  test.each([
    [null, false],
    ['a=b', false],
    ['__Host-postern-s-00000000=x', false],
    ['__Host-postern-user=x', true],
    ['postern-user=', true],
  ])('is looked for where it may be: %s', (cookies, isThere) => {
    expect(cookiesOf().isCarried({ cookies })).toBe(isThere);
  });
});

describe('somebody of whom the provider says much', () => {
  const { GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO, ...addresses } = OBJECT_VARIABLES;

  /** Claims as long as they are read (1024 characters), and a session id that nobody bounds. */
  test.each([
    ['nothing long', { sid: 's'.repeat(200), sub: 'ann', email: 'ann@example.com' }],
    ['a long session id', { sid: 's'.repeat(4_000), sub: 'ann', email: 'ann@example.com' }],
    ['a long name for the user', { sub: '名'.repeat(1_000), email: 'ann@example.com' }],
  ])('(%s) is signed in, or told that they are not', async (_what, claims) => {
    const vars = { VISITORS: 'login', ...OBJECT_VARIABLES, POSTERN_SECRETS: SECRET };
    const gateway = new Gateway({ bindings: 'real', vars });
    const shape = {
      authorization: addresses.GF_AUTH_GENERIC_OAUTH_AUTH_URL,
      token: addresses.GF_AUTH_GENERIC_OAUTH_TOKEN_URL,
      api: { [USERINFO]: { sub: claims.sub, email: claims.email } },
      idToken: claims,
      rotates: true,
    };
    const provider = new PlainProvider(shape, () => NOW).install();
    const jar = new Jar();
    const start = await gateway.fetchAs(jar, '/-/login/start');
    const answer = await gateway.fetchAs(
      jar.take(start),
      provider.authorize(start.headers.get('Location') ?? ''),
    );
    const isIn = answer.status === 303;
    // Whoever was welcomed has to be known again: otherwise sign-in goes round in a circle.
    const page = await gateway.fetchAs(jar.take(answer), '/d/uid-one', { headers: { Accept: 'text/html' } });
    expect(page.status).toBe(isIn ? 200 : 303);
    for (const line of answer.headers.getSetCookie()) expect(pairOf(line).length).toBeLessThanOrEqual(4_096);
  });
});
