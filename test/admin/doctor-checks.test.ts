import { describe, expect, test } from 'vitest';
import type { CheckRow } from '../../src/api/checks.ts';
import { EMBEDDING_CHECKS } from '../../src/api/checks-embedding.ts';
import { GATEWAY_CHECKS } from '../../src/api/checks-gateway.ts';
import { KEY_CHECKS } from '../../src/api/checks-keys.ts';
import { ONCALL_CHECKS } from '../../src/api/checks-oncall.ts';
import { ORIGIN_CHECKS } from '../../src/api/checks-origin.ts';
import { STORAGE_CHECKS } from '../../src/api/checks-storage.ts';
import { DoctorAnswer } from '../../src/api/doctor.ts';
import type { Finding } from '../../src/api/findings.ts';
import type { KvBinding } from '../../src/lib/kv.ts';
import { AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { fastForward, skipWritePause } from '../support/clock.ts';
import { type GrafanaCondition, grafanaLike, type TokenCondition } from '../support/doctor-grafana.ts';
import { HOST, NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { entryOf, type KeyEntry, keyNamed } from '../support/keys.ts';
import { ORIGIN, origin } from '../support/origin.ts';
import { SIGN_IN } from '../support/sso-settings.ts';

const KEY = keyNamed('test1');
const STORED = keyNamed('portal');
const PORTAL = 'https://portal.example.com';
const DAY = 86_400;
/** A region of OnCall in tests. */
const REGION = 'https://oncall.test/oncall';

const TABLE: Readonly<Record<string, CheckRow>> = {
  ...GATEWAY_CHECKS,
  ...STORAGE_CHECKS,
  ...ORIGIN_CHECKS,
  ...KEY_CHECKS,
  ...EMBEDDING_CHECKS,
  ...ONCALL_CHECKS,
};

type CheckName =
  | keyof typeof GATEWAY_CHECKS
  | keyof typeof STORAGE_CHECKS
  | keyof typeof ORIGIN_CHECKS
  | keyof typeof KEY_CHECKS
  | keyof typeof EMBEDDING_CHECKS
  | keyof typeof ONCALL_CHECKS;

/** What a gateway and its Grafana are like in a case. */
interface Scene {
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly keys?: readonly KeyEntry[];
  readonly grafana?: GrafanaCondition;
  readonly at?: string;
  /** What is done beforehand, by the admin API or the clock. */
  readonly before?: (gateway: AdminGateway) => Promise<void> | void;
  readonly portal?: string;
  /** Another gateway in front of the same storage answers. */
  readonly later?: Readonly<Record<string, unknown>>;
}

type Case = (group: string) => Promise<readonly Finding[]>;

/** The key of the tests, in a state that nothing is said of. */
const GOOD = entryOf(KEY, { dashboards: ['uid-one'], maxSessionSeconds: 3600 });

/** Asks a whole gateway. */
function scene({ vars = {}, keys = [GOOD], grafana, at, before, portal, later }: Scene = {}): Case {
  return async (group) => {
    origin.answerWith(grafanaLike({ tokens: { [KEY.token]: {} }, ...grafana }));
    const first = await AdminGateway.create({ vars, keys, ...(at !== undefined && { at }) });
    await before?.(first);
    const gateway = later ? first.another('here', { vars: { ...vars, ...later }, keys }) : first;
    const order = { group, ...(portal !== undefined && { portal }) };
    const findings: Finding[] = [];
    let cursor: string | null | undefined;
    do {
      const asked = cursor === undefined ? order : { ...order, cursor };
      const answer = DoctorAnswer.parse(await gateway.order('POST', '/doctor', asked));
      findings.push(...answer.findings);
      cursor = answer.cursor;
    } while (cursor !== null);
    return findings;
  };
}

/** The token of the key of the tests, as Grafana has it. */
const token = (condition: TokenCondition): Scene => ({ grafana: { tokens: { [KEY.token]: condition } } });

/** The same with other bindings than the real ones, without waiting for what does not come. */
function bound(bindings: Readonly<Record<string, unknown>>): Case {
  return (group) => fastForward(() => scene({ vars: bindings })(group));
}

/** KV that never shows what was written. */
function forgetful(): KvBinding {
  const real = BOUND.POSTERN_KV;
  return {
    get: async (names: string[]) => new Map(names.map((name) => [name, null])),
    put: real.put.bind(real),
    delete: real.delete.bind(real),
    list: real.list.bind(real),
  } as unknown as KvBinding;
}

/** KV whose writes fail. */
function readOnly(): KvBinding {
  const real = BOUND.POSTERN_KV;
  const put = () => Promise.reject(new Error('KV PUT failed: 500 Internal'));
  return {
    get: real.get.bind(real),
    put,
    delete: real.delete.bind(real),
    list: real.list.bind(real),
  } as unknown as KvBinding;
}

/** Objects that do not answer. */
const broken = {
  getByName: () => new Proxy({}, { get: () => () => Promise.reject(new Error('object is gone')) }),
};

/** Calls of a region as the engine refuses them, and what another answers. */
function region(answer: () => Response | Promise<Response>, url = REGION): Case {
  return (group) => {
    origin.putUp(new URL(url).origin, answer);
    return scene({ vars: { ONCALL_REGIONS: JSON.stringify({ eu: { url } }) } })(group);
  };
}
const refuse = () => Response.json({ detail: 'Invalid token.' }, { status: 403 });

const store =
  (order: Readonly<Record<string, unknown>> = {}) =>
  async (gateway: AdminGateway) => {
    const token = STORED.token;
    await gateway.order('PUT', '/keys/2/portal', {
      token,
      dashboards: ['uid-one'],
      maxSessionSeconds: 60,
      force: true,
      ...order,
    });
    skipWritePause();
  };
const pass = (seconds: number) => async (gateway: AdminGateway) => {
  await store()(gateway);
  gateway.now += seconds;
};

/** Each check where it is at its worst, and where all is well. */
const PAIRS: Readonly<Record<CheckName, { readonly bad: Case; readonly good: Case }>> = {
  'gateway.configuration': {
    bad: scene({ vars: { FRAME_ANCESTORS: '*' } }),
    good: scene(),
  },
  'gateway.former-secrets': {
    bad: scene({ vars: { POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` } }),
    good: scene(),
  },
  'gateway.admin-host': { bad: scene(), good: scene({ vars: { ADMIN_HOST: HOST } }) },
  'gateway.https': { bad: scene({ vars: { PUBLIC_URL: 'http://dash.example.com' } }), good: scene() },
  'storage.kv': { bad: bound({ POSTERN_KV: readOnly() }), good: bound({}) },
  'storage.kv-visible': { bad: bound({ POSTERN_KV: forgetful() }), good: bound({}) },
  'storage.ledger': { bad: bound({ POSTERN_LEDGER: broken }), good: bound({}) },
  'storage.sign-ins': {
    bad: scene({ vars: { ...SIGN_IN, POSTERN_SIGN_INS: broken } }),
    good: scene({ vars: SIGN_IN }),
  },
  'origin.reachable': {
    bad: scene({ grafana: { health: () => Promise.reject(new TypeError('no such host')) } }),
    good: scene(),
  },
  'origin.version': {
    bad: scene({
      grafana: { health: () => Response.json({ database: 'failing', version: '12.1.0' }, { status: 503 }) },
    }),
    good: scene(),
  },
  'origin.framing': {
    bad: scene({ grafana: { pageHeaders: { 'Content-Security-Policy': 'sandbox' } } }),
    good: scene(),
  },
  'origin.redirect': { bad: scene({ grafana: { redirect: `https://${HOST}/` } }), good: scene() },
  'origin.root-url': { bad: scene({ grafana: { rootUrl: 'http://localhost:3000/' } }), good: scene() },
  'origin.live': {
    bad: scene({
      keys: [{ ...GOOD, live: true }],
      grafana: { handshake: () => new Response('origin not allowed', { status: 403 }) },
    }),
    good: scene({ keys: [{ ...GOOD, live: true }] }),
  },
  'origin.underscores': {
    bad: scene({ vars: { UNDERSCORE_HEADERS: 'keep' }, grafana: { echoes: (name) => !name.includes('_') } }),
    good: scene({ vars: { UNDERSCORE_HEADERS: 'keep' }, grafana: { echoes: () => true } }),
  },
  'origin.open': {
    bad: scene({ vars: { ORIGIN_HEADERS: '{"X-Guard":"word"}' } }),
    good: scene({ vars: { ORIGIN_HEADERS: '{"X-Guard":"word"}' }, grafana: { guard: 'X-Guard' } }),
  },
  'origin.anonymous': {
    bad: scene({ vars: { VISITORS: 'pass' }, grafana: { isAnonymousOn: true } }),
    good: scene({ vars: { VISITORS: 'pass' } }),
  },
  'origin.clock': { bad: scene({ grafana: { clock: NOW - 300 } }), good: scene() },
  'key.readable': {
    bad: scene({ before: store(), later: { POSTERN_SECRETS: OTHER_SECRET } }),
    good: scene({ before: store() }),
  },
  'key.works': { bad: scene({ grafana: { tokens: {} } }), good: scene() },
  'key.role': { bad: scene(token({ role: 'Editor' })), good: scene(token({ role: 'Viewer' })) },
  'key.organisation': { bad: scene(token({ orgId: 9 })), good: scene(token({ orgId: 1 })) },
  'key.expiry': {
    bad: scene({ keys: [{ ...GOOD, expires: '2024-09-01' }] }),
    good: scene({ keys: [{ ...GOOD, expires: '2025-09-01' }] }),
  },
  'key.age': {
    bad: scene({ keys: [], before: pass(400 * DAY) }),
    good: scene({ keys: [], before: pass(100 * DAY) }),
  },
  'key.session': { bad: scene({ keys: [entryOf(KEY, { dashboards: ['uid-one'] })] }), good: scene() },
  'key.scope': { bad: scene({ keys: [{ ...GOOD, dashboards: ['*'] }] }), good: scene() },
  'key.queries': {
    bad: scene(token({ queries: ['datasources:*'] })),
    good: scene(token({ queries: ['datasources:uid:one'] })),
  },
  'embedding.cookie': {
    bad: scene({ vars: { PUBLIC_URL: 'http://dash.example.com' }, portal: PORTAL }),
    good: scene({ portal: PORTAL }),
  },
  'embedding.mixed': {
    bad: scene({ vars: { PUBLIC_URL: 'http://dash.example.com' }, portal: PORTAL }),
    good: scene({ portal: PORTAL }),
  },
  'embedding.ancestors': {
    bad: scene({ portal: PORTAL }),
    good: scene({ vars: { FRAME_ANCESTORS: `'self' ${PORTAL}` }, portal: PORTAL }),
  },
  'embedding.key-ancestors': {
    bad: scene({ keys: [{ ...GOOD, frameAncestors: ['https://other.example.com'] }], portal: PORTAL }),
    good: scene({ keys: [{ ...GOOD, frameAncestors: ['https://*.example.com'] }], portal: PORTAL }),
  },
  'embedding.public-url': {
    bad: scene({ vars: { ADMIN_HOST: HOST } }),
    good: scene({ vars: { ADMIN_HOST: HOST, PUBLIC_URL: 'https://shown.example.com' } }),
  },
  'oncall.region': { bad: region(() => new Response('', { status: 530 })), good: region(refuse) },
  'oncall.https': { bad: plainRegion, good: region(refuse) },
};

/** A configuration takes no such region: should one come by another way, it is seen all the same. */
async function plainRegion(): Promise<readonly Finding[]> {
  const { judgeScheme } = await import('../../src/admin/doctor/oncall.ts');
  const upstream = {
    base: 'http://oncall.test',
    host: 'oncall.test',
    prefix: '',
    headers: [],
    timeoutSeconds: 60,
  };
  return [judgeScheme({ name: 'eu', upstream: { ...upstream, frameAncestors: undefined } })];
}

test('every row of the tables has a case where it is at its worst, and one where all is well', () => {
  expect(Object.keys(PAIRS).sort()).toEqual(Object.keys(TABLE).sort());
  expect(Object.keys(TABLE)).toHaveLength(
    [GATEWAY_CHECKS, STORAGE_CHECKS, ORIGIN_CHECKS, KEY_CHECKS, EMBEDDING_CHECKS, ONCALL_CHECKS]
      .map((table) => Object.keys(table).length)
      .reduce((sum, length) => sum + length),
  );
});

test.each(Object.entries(TABLE))('%s says when it is red or yellow', (_, { red, yellow, title, why }) => {
  expect(red ?? yellow).toBeDefined();
  for (const text of [red, yellow, why]) if (text !== undefined) expect(text).toMatch(/^[`A-Z].*\.$/s);
  expect(title).not.toMatch(/\.$/);
});

describe.each(Object.entries(PAIRS))('%s', (check, { bad, good }) => {
  const row = TABLE[check];

  test('is seen at its worst, with what to do', async () => {
    const found = (await bad(row?.group ?? '')).filter((finding) => finding.check === check);
    const worst = row?.red === undefined ? 'yellow' : 'red';
    expect(found.map(({ verdict }) => verdict)).toContain(worst);
    for (const finding of found) {
      expect(finding.why).toBe(row?.why);
      if (finding.verdict === worst) expect(finding.fix).toMatch(/\.$/);
      expect(finding.seen).toMatch(/\.$/);
    }
  });

  test('is green where all is well', async () => {
    const found = (await good(row?.group ?? '')).filter((finding) => finding.check === check);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'green')).toEqual([]);
    for (const finding of found) expect(finding.fix).toBeUndefined();
  });
});

/** Where a check has both, the lesser one; and where nobody can look. */
const FURTHER: readonly (readonly [
  what: string,
  check: CheckName,
  verdict: string,
  run: Case,
  words: string,
])[] = [
  [
    'an origin that is slow to answer is',
    'origin.reachable',
    'yellow',
    slowly(3_000),
    'answered 200 after 3',
  ],
  [
    'an origin that answers with an error is',
    'origin.reachable',
    'red',
    scene({ grafana: { health: () => new Response('', { status: 502 }) } }),
    '502',
  ],
  [
    'an origin that wants a guard’s headers is',
    'origin.reachable',
    'yellow',
    scene({ grafana: { guard: 'X-Guard' } }),
    '403',
  ],
  [
    'what is no Grafana is',
    'origin.version',
    'yellow',
    scene({ grafana: { health: () => new Response('<h1>hello</h1>') } }),
    'not recognised',
  ],
  [
    'a Grafana that hides its version is',
    'origin.version',
    'green',
    scene({ grafana: { health: () => Response.json({ database: 'ok' }) } }),
    'hides its version',
  ],
  [
    'a Grafana that may be embedded past the gateway is',
    'origin.framing',
    'green',
    scene({ grafana: { pageHeaders: { 'X-Frame-Options': '' } } }),
    'allow_embedding',
  ],
  [
    "a policy that lets sockets go to Grafana's own name is",
    'origin.framing',
    'yellow',
    scene({
      grafana: {
        pageHeaders: {
          'Content-Security-Policy': "script-src 'self'; connect-src 'self' wss://localhost:3000/",
        },
      },
    }),
    'localhost:3000',
  ],
  [
    'a policy that lets them go to the gateway is',
    'origin.framing',
    'green',
    scene({ grafana: { pageHeaders: { 'Content-Security-Policy': `connect-src 'self' wss://${HOST}/` } } }),
    'says itself',
  ],
  [
    'a redirect within the host is',
    'origin.redirect',
    'green',
    scene({ grafana: { redirect: '/login' } }),
    'same host',
  ],
  ['root_url without a key is', 'origin.root-url', 'skipped', scene({ keys: [] }), 'no key'],
  [
    'root_url without a known address is',
    'origin.root-url',
    'skipped',
    scene({ vars: { ADMIN_HOST: HOST } }),
    'PUBLIC_URL',
  ],
  [
    'a handshake that fails where nobody needs it is',
    'origin.live',
    'yellow',
    scene({ grafana: { handshake: () => new Response('', { status: 404 }) } }),
    '404',
  ],
  [
    'a handshake that fails where people sign in is',
    'origin.live',
    'red',
    scene({ vars: SIGN_IN, grafana: { handshake: () => new Response('', { status: 400 }) } }),
    '400',
  ],
  ['a handshake without a key is', 'origin.live', 'skipped', scene({ keys: [] }), 'no key'],
  [
    'an origin that shows nothing of its headers is',
    'origin.underscores',
    'skipped',
    scene(),
    'does not show',
  ],
  [
    'lost underscores that nobody sends are',
    'origin.underscores',
    'green',
    scene({ grafana: { echoes: (name) => !name.includes('_') } }),
    'hyphenate',
  ],
  ['an origin without any guard is', 'origin.open', 'yellow', scene(), 'No ORIGIN_HEADERS'],
  [
    'an origin without any guard that believes headers is',
    'origin.open',
    'red',
    scene({ vars: { ...SIGN_IN, ORIGIN_IDENTITY: 'auth-proxy', GF_AUTH_PROXY_HEADER_NAME: 'X-Somebody' } }),
    'X-Somebody',
  ],
  ['an origin on this machine is', 'origin.open', 'skipped', loopback, 'this machine'],
  [
    'anonymous access that nobody comes to is',
    'origin.anonymous',
    'yellow',
    scene({ grafana: { isAnonymousOn: true } }),
    'served as anonymous',
  ],
  [
    'a clock that is a little off is',
    'origin.clock',
    'yellow',
    scene({ grafana: { clock: NOW + 30 } }),
    '30 seconds ahead',
  ],
  [
    "Cloudflare's clock is",
    'origin.clock',
    'skipped',
    scene({
      grafana: { health: () => Response.json({ database: 'ok' }, { headers: { 'CF-Ray': '1-FRA' } }) },
    }),
    'Cloudflare',
  ],
  ['a key that the origin cannot be asked about is', 'key.works', 'skipped', unreached, 'could not be asked'],
  [
    'a disabled key is',
    'key.works',
    'skipped',
    scene({
      keys: [],
      before: async (gateway) => {
        await store()(gateway);
        await gateway.order('PATCH', '/keys/2/portal', { disabled: true });
      },
    }),
    'disabled',
  ],
  ['no key at all is', 'key.works', 'skipped', scene({ keys: [] }), 'No key'],
  [
    'a key that expires soon is',
    'key.expiry',
    'yellow',
    scene({ keys: [{ ...GOOD, expires: '2024-09-25' }] }),
    'expires in',
  ],
  ['a key without an expiry is', 'key.expiry', 'green', scene(), 'no expiry'],
  ['the age of a key in SHARE_KEYS is', 'key.age', 'skipped', scene(), 'SHARE_KEYS'],
  [
    'a session of a week is',
    'key.session',
    'yellow',
    scene({ vars: { SHARE_SESSION_MAX_SECONDS: '604800' }, keys: [{ ...GOOD, maxSessionSeconds: 604_800 }] }),
    '604800',
  ],
  [
    '… that the gateway cuts short is',
    'key.session',
    'green',
    scene({ keys: [{ ...GOOD, maxSessionSeconds: 604_800 }] }),
    '86400',
  ],
  [
    'a key without dashboards is',
    'key.scope',
    'yellow',
    scene({ keys: [entryOf(KEY, { maxSessionSeconds: 60 })] }),
    'No dashboards are listed',
  ],
  ['a key with Live is', 'key.scope', 'yellow', scene({ keys: [{ ...GOOD, live: true }] }), 'Live is open'],
  [
    'a key with resources is',
    'key.scope',
    'yellow',
    scene({ keys: [{ ...GOOD, resources: ['one', 'two'] }] }),
    '2 data sources',
  ],
  [
    'queries that Grafana tells nothing of are',
    'key.queries',
    'yellow',
    scene(token({ queries: 'unsaid' })),
    'does not say',
  ],
  [
    'an account that may query nothing is',
    'key.queries',
    'green',
    scene(token({ queries: [] })),
    'no data source',
  ],
  ['a key with a role that Grafana does not tell is', 'key.role', 'skipped', untold, 'does not say'],
  [
    'loopback without TLS is',
    'gateway.https',
    'green',
    scene({ at: 'http://localhost:8787' }),
    'this machine',
  ],
  [
    '… and inside other pages',
    'embedding.cookie',
    'yellow',
    scene({ at: 'http://localhost:8787' }),
    'SameSite=None',
  ],
  [
    'a portal without TLS is',
    'embedding.mixed',
    'yellow',
    scene({ portal: 'http://portal.example.com' }),
    'read the links',
  ],
  [
    'a portal that only keys know is',
    'embedding.ancestors',
    'yellow',
    scene({ keys: [{ ...GOOD, frameAncestors: [PORTAL] }], portal: PORTAL }),
    "key's own list",
  ],
  ['the gateway’s own page is', 'embedding.ancestors', 'green', scene({ portal: `https://${HOST}` }), HOST],
  ['a portal that nobody names is', 'embedding.ancestors', 'skipped', scene(), 'No address'],
  [
    'another address than PUBLIC_URL is',
    'embedding.public-url',
    'yellow',
    scene({ vars: { PUBLIC_URL: 'https://shown.example.com' } }),
    'shown.example.com',
  ],
  [
    'a former secret that still seals keys is',
    'gateway.former-secrets',
    'yellow',
    scene({ before: store(), later: { POSTERN_SECRETS: `${OTHER_SECRET} ${SECRET}` } }),
    '1 stored key is',
  ],
  [
    'a region that is no OnCall is',
    'oncall.region',
    'yellow',
    region(() => new Response('<h1>hello</h1>')),
    'not as OnCall',
  ],
  [
    'a region that cannot be reached is',
    'oncall.region',
    'red',
    region(() => Promise.reject(new TypeError('down'))),
    'could not be reached',
  ],
  ['OnCall that is off is', 'oncall.region', 'skipped', scene({ vars: { ONCALL_PATH: 'off' } }), 'off'],
  ['KV that is not bound is', 'storage.kv', 'red', bound({ POSTERN_KV: undefined }), 'not bound'],
  [
    'ledgers that are not bound are',
    'storage.ledger',
    'yellow',
    bound({ POSTERN_LEDGER: undefined }),
    'not bound',
  ],
  ['sign-in that is off has', 'storage.sign-ins', 'skipped', scene(), 'off'],
];

test.each(FURTHER)('%s %s: %s', async (_, check, verdict, run, words) => {
  const found = (await run(TABLE[check]?.group ?? '')).filter((finding) => finding.check === check);
  expect(found.map((finding) => finding.verdict)).toEqual([verdict]);
  expect(found[0]?.seen).toContain(words);
});

function slowly(milliseconds: number): Case {
  return async (group) => {
    const run = scene({
      grafana: {
        health: async () => {
          await new Promise((resolve) => setTimeout(resolve, milliseconds));
          return Response.json({ database: 'ok', version: '12.1.0' });
        },
      },
    });
    return fastForward(() => run(group));
  };
}

async function loopback(group: string): Promise<readonly Finding[]> {
  origin.putUp('http://localhost:3000', grafanaLike());
  return scene({ vars: { ORIGIN_URL: 'http://localhost:3000' } })(group);
}

async function unreached(group: string): Promise<readonly Finding[]> {
  const run = scene();
  const asked = run(group);
  origin.answerWith(() => Promise.reject(new TypeError('down')));
  return asked;
}

/** A Grafana that tells of a token that it is taken, and nothing else. */
async function untold(group: string): Promise<readonly Finding[]> {
  const asked = scene()(group);
  origin.answerWith((request) =>
    request.url === `${ORIGIN}/api/org`
      ? Response.json({ id: 1, name: 'Main Org.' })
      : new Response('', { status: 404 }),
  );
  return asked;
}
