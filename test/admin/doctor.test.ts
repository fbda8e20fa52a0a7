import { describe, expect, test } from 'vitest';
import { examineHealth } from '../../src/admin/doctor/sign-in.ts';
import { TRIAL_LEDGER, TRIAL_PREFIX } from '../../src/admin/doctor/trials.ts';
import { SIGN_IN_CHECKS } from '../../src/api/checks-sign-in.ts';
import { DOCTOR_GROUPS, DOCTOR_KEYS_MAX, DoctorAnswer } from '../../src/api/doctor.ts';
import type { Finding } from '../../src/api/findings.ts';
import { AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { fastForward, skipWritePause } from '../support/clock.ts';
import { grafanaLike } from '../support/doctor-grafana.ts';
import { NOW } from '../support/gateway.ts';
import { entryOf, type KeyEntry, keyNamed } from '../support/keys.ts';
import { ORIGIN, origin } from '../support/origin.ts';
import { SIGN_IN } from '../support/sso-settings.ts';
import { guard } from '../support/watch.ts';

const KEY = keyNamed('test1');
const STORED = keyNamed('portal');
const GOOD = entryOf(KEY, { dashboards: ['uid-one'], maxSessionSeconds: 3600 });
/** What nobody at a terminal waits longer for. */
const GROUP_MS = 20_000;
/** What one request may ask of others on the free plan. */
const SUBREQUESTS = 50;
/** No region is asked in tests that are not about OnCall. */
const NO_REGIONS = { ONCALL_PATH: 'off' };

async function ask(gateway: AdminGateway, order: object) {
  return DoctorAnswer.parse(await gateway.order('POST', '/doctor', order));
}

/** API keys that nobody has. */
function manyKeys(count: number): KeyEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `key-${index}`;
    const secret = `${index}`.padStart(32, 'k');
    guard(`the secret of ${name}`, secret);
    return { name, orgId: 1, token: btoa(JSON.stringify({ k: secret, n: name, id: 1 })) };
  });
}

const knowing = (keys: readonly { readonly token: string }[]) =>
  grafanaLike({ tokens: Object.fromEntries(keys.map(({ token }) => [token, {}])) });

describe('POST /-/api/v1/doctor', () => {
  test.each<[string, object, string]>([
    ['no group', {}, 'group'],
    ['a group that there is not', { group: 'everything' }, 'group'],
    ['a field that there is not', { group: 'gateway', deep: true }, 'deep'],
    ['a portal that is no address', { group: 'embedding', portal: 'portal' }, 'portal'],
    ['a portal of another scheme', { group: 'embedding', portal: 'ftp://portal.example.com' }, 'portal'],
    ['a portal with credentials', { group: 'embedding', portal: 'https://a:b@portal.example.com' }, 'portal'],
    ['a cursor of its own', { group: 'keys', cursor: 'somewhere' }, 'cursor'],
  ])('refuses %s', async (_, order, words) => {
    const refused = await (await AdminGateway.create()).ask('POST', '/doctor', order);
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid_input', detail: expect.stringContaining(words) },
    });
    expect(origin.received).toEqual([]);
  });

  test('is for the operator alone', async () => {
    const gateway = await AdminGateway.create();
    const refused = await gateway.ask('POST', '/doctor', { group: 'gateway' }, 'wrong');
    expect(refused).toMatchObject({ status: 401, body: { code: 'admin_token_required' } });
  });

  test.each(DOCTOR_GROUPS)(
    '%s: every finding is whole, and whatever is asked of others is a GET',
    async (group) => {
      origin.answerWith(knowing([KEY]));
      const gateway = await AdminGateway.create({ keys: [GOOD], vars: NO_REGIONS });
      const { findings, cursor } = await ask(gateway, {
        group,
        portal: 'https://portal.example.com/page?x=1',
      });
      expect(findings.length).toBeGreaterThan(0);
      for (const { why, seen } of findings) for (const text of [why, seen]) expect(text).toMatch(/\.$/);
      expect(cursor === null || group === 'keys').toBe(true);
      expect(origin.received.filter(({ method }) => method !== 'GET')).toEqual([]);
    },
  );

  test('a portal is its origin, whatever page of it is named', async () => {
    const vars = { FRAME_ANCESTORS: 'https://portal.example.com' };
    const gateway = await AdminGateway.create({ vars });
    const { findings } = await ask(gateway, {
      group: 'embedding',
      portal: 'https://portal.example.com/a?b#c',
    });
    expect(findings.find(({ check }) => check === 'embedding.ancestors')?.verdict).toBe('green');
  });

  test('it is no decision, so it is no event', async () => {
    origin.answerWith(knowing([KEY]));
    const gateway = await AdminGateway.create({ keys: [GOOD] });
    for (const group of ['gateway', 'storage', 'origin', 'keys']) await ask(gateway, { group });
    await gateway.settle();
    expect(gateway.eventNames).toEqual([]);
  });
});

describe('what is written is put back', () => {
  test('KV holds nothing afterwards, the ledger no text', async () => {
    const gateway = await AdminGateway.create();
    await ask(gateway, { group: 'storage' });
    await ask(gateway, { group: 'storage' });
    expect([...gateway.kv.written].every((name) => name.startsWith(TRIAL_PREFIX))).toBe(true);
    expect(gateway.kv.operations).toMatchObject({ write: 2, delete: 2 });
    expect(await gateway.kv.names()).toEqual([]);
    const record = await BOUND.POSTERN_LEDGER.getByName(TRIAL_LEDGER).readRecord();
    expect(record).toMatchObject({ text: null });
    expect(gateway.eventNames).toEqual([]);
  });

  test('two at the same time do not take each other for a failure', async () => {
    const gateway = await AdminGateway.create();
    const both = await Promise.all([
      ask(gateway, { group: 'storage' }),
      ask(gateway.another('there'), { group: 'storage' }),
    ]);
    for (const { findings } of both)
      expect(findings.filter(({ verdict }) => verdict === 'red' || verdict === 'yellow')).toEqual([]);
    expect(await gateway.kv.names()).toEqual([]);
    const record = await BOUND.POSTERN_LEDGER.getByName(TRIAL_LEDGER).readRecord();
    expect(record?.text ?? null).toBeNull();
  });

  test('what cannot be deleted goes by itself', async () => {
    const gateway = await AdminGateway.create();
    gateway.kv.fault = 'second-write-throws';
    const { findings } = await fastForward(() => ask(gateway, { group: 'storage' }));
    expect(findings.find(({ check }) => check === 'storage.kv')).toMatchObject({
      verdict: 'red',
      seen: 'KV could not delete a value.',
    });
    const [left] = (await BOUND.POSTERN_KV.list({ prefix: TRIAL_PREFIX })).keys;
    expect(left?.expiration).toBeGreaterThan(0);
  });
});

describe('keys', () => {
  test('come some at a time, each once, and never more questions than a request may ask', async () => {
    const keys = manyKeys(24);
    origin.answerWith(knowing([...keys, STORED]));
    const gateway = await AdminGateway.create({ keys });
    await gateway.order('PUT', '/keys/2/portal', { token: STORED.token, force: true });
    const about: (string | undefined)[] = [];
    let cursor: string | null | undefined;
    let calls = 0;
    do {
      origin.received = [];
      const answer = await ask(gateway, { group: 'keys', ...(cursor !== undefined && { cursor }) });
      const works = answer.findings.filter(({ check }) => check === 'key.works');
      expect(works.length).toBeLessThanOrEqual(DOCTOR_KEYS_MAX);
      expect(origin.received.length).toBeLessThan(SUBREQUESTS);
      about.push(...works.map((finding) => finding.about));
      cursor = answer.cursor;
      calls += 1;
    } while (cursor !== null);
    expect(calls).toBe(4);
    expect(about.sort()).toEqual([...keys.map(({ name }) => `1/${name}`), '2/portal'].sort());
  });

  test('of one name in both places the one in KV is looked at', async () => {
    origin.answerWith(knowing([STORED]));
    const gateway = await AdminGateway.create({ keys: [entryOf(STORED)] });
    await gateway.order('PUT', '/keys/2/portal', { token: STORED.token, dashboards: ['one'], force: true });
    const { findings, cursor } = await ask(gateway, { group: 'keys' });
    expect(cursor).toBeNull();
    expect(findings.filter(({ check }) => check === 'key.scope')).toMatchObject([{ verdict: 'green' }]);
  });

  test('in SHARE_KEYS are looked at while KV is down, which is said', async () => {
    origin.answerWith(knowing([KEY]));
    const gateway = await AdminGateway.create({ keys: [GOOD] });
    gateway.kv.fault = 'read-throws';
    const first = await ask(gateway, { group: 'keys' });
    expect(first.findings.find(({ check }) => check === 'key.works')?.verdict).toBe('green');
    const second = await ask(gateway, { group: 'keys', cursor: first.cursor });
    expect(second).toMatchObject({ cursor: null, findings: [{ check: 'key.readable', verdict: 'red' }] });
  });

  test('that are damaged are named as far as they can be', async () => {
    const gateway = await AdminGateway.create({ keys: [] });
    await BOUND.POSTERN_KV.put('key:1:nobody', 'garbage');
    const { findings } = await ask(gateway, { group: 'keys' });
    expect(findings).toMatchObject([
      { check: 'key.readable', verdict: 'red', seen: expect.stringContaining('damaged') },
    ]);
  });
});

describe('the origin', () => {
  test('is asked without ORIGIN_HEADERS once, and with them otherwise', async () => {
    origin.answerWith(grafanaLike({ guard: 'X-Guard', tokens: { [KEY.token]: {} } }));
    const vars = { ORIGIN_HEADERS: '{"X-Guard":"word"}' };
    const gateway = await AdminGateway.create({ keys: [GOOD], vars });
    await ask(gateway, { group: 'origin' });
    const without = origin.received.filter(({ headers }) => !headers.has('X-Guard'));
    expect(without.map(({ url }) => url)).toEqual([`${ORIGIN}/api/health`]);
    // What the guard has not seen must not see a token either.
    expect(without.map(({ headers }) => headers.get('Authorization'))).toEqual([null]);
  });

  test('gets nobody’s identity: not that of auth.proxy either', async () => {
    origin.answerWith(grafanaLike({ tokens: { [KEY.token]: {} } }));
    const vars = { ...SIGN_IN, ORIGIN_IDENTITY: 'auth-proxy' };
    const gateway = await AdminGateway.create({ keys: [GOOD], vars });
    await ask(gateway, { group: 'origin' });
    expect(origin.received.length).toBeGreaterThan(4);
    for (const { headers } of origin.received) expect(headers.has('X-WEBAUTH-USER')).toBe(false);
  });

  test('that has the gateway’s own host is not asked', async () => {
    const gateway = await AdminGateway.create({ vars: { ORIGIN_URL: 'https://dash.example.com' } });
    const { findings } = await ask(gateway, { group: 'origin' });
    expect(findings).toMatchObject([{ check: 'origin.reachable', verdict: 'red' }]);
    expect(origin.received).toEqual([]);
  });

  test('is asked nothing more where it does not answer', async () => {
    origin.answerWith(() => Promise.reject(new TypeError('down')));
    const { findings } = await ask(await AdminGateway.create(), { group: 'origin' });
    expect(origin.received).toHaveLength(1);
    expect(findings.filter(({ verdict }) => verdict !== 'skipped').map(({ check }) => check)).toEqual([
      'origin.reachable',
    ]);
  });

  test('tells neither secrets nor whole addresses in an answer', async () => {
    const redirect = 'https://id.example.com/login?token=hidden-in-an-address';
    guard('a token in a redirect', 'hidden-in-an-address');
    origin.answerWith(
      grafanaLike({ redirect, rootUrl: 'https://user:hidden-password@grafana.example.com/x' }),
    );
    guard('a password in root_url', 'hidden-password');
    const { findings } = await ask(await AdminGateway.create({ keys: [GOOD] }), { group: 'origin' });
    expect(findings.find(({ check }) => check === 'origin.redirect')?.seen).toContain('id.example.com');
  });
});

/** What does not answer, and what keeps on answering. */
const STALLS: readonly (readonly [what: string, answer: () => Response | Promise<Response>])[] = [
  ['never answers', () => new Promise(() => undefined)],
  [
    'never ends its answer',
    () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([123])) })),
  ],
];

describe.each(STALLS)('where everybody %s', (_, answer) => {
  test.each(DOCTOR_GROUPS)('%s takes less than 20 seconds', async (group) => {
    origin.answerWith(answer);
    origin.putUp('https://oncall.test', answer);
    const hangs = { getByName: () => new Proxy({}, { get: () => () => new Promise(() => undefined) }) };
    const vars = {
      ONCALL_REGIONS: '{"eu":{"url":"https://oncall.test/oncall"}}',
      POSTERN_LEDGER: hangs,
      POSTERN_SIGN_INS: hangs,
    };
    const gateway = await AdminGateway.create({ keys: manyKeys(12), vars });
    gateway.kv.fault = 'read-hangs';
    await fastForward(() => Promise.race([ask(gateway, { group }), failAfter(GROUP_MS)]));
  });
});

function failAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('it takes too long')), milliseconds));
}

test('an answer of many megabytes is not read to its end', async () => {
  let sent = 0;
  const flood = () =>
    new Response(
      new ReadableStream({
        pull(stream) {
          sent += 65_536;
          stream.enqueue(new Uint8Array(65_536));
        },
      }),
    );
  origin.answerWith(flood);
  const { findings } = await ask(await AdminGateway.create({ keys: [GOOD] }), { group: 'origin' });
  expect(findings.find(({ check }) => check === 'origin.version')?.verdict).toBe('yellow');
  expect(sent).toBeLessThan(16_777_216);
});

describe('sign-in', () => {
  const ASK = { now: NOW, gateway: 'https://dash.example.com' };
  const FOUND: Finding = { check: 'sso.issuer', verdict: 'red', seen: 'Another.', why: 'It matters.' };

  test('says what its own health says', async () => {
    const asked: unknown[] = [];
    const health = {
      checkOnceInAWhile: async (order: unknown) => {
        asked.push(order);
        return { status: 'red', checkedAt: NOW, findings: [FOUND] } as const;
      },
    };
    expect(await examineHealth(health, ASK)).toEqual([FOUND]);
    expect(asked).toEqual([ASK]);
  });

  test('that does not answer is skipped', async () => {
    const health = { checkOnceInAWhile: () => new Promise<never>(() => undefined) };
    const found = await fastForward(() => examineHealth(health, ASK));
    expect(found).toMatchObject([{ verdict: 'skipped', seen: expect.stringContaining('18 seconds') }]);
  });

  test('is looked at, at its provider, each check as its table says', async () => {
    const asked: string[] = [];
    origin.putUp('https://id.test', ({ url }) => {
      asked.push(new URL(url).pathname);
      return new Response('', { status: 503 });
    });
    const { findings } = await ask(await AdminGateway.create({ vars: SIGN_IN }), { group: 'sign-in' });
    expect(asked).toContain('/keys');
    expect(findings.find(({ check }) => check === 'sso.keys')?.verdict).toBe('red');
    expect(findings.filter(({ check }) => !Object.hasOwn(SIGN_IN_CHECKS, check))).toEqual([]);
  });

  test('that is off is skipped', async () => {
    const { findings } = await ask(await AdminGateway.create(), { group: 'sign-in' });
    expect(findings).toMatchObject([{ verdict: 'skipped', seen: 'Sign-in is off.' }]);
  });
});

test('a key that was stored a moment ago can be looked at', async () => {
  origin.answerWith(knowing([STORED]));
  const gateway = await AdminGateway.create({ keys: [] });
  await gateway.order('PUT', '/keys/2/portal', { token: STORED.token, force: true });
  skipWritePause();
  const { findings } = await ask(gateway, { group: 'keys' });
  expect(findings.find(({ check }) => check === 'key.age')).toMatchObject({
    verdict: 'green',
    ageSeconds: 0,
  });
});
