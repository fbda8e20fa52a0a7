import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import storagePage from '../../docs/storage.md?raw';
import { MintTokenAnswer } from '../../src/api/keys.ts';
import type { NewRevocationJson, REVOCATION_KINDS } from '../../src/api/revocations.ts';
import { AdminGateway } from '../support/admin.ts';
import { logoutToken, SID, sendLogout } from '../support/attacks/sign-in/logouts.ts';
import { SignInScene } from '../support/attacks/sign-in/scene.ts';
import { BOUND } from '../support/bound.ts';
import { skipWritePause } from '../support/clock.ts';
import { NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { grafanaKnowing } from '../support/grafana.ts';
import { Jar } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { origin } from '../support/origin.ts';
import { PlainProvider } from '../support/plain-provider.ts';

const KEY = keyNamed('test1');
const STORED = keyNamed('portal');
const NEXT = keyNamed('wall-display');
const PAGE = '/d/uid-one/demo';
const PATH = '/keys/2/portal';

/** One revocation of every kind, and of those with two forms both. */
const REVOCATIONS: Readonly<Record<(typeof REVOCATION_KINDS)[number], readonly NewRevocationJson[]>> = {
  link: [{ kind: 'link', id: '0123456789abcdef' }],
  session: [{ kind: 'session', id: 'fedcba9876543210' }],
  subject: [{ kind: 'subject', subject: 'mira@example.com' }],
  key: [{ kind: 'key', orgId: 1, name: 'some key, with a long name'.repeat(6) }],
  dashboard: [
    { kind: 'dashboard', uid: 'uid-two' },
    { kind: 'dashboard', uid: 'uid-two', orgId: 12 },
  ],
  public: [{ kind: 'public', token: '0123456789abcdef0123456789abcdef' }],
  org: [{ kind: 'org', orgId: 77 }],
  all: [{ kind: 'all' }],
};

interface Names {
  readonly kv: ReadonlySet<string>;
  readonly ledgers: ReadonlySet<string>;
  readonly signIns: ReadonlySet<string>;
  readonly cookies: ReadonlySet<string>;
}

/** A binding of Durable Objects, and the names by which they were asked for. */
function recordNames<Found>(binding: { getByName(name: string): Found }) {
  const names = new Set<string>();
  const getByName = (name: string) => {
    names.add(name);
    return binding.getByName(name);
  };
  return { names, binding: { getByName } };
}

/** Everything that the gateway does with storage, once. */
async function runThrough(): Promise<Names> {
  const { names: ledgers, binding: recording } = recordNames(BOUND.POSTERN_LEDGER);
  const knowing = grafanaKnowing({
    [KEY.token]: {},
    [STORED.token]: { orgId: 2 },
    [NEXT.token]: { orgId: 2 },
  });
  origin.answerWith((request) =>
    request.headers.has('X-JWT-Assertion') ? new Response('a page') : knowing(request),
  );
  const options = { keys: [entryOf(KEY)], vars: { POSTERN_LEDGER: recording } };
  const gateway = await AdminGateway.create(options);
  const order = async (method: string, path: string, body?: unknown) => {
    const answer = await gateway.order(method, path, body);
    skipWritePause();
    return answer;
  };

  const jar = await useSession(gateway);
  const signedIn = await signInAndOut(gateway, recording);
  const discovered = await signOutAtProvider(gateway, recording);
  await tryWrongly(gateway);
  await order('PUT', PATH, { token: STORED.token, dashboards: ['uid-one'] });
  await gateway.open({ key: STORED });
  await order('PATCH', PATH, { note: 'of the portal' });
  await order('POST', `${PATH}/check`);
  const minted = MintTokenAnswer.parse(await order('POST', `${PATH}/mint-tokens`, {}));
  await order('DELETE', `${PATH}/mint-tokens/${minted.id}`);
  await order('POST', `${PATH}/replace`, { token: NEXT.token, overlapSeconds: 60 });
  await order('PATCH', PATH, { disabled: true });
  await order('PATCH', PATH, { disabled: false });
  const both = gateway.another('here', {
    ...options,
    vars: { ...options.vars, POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` },
  });
  await both.order('POST', '/keys/reseal', {});
  skipWritePause();
  for (const orders of Object.values(REVOCATIONS))
    for (const one of orders) await order('POST', '/revocations', one);
  await order('DELETE', '/revocations/org:77');
  await order('DELETE', PATH);
  await order('POST', '/doctor', { group: 'storage' });
  await gateway.ask('GET', '/events');
  await gateway.ask('GET', '/counts?orgId=1&name=test1');
  await gateway.ask('GET', '/keys', undefined, 'wrong');
  await gateway.fetch('/api/org', { headers: { Authorization: `Bearer ${KEY.token}` } });
  for (const isolate of [gateway, both]) await isolate.settle();
  const cookies = new Set([...jar.names, ...signedIn.cookies, ...discovered]);
  return { kv: gateway.kv.written, ledgers, signIns: signedIn.signIns, cookies };
}

const PROVIDER = {
  authorization: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_AUTH_URL,
  token: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_TOKEN_URL,
  userinfo: OBJECT_VARIABLES.GF_AUTH_GENERIC_OAUTH_API_URL,
};
const TOKEN_SECONDS = 600;

/** What a gateway with sign-in is set up with; its storage is that of the run. */
const SIGN_IN = { ...OBJECT_VARIABLES, POSTERN_SECRETS: SECRET, VISITORS: 'login' };

/** Somebody who comes, looks at a dashboard, is refreshed, and goes; and the keys of their assertions. */
async function signInAndOut(gateway: AdminGateway, ledgers: unknown): Promise<Omit<Names, 'kv' | 'ledgers'>> {
  const { names: signIns, binding } = recordNames(BOUND.POSTERN_SIGN_INS);
  const vars = { ...SIGN_IN, POSTERN_LEDGER: ledgers, POSTERN_SIGN_INS: binding };
  const door = gateway.another('here', { vars });
  const { jar, cookies } = await signIn(door);
  expect((await door.fetchAs(jar, PAGE)).status).toBe(200);
  door.now += TOKEN_SECONDS;
  expect((await door.fetchAs(jar, PAGE)).status).toBe(200);
  expect((await door.fetch('/-/jwks.json')).status).toBe(200);
  expect((await door.fetchAs(jar, '/-/logout', { method: 'POST' })).status).toBe(303);
  await door.order('POST', '/sso/recover', { releaseAccounts: true });
  await door.scheduled();
  await door.settle();
  return { signIns, cookies };
}

/** Somebody who signs in at a provider that is found by its issuer, and is signed out there. @returns their cookies */
async function signOutAtProvider(gateway: AdminGateway, ledgers: unknown): Promise<readonly string[]> {
  const scene = new SignInScene({
    vars: {
      POSTERN_KV: gateway.kv.at('here'),
      POSTERN_LEDGER: ledgers,
      GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: 'true',
    },
  });
  // After the recovery, by which all sign-ins until then have ended.
  scene.gateway.now += 2 * TOKEN_SECONDS;
  const { names } = await scene.signIn();
  for (const claims of [{}, { sid: SID }]) {
    const token = await logoutToken(scene.gateway.now, claims);
    expect((await sendLogout(scene.gateway, token)).status).toBe(200);
    skipWritePause();
  }
  await scene.gateway.settle();
  return names;
}

/** Signs somebody in; with the cookies that they have, and the names of all that were set. */
async function signIn(door: AdminGateway): Promise<{ jar: Jar; cookies: ReadonlySet<string> }> {
  const person = { sub: 'ann', login: 'ann', email: 'ann@example.com', role: 'Editor' };
  const { userinfo, ...addresses } = PROVIDER;
  const shape = {
    ...addresses,
    api: { [userinfo]: person },
    rotates: true,
    extra: { expires_in: TOKEN_SECONDS },
  };
  const provider = new PlainProvider(shape, () => door.now).install();
  const jar = new Jar();
  const start = await door.fetchAs(jar, '/-/login/start');
  const attempts = jar.take(start).names;
  const back = await door.fetchAs(jar, provider.authorize(start.headers.get('Location') ?? ''));
  expect([back.status, jar.take(back).names.length]).toEqual([303, 1]);
  return { jar, cookies: new Set([...attempts, ...jar.names]) };
}

/** A session in use, until its counts are handed on. */
async function useSession(gateway: AdminGateway): Promise<Jar> {
  const jar = await gateway.open();
  for (const seconds of [0, 15, 31]) {
    gateway.now = NOW + seconds;
    await gateway.fetchAs(jar, PAGE);
  }
  return jar;
}

/** Wrong links, of a key and of nobody's, from many addresses. */
async function tryWrongly(gateway: AdminGateway): Promise<void> {
  for (const [at, name] of ['test1', 'nobody', 'test1', 'nobody'].entries()) {
    const link = linkTo({ key: { ...KEY, name }, at: gateway.now }).replace(/sign=[0-9a-f]{4}/, 'sign=0000');
    await gateway.fetch(link, { headers: { 'CF-Connecting-IP': `203.0.113.${at}` } });
  }
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables below a heading, in their order. */
function readTables(heading: string): Table[] {
  const [, section = ''] = storagePage.split(`\n## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  return body
    .split(/\n(?!\|)/)
    .map((block) => block.split('\n').filter((line) => line.startsWith('|')))
    .filter((lines) => lines.length > 2)
    .map(([head = '', , ...rows]) => ({ head: cellsOf(head), rows: rows.map(cellsOf) }));
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim());
}

function findTable(heading: string, firstHead: string): Table {
  const table = readTables(heading).find(({ head }) => head[0] === firstHead);
  if (!table) throw new Error(`docs/storage.md has no table of ${firstHead} under ${heading}`);
  return table;
}

/** What the page's placeholders stand for. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<org>': '[1-9][0-9]{0,9}',
  '<hash>': '[A-Za-z0-9_-]{43}',
  '<uid>': '[A-Za-z0-9_-]{1,40}',
  '<0-63>': '(?:[0-9]|[1-5][0-9]|6[0-3])',
  '<8 hex>': '[0-9a-f]{8}',
  '<16 hex>': '[0-9a-f]{16}',
  '<random>': '[A-Za-z0-9_-]{8,64}',
};

/** What its words for the ids of revocations do. */
const ID_FORMS: readonly (readonly [words: RegExp, form: string])[] = [
  [/^the id: 16 hex digits$/, '<16 hex>'],
  [/^organisation, hash of the name$/, '<org>:<hash>'],
  [/^organisation or `\*`, uid$/, '(?:<org>|\\*):<uid>'],
  [/^organisation$/, '<org>'],
  [/^hash of (?:the (?:user|access token)|issuer and )/, '<hash>'],
  [/^`\*`$/, '\\*'],
];

interface Pattern {
  readonly name: string;
  readonly form: RegExp;
}

function patternOf(name: string, form = name): Pattern {
  const filled = form.replace(/<[^>]+>/g, (placeholder) => {
    const meaning = PLACEHOLDERS[placeholder];
    if (meaning === undefined) throw new Error(`docs/storage.md: nobody knows ${placeholder}`);
    return meaning;
  });
  return { name, form: new RegExp(`^${filled}$`) };
}

function quotedIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}

/** Names of revocations, one pattern for each kind. */
function readRevocationPatterns(): Pattern[] {
  return findTable('KV', '`<kind>`').rows.flatMap(([kinds = '', words = '']) => {
    const [, form] = ID_FORMS.find(([known]) => known.test(words)) ?? [];
    if (form === undefined) throw new Error(`docs/storage.md: nobody knows the id "${words}"`);
    return quotedIn(kinds).map((kind) => patternOf(`rev:${kind}:${form}`));
  });
}

function readKvPatterns(): Pattern[] {
  return findTable('KV', 'key').rows.flatMap(([cell = '']) =>
    quotedIn(cell).flatMap((name) =>
      name === 'rev:<kind>:<id>' ? readRevocationPatterns() : [patternOf(name)],
    ),
  );
}

/** What stands in the first column of a table. */
function readPatterns(heading: string, firstHead: string): Pattern[] {
  return findTable(heading, firstHead).rows.flatMap(([cell = '']) =>
    quotedIn(cell).map((name) => patternOf(name)),
  );
}

function readCookiePatterns(): Pattern[] {
  return readPatterns('The browser', 'name').filter(({ name }) => name.startsWith('__Host-'));
}

/** What OnCall keeps is run through by its own tests. */
function isOthers({ name }: Pattern): boolean {
  return name.startsWith('oncall');
}

function expectSame(names: ReadonlySet<string>, patterns: readonly Pattern[]): void {
  const unknown = [...names].filter((name) => !patterns.some(({ form }) => form.test(name)));
  expect(unknown, 'names that docs/storage.md does not list').toEqual([]);
  const unseen = patterns.filter(({ form }) => ![...names].some((name) => form.test(name)));
  expect(
    unseen.filter((pattern) => !isOthers(pattern)).map(({ name }) => name),
    'patterns of docs/storage.md that no name has',
  ).toEqual([]);
}

describe('after everything that the gateway does, docs/storage.md lists', () => {
  test('every name in KV, and none besides', async () => {
    expectSame((await runThrough()).kv, readKvPatterns());
  });

  test('every Durable Object, and none besides', async () => {
    const { ledgers, signIns } = await runThrough();
    expectSame(ledgers, readPatterns('Durable Objects', 'name'));
    expectSame(signIns, readPatterns('Durable Objects', 'sign-in'));
  });

  test('every cookie, and none besides', async () => {
    expectSame((await runThrough()).cookies, readCookiePatterns());
  });
});

describe('the object of a sign-in holds', () => {
  /** What is stored in the one object, and when it is deleted. */
  async function readObject(names: ReadonlySet<string>) {
    const [name = '', ...more] = names;
    expect(more).toEqual([]);
    return runInDurableObject(BOUND.POSTERN_SIGN_INS.getByName(name), async (_object, { storage }) => ({
      entries: Object.fromEntries(await storage.list()) as Record<string, Record<string, unknown>>,
      alarm: await storage.getAlarm(),
    }));
  }

  test('one entry while it lives, in which nobody is named, and an alarm at its end', async () => {
    const { names, binding } = recordNames(BOUND.POSTERN_SIGN_INS);
    const door = await AdminGateway.create({ vars: { ...SIGN_IN, POSTERN_SIGN_INS: binding } });
    await signIn(door);
    const { entries, alarm } = await readObject(names);
    expect(Object.keys(entries)).toEqual(['sign-in']);
    expect(Object.keys(entries['sign-in'] ?? {}).sort()).toEqual(['end', 'expiresAt', 'revision', 'sealed']);
    expect(JSON.stringify(entries)).not.toMatch(/ann|Editor|refresh-|opaque-/);
    const hoursLeft = ((alarm ?? 0) - Date.now()) / 3_600_000;
    expect(hoursLeft).toBeGreaterThan(11);
    expect(hoursLeft).toBeLessThanOrEqual(12);
  });

  test('no token and no person once it has ended', async () => {
    const { names, binding } = recordNames(BOUND.POSTERN_SIGN_INS);
    const door = await AdminGateway.create({ vars: { ...SIGN_IN, POSTERN_SIGN_INS: binding } });
    const { jar } = await signIn(door);
    await door.fetchAs(jar, '/-/logout', { method: 'POST' });
    expect((await readObject(names)).entries).toEqual({
      'sign-in': { ended: 'signed-out', end: NOW + 43_200 },
    });
  });
});

test('the samples of the page are names of their kind', () => {
  const patterns = readKvPatterns();
  const samples = [...storagePage.matchAll(/(?:^|`)((?:rev|key|keysecret):[A-Za-z0-9_:*-]+)(?=`|$)/gm)].map(
    ([, sample = '']) => sample,
  );
  expect(samples.length).toBeGreaterThan(5);
  for (const sample of samples)
    expect([sample, patterns.some(({ form }) => form.test(sample))]).toEqual([sample, true]);
});
