import { runInDurableObject } from 'cloudflare:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test, vi } from 'vitest';
import { EVENTS, type EventName } from '../../src/observe/events.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { type GatewayOptions, HOST, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { type Answer, origin } from '../support/origin.ts';
import { CLIENT, PlainProvider, type Shape } from '../support/plain-provider.ts';
import { guard, takeLeaks } from '../support/watch.ts';

/**
 * Every event of sign-in happens once, in the whole Worker. Everything secret that goes over the wire is noted where it
 * passes, and so is all that is personal: none of it may be in the log, in a ledger, in KV, in a Durable Object in the
 * clear, or in an answer that is not the one place where it belongs.
 */
type Told = Extract<EventName, `sso.${string}` | 'origin.refused_identity'>;

const PAGE = '/d/uid-one/demo';
const KEYS = 'https://keys.id.test/jwks';
const TOKEN_SECONDS = 600;
/** The one thing about people that events tell: the provider's own name for them. */
const SUBJECT = 'subject-3fb1c2';

const {
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: AUTHORIZATION,
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: TOKEN,
  GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO,
} = OBJECT_VARIABLES;

const PERSONAL = {
  email: 'quirin.personal@example.com',
  login: 'quirin-the-login',
  name: 'Quirin Displayname',
  groups: ['the-secret-project', 'people-on-sick-leave'],
};
for (const [what, text] of [
  ['the e-mail address', PERSONAL.email],
  ['the login', PERSONAL.login],
  ['the display name', PERSONAL.name],
  ...PERSONAL.groups.map((group) => ['a group', group] as const),
] as const)
  guard(what, text);

const USER = { sub: SUBJECT, ...PERSONAL, role: 'Editor' };
const SHAPE: Shape = {
  authorization: AUTHORIZATION,
  token: TOKEN,
  api: { [USERINFO]: USER },
  idToken: { sub: SUBJECT, email: PERSONAL.email, name: PERSONAL.name },
  rotates: true,
  extra: { expires_in: TOKEN_SECONDS },
};
const VARS = {
  VISITORS: 'login',
  ...OBJECT_VARIABLES,
  POSTERN_SECRETS: SECRET,
  GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: KEYS,
  GF_AUTH_GENERIC_OAUTH_LOGIN_ATTRIBUTE_PATH: 'login',
  GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
  GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: `${AUTHORIZATION}/end?post_logout_redirect_uri=https%3A%2F%2F${HOST}%2F`,
};

/** What a client may put anywhere, and a provider into any answer. */
const PLANTED = 'planted-secret-0123456789abcdef';
guard('what was planted', PLANTED);

/** Where each secret has to be: in the header of one answer. Everything else in an answer is a leak. */
const BELONGS = [
  /^the (?:state|nonce) in the answer to GET \/-\/login\/start, header location$/,
  /^the cookie of an attempt in the answer to GET \/-\/login\/start, header set-cookie$/,
  /^the cookie of a session in the answer to GET \/login\/generic_oauth, header set-cookie$/,
  // The provider's own, back to the provider (OpenID Connect RP-Initiated Logout §2).
  /^an ID token in the answer to GET \/-\/logout, header location$/,
];

/** One event's gateway, its provider, one browser, and all that they kept. */
class Stage {
  readonly jar = new Jar();
  gateways: AdminGateway[] = [];
  readonly #noted = new Map<string, string>();
  readonly #objects = new Set<string>();
  readonly #ledgers = new Set<string>();
  #provider: PlainProvider | undefined;

  async create(options: GatewayOptions = {}, shape = SHAPE): Promise<AdminGateway> {
    const { vars, ...others } = options;
    const gateway = await AdminGateway.create({
      keys: [],
      ...others,
      vars: { ...VARS, ...this.#recording(), ...vars },
    });
    this.gateways.push(gateway);
    this.#provider = new PlainProvider(shape, () => gateway.now).install();
    this.#listen();
    return gateway;
  }

  get provider(): PlainProvider {
    if (!this.#provider) throw new Error('nothing is set up');
    return this.#provider;
  }

  /** Out to the provider: where it sends back to. */
  async begin(gateway: AdminGateway): Promise<URL> {
    const start = await gateway.fetchAs(this.jar, `/-/login/start?to=${PAGE}`, { headers: planted() });
    const location = start.headers.get('Location') ?? '';
    const { searchParams } = new URL(location);
    this.note('the state', searchParams.get('state'));
    this.note('the nonce', searchParams.get('nonce'));
    for (const { name, value } of readSetCookies(start))
      if (name.includes('postern-tx-') && value !== '') this.note('the cookie of an attempt', value);
    this.jar.take(start);
    const callback = new URL(this.provider.authorize(location));
    this.note('a code', callback.searchParams.get('code'));
    return callback;
  }

  async signIn(gateway: AdminGateway): Promise<Response> {
    const answer = await gateway.fetchAs(this.jar, (await this.begin(gateway)).href, { headers: planted() });
    for (const { name, value } of readSetCookies(answer))
      if (name.endsWith('postern-user') && value !== '') this.note('the cookie of a session', value);
    this.jar.take(answer);
    return answer;
  }

  async ask(gateway: AdminGateway, target = PAGE, init: RequestInit = {}): Promise<Response> {
    const headers = planted(init.headers);
    const answer = await gateway.fetchAs(this.jar, target, { ...init, headers });
    for (const request of origin.received) this.note('an assertion', request.headers.get('X-JWT-Assertion'));
    return answer;
  }

  /** A secret of this run. What is short or missing was not found where it was looked for. */
  note(what: string, text: string | null | undefined): void {
    if (text === null || text === undefined) return;
    expect(text.length, what).toBeGreaterThan(20);
    guard(what, text);
    this.#noted.set(text, what);
  }

  get noted(): ReadonlySet<string> {
    return new Set(this.#noted.values());
  }

  /** The lines of the log and of the ledgers, and everything stored. */
  async readAll(): Promise<string[]> {
    const texts: string[] = [];
    for (const gateway of this.gateways) {
      await gateway.settle();
      texts.push(...gateway.events.map((line) => JSON.stringify(line)), ...gateway.storageWarnings);
    }
    for (const name of this.#ledgers) {
      const ledger = BOUND.POSTERN_LEDGER.getByName(name);
      texts.push(name, JSON.stringify([await ledger.latest({ limit: 1_000 }), await ledger.readRecord()]));
    }
    for (const name of this.#objects)
      texts.push(
        await runInDurableObject(BOUND.POSTERN_SIGN_INS.getByName(name), async (_, { storage }) =>
          JSON.stringify([...(await storage.list())]),
        ),
      );
    const [first] = this.gateways;
    if (first) texts.push(...(await first.kv.values()).flat(), ...first.kv.written);
    return texts;
  }

  /** Which of all that is secret or personal is in a text. */
  find(text: string): string[] {
    const all = [
      ...this.#noted,
      [PLANTED, 'what was planted'],
      [CLIENT.secret, 'the client secret'],
      [SECRET, 'the sealing secret'],
      [ADMIN_TOKEN, 'the admin token'],
      [PERSONAL.email, 'the e-mail address'],
      [PERSONAL.login, 'the login'],
      [PERSONAL.name, 'the display name'],
      ...PERSONAL.groups.map((group) => [group, 'a group']),
    ] as const;
    const forms = [text, text.toLowerCase(), decodeLoosely(text)];
    return all.flatMap(([secret = '', what = '']) =>
      forms.some((form) => form.includes(secret) || form.includes(secret.toLowerCase())) ? [what] : [],
    );
  }

  #recording() {
    const { POSTERN_LEDGER, POSTERN_SIGN_INS } = BOUND;
    return {
      POSTERN_LEDGER: {
        getByName: (name: string) => {
          this.#ledgers.add(name);
          return POSTERN_LEDGER.getByName(name);
        },
      },
      POSTERN_SIGN_INS: {
        getByName: (name: string) => {
          this.#objects.add(name);
          return POSTERN_SIGN_INS.getByName(name);
        },
      },
    };
  }

  /** Notes what goes over the wire to the token endpoint and back. */
  #listen(): void {
    const send = fetch;
    vi.stubGlobal('fetch', async (input: RequestInfo, init?: RequestInit) => {
      const request = new Request(input, init);
      if (request.url !== TOKEN) return send(request);
      const form = new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()));
      this.note('the code verifier', form.get('code_verifier'));
      this.note('the client’s credentials', request.headers.get('Authorization')?.slice('Basic '.length));
      const answer = await send(request);
      if (answer.ok) this.#noteTokens((await answer.clone().json()) as Record<string, string>);
      return answer;
    });
  }

  #noteTokens({ access_token, refresh_token, id_token }: Readonly<Record<string, string>>): void {
    this.note('an access token', access_token);
    this.note('a refresh token', refresh_token);
    this.note('an ID token', id_token);
  }
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Headers of a client that puts secrets where it can. */
function planted(more?: HeadersInit): Headers {
  const headers = new Headers(more);
  headers.set('User-Agent', PLANTED);
  headers.set('Referer', `https://${HOST}/d/${PLANTED}?code=${PLANTED}`);
  headers.set('X-Planted', PLANTED);
  return headers;
}

async function signedIn(options?: GatewayOptions, shape?: Shape) {
  const stage = new Stage();
  const gateway = await stage.create(options, shape);
  const answer = await stage.signIn(gateway);
  expect([answer.status, answer.headers.get('Location')]).toEqual([303, PAGE]);
  return { stage, gateway };
}

/** What Grafana's own menu asks with. */
const OUT = { headers: { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'document' } };

/** The answer of Grafana to a user whom it does not take, who is in it. */
const REFUSED_BY_GRAFANA = {
  messageId: 'user.sync.signup-disabled',
  message: `${PERSONAL.email}: no such user ${PERSONAL.login}`,
  extra: PLANTED,
};

/** The health of sign-in turns bad, and is posted to a receiver whose address is a secret. */
async function fallIll(receiver: Answer) {
  const posted: string[] = [];
  const address = `https://hooks.test/formatted_webhook/${PLANTED}-of-the-webhook/`;
  const { stage, gateway } = await signedIn({
    vars: { ALERT_WEBHOOK_URL: address, SSO_PROBE_LOGIN: 'postern-probe', PUBLIC_URL: `https://${HOST}` },
  });
  stage.note('the address of the webhook', address);
  origin.putUp('https://hooks.test', async (request) => {
    posted.push(await request.clone().text());
    return receiver(request);
  });
  origin.answerWith(() => Response.json(REFUSED_BY_GRAFANA, { status: 401 }));
  const { origin: host } = new URL(TOKEN);
  origin.putUp(host, () =>
    Response.json({ error: PLANTED, error_description: PERSONAL.email }, { status: 400 }),
  );
  origin.putUp('https://keys.id.test', () => Response.json({ keys: [PLANTED] }));
  await gateway.scheduled();
  stage.note('an assertion', origin.only.headers.get('X-JWT-Assertion'));
  return { stage, posted };
}

const ISSUER = 'https://issuer.test';

/** Somebody is signed in, and the provider, which has another key by now, orders by tokens of these claims. */
async function orderLogout(...orders: readonly Readonly<Record<string, unknown>>[]): Promise<Stage> {
  const document = { authorization_endpoint: AUTHORIZATION, token_endpoint: TOKEN, jwks_uri: KEYS };
  const ofIssuer = { ...SHAPE, idToken: { ...SHAPE.idToken, iss: ISSUER } };
  origin.putUp(ISSUER, () => Response.json({ issuer: ISSUER, ...document }));
  const { stage, gateway } = await signedIn({ vars: { SSO_ISSUER: ISSUER } }, ofIssuer);
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const published = { ...(await exportJWK(publicKey)), kid: 'of-logouts', alg: 'ES256', use: 'sig' };
  origin.putUp('https://keys.id.test', () => Response.json({ keys: [published] }));
  gateway.now += 20;
  for (const claims of orders) {
    const token = await new SignJWT({
      iss: ISSUER,
      aud: CLIENT.id,
      iat: gateway.now,
      exp: gateway.now + 60,
      jti: crypto.randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      sub: SUBJECT,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'of-logouts', typ: 'logout+jwt' })
      .sign(privateKey);
    stage.note('a logout token', token);
    await stage.ask(gateway, '/-/backchannel-logout', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: token, more: PLANTED }).toString(),
    });
  }
  await stage.ask(gateway);
  return stage;
}

/** How each event happens. */
const WAYS: Readonly<Record<Told, () => Promise<Stage>>> = {
  'sso.signed_in': async () => (await signedIn()).stage,
  'sso.groups.left_out': async () => {
    const groups = Array.from({ length: 200 }, (_, at) => `${PERSONAL.groups[0]}-${PLANTED}-${at}`);
    const { stage, gateway } = await signedIn({}, { ...SHAPE, api: { [USERINFO]: { ...USER, groups } } });
    expect((await stage.ask(gateway)).status).toBe(200);
    return stage;
  },
  'sso.refused': async () => {
    const stage = new Stage();
    const gateway = await stage.create();
    // By the provider, with words of its own; by a callback that is no one's; by the person's own answers.
    for (const parameters of [
      { error: 'access_denied', error_description: `${PERSONAL.email} ${PLANTED}` },
      { error: PLANTED },
      { state: `${'0'.repeat(16)}.${PLANTED}` },
      { code: PLANTED },
    ] as readonly Readonly<Record<string, string>>[]) {
      const callback = await stage.begin(gateway);
      if (parameters.error !== undefined) callback.searchParams.delete('code');
      for (const [name, value] of Object.entries(parameters)) callback.searchParams.set(name, value);
      await gateway.fetchAs(stage.jar, callback.href, { headers: planted() });
    }
    stage.provider.change({ api: { [USERINFO]: { ...USER, sub: 'another-subject' } } });
    await stage.signIn(gateway);
    stage.provider.change({ ...SHAPE, idToken: { ...SHAPE.idToken, aud: PLANTED } });
    await stage.signIn(gateway);
    stage.provider.change(SHAPE);
    await stage.signIn(gateway);
    stage.provider.change({
      api: { [USERINFO]: { ...USER, sub: 'subject-77' } },
      idToken: { sub: 'subject-77', email: PERSONAL.email },
    });
    await stage.signIn(gateway);
    const reasons = gateway.events.filter(({ event }) => event === 'sso.refused').map(({ reason }) => reason);
    expect(reasons).toEqual([
      'denied: access_denied',
      'denied: other',
      'attempt-unknown',
      'provider: grant-refused',
      'sub-differs',
      'id-token: audience',
      'account-taken',
    ]);
    return stage;
  },
  'sso.signed_out': async () => {
    const { stage, gateway } = await signedIn();
    const answer = await stage.ask(gateway, '/-/logout', OUT);
    expect(answer.headers.get('Location')).toContain('id_token_hint=');
    return stage;
  },
  'sso.backchannel.logout': () => orderLogout({ jti: PLANTED, sid: PLANTED }),
  'sso.backchannel.refused': () =>
    orderLogout(
      { nonce: PLANTED },
      { iss: `https://${PLANTED}.test` },
      { aud: PLANTED },
      { events: PLANTED },
      { sub: PLANTED, jti: undefined },
    ),
  'sso.loop.stopped': async () => {
    const { stage, gateway } = await signedIn({ vars: { GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: 'true' } });
    await stage.signIn(gateway);
    expect((await stage.ask(gateway, `/-/login?to=${PAGE}&more=${PLANTED}`)).status).toBe(200);
    return stage;
  },
  'sso.refreshed': async () => {
    const { stage, gateway } = await signedIn();
    gateway.now += TOKEN_SECONDS;
    expect((await stage.ask(gateway)).status).toBe(200);
    return stage;
  },
  'sso.refresh.failed': async () => {
    const { stage, gateway } = await signedIn();
    stage.provider.fault = 503;
    gateway.now += TOKEN_SECONDS;
    expect((await stage.ask(gateway)).status).toBe(200);
    return stage;
  },
  'sso.session.ended': async () => {
    const { stage, gateway } = await signedIn();
    stage.provider.forgetRefreshToken();
    gateway.now += TOKEN_SECONDS;
    expect((await stage.ask(gateway)).status).toBe(401);
    return stage;
  },
  'sso.socket.closed': async () => {
    // A socket looks at the real clock, long after its request.
    const now = Math.floor(Date.now() / 1000);
    const { stage, gateway } = await signedIn({ now, vars: { REVOCATION_MEMO_SECONDS: '1' } });
    const { 0: originEnd, 1: farEnd } = new WebSocketPair();
    farEnd.accept();
    origin.answerWith(() => new Response(null, { status: 101, webSocket: originEnd }));
    const headers = { Upgrade: 'websocket', Origin: `https://${HOST}` };
    const opened = await stage.ask(gateway, '/api/live/ws', { headers });
    opened.webSocket?.accept();
    opened.webSocket?.send(PLANTED);
    await stage.ask(gateway, '/-/logout', OUT);
    await vi.waitFor(() => expect(gateway.eventNames).toContain('sso.socket.closed'), { timeout: 4_000 });
    return stage;
  },
  'sso.provider.failed': async () => {
    const stage = new Stage();
    const gateway = await stage.create();
    for (const answer of [
      new Response(`${PLANTED} ${PERSONAL.email}`, { status: 500 }),
      new Response(null, { status: 302, headers: { Location: `https://keys.id.test/${PLANTED}` } }),
      Response.json({ keys: PLANTED }),
    ]) {
      origin.putUp('https://keys.id.test', () => answer);
      await stage.signIn(gateway);
    }
    origin.putUp('https://keys.id.test', () => Promise.reject(new TypeError(`${PLANTED}: no route`)));
    await stage.signIn(gateway);
    return stage;
  },
  'sso.health.changed': async () => {
    const { stage, posted } = await fallIll(() => new Response('ok'));
    expect(posted).toHaveLength(1);
    expect(posted.flatMap((body) => stage.find(body))).toEqual([]);
    return stage;
  },
  'sso.alert.failed': async () => {
    const { stage } = await fallIll((request) => Promise.reject(new TypeError(`${request.url}: no route`)));
    return stage;
  },
  'sso.account.released': async () => {
    const { stage, gateway } = await signedIn();
    for (const name of [PERSONAL.email, PERSONAL.login, PLANTED])
      await gateway.order('POST', '/sso/release', { name });
    return stage;
  },
  'sso.recovered': async () => {
    const { stage, gateway } = await signedIn();
    await gateway.order('POST', '/sso/recover', { releaseAccounts: true, shareSessions: true });
    await gateway.ask('POST', '/sso/recover', { [PLANTED]: PLANTED });
    expect((await stage.ask(gateway)).status).toBe(403);
    return stage;
  },
  'origin.refused_identity': async () => {
    const { stage, gateway } = await signedIn();
    origin.answerWith(() => Response.json(REFUSED_BY_GRAFANA, { status: 401 }));
    expect((await stage.ask(gateway)).status).toBe(403);
    origin.answerWith(
      () => new Response(PLANTED, { status: 302, headers: { Location: `/login?${PLANTED}` } }),
    );
    await stage.ask(gateway);
    return stage;
  },
};

/** What has gone over the wire by the time somebody is signed in. Where one is missing, nothing was looked for. */
const ALWAYS = ['the state', 'the nonce', 'a code', 'the cookie of an attempt', 'the code verifier'];
const WHEN_IN = ['an access token', 'a refresh token', 'an ID token', 'the cookie of a session'];

test.each(Object.entries(WAYS))(
  '%s tells and keeps nothing that is secret or personal',
  { timeout: 10_000 },
  async (event, happen) => {
    const stage = await happen();
    const texts = await stage.readAll();
    const names = stage.gateways.flatMap(({ eventNames }) => eventNames);
    expect(names).toContain(event);
    expect([...stage.noted]).toEqual(expect.arrayContaining(ALWAYS));
    if (names.includes('sso.signed_in')) expect([...stage.noted]).toEqual(expect.arrayContaining(WHEN_IN));
    if (origin.received.length > 0) expect(stage.noted.has('an assertion')).toBe(true);
    const leaks = texts.filter((text) => stage.find(text).length > 0);
    expect(leaks.map((text) => [text.slice(0, 80), stage.find(text)])).toEqual([]);
    const elsewhere = (await takeLeaks()).filter((leak) => !BELONGS.some((place) => place.test(leak)));
    expect(elsewhere).toEqual([]);
  },
);

test.each(Object.entries(WAYS))('%s is kept in a ledger where it is a decision', async (event, happen) => {
  const stage = await happen();
  const texts = await stage.readAll();
  // Looked at above.
  await takeLeaks();
  const isKept = texts.some((text) => text.startsWith('[') && text.includes(`\\"event\\":\\"${event}\\"`));
  expect(isKept).toBe(EVENTS[event as Told].isDecision);
});

test('every event of sign-in happens here, and none twice', () => {
  const told = Object.keys(EVENTS).filter((event) => /^(?:sso\.|origin\.refused_identity$)/.test(event));
  expect(Object.keys(WAYS).sort()).toEqual(told.sort());
});

test('somebody whose provider gives no subject is not told by their address', async () => {
  const { sub: _sub, ...user } = USER;
  const { idToken: _token, ...shape } = SHAPE;
  const { stage, gateway } = await signedIn({}, { ...shape, api: { [USERINFO]: user } });
  await stage.ask(gateway);
  gateway.now += TOKEN_SECONDS;
  await stage.ask(gateway);
  await stage.ask(gateway, '/-/logout', OUT);
  expect(gateway.eventNames).toEqual(['sso.signed_in', 'sso.refreshed', 'sso.signed_out']);
  const leaks = (await stage.readAll()).filter((text) => stage.find(text).length > 0);
  const elsewhere = (await takeLeaks()).filter((leak) => !BELONGS.some((place) => place.test(leak)));
  expect([leaks, elsewhere]).toEqual([[], []]);
});

test('what is looked for would be found, as it is and as an address has it', async () => {
  const { stage } = await signedIn();
  await takeLeaks();
  for (const text of [PERSONAL.email, PERSONAL.groups[0], CLIENT.secret, PLANTED, OTHER_SECRET])
    expect(stage.find(`before "${text}" after`).length).toBe(text === OTHER_SECRET ? 0 : 1);
  expect(stage.find(encodeURIComponent(PERSONAL.email))).toEqual(['the e-mail address']);
});
