import { beforeEach, describe, expect, test } from 'vitest';
import { AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { NOW, readProblem } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { origin } from '../support/origin.ts';
import { PlainProvider } from '../support/plain-provider.ts';

const PAGE = '/d/uid-one/demo';
const TOKEN_SECONDS = 600;
const MEMO_SECONDS = 10;
const DAY = 86_400;
const {
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: AUTHORIZATION,
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: TOKEN,
  GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO,
} = OBJECT_VARIABLES;
const ANN = { sub: 'User-1', email: 'Ann@example.com' };
const BOB = { sub: 'user-2', email: 'bob@example.com' };

let gateway: AdminGateway;
let elsewhere: AdminGateway;
let provider: PlainProvider;

async function create(vars: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const all = { VISITORS: 'login', ...OBJECT_VARIABLES, ...vars };
  gateway = await AdminGateway.create({ vars: all });
  elsewhere = gateway.another('elsewhere', { vars: all });
  provider = new PlainProvider(
    {
      authorization: AUTHORIZATION,
      token: TOKEN,
      api: { [USERINFO]: ANN },
      rotates: true,
      extra: { expires_in: TOKEN_SECONDS },
    },
    () => gateway.now,
  ).install();
}
beforeEach(() => create());

/** What the callback answers. */
async function tryToSignIn(jar = new Jar()): Promise<{ answer: Response; jar: Jar }> {
  const start = await gateway.fetchAs(jar, '/-/login/start');
  const callback = provider.authorize(start.headers.get('Location') ?? '');
  const answer = await gateway.fetchAs(jar.take(start), callback);
  return { answer, jar: jar.take(answer) };
}

async function signIn(claims: typeof ANN = ANN, jar = new Jar()): Promise<Jar> {
  provider.change({ api: { [USERINFO]: claims } });
  const { answer } = await tryToSignIn(jar);
  expect([answer.status, await answer.clone().text()]).toEqual([303, '']);
  return jar;
}

async function codeOf(response: Response): Promise<string> {
  return response.status < 400 ? String(response.status) : (await readProblem(response)).code;
}

const ask = async (jar: Jar, at = gateway) => codeOf(await at.fetchAs(jar, PAGE));

function sessionIdOfLast(): string {
  const id = gateway.events.filter(({ event }) => event === 'sso.signed_in').at(-1)?.sessionId;
  if (typeof id !== 'string') throw new Error('nobody has signed in');
  return id;
}

/** Every order that takes Ann's session back. */
const ORDERS: readonly (readonly [what: string, order: Readonly<Record<string, unknown>>])[] = [
  ['the sub', { kind: 'subject', subject: ANN.sub }],
  ['the sub, in another case', { kind: 'subject', subject: 'USER-1' }],
  ['the address', { kind: 'subject', subject: ANN.email }],
  ['the address, in another case', { kind: 'subject', subject: 'ANN@EXAMPLE.com' }],
  ['what the subject was given so far', { kind: 'subject', subject: ANN.sub, mode: 'issued-before' }],
  ['all that was issued so far', { kind: 'all' }],
  ['all that was issued until now', { kind: 'all', before: new Date(NOW * 1_000).toISOString() }],
  ['all, until it is lifted', { kind: 'all', mode: 'until-lifted' }],
];

describe('a sign-in is out when somebody revokes', () => {
  test.each(ORDERS)('%s, with the reason that was left for them', async (_, order) => {
    const jar = await signIn();
    expect(await ask(jar)).toBe('200');
    const { warnings } = await gateway.revoke({ ...order, publicReason: 'Contract ended', reason: 'for us' });
    expect(warnings).toEqual([]);
    const refused = await gateway.fetchAs(jar, PAGE);
    const problem = await readProblem(refused);
    expect([refused.status, problem.code]).toEqual([403, 'revoked']);
    expect(problem.detail).toContain('Contract ended.');
    expect(problem.detail).not.toContain('for us');
    expect(origin.received).toHaveLength(1);
    expect(refused.headers.getSetCookie().join()).toMatch(/^__Host-postern-user=;.*Max-Age=0/);
    expect(gateway.events.at(-1)).toMatchObject({ event: 'session.revoked', subject: ANN.sub });
    expect(JSON.stringify(gateway.events.at(-1))).not.toMatch(/ann@/i);
  });

  test.each(ORDERS)('%s, in every isolate within the bound', async (_, order) => {
    const jar = await signIn();
    expect([await ask(jar), await ask(jar, elsewhere)]).toEqual(['200', '200']);
    await gateway.revoke(order);
    expect(await ask(jar)).toBe('revoked');
    elsewhere.now = gateway.now + 60 + MEMO_SECONDS;
    gateway.now = elsewhere.now;
    expect(await ask(jar, elsewhere)).toBe('revoked');
  });

  test('this session, and no other of the same user', async () => {
    const jar = await signIn();
    await gateway.revoke({ kind: 'session', id: sessionIdOfLast() });
    const other = await signIn();
    expect([await ask(jar), await ask(other)]).toEqual(['revoked', '200']);
  });

  test('what was issued before, and nothing that is issued since', async () => {
    const jar = await signIn();
    await gateway.revoke({ kind: 'all' });
    gateway.now += 1;
    expect([await ask(jar), await ask(await signIn())]).toEqual(['revoked', '200']);
  });

  test('somebody else: nothing of it', async () => {
    const jar = await signIn();
    await gateway.revoke({ kind: 'subject', subject: BOB.sub });
    await gateway.revoke({ kind: 'subject', subject: BOB.email });
    expect([await ask(jar), await ask(await signIn())]).toEqual(['200', '200']);
  });
});

describe('somebody who is revoked', () => {
  test.each([[ANN.sub], ['ann@EXAMPLE.com']])(
    'by %s signs in again only once it is lifted',
    async (subject) => {
      await signIn();
      const { revocation } = await gateway.revoke({ kind: 'subject', subject, publicReason: 'Ask Eve' });
      const { answer, jar } = await tryToSignIn();
      const problem = await readProblem(answer);
      expect([answer.status, problem.code]).toEqual([403, 'revoked']);
      expect(problem.detail).toContain('Ask Eve.');
      expect(jar.names).toEqual([]);
      expect(gateway.eventNames.filter((name) => name === 'sso.signed_in')).toHaveLength(1);
      expect(await ask(await signIn(BOB))).toBe('200');

      await gateway.order('DELETE', `/revocations/${revocation.id}`);
      expect(await ask(await signIn())).toBe('200');
    },
  );

  test('goes on by the session that was kept, once it is lifted', async () => {
    const jar = await signIn();
    const { revocation } = await gateway.revoke({ kind: 'subject', subject: ANN.sub });
    expect(await ask(jar)).toBe('revoked');
    await gateway.order('DELETE', `/revocations/${revocation.id}`);
    expect(await ask(jar)).toBe('200');
  });

  test('is not brought back by a refresh, and none is made', async () => {
    const jar = await signIn();
    gateway.now = NOW + TOKEN_SECONDS;
    expect(await ask(jar)).toBe('200');
    expect(provider.asked.filter((line) => line === `POST ${TOKEN}`)).toHaveLength(2);
    await gateway.revoke({ kind: 'subject', subject: ANN.email });
    provider.asked.length = 0;
    for (const seconds of [2 * TOKEN_SECONDS, 3 * TOKEN_SECONDS, 5 * TOKEN_SECONDS]) {
      gateway.now = NOW + seconds;
      expect(await ask(jar)).toBe('revoked');
      elsewhere.now = gateway.now;
      expect(await ask(jar, elsewhere)).toBe('revoked');
    }
    expect(provider.asked).toEqual([]);
    expect(origin.received).toHaveLength(1);
  });

  test('is not brought back by an address that changes with a refresh', async () => {
    const jar = await signIn();
    provider.change({ api: { [USERINFO]: { ...ANN, email: 'new@example.com' } } });
    gateway.now = NOW + TOKEN_SECONDS;
    expect(await ask(jar)).toBe('200');
    await gateway.revoke({ kind: 'subject', subject: ANN.email });
    expect(await ask(jar)).toBe('revoked');
  });
});

describe('share grants', () => {
  test('stay, whichever subject is revoked', async () => {
    const visitor = await gateway.open();
    await signIn();
    for (const subject of [ANN.sub, ANN.email, 'test1', '1/test1'])
      await gateway.revoke({ kind: 'subject', subject });
    expect(await ask(visitor)).toBe('200');
    expect(await ask(await gateway.open())).toBe('200');
  });

  test('of somebody who is revoked serve once the sign-in has left the browser', async () => {
    const jar = await signIn(ANN, await gateway.open());
    await gateway.revoke({ kind: 'subject', subject: ANN.sub });
    const refused = await gateway.fetchAs(jar, '/d/uid-two/other');
    expect(await codeOf(refused)).toBe('revoked');
    expect(await ask(jar.take(refused))).toBe('200');
    expect(origin.only.headers.get('X-JWT-Assertion')).toBeNull();
  });
});

describe('a revocation is kept', () => {
  test('for as long as a sign-in may last, where links may not', async () => {
    await create({
      SSO_SESSION_SECONDS: String(2 * DAY),
      SHARE_SESSION_MAX_SECONDS: '3600',
      SHARE_SESSION_SECONDS: '3600',
    });
    await gateway.revoke({ kind: 'all' });
    await gateway.revoke({ kind: 'subject', subject: ANN.sub });
    const { keys } = await BOUND.POSTERN_KV.list();
    const lives = keys.map(({ name, expiration }) => [name.split(':')[1], expiration]);
    const [[, end] = [], ...others] = lives.sort();
    expect(others).toEqual([['subject', undefined]]);
    expect(Number(end) - Date.now() / 1_000).toBeGreaterThan(2 * DAY);
  });

  test('with a warning where nobody signs in', async () => {
    const off = await AdminGateway.create();
    const { warnings } = await off.revoke({ kind: 'subject', subject: ANN.sub });
    expect(warnings.map(({ code }) => code)).toEqual(['no-sign-in']);
  });
});
