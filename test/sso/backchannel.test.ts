import { describe, expect, test, vi } from 'vitest';
import { Kv } from '../../src/lib/kv.ts';
import { RevocationRegister } from '../../src/revocation/register.ts';
import { RevocationStore } from '../../src/revocation/store.ts';
import { type SignInSession, tagIssuer } from '../../src/session/sign-in.ts';
import {
  LOGOUT_EVENT,
  logoutClaims,
  logoutToken,
  readLogoutState,
  SID,
  sendLogout,
} from '../support/attacks/sign-in/logouts.ts';
import { ANN, ISSUER, pairNamed, signJwt } from '../support/attacks/sign-in/provider.ts';
import { PAGE, SignInScene } from '../support/attacks/sign-in/scene.ts';
import { BOUND } from '../support/bound.ts';
import { fastForward } from '../support/clock.ts';
import { Gateway, HOST, NOW, refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { origin } from '../support/origin.ts';
import { CLIENT } from '../support/plain-provider.ts';
import { StrictKv } from '../support/strict-kv.ts';

/** A browser in which Ann is signed in, by a session of the provider. */
async function signInBy(scene: SignInScene, sid: string | undefined, claims = {}): Promise<Jar> {
  scene.provider.lies = { claims: { sid, ...claims }, userinfo: claims };
  const browser = await scene.signIn();
  scene.provider.lies = {};
  return browser;
}

async function send(scene: SignInScene, claims: Readonly<Record<string, unknown>> = {}): Promise<Response> {
  return sendLogout(scene.gateway, await logoutToken(scene.gateway.now, claims));
}

const ask = async (scene: SignInScene, jar: Jar) => refusalOf(await scene.ask(jar));

/** What a refusal says: status, and the event's reason. Every one is JSON that nobody keeps. */
async function refusedBy(scene: SignInScene, response: Response): Promise<string> {
  const body = await response.json();
  expect(body).toEqual({
    error: response.status === 400 ? 'invalid_request' : 'temporarily_unavailable',
    error_description: expect.stringMatching(/^\w.{10,}/),
  });
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  expect(response.headers.get('Content-Type')).toContain('application/json');
  const reason = scene.gateway.events.findLast(({ event }) => event === 'sso.backchannel.refused')?.reason;
  return `${response.status} ${reason}`;
}

describe('a logout token', () => {
  test('of a user ends all their sign-ins, and nobody else’s', async () => {
    const scene = new SignInScene();
    const [one, other] = [await signInBy(scene, SID), await signInBy(scene, undefined)];
    const bob = await signInBy(scene, 'sid-of-bob', { sub: 'bob-1', email: 'bob@example.com', login: 'bob' });
    const answer = await send(scene);
    expect([answer.status, answer.headers.get('Cache-Control'), await answer.text()]).toEqual([
      200,
      'no-store',
      '',
    ]);
    expect(await readLogoutState(scene)).toEqual({
      revoked: [expect.stringMatching(/^sub:[\w-]{43}$/)],
      signIns: ['live', 'live', 'live'],
      used: 1,
    });
    expect(await ask(scene, one)).toBe('401 sso_session_ended');
    expect(await ask(scene, other)).toBe('401 sso_session_ended');
    expect(await ask(scene, bob)).toBe('200');
    // Their tokens are let go as soon as the browsers come again.
    expect((await readLogoutState(scene)).signIns).toEqual(['signed-out', 'signed-out', 'live']);
    expect(scene.gateway.events).toContainEqual(
      expect.objectContaining({ event: 'sso.backchannel.logout', subject: ANN.sub, of: 'user' }),
    );
  });

  test('of a session ends that one, and no other of the same user', async () => {
    const scene = new SignInScene();
    const [one, other] = [await signInBy(scene, SID), await signInBy(scene, 'provider-session-2')];
    expect((await send(scene, { sub: undefined, sid: SID })).status).toBe(200);
    expect((await readLogoutState(scene)).revoked).toEqual([expect.stringMatching(/^sid:[\w-]{43}$/)]);
    expect([await ask(scene, one), await ask(scene, other)]).toEqual(['401 sso_session_ended', '200']);
    expect(scene.gateway.events).toContainEqual(
      expect.objectContaining({ event: 'sso.backchannel.logout', of: 'session' }),
    );
  });

  test('of a session of a user ends that one, and those of the user of which nobody knows a session', async () => {
    const scene = new SignInScene();
    const [one, unnamed, other] = [
      await signInBy(scene, SID),
      await signInBy(scene, undefined),
      await signInBy(scene, 'provider-session-2'),
    ];
    const bob = await signInBy(scene, undefined, { sub: 'bob-1', email: 'bob@example.com', login: 'bob' });
    expect((await send(scene, { sid: SID })).status).toBe(200);
    const kinds = (await readLogoutState(scene)).revoked.map((id) => id.split(':')[0]);
    expect(kinds).toEqual(['sid', 'sub']);
    const out = '401 sso_session_ended';
    expect([await ask(scene, one), await ask(scene, unnamed)]).toEqual([out, out]);
    expect([await ask(scene, other), await ask(scene, bob)]).toEqual(['200', '200']);
  });

  test('leaves whoever signs in afterwards', async () => {
    const scene = new SignInScene();
    const before = await signInBy(scene, SID);
    await send(scene, { sid: SID });
    await send(scene);
    scene.gateway.now += 1;
    const after = await signInBy(scene, SID);
    expect([await ask(scene, before), await ask(scene, after)]).toEqual(['401 sso_session_ended', '200']);
  });

  test('that comes in the very second of a sign-in ends that too, and shuts nobody out', async () => {
    const scene = new SignInScene();
    await send(scene);
    const browser = new Jar();
    const answer = await scene.gateway.fetchAs(browser, await scene.begin(browser), {
      headers: { Accept: 'application/json' },
    });
    expect(await refusalOf(answer)).toBe('401 sso_session_ended');
    scene.gateway.now += 1;
    expect(await ask(scene, await scene.signIn())).toBe('200');
  });

  test('leads a page to sign-in, which says why, and back to the page', async () => {
    const scene = new SignInScene();
    const browser = await signInBy(scene, SID);
    await send(scene);
    const page = await scene.ask(browser, PAGE, {
      headers: { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' },
    });
    expect([page.status, page.headers.get('Location')]).toEqual([
      303,
      `/-/login?to=${encodeURIComponent(PAGE)}&ended=true`,
    ]);
    expect(browser.take(page).names).toEqual([]);
    const says = await scene.gateway.fetch(page.headers.get('Location') ?? '');
    expect(await says.text()).toContain('Your sign-in has ended.');
    expect(origin.received).toEqual([]);
  });

  test('is taken with any type that a logout token may have, and no other', async () => {
    const scene = new SignInScene();
    const now = scene.gateway.now;
    for (const typ of ['logout+jwt', 'LOGOUT+JWT', 'application/logout+jwt', 'JWT', undefined]) {
      // KV takes one write a second for each user.
      const token = await logoutToken(now, { sub: `user of ${typ}` }, { header: { typ } });
      expect([typ, (await sendLogout(scene.gateway, token)).status]).toEqual([typ, 200]);
    }
    for (const typ of ['at+jwt', 'secevent+jwt', 'dpop+jwt', '']) {
      const answer = await sendLogout(scene.gateway, await logoutToken(now, {}, { header: { typ } }));
      expect([typ, await refusedBy(scene, answer)]).toEqual([typ, '400 type']);
    }
  });

  test('by a key that the provider has had since is taken', async () => {
    const scene = new SignInScene();
    await scene.signIn();
    scene.gateway.now += 20;
    scene.provider.lies = { published: async () => [(await pairNamed('second')).published] };
    const answer = await sendLogout(
      scene.gateway,
      await logoutToken(scene.gateway.now, {}, { pair: 'second' }),
    );
    expect(answer.status).toBe(200);
  });

  test('ends open sockets', { timeout: 10_000 }, async () => {
    // A socket looks at the real clock, long after its request.
    const scene = new SignInScene({ vars: { REVOCATION_MEMO_SECONDS: '1' } });
    scene.gateway.now = Math.floor(Date.now() / 1_000);
    const browser = await signInBy(scene, SID);
    const { 0: originEnd, 1: farEnd } = new WebSocketPair();
    farEnd.accept();
    origin.answerWith(() => new Response(null, { status: 101, webSocket: originEnd }));
    const headers = { Upgrade: 'websocket', Origin: `https://${HOST}` };
    const opened = await scene.ask(browser, '/api/live/ws', { headers });
    expect(opened.status).toBe(101);
    const closed = new Promise((resolve) => opened.webSocket?.addEventListener('close', resolve));
    opened.webSocket?.accept();
    expect((await send(scene, { sub: undefined, sid: SID })).status).toBe(200);
    await closed;
    await vi.waitFor(() => expect(scene.gateway.eventNames).toContain('sso.socket.closed'));
  });
});

describe('what is no logout token for this gateway is refused:', () => {
  const CLAIMS: readonly (readonly [
    what: string,
    claims: Readonly<Record<string, unknown>>,
    reason: string,
  ])[] = [
    ['of another client', { aud: 'another-client' }, 'audience'],
    ['of two clients, none of them named', { aud: [CLIENT.id, 'another-client'] }, 'audience'],
    ['of two clients, for the other', { aud: [CLIENT.id, 'b'], azp: 'b' }, 'audience'],
    ['of nobody', { aud: undefined }, 'audience'],
    ['of another issuer', { iss: 'https://other-id.test' }, 'issuer'],
    ['of an issuer with one letter more', { iss: `${ISSUER}/` }, 'issuer'],
    ['of no issuer', { iss: undefined }, 'issuer'],
    ['without an event', { events: undefined }, 'event'],
    ['whose events are a list', { events: [LOGOUT_EVENT] }, 'event'],
    ['whose events are a text', { events: LOGOUT_EVENT }, 'event'],
    ['whose event is a list', { events: { [LOGOUT_EVENT]: [] } }, 'event'],
    ['whose event is a text', { events: { [LOGOUT_EVENT]: 'yes' } }, 'event'],
    ['whose event is null', { events: { [LOGOUT_EVENT]: null } }, 'event'],
    ['with another event', { events: { 'http://schemas.openid.net/event/other': {} } }, 'event'],
    ['without an id', { jti: undefined }, 'id-missing'],
    ['whose id is no text', { jti: 7 }, 'id-missing'],
    ['whose id is empty', { jti: '' }, 'id-missing'],
    ['with a sid that is no text', { sid: 7 }, 'nobody'],
    ['with a sid beyond all bounds', { sid: 's'.repeat(256) }, 'nobody'],
    ['whose times are texts', { iat: String(NOW), exp: String(NOW + 60) }, 'issued-in-future'],
    ['that is never to expire', { exp: 'never' }, 'expired'],
  ];

  test.each(CLAIMS)('%s', async (_, claims, reason) => {
    const scene = new SignInScene();
    const browser = await signInBy(scene, SID);
    expect(await refusedBy(scene, await send(scene, claims))).toBe(`400 ${reason}`);
    expect(await readLogoutState(scene)).toEqual({ revoked: [], signIns: ['live'], used: 0 });
    expect(await ask(scene, browser)).toBe('200');
  });

  test('an ID token of the user', async () => {
    const scene = new SignInScene();
    let idToken = '';
    scene.provider.lies = {
      idToken: async ({ claims, pair }) => {
        idToken = await signJwt(claims, pair);
        return idToken;
      },
    };
    const browser = await scene.signIn();
    expect(await refusedBy(scene, await sendLogout(scene.gateway, idToken))).toBe('400 event');
    expect(await ask(scene, browser)).toBe('200');
  });

  test('a sid that somebody else has at another provider', async () => {
    const store = new RevocationStore(new Kv(BOUND.POSTERN_KV));
    const options = { memoSeconds: 10, whenUnavailable: 'deny' } as const;
    const register = new RevocationRegister({ options, store, now: () => NOW, onUnknown: () => undefined });
    const session = (issuer: string): SignInSession => ({
      id: tagIssuer(`session of ${issuer}`),
      sub: ANN.sub,
      sid: SID,
      issuer: tagIssuer(issuer),
      email: ANN.email,
      role: '',
      start: NOW - 10,
      end: NOW + 10,
    });
    const other = 'https://other-id.test';
    const order = { issuer: tagIssuer(ISSUER), before: NOW, sessionSeconds: 600 };
    await register.endSignIns({ ...order, sid: SID });
    await register.endSignIns({ ...order, sub: ANN.sub });
    expect(await register.readSignInStanding(session(other))).toBeUndefined();
    expect(await register.readSignInStanding(session(ISSUER))).toMatchObject({ mayReturn: true });
  });

  const FORMS: readonly (readonly [what: string, init: (token: string) => RequestInit, reason: string])[] = [
    ['by GET', () => ({ method: 'GET', body: null }), 'method'],
    ['by PUT', () => ({ method: 'PUT' }), 'method'],
    [
      'as JSON',
      (token) => ({
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ logout_token: token }),
      }),
      'form',
    ],
    [
      'without a type',
      (token) => ({ headers: {}, body: new TextEncoder().encode(`logout_token=${token}`) }),
      'form',
    ],
    ['twice', (token) => ({ body: `logout_token=${token}&logout_token=${token}` }), 'form'],
    ['twice, once empty', (token) => ({ body: `logout_token=${token}&logout_token=` }), 'form'],
    ['empty', () => ({ body: 'logout_token=' }), 'form'],
    ['under another name', (token) => ({ body: `id_token=${token}` }), 'form'],
    ['nowhere', () => ({ body: null }), 'form'],
    ['in 1 MB', (token) => ({ body: `logout_token=${token}&more=${'x'.repeat(1_048_576)}` }), 'too-long'],
    ['as no JWT', () => ({ body: 'logout_token=hello' }), 'malformed'],
    ['as five parts', () => ({ body: 'logout_token=a.b.c.d.e' }), 'malformed'],
    ['with a stranger’s bytes', () => ({ body: new Uint8Array([0xff, 0xfe, 0x3d, 0xff]) }), 'form'],
  ];

  test.each(FORMS)('a good one, %s', async (_, init, reason) => {
    const scene = new SignInScene();
    const browser = await signInBy(scene, SID);
    const token = await logoutToken(scene.gateway.now);
    const answer = await sendLogout(scene.gateway, token, init(token));
    expect(await refusedBy(scene, answer)).toBe(`400 ${reason}`);
    expect(await ask(scene, browser)).toBe('200');
  });

  test('a body without end, of which no more than 64 KiB are read', async () => {
    const scene = new SignInScene();
    let bytes = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        bytes += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(0x61));
      },
    });
    expect(await refusedBy(scene, await sendLogout(scene.gateway, '', { body }))).toBe('400 too-long');
    expect(bytes).toBeGreaterThan(65_536);
    expect(bytes).toBeLessThan(65_536 + 5 * 16_384);
    expect(scene.provider.asked).toEqual([]);
  });

  test('and other members beside a good one change nothing', async () => {
    const scene = new SignInScene();
    const token = await logoutToken(scene.gateway.now);
    const answer = await sendLogout(scene.gateway, token, { body: `a=b&logout_token=${token}&iss=x&a=c` });
    expect(answer.status).toBe(200);
  });
});

describe('one token is used once', () => {
  test('however many come at once, and wherever', async () => {
    const scene = new SignInScene();
    const browser = await signInBy(scene, SID);
    const token = await logoutToken(scene.gateway.now);
    const isolates = [scene.gateway, scene.another(), scene.another(), scene.gateway, scene.another()];
    const answers = await Promise.all(isolates.map((isolate) => sendLogout(isolate, token)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 200 && status !== 400 && status !== 503)).toEqual([]);
    expect(await refusedBy(scene, await sendLogout(scene.gateway, token))).toBe('400 replayed');
    const state = await readLogoutState(scene);
    expect([state.revoked.length, state.used]).toEqual([1, 1]);
    expect(await ask(scene, browser)).toBe('401 sso_session_ended');
  });

  test('and ends nobody who has signed in since, until it is too old by itself', async () => {
    const scene = new SignInScene();
    const token = await logoutToken(scene.gateway.now, { exp: scene.gateway.now + 86_400 });
    expect((await sendLogout(scene.gateway, token)).status).toBe(200);
    scene.gateway.now += 10;
    const browser = await signInBy(scene, SID);
    for (const [seconds, refusal] of [
      [1, '400 replayed'],
      [280, '400 replayed'],
      [9, '400 replayed'],
      [1, '400 too-old'],
    ] as const) {
      scene.gateway.now += seconds;
      expect(await refusedBy(scene, await sendLogout(scene.gateway, token))).toBe(refusal);
    }
    expect(await ask(scene, browser)).toBe('200');
  });

  test('and those of long ago are forgotten', async () => {
    const scene = new SignInScene();
    for (let tokens = 0; tokens < 3; tokens++) {
      // The same shard, and another token: all that differs is when it is sent.
      const token = await logoutToken(scene.gateway.now, { jti: 'the-same' });
      expect((await sendLogout(scene.gateway, token)).status).toBe(200);
      expect((await readLogoutState(scene)).used).toBe(1);
      scene.gateway.now += 400;
    }
  });

  test('and many at once are each taken', { timeout: 20_000 }, async () => {
    const scene = new SignInScene();
    const tokens = await Promise.all(
      Array.from({ length: 40 }, (_, at) => logoutToken(scene.gateway.now, { sub: `user-${at}` })),
    );
    const answers = await Promise.all(tokens.map((token) => sendLogout(scene.gateway, token)));
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 200));
    const state = await readLogoutState(scene);
    expect([state.revoked.length, state.used]).toEqual([40, 40]);
  });
});

describe('where it cannot be carried out, the provider is to come again:', () => {
  function sceneWith(kv: StrictKv, vars = {}): SignInScene {
    return new SignInScene({ vars: { POSTERN_KV: kv.at('here'), ...vars } });
  }

  test('KV cannot be written, and the same token is taken later, for what had begun when it first came', async () => {
    const clock: { scene?: SignInScene } = {};
    const kv = new StrictKv(BOUND.POSTERN_KV, () => clock.scene?.gateway.now ?? 0);
    const scene = sceneWith(kv);
    clock.scene = scene;
    const browser = await signInBy(scene, SID);
    await scene.gateway.settle();
    const token = await logoutToken(scene.gateway.now);
    kv.fault = 'write-throws';
    const failed = await fastForward(() => sendLogout(scene.gateway, token));
    expect(failed.headers.get('Retry-After')).toBe('30');
    expect(await refusedBy(scene, failed)).toBe('503 storage');
    expect(await ask(scene, browser)).toBe('200');

    kv.fault = undefined;
    scene.gateway.now += 20;
    const since = await signInBy(scene, SID);
    expect((await sendLogout(scene.gateway, token)).status).toBe(200);
    // Past what this place remembers of KV.
    scene.gateway.now += 60;
    expect([await ask(scene, browser), await ask(scene, since)]).toEqual(['401 sso_session_ended', '200']);
    expect(await refusedBy(scene, await sendLogout(scene.gateway, token))).toBe('400 replayed');
  });

  test('nobody can say whether the token was used', async () => {
    const ledger = {
      getByName: (name: string) =>
        name.startsWith('backchannel:')
          ? { readRecord: () => Promise.reject(new Error('no such object')) }
          : BOUND.POSTERN_LEDGER.getByName(name),
    };
    const scene = new SignInScene({ vars: { POSTERN_LEDGER: ledger } });
    const browser = await signInBy(scene, SID);
    expect(await refusedBy(scene, await send(scene))).toBe('503 storage');
    const { keys } = await BOUND.POSTERN_KV.list({ prefix: 'rev:' });
    expect([keys, await ask(scene, browser)]).toEqual([[], '200']);
  });

  test('the keys of the provider cannot be had', async () => {
    const scene = new SignInScene({ lies: { answers: { keys: () => new Response('', { status: 500 }) } } });
    expect(await refusedBy(scene, await send(scene))).toBe('503 unreachable');
  });

  test('there is no KV', async () => {
    const scene = new SignInScene({ vars: { POSTERN_KV: undefined } });
    expect(await refusedBy(scene, await send(scene))).toBe('501 no-storage');
  });

  test('nobody has named the issuer, whose keys could prove it', async () => {
    const { ORIGIN_URL: _, ...vars } = OBJECT_VARIABLES;
    const scene = new SignInScene({
      vars: { ...vars, SSO_ISSUER: undefined, GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: `${ISSUER}/keys` },
    });
    expect(await refusedBy(scene, await send(scene))).toBe('501 not-set-up');
  });

  test('sign-in is off: there is no such page', async () => {
    const gateway = new Gateway({ bindings: 'real' });
    const answer = await sendLogout(gateway, await logoutToken(NOW));
    expect(await refusalOf(answer)).toBe('404 not_found');
  });
});

test('it is out everywhere within the bound of revocations', async () => {
  const clock: { scene?: SignInScene } = {};
  const kv = new StrictKv(BOUND.POSTERN_KV, () => clock.scene?.gateway.now ?? 0);
  const scene = new SignInScene({ vars: { POSTERN_KV: kv.at('here') } });
  clock.scene = scene;
  const elsewhere = new Gateway({
    bindings: 'real',
    vars: { ...scene.gateway.env, POSTERN_KV: kv.at('elsewhere') },
  });
  const browser = await signInBy(scene, SID);
  const askThere = async () => {
    elsewhere.now = scene.gateway.now;
    return refusalOf(
      await elsewhere.fetchAs(browser, '/api/user', { headers: { Accept: 'application/json' } }),
    );
  };
  expect(await askThere()).toBe('200');
  await send(scene);
  expect(await ask(scene, browser)).toBe('401 sso_session_ended');
  scene.gateway.now += 10 + 60;
  expect(await askThere()).toBe('401 sso_session_ended');
});

test('what an operator has revoked stays revoked, whatever the provider orders', async () => {
  const scene = new SignInScene();
  const browser = await signInBy(scene, SID);
  const register = new RevocationStore(new Kv(BOUND.POSTERN_KV));
  await register.write({ id: 'all:*', rule: { at: scene.gateway.now, publicReason: 'Closed' } }, undefined);
  await send(scene);
  expect(await ask(scene, browser)).toBe('403 revoked');
});

test('the claims of these tests are those of a token that is taken', async () => {
  const scene = new SignInScene();
  const token = await signJwt(logoutClaims(scene.gateway.now), await pairNamed('first'), {
    typ: 'logout+jwt',
  });
  expect((await sendLogout(scene.gateway, token)).status).toBe(200);
});
