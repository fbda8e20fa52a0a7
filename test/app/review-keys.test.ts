import { beforeEach, describe, expect, test } from 'vitest';
import { KeyAnswer, KeyList, MintTokenAnswer } from '../../src/api/keys.ts';
import { judgeCredentials } from '../../src/origin/credentials.ts';
import type { KeyRegistry } from '../../src/share/key.ts';
import { ADMIN_TOKEN, type AdminAnswer, AdminGateway } from '../support/admin.ts';
import { fastForward, skipWritePause } from '../support/clock.ts';
import { type Gateway, NOW, OTHER_SECRET, refusalOf } from '../support/gateway.ts';
import { grafanaKnowing } from '../support/grafana.ts';
import { entryOf, type FixtureKey, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const NEXT = keyNamed('portal');
const THIRD = keyNamed('wall-display');
const PAGE = '/d/uid-one/demo';
const PATH = '/keys/1/test1';
const ORDER = { token: KEY.token, dashboards: ['uid-one'], maxSessionSeconds: 600 };
/** Later than any copy of KV and any memory of an isolate. */
const LONG_SECONDS = 130;

const GRAFANA = grafanaKnowing({ [KEY.token]: {}, [NEXT.token]: {}, [THIRD.token]: {} });

beforeEach(() => origin.answerWith(GRAFANA));

function create(vars: Readonly<Record<string, unknown>> = {}): Promise<AdminGateway> {
  return AdminGateway.create({ vars, keys: [] });
}

/** One more isolate without any key in `SHARE_KEYS`. */
function another(
  gateway: AdminGateway,
  place = 'elsewhere',
  vars: Readonly<Record<string, unknown>> = {},
): AdminGateway {
  return gateway.another(place, { keys: [], vars });
}

async function put(gateway: AdminGateway, order: object = ORDER, path = PATH): Promise<void> {
  await gateway.order('PUT', path, order);
  skipWritePause();
}

/** An order, and time for KV to take the next write. */
async function change(gateway: AdminGateway, method: string, path: string, body?: unknown) {
  const document = await gateway.order(method, path, body);
  skipWritePause();
  return document;
}

function isAllowed(gateway: Gateway, authorization: string): Promise<string> {
  return gateway.fetch('/api/org', { headers: { Authorization: authorization } }).then(refusalOf);
}

async function namesOf(gateway: AdminGateway, beginning: string): Promise<string[]> {
  return (await gateway.kv.names()).filter((name) => name.startsWith(beginning));
}

/** Makes the first operation of a kind wait until it is let go. */
function holdBack(gateway: AdminGateway, operation: 'read' | 'write', beginning: string) {
  const { promise: isHeld, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: isFree, resolve: letGo } = Promise.withResolvers<void>();
  let isFirst = true;
  gateway.kv.inTheWay = (kind, [name = '']) => {
    if (!isFirst || kind !== operation || !name.startsWith(beginning)) return undefined;
    isFirst = false;
    arrive();
    return isFree;
  };
  return { isHeld, letGo };
}

/** The same for the origin: every answer waits. */
function holdBackOrigin() {
  const { promise: isHeld, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: isFree, resolve: letGo } = Promise.withResolvers<void>();
  origin.answerWith(async (request) => {
    arrive();
    await isFree;
    return GRAFANA(request);
  });
  return { isHeld, letGo };
}

const FROM_OUTSIDE = '403 share_key_not_accepted';

describe('a registered token from outside', () => {
  /** What the look-up of a credential is asked for. */
  async function findSecrets(authorization: string): Promise<readonly string[]> {
    let asked: readonly string[] = [];
    const registry = {
      findBySecret: (secrets: readonly string[]) => {
        asked = secrets;
        return undefined;
      },
    } as unknown as KeyRegistry;
    await judgeCredentials(authorization, registry);
    return asked;
  }

  /** A credential whose one suspicious text is the list of another's, as it would be joined. */
  function forge(text: string): string {
    const escaped = [...text]
      .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    return btoa(`"${escaped}":`).replace(/.{6}/g, '$&_').replace(/_$/, '');
  }

  test.each(['\n', ',', ' ', '', '|', '","'])(
    'stays refused whatever was asked about before: texts joined by %j are another credential',
    async (separator) => {
      const gateway = await create({ VISITORS: 'pass' });
      await put(gateway);
      const credential = `Bearer ${KEY.token}`;
      const secrets = await findSecrets(credential);
      expect(secrets.length).toBeGreaterThan(1);
      const poison = forge(secrets.join(separator));
      expect(await findSecrets(poison)).toEqual([secrets.join(separator)]);
      expect(await isAllowed(gateway, credential)).toBe(FROM_OUTSIDE);
      expect(await isAllowed(gateway, poison)).not.toBe('400 bad_request');
      expect(await isAllowed(gateway, credential)).toBe(FROM_OUTSIDE);
    },
  );

  test('is refused where its key cannot be opened any more', async () => {
    const gateway = await create();
    await put(gateway);
    const other = another(gateway, 'here', { POSTERN_SECRETS: OTHER_SECRET, VISITORS: 'pass' });
    for (const authorization of [
      `Bearer ${KEY.token}`,
      `Basic ${btoa(`api_key:${KEY.token}`)}`,
      KEY.token,
      `bearer  ${KEY.token}`,
    ])
      expect([authorization.length, await isAllowed(other, authorization)]).toEqual([
        authorization.length,
        FROM_OUTSIDE,
      ]);
  });

  test('is refused while its key is disabled', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    await put(gateway);
    await change(gateway, 'PATCH', PATH, { disabled: true });
    expect(await isAllowed(gateway, `Bearer ${KEY.token}`)).toBe(FROM_OUTSIDE);
  });

  test('of more than 100 texts that could be one is refused without a look into KV', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    const texts = (count: number) => Array.from({ length: count }, (_, at) => `candidate-${at}`);
    const { read } = gateway.kv.operations;
    for (const credential of [
      `Bearer ${btoa(JSON.stringify(texts(101)))}`,
      `Basic ${btoa(`u:${btoa(JSON.stringify(texts(101)))}`)}`,
      `Bearer ${texts(101).join('_')}`,
    ])
      expect(await isAllowed(gateway, credential)).toBe('400 bad_request');
    expect(gateway.kv.operations.read).toBe(read);
    expect(origin.received).toEqual([]);
    await isAllowed(gateway, `Bearer ${btoa(JSON.stringify(texts(40)))}`);
    expect(gateway.kv.operations.read).toBe(read + 1);
  });

  test('is none where it is a web token, of however many groups, and nothing is read for that', async () => {
    origin.answerWith(() => new Response('{}'));
    const gateway = await create({ VISITORS: 'pass' });
    const groups = Array.from({ length: 200 }, (_, at) => `group-number-${at}`);
    const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '');
    const token = [part({ alg: 'RS256', typ: 'JWT' }), part({ sub: 'mira', groups }), 'c2ln'].join('.');
    expect(await isAllowed(gateway, `Bearer ${token}`)).toBe('200');
    expect(gateway.kv.operations.read).toBe(0);
    expect(origin.only.headers.get('Authorization')).toBe(`Bearer ${token}`);
  });
});

test('made-up names push none that is configured out of the memory', { timeout: 20_000 }, async () => {
  let reads = 0;
  /** Where nothing is stored. */
  const empty = {
    get: async (names: readonly string[]) => {
      reads += 1;
      return new Map(names.map((name) => [name, null]));
    },
  };
  const gateway = await AdminGateway.create({ vars: { POSTERN_KV: empty, POSTERN_LEDGER: undefined } });
  const jar = await gateway.open();
  for (let round = 0; round < 11; round++) {
    const tries = Array.from({ length: 100 }, (_, at) =>
      gateway.fetch(
        linkTo({ key: { ...KEY, name: 'nobody' }, at: NOW }).replace('nobody', `n${round}-${at}`),
      ),
    );
    for (const response of await Promise.all(tries)) expect(response.status).toBe(403);
  }
  expect(reads).toBeGreaterThan(1_100);
  const before = reads;
  expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  expect(reads).toBe(before);
});

describe('two changes of one key at once', () => {
  test('a check that waits for the origin brings back no key that was removed meanwhile', async () => {
    const gateway = await create();
    await put(gateway);
    const { isHeld, letGo } = holdBackOrigin();
    const check = gateway.ask('POST', `${PATH}/check`);
    await isHeld;
    await change(another(gateway), 'DELETE', PATH);
    letGo();
    expect(await check).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await gateway.ask('GET', PATH)).status).toBe(404);
    expect(await namesOf(gateway, 'key:')).toEqual([]);
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW })))).toBe(
      '403 share_link_invalid',
    );
  });

  test('a change from a place with an old copy brings back neither a token nor a mint token', async () => {
    const here = await create();
    await put(here);
    const minted = MintTokenAnswer.parse(await change(here, 'POST', `${PATH}/mint-tokens`, {}));
    const elsewhere = another(here);
    // That place has read the key, and keeps its copy for half a minute.
    await elsewhere.open();
    await change(here, 'POST', `${PATH}/replace`, { token: NEXT.token, overlapSeconds: 0 });
    await change(here, 'DELETE', `${PATH}/mint-tokens/${minted.id}`);
    here.now = elsewhere.now = NOW + 20;
    await change(elsewhere, 'PATCH', PATH, { note: 'of the portal' });
    here.now = elsewhere.now += LONG_SECONDS;
    const third = another(here, 'third');
    for (const isolate of [here, elsewhere, third]) {
      expect(await refusalOf(await isolate.fetch(linkTo({ key: KEY, at: isolate.now })))).toBe(
        '403 share_link_invalid',
      );
      const order = { orgId: 1, name: 'test1', to: PAGE };
      expect((await isolate.ask('POST', '/links', order, minted.token)).status).toBe(401);
    }
    const { key } = KeyAnswer.parse(await third.order('GET', PATH));
    expect(key).toMatchObject({ note: 'of the portal', mintTokens: [], formerTokenUntil: null });
  });

  test('a key that is removed while it is sealed anew stays removed', async () => {
    const gateway = await create();
    await put(gateway);
    const both = another(gateway, 'elsewhere', {
      POSTERN_SECRETS: `${OTHER_SECRET} ${String(gateway.env.POSTERN_SECRETS)}`,
    });
    const { isHeld, letGo } = holdBack(gateway, 'read', 'keysecret:');
    const reseal = both.ask('POST', '/keys/reseal', {});
    await isHeld;
    await change(gateway, 'DELETE', PATH);
    letGo();
    expect(await reseal).toMatchObject({ status: 200, body: { resealed: 0, unreadable: [] } });
    expect(await namesOf(gateway, 'key:')).toEqual([]);
    expect((await both.ask('GET', PATH)).status).toBe(404);
  });

  /** Whether record and revocation say the same, at each place, once the bound is over. */
  async function expectAgreement(gateway: AdminGateway, jar: Awaited<ReturnType<Gateway['open']>>) {
    gateway.now += 100;
    const { key } = KeyAnswer.parse(await gateway.order('GET', PATH));
    for (const place of ['here', 'elsewhere', 'third']) {
      const answer = await refusalOf(await another(gateway, place).fetchAs(jar, PAGE));
      expect([place, key.state, answer]).toEqual([
        place,
        key.state,
        key.state === 'disabled' ? '403 revoked' : '200',
      ]);
    }
    expect((await namesOf(gateway, 'rev:disabled:')).length).toBe(key.state === 'disabled' ? 1 : 0);
  }

  test.each([
    ['enabled', false],
    ['disabled', true],
  ])(
    'a key that was %s, disabled and enabled at once, is one of both everywhere',
    { timeout: 20_000 },
    async (_, disabled) => {
      const gateway = await create();
      await put(gateway);
      const jar = await gateway.open();
      if (disabled) await change(gateway, 'PATCH', PATH, { disabled });
      const answers = await Promise.all([
        gateway.ask('PATCH', PATH, { disabled: true }),
        another(gateway).ask('PATCH', PATH, { disabled: false }),
      ]);
      expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
      expect(answers.some(({ status }) => status === 200)).toBe(true);
      await expectAgreement(gateway, jar);
    },
  );

  /** Makes one order wait before it first changes a revocation of the key, until another is through. */
  async function cross(gateway: AdminGateway, first: object, second: object): Promise<AdminAnswer[]> {
    const { isHeld, letGo } = holdBack(gateway, 'write', 'rev:disabled:');
    const slow = gateway.ask('PATCH', PATH, first);
    await isHeld;
    const fast = await another(gateway).ask('PATCH', PATH, second);
    skipWritePause();
    letGo();
    return [await slow, fast];
  }

  test('an order to enable that waits in the middle lifts nothing that was disabled meanwhile', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    const [, disabled] = await cross(gateway, { disabled: false }, { disabled: true });
    expect(disabled?.status).toBe(200);
    await expectAgreement(gateway, jar);
  });

  test('an order to disable that waits in the middle revokes nothing that was enabled meanwhile', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    const [, enabled] = await cross(gateway, { disabled: true }, { disabled: false });
    expect(enabled?.status).toBe(200);
    await expectAgreement(gateway, jar);
  });

  test('a removal that meets a change puts nobody out whose key stays', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    const { isHeld, letGo } = holdBack(gateway, 'write', 'rev:removed:');
    const removal = gateway.ask('DELETE', PATH);
    await isHeld;
    await change(another(gateway), 'PATCH', PATH, { note: 'of the portal' });
    letGo();
    expect((await removal).status).toBe(409);
    gateway.now += 100;
    expect(await refusalOf(await another(gateway, 'third').fetchAs(jar, PAGE))).toBe('200');
  });
});

describe('a key that is removed and added again', () => {
  test('leaves the sessions of the earlier one revoked, whatever is enabled or disabled after', async () => {
    const gateway = await create();
    await put(gateway);
    const jar = await gateway.open();
    await change(gateway, 'DELETE', PATH);
    gateway.now += 5;
    await put(gateway);
    for (const disabled of [false, true, false]) {
      await change(gateway, 'PATCH', PATH, { disabled });
      expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('403 revoked');
    }
    gateway.now += 60;
    expect(await refusalOf(await another(gateway).fetchAs(jar, PAGE))).toBe('403 revoked');
    expect((await gateway.fetchAs(await gateway.open(), PAGE)).status).toBe(200);
  });

  test('makes another mint token for the same idempotency key', async () => {
    const gateway = await create();
    await put(gateway);
    const first = await mint(gateway);
    skipWritePause();
    await change(gateway, 'DELETE', PATH);
    gateway.now += 5;
    await put(gateway);
    const second = await mint(gateway);
    expect([first.status, second.status]).toEqual([201, 201]);
    const [one, other] = [first, second].map(({ body }) => MintTokenAnswer.parse(body));
    expect(one?.token === other?.token).toBe(false);
    const order = { orgId: 1, name: 'test1', to: PAGE };
    expect((await gateway.ask('POST', '/links', order, one?.token)).status).toBe(401);
  });

  test('may get its token under another name, which is then kept from outside as any other', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    await put(gateway);
    await change(gateway, 'DELETE', PATH);
    await put(gateway, ORDER, '/keys/1/other');
    expect(await isAllowed(gateway, `Bearer ${KEY.token}`)).toBe(FROM_OUTSIDE);
  });

  test('may get its token under another name at a place that still holds a copy of what leads to it', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    await put(gateway);
    const elsewhere = another(gateway, 'elsewhere', { VISITORS: 'pass' });
    // That place reads the key first, and 25 seconds later what leads to it: the second copy outlives the first.
    expect((await elsewhere.fetch(linkTo({ key: KEY, at: NOW }))).status).toBe(303);
    elsewhere.now = gateway.now = NOW + 25;
    expect(await isAllowed(elsewhere, `Bearer ${KEY.token}`)).toBe(FROM_OUTSIDE);
    await change(gateway, 'DELETE', PATH);
    elsewhere.now = gateway.now = NOW + 40;
    expect((await elsewhere.ask('PUT', '/keys/1/other', ORDER)).status).toBe(201);
    elsewhere.now = gateway.now += LONG_SECONDS;
    expect(await isAllowed(gateway, `Bearer ${KEY.token}`)).toBe(FROM_OUTSIDE);
  });

  test('may get its token under another name after a removal that met a change', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    await put(gateway);
    const { isHeld, letGo } = holdBackOrigin();
    const check = gateway.ask('POST', `${PATH}/check`);
    await isHeld;
    await change(another(gateway), 'DELETE', PATH);
    letGo();
    expect((await check).status).toBe(409);
    gateway.now += LONG_SECONDS;
    skipWritePause();
    const later = another(gateway, 'third', { VISITORS: 'pass' });
    expect((await later.ask('PUT', '/keys/1/other', ORDER)).status).toBe(201);
    expect(await isAllowed(later, `Bearer ${KEY.token}`)).toBe(FROM_OUTSIDE);
  });

  test('may get its token under another name after a removal whose last step failed', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    await put(gateway);
    gateway.kv.inTheWay = (operation, [name = '']) =>
      operation === 'write' && name.startsWith('keysecret:')
        ? Promise.reject(new Error('KV DELETE failed: 500'))
        : undefined;
    expect((await fastForward(() => gateway.ask('DELETE', PATH))).status).toBe(503);
    gateway.kv.inTheWay = undefined;
    gateway.now += LONG_SECONDS;
    const later = another(gateway, 'third', { VISITORS: 'pass' });
    // The same order again, as every refusal of storage asks for.
    expect((await later.ask('DELETE', PATH)).status).toBe(404);
    skipWritePause();
    expect((await later.ask('PUT', '/keys/1/other', ORDER)).status).toBe(201);
    expect(await isAllowed(later, `Bearer ${KEY.token}`)).toBe(FROM_OUTSIDE);
  });
});

/** Asks for a mint token with an idempotency key. */
async function mint(gateway: AdminGateway): Promise<{ status: number; body: unknown }> {
  const headers = {
    Authorization: `Bearer ${ADMIN_TOKEN}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': 'order-1',
  };
  const response = await gateway.fetch(`/-/api/v1${PATH}/mint-tokens`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  return { status: response.status, body: await response.json() };
}

test('a mint token that was removed does not come back by its idempotency key', async () => {
  const gateway = await create();
  await put(gateway);
  const { id, token } = MintTokenAnswer.parse((await mint(gateway)).body);
  skipWritePause();
  await change(gateway, 'DELETE', `${PATH}/mint-tokens/${id}`);
  const again = await mint(gateway);
  expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect(JSON.stringify(again).includes(token)).toBe(false);
  const { key } = KeyAnswer.parse(await gateway.order('GET', PATH));
  expect(key.mintTokens).toEqual([]);
});

describe('one token', () => {
  test('that is registered under two names at once gets one of them', async () => {
    const gateway = await create();
    const answers = await Promise.all([
      gateway.ask('PUT', '/keys/1/one', ORDER),
      another(gateway).ask('PUT', '/keys/1/two', ORDER),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await namesOf(gateway, 'key:')).toHaveLength(1);
    expect(await namesOf(gateway, 'keysecret:')).toHaveLength(1);
  });

  test('is known at a place whose copy says that nobody has it', async () => {
    const gateway = await create({ VISITORS: 'pass' });
    const elsewhere = another(gateway, 'elsewhere', { VISITORS: 'pass' });
    expect(await isAllowed(elsewhere, `Bearer ${KEY.token}`)).toBe('200');
    await put(gateway);
    const refused = await elsewhere.ask('PUT', '/keys/1/other', ORDER);
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await namesOf(gateway, 'key:')).toHaveLength(1);
  });

  test('that a key of SHARE_KEYS shares with a stored one of another name is marked', async () => {
    const gateway = await create();
    await put(gateway);
    const rows: readonly FixtureKey[] = [
      { ...KEY, name: 'other' },
      { ...NEXT, orgId: 1 },
    ];
    const configured = gateway.another('here', { keys: rows.map((row) => entryOf(row)) });
    const { keys } = KeyList.parse(await configured.order('GET', '/keys'));
    expect(keys.map(({ name, source, marks }) => [name, source, marks])).toEqual([
      ['test1', 'kv', []],
      ['other', 'SHARE_KEYS', ['token-under-two-names']],
      ['portal', 'SHARE_KEYS', []],
    ]);
  });
});

describe('the admin API', () => {
  test('takes the right tokens, also a mint token, from an address whose wrong ones have to wait', async () => {
    const gateway = await create();
    await put(gateway);
    const minted = MintTokenAnswer.parse(await gateway.order('POST', `${PATH}/mint-tokens`, {}));
    // No other test signs for this moment: a signature of theirs would be taken for a leak.
    gateway.now = NOW + 4_321;
    const ask = (token: string, path = '/-/api/v1/keys', body?: object) =>
      gateway.fetch(path, {
        method: body ? 'POST' : 'GET',
        headers: {
          Authorization: `Bearer ${token}`,
          'CF-Connecting-IP': '203.0.113.7',
          ...(body && { 'Content-Type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    for (let tries = 0; tries < 11; tries++) await ask('wrong');
    const link = { orgId: 1, name: 'test1', to: PAGE };
    expect(await refusalOf(await ask('wrong'))).toBe('429 too_many_attempts');
    expect((await ask(ADMIN_TOKEN)).status).toBe(200);
    expect((await ask(minted.token, '/-/api/v1/links', link)).status).toBe(201);
    expect((await ask(ADMIN_TOKEN, '/-/api/v1/revocations', { kind: 'all' })).status).toBe(200);
    expect(await refusalOf(await ask('wrong'))).toBe('429 too_many_attempts');
  });

  test.each(['1e0', '0x1', '%2B1', '+1', '01', '1.0', '1_0', '-1', '0', '10000000000', '%EF%BC%91'])(
    'takes %s for no organisation',
    async (org) => {
      const gateway = await create();
      for (const [method, path, body] of [
        ['PUT', '', ORDER],
        ['PATCH', '', { disabled: true }],
        ['DELETE', '', undefined],
        ['POST', '/replace', { token: NEXT.token }],
        ['POST', '/mint-tokens', {}],
      ] as const)
        expect((await gateway.ask(method, `/keys/${org}/test1${path}`, body)).status).toBe(400);
      expect(await gateway.kv.names()).toEqual([]);
      expect(origin.received).toEqual([]);
    },
  );

  test('takes no name that is no text', async () => {
    const gateway = await create();
    const half = '\ud800';
    for (const [method, path, body] of [
      ['POST', '/revocations', { kind: 'key', orgId: 1, name: half }],
      ['POST', '/revocations', { kind: 'key', orgId: 1, name: `a${half}b` }],
      ['POST', '/links', { orgId: 1, name: half, to: PAGE }],
      // The same half as UTF-8 would have it, and cut off.
      ['PUT', '/keys/1/~7aCA', ORDER],
      ['PUT', '/keys/1/~7aA', ORDER],
      ['PUT', '/keys/1/%ED%A0%80', ORDER],
    ] as const)
      expect([path, (await gateway.ask(method, path, body)).status]).toEqual([path, 400]);
    expect(await gateway.kv.names()).toEqual([]);
  });

  test.each([
    ['a token', KEY.token],
    ['the secret of one', KEY.secret],
    ['the admin token', ADMIN_TOKEN],
  ])('repeats no field that there is not, where it is %s', async (_, secret) => {
    const gateway = await create();
    for (const [method, path, body] of [
      ['PUT', PATH, { ...ORDER, [secret]: true }],
      ['POST', '/revocations', { kind: 'all', [secret]: 'x' }],
      ['POST', '/revocations', { kind: secret }],
      ['POST', '/links', { orgId: 1, name: 'test1', to: secret, [secret]: secret }],
      ['POST', '/keys/reseal', { [secret]: null }],
    ] as const) {
      const answer = await gateway.ask(method, path, body);
      expect(answer.status).toBe(400);
      expect(JSON.stringify([answer.body, gateway.events]).includes(secret)).toBe(false);
    }
  });
});

test('refusals push nothing that was done out of a ledger', { timeout: 20_000 }, async () => {
  const gateway = await AdminGateway.create();
  await gateway.open();
  await gateway.settle();
  const stale = linkTo({ key: KEY, at: NOW - 10_000 });
  for (let minute = 0; minute < 26; minute++) {
    gateway.now += 60;
    for (const isolate of [gateway, gateway.another('here')]) {
      await Promise.all(Array.from({ length: 10 }, () => isolate.fetch(stale)));
      await isolate.settle();
    }
  }
  const kept: string[] = [];
  for (let query = '', pages = 0; pages < 10; pages++) {
    const page = await gateway.order<{ events: { event: string }[]; cursor: string | null }>(
      'GET',
      `/events?orgId=1&name=test1&limit=200${query}`,
    );
    kept.push(...page.events.map(({ event }) => event));
    if (page.cursor === null) break;
    query = `&cursor=${page.cursor}`;
  }
  expect(kept.filter((event) => event === 'share.link.refused')).toHaveLength(250);
  expect(kept.at(-1)).toBe('share.link.accepted');
});
