import { expect, test, vi } from 'vitest';
import { MintTokenAnswer } from '../../src/api/keys.ts';
import { EVENTS, type EventName } from '../../src/observe/events.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { skipWritePause } from '../support/clock.ts';
import { type GatewayOptions, HOST, NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { grafanaKnowing } from '../support/grafana.ts';
import { Jar } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo, signText } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import { takeLeaks } from '../support/watch.ts';

/**
 * Every event happens once, in the whole Worker, with secrets wherever a client can put them: names of keys in links,
 * paths, queries, values of headers, bodies. None may be in a line of the log, in a ledger, or in KV in the clear.
 *
 * Left out is what is told by design: names of headers, hosts of pages, dashboards of those who hold a session, and
 * the operator's own words (names and notes of keys that they register, reasons and subjects of revocations).
 */
const KEY = keyNamed('test1');
const STORED = keyNamed('portal');
const LEGACY = keyNamed('客户门户');
const PUBLIC_TOKEN = 'fedcba98765432100123456789abcdef';
const SIGN = signText(KEY, String(NOW - 7));

const SECRETS: readonly string[] = [
  ...[KEY, STORED, LEGACY].flatMap(({ token, secret, derived }) => [token, secret, derived]),
  SIGN,
  PUBLIC_TOKEN,
  ADMIN_TOKEN,
  SECRET,
  OTHER_SECRET,
];

const PAGE = '/d/uid-one/demo';
const LEAKY_PATH = `/d/uid-one/${KEY.token}`;
const LEAKY_QUERY = `var-token=${KEY.token}&var-sign=${SIGN}&${STORED.secret}=${KEY.derived}`;
const LEAKY_HEADERS: Readonly<Record<string, string>> = {
  'User-Agent': `curl ${KEY.token}`,
  'Accept-Language': KEY.token,
  Referer: `https://${KEY.secret}:${KEY.token}@evil.example.com/${KEY.token}?sign=${SIGN}#${KEY.derived}`,
  Cookie: `other=${KEY.token}; __Host-postern-s-00000000=${STORED.token}`,
  'X-Token': KEY.token,
  X_Signature: SIGN,
  X_Forwarded_For: KEY.secret,
  'X-Real-IP': KEY.secret,
  'Idempotency-Key': KEY.token,
};

function withSecrets(headers: Readonly<Record<string, string>> = {}): Headers {
  const all = new Headers(LEAKY_HEADERS);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return all;
}

/** The gateways of one event, and all that they kept. */
class Stage {
  readonly gateways: AdminGateway[] = [];
  /** Secrets that are made on the way: cookies, tickets, mint tokens. */
  readonly made: string[] = [];
  readonly #ledgers = new Set<string>();

  async create(options: GatewayOptions = {}): Promise<AdminGateway> {
    return this.#keep(await AdminGateway.create(this.#record(options)));
  }

  another(gateway: AdminGateway, options: GatewayOptions): AdminGateway {
    return this.#keep(gateway.another('here', this.#record(options)));
  }

  /** A session, its cookie among the secrets. */
  async open(gateway: AdminGateway): Promise<Jar> {
    const jar = await gateway.open();
    this.made.push(...jar.header.split('; ').map((pair) => pair.slice(pair.indexOf('=') + 1)));
    return jar;
  }

  /** The lines of the log, of the ledgers, and everything in KV. */
  async readAll(): Promise<string[]> {
    const texts: string[] = [];
    for (const gateway of this.gateways) {
      await gateway.settle();
      texts.push(...gateway.events.map((line) => JSON.stringify(line)), ...gateway.storageWarnings);
    }
    for (const name of this.#ledgers) {
      const ledger = BOUND.POSTERN_LEDGER.getByName(name);
      const kept = [await ledger.latest({ limit: 1_000 }), await ledger.counts(0), await ledger.readRecord()];
      texts.push(name, JSON.stringify(kept));
    }
    const [first] = this.gateways;
    if (first) texts.push(...(await first.kv.values()).flat(), ...first.kv.written);
    return texts;
  }

  #record(options: GatewayOptions): GatewayOptions {
    const recording = {
      getByName: (name: string) => {
        this.#ledgers.add(name);
        return BOUND.POSTERN_LEDGER.getByName(name);
      },
    };
    return { ...options, vars: { POSTERN_LEDGER: recording, ...options.vars } };
  }

  #keep(gateway: AdminGateway): AdminGateway {
    this.gateways.push(gateway);
    return gateway;
  }
}

/** Asks as a visitor, secrets in every header and behind the path. */
function ask(
  gateway: AdminGateway,
  path: string,
  init: RequestInit & { readonly headers?: Readonly<Record<string, string>> } = {},
  jar = new Jar(),
): Promise<Response> {
  const headers = withSecrets(init.headers);
  if (jar.header !== '') headers.set('Cookie', `${jar.header}; other=${KEY.token}`);
  return gateway.fetch(`${path}${path.includes('?') ? '&' : '?'}${LEAKY_QUERY}`, { ...init, headers });
}

/** The same of the admin API. */
function order(gateway: AdminGateway, method: string, path: string, body?: object): Promise<Response> {
  return ask(gateway, `/-/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** A wrong link whose key's name is a token. */
function tryWrongly(gateway: AdminGateway): Promise<Response> {
  const link = linkTo({ key: { ...KEY, name: KEY.token }, at: NOW, to: `${LEAKY_PATH}?${LEAKY_QUERY}` });
  return gateway.fetch(link, { headers: withSecrets({ 'CF-Connecting-IP': '203.0.113.7' }) });
}

/** A link that is opened in a frame, and where it leads: to the look whether its cookie came back. */
async function openFramed(stage: Stage, gateway: AdminGateway): Promise<string> {
  const link = linkTo({ key: KEY, at: gateway.now, to: `${LEAKY_PATH}?${LEAKY_QUERY}` });
  const framed = await gateway.fetch(link, { headers: withSecrets({ 'Sec-Fetch-Dest': 'iframe' }) });
  const to = framed.headers.get('Location') ?? '';
  stage.made.push(/postern_check=([^&]+)/.exec(to)?.[1] ?? 'no ticket');
  return to;
}

async function addKey(stage: Stage, vars: Readonly<Record<string, unknown>> = {}): Promise<AdminGateway> {
  origin.answerWith(grafanaKnowing({ [KEY.token]: {}, [STORED.token]: {}, [LEGACY.token]: {} }));
  const gateway = await stage.create({ keys: [], vars });
  await order(gateway, 'PUT', '/keys/1/test1', { token: KEY.token, dashboards: ['uid-one'] });
  skipWritePause();
  return gateway;
}

/** What OnCall and sign-in tell is held against secrets by their own tests, with tokens of their own. */
type ToldHere = Exclude<EventName, `oncall.${string}` | `sso.${string}` | 'origin.refused_identity'>;

/** How each event happens. */
const WAYS: Readonly<Record<ToldHere, (stage: Stage) => Promise<unknown>>> = {
  'share.link.accepted': async (stage) => {
    const gateway = await stage.create({
      keys: [entryOf(KEY), entryOf(LEGACY)],
      vars: { API_KEY_SHARE_VERSION: 'v1 v2' },
    });
    await gateway.fetch(linkTo({ key: KEY, at: NOW, to: `${LEAKY_PATH}?${LEAKY_QUERY}` }), {
      headers: withSecrets(),
    });
    await ask(gateway, `${LEAKY_PATH}?aliyun_api_key=${encodeURIComponent(LEGACY.token)}`);
  },
  'share.link.refused': async (stage) => {
    const gateway = await stage.create({ keys: [entryOf(KEY)], vars: { API_KEY_SHARE_VERSION: 'v1 v2' } });
    const right = linkTo({ key: KEY, at: NOW, to: `${LEAKY_PATH}?${LEAKY_QUERY}` });
    for (const link of [
      right.replace(/sign=[0-9a-f]{4}/, 'sign=0000'),
      right.replace('_name=test1', `_name=${KEY.token}`),
      right.replace('_org_id=1', `_org_id=${KEY.token}`),
      right.replace(/_timestamp=\d+/, `_timestamp=${KEY.token}`),
      right.replace(LEAKY_PATH, `/explore/${KEY.token}`),
      `${right}&aliyun_api_key_sign=${KEY.token}`,
      linkTo({ key: KEY, at: NOW - 1_000, to: `${LEAKY_PATH}?${LEAKY_QUERY}` }),
      `${LEAKY_PATH}?aliyun_api_key=${encodeURIComponent(LEGACY.token)}`,
      `${LEAKY_PATH}?aliyun_api_key=${STORED.token}`,
    ])
      await gateway.fetch(link, { headers: withSecrets() });
  },
  'share.attempts.paused': async (stage) => {
    const gateway = await stage.create();
    for (let tries = 0; tries < 12; tries++) await tryWrongly(gateway);
  },
  'share.key.refused': async (stage) => {
    const gateway = await stage.create();
    for (const authorization of [`Bearer ${KEY.token}`, `Basic ${btoa(`api_key:${KEY.token}`)}`])
      await ask(gateway, `/api/${KEY.token}`, { headers: { Authorization: authorization } });
  },
  'share.key.unreadable': async (stage) => {
    const gateway = await addKey(stage);
    const other = stage.another(gateway, { keys: [], vars: { POSTERN_SECRETS: OTHER_SECRET } });
    await other.fetch(linkTo({ key: KEY, at: NOW, to: `${PAGE}?${LEAKY_QUERY}` }), {
      headers: withSecrets(),
    });
  },
  'session.revoked': async (stage) => {
    const gateway = await stage.create();
    const jar = await stage.open(gateway);
    await gateway.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    await ask(gateway, LEAKY_PATH, {}, jar);
  },
  'session.path.refused': async (stage) => {
    const gateway = await stage.create();
    const jar = await stage.open(gateway);
    for (const path of [
      `/${KEY.token}`,
      `/api/${KEY.secret}`,
      `/api/admin/${KEY.token}`,
      `/${SIGN}/${KEY.derived}`,
    ])
      await ask(gateway, path, {}, jar);
  },
  'session.cookies.blocked': async (stage) => {
    const gateway = await stage.create();
    await gateway.fetch(await openFramed(stage, gateway), { headers: withSecrets() });
  },
  'session.tab.opened': async (stage) => {
    const gateway = await stage.create();
    const headers = withSecrets({ Accept: 'text/html' });
    const page = await (await gateway.fetch(await openFramed(stage, gateway), { headers })).text();
    const open = /href="([^"]+postern_open=[^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
    stage.made.push(/postern_open=([^&]+)/.exec(open)?.[1] ?? 'no ticket');
    const tab = withSecrets({ 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' });
    await gateway.fetch(open, { headers: tab });
  },
  'session.socket.closed': async (stage) => {
    const { 0: originEnd, 1: farEnd } = new WebSocketPair();
    farEnd.accept();
    origin.answerWith(() => new Response(null, { status: 101, webSocket: originEnd }));
    const vars = { REVOCATION_MEMO_SECONDS: '1' };
    const gateway = await stage.create({ keys: [entryOf(KEY, { live: true })], vars });
    const jar = await stage.open(gateway);
    const headers = withSecrets({ Upgrade: 'websocket', Origin: `https://${HOST}`, Cookie: jar.header });
    const opened = await gateway.fetch('/api/live/ws', { headers });
    opened.webSocket?.accept();
    opened.webSocket?.send(KEY.token);
    await gateway.revoke({ kind: 'all' });
    gateway.now += 2;
    await vi.waitFor(() => expect(gateway.eventNames).toContain('session.socket.closed'), { timeout: 4_000 });
  },
  'revocation.made': async (stage) => {
    const gateway = await stage.create();
    await order(gateway, 'POST', '/revocations', { kind: 'public', token: PUBLIC_TOKEN.toUpperCase() });
    await order(gateway, 'POST', '/revocations', { kind: 'all', [KEY.token]: KEY.token });
    await order(gateway, 'POST', '/revocations', { kind: KEY.token });
  },
  'revocation.lifted': async (stage) => {
    const gateway = await stage.create();
    const { revocation } = await gateway.revoke({ kind: 'public', token: PUBLIC_TOKEN });
    skipWritePause();
    await order(gateway, 'DELETE', `/revocations/${revocation.id}`);
  },
  'revocation.unavailable': async (stage) => {
    for (const whatThen of ['deny', 'allow']) {
      const gateway = await stage.create({ vars: { REVOCATION_UNAVAILABLE: whatThen } });
      const jar = await stage.open(gateway);
      gateway.now += 120;
      gateway.kv.inTheWay = () => Promise.reject(new Error(`KV GET failed for ${KEY.token}`));
      await ask(gateway, LEAKY_PATH, {}, jar);
      gateway.kv.inTheWay = undefined;
    }
  },
  'key.added': async (stage) => {
    const gateway = await addKey(stage);
    // Bodies with a token where none belongs, and answers of the origin that quote one.
    await order(gateway, 'PUT', '/keys/1/other', { token: `${STORED.token}x`, dashboards: [KEY.token] });
    await order(gateway, 'PUT', '/keys/1/other', { token: STORED.token, [STORED.token]: true });
    origin.answerWith(() => Response.json({ message: `no such token ${STORED.token}` }, { status: 401 }));
    await order(gateway, 'PUT', '/keys/1/other', { token: STORED.token });
  },
  'key.changed': async (stage) => {
    const gateway = await addKey(stage);
    await order(gateway, 'POST', '/keys/1/test1/replace', { token: STORED.token });
    skipWritePause();
    const minted = await order(gateway, 'POST', '/keys/1/test1/mint-tokens', {});
    const { token } = MintTokenAnswer.parse(await minted.json());
    stage.made.push(token, token.slice(-48));
    skipWritePause();
    await order(gateway, 'PATCH', '/keys/1/test1', { live: true, [KEY.token]: 1 });
    await order(gateway, 'PATCH', '/keys/1/test1', { live: true });
  },
  'key.removed': async (stage) => order(await addKey(stage), 'DELETE', '/keys/1/test1'),
  'keys.resealed': async (stage) => {
    const vars = { POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` };
    const both = stage.another(await addKey(stage), { keys: [], vars });
    await order(both, 'POST', '/keys/reseal', {});
  },
  'link.made': async (stage) => {
    const gateway = await stage.create();
    // No other test signs for this moment: the answer holds the signature, which is what it is for.
    gateway.now = NOW + 7_654;
    const made = await order(gateway, 'POST', '/links', {
      orgId: 1,
      name: 'test1',
      to: `${LEAKY_PATH}?${LEAKY_QUERY}`,
    });
    stage.made.push(/api_key_sign=([0-9a-f]{32})/.exec(await made.text())?.[1] ?? 'no signature');
  },
  'admin.refused': async (stage) => {
    const gateway = await stage.create();
    for (const token of [KEY.token, `${ADMIN_TOKEN}x`, SIGN, `pmt_1_${'A'.repeat(43)}_${'0'.repeat(48)}`])
      await ask(gateway, `/-/api/v1/keys/1/${KEY.token}`, { headers: { Authorization: `Bearer ${token}` } });
  },
  'admin.attempts.paused': async (stage) => {
    const gateway = await stage.create();
    const headers = { Authorization: `Bearer ${KEY.token}`, 'CF-Connecting-IP': '203.0.113.7' };
    for (let tries = 0; tries < 11; tries++) await ask(gateway, '/-/api/v1/keys', { headers });
  },
  'embed.ancestor_refused': async (stage) => {
    const gateway = await stage.create({
      keys: [entryOf(KEY, { frameAncestors: ['https://portal.example.com'] })],
    });
    await openFramed(stage, gateway);
  },
  'request.cross_site.refused': async (stage) => {
    const gateway = await stage.create({ vars: { VISITORS: 'pass' } });
    const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example.com' };
    for (const path of [`/api/${KEY.token}`, `/${SIGN}`, `/api/user/${KEY.token}`])
      await ask(gateway, path, {
        method: 'POST',
        headers: { ...headers, Cookie: `grafana_session=${KEY.token}` },
      });
  },
  'public_dashboard.rate.refused': async (stage) => {
    const vars = { PUBLIC_DASHBOARDS: 'true', PUBLIC_DASHBOARDS_RATE_LIMITER: '1' };
    const gateway = await stage.create({ vars });
    for (let tries = 0; tries < 3; tries++) await ask(gateway, `/public-dashboards/${PUBLIC_TOKEN}`);
  },
  'public_dashboard.revoked': async (stage) => {
    const gateway = await stage.create({ vars: { PUBLIC_DASHBOARDS: 'true', VISITORS: 'pass' } });
    await gateway.revoke({ kind: 'public', token: PUBLIC_TOKEN });
    for (const end of ['', '/', `/${KEY.token}`])
      await ask(gateway, `/public-dashboards/${PUBLIC_TOKEN}${end}`);
  },
  'headers.changed': async (stage) => {
    const gateway = await stage.create();
    await ask(gateway, LEAKY_PATH, {}, await stage.open(gateway));
  },
  'origin.refused_key': async (stage) => {
    origin.answerWith(
      () => new Response(`no ${KEY.token}`, { status: 401, headers: { 'X-Token': KEY.token } }),
    );
    const gateway = await stage.create();
    await ask(gateway, LEAKY_PATH, {}, await stage.open(gateway));
  },
  'origin.unreachable': async (stage) => {
    origin.answerWith(() => Promise.reject(new TypeError(`cannot send Bearer ${KEY.token}`)));
    const gateway = await stage.create();
    await ask(gateway, LEAKY_PATH, {}, await stage.open(gateway));
  },
  'origin.timeout': async (stage) => {
    origin.answerWith(() => new Promise(() => undefined));
    const gateway = await stage.create({ vars: { ORIGIN_TIMEOUT_SECONDS: '1' } });
    await ask(gateway, LEAKY_PATH, {}, await stage.open(gateway));
  },
  'config.invalid': async (stage) => {
    const row = { name: 'a', orgId: 1, token: KEY.token };
    for (const vars of [
      { SHARE_KEYS: JSON.stringify([{ ...row, token: `${KEY.token}x`, dashboards: [`/${KEY.token}`] }]) },
      { SHARE_KEYS: JSON.stringify([{ ...row, [STORED.token]: true }]) },
      { SHARE_KEYS: JSON.stringify([row, { ...row, name: 'b' }]) },
      { SHARE_KEYS: `[{"token":"${KEY.token}"` },
      { POSTERN_SECRETS: `${SECRET} ${SECRET}` },
      { POSTERN_SECRETS: SECRET.slice(0, 20) },
      { ORIGIN_URL: `https://user:${KEY.token}@grafana.test` },
      { ORIGIN_HEADERS: `{"Authorization":"${KEY.token}` },
      { ADMIN_TOKEN: `${ADMIN_TOKEN} ${ADMIN_TOKEN}` },
    ])
      await ask(await stage.create({ vars }), LEAKY_PATH);
  },
  'config.warning': async (stage) => {
    const gateway = await stage.create({ vars: { FRAME_ANCESTORS: '*' } });
    await ask(gateway, LEAKY_PATH);
  },
  'ledger.failed': async (stage) => {
    const getByName = () => {
      throw new Error(`no object for ${KEY.token}`);
    };
    const gateway = await stage.create({ vars: { POSTERN_LEDGER: { getByName } } });
    await tryWrongly(gateway);
  },
  'storage.failed': async (stage) => {
    const gateway = await stage.create();
    gateway.kv.inTheWay = () => Promise.reject(new Error(`KV GET failed for ${KEY.token}`));
    await order(gateway, 'POST', '/revocations', { kind: 'all' });
    gateway.kv.inTheWay = undefined;
  },
  'request.failed': async (stage) => {
    const strange = {
      [Symbol.iterator]: () => {
        throw new RangeError(`what nobody expects, about ${KEY.token}`);
      },
    };
    const gateway = await stage.create({ vars: { POSTERN_KV: { get: async () => strange } } });
    await gateway.fetch(linkTo({ key: KEY, at: NOW, to: `${LEAKY_PATH}?${LEAKY_QUERY}` }), {
      headers: withSecrets(),
    });
  },
};

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Which secrets are in a text: their places in the list, never themselves. */
function findSecrets(text: string, secrets: readonly string[]): number[] {
  const forms = [text, decodeLoosely(text), text.toLowerCase()];
  return secrets.flatMap((secret, at) =>
    forms.some((form) => form.includes(secret) || form.includes(secret.toLowerCase())) ? [at] : [],
  );
}

const OWN_ADDRESS =
  /in the answer to GET \/d\/uid-one\/\S+, (?:header location|body)$|POST \/-\/api\/v1\/links, body$/;

test.each(Object.entries(WAYS))(
  '%s tells and keeps no secret',
  { timeout: 10_000 },
  async (event, happen) => {
    const stage = new Stage();
    await happen(stage);
    const texts = await stage.readAll();
    expect(stage.gateways.flatMap(({ eventNames }) => eventNames)).toContain(event);
    const isKept = texts.some((text) => text.startsWith('[') && text.includes(event));
    expect(isKept).toBe(EVENTS[event as ToldHere].isDecision);
    expect(stage.made.filter((made) => made.length < 30)).toEqual([]);
    const secrets = [...SECRETS, ...stage.made];
    const leaks = texts.filter((text) => findSecrets(text, secrets).length > 0);
    expect(leaks.map((text) => [text.slice(0, 60), findSecrets(text, secrets)])).toEqual([]);
    // A redirect, or a page that offers a tab, names the address that its sender sent.
    const elsewhere = (await takeLeaks()).filter((leak) => !OWN_ADDRESS.test(leak));
    expect(elsewhere).toEqual([]);
  },
);

test('every event is told here once, but those of OnCall', () => {
  const elsewhere = /^(?:oncall\.|sso\.|origin\.refused_identity$)/;
  const here = Object.keys(EVENTS).filter((event) => !elsewhere.test(event));
  expect(Object.keys(WAYS).sort()).toEqual(here.sort());
});

test('what is looked for would be found', () => {
  for (const [at, secret] of SECRETS.entries()) {
    for (const text of [secret, encodeURIComponent(secret), `"${secret.toLowerCase()}"`])
      expect(findSecrets(`before ${text} after`, SECRETS)).toContain(at);
  }
});
