import { describe, expect, test } from 'vitest';
import { SIGN_IN_CHECKS } from '../../src/api/checks-sign-in.ts';
import { ADMIN_TOKEN } from '../support/admin.ts';
import { fastForward } from '../support/clock.ts';
import { readProblem } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';
import {
  CALLBACK,
  DOCUMENT,
  HealthScene,
  ISSUER,
  keyOf,
  leadBack,
  refuseCode,
  verdictsOf,
} from './health-scene.ts';

const DONE = 'postern_refreshes_total{outcome="done"}';
const refreshFailed = (reason: string) => `postern_refreshes_total{outcome="failed",reason="${reason}"}`;
const ended = (reason: string) => `postern_refreshes_total{outcome="ended",reason="${reason}"}`;
const refused = (reason: string) => `postern_sign_in_refusals_total{reason="${reason}"}`;
const SIGNED_IN = 'postern_sign_ins_total';

test('a provider that is well is green, in every check that can be made, each with its sentence', async () => {
  const scene = await HealthScene.create();
  const { status, findings } = await scene.look();
  expect(findings.map(({ check }) => check)).toEqual(Object.keys(SIGN_IN_CHECKS));
  expect(verdictsOf(findings)).toEqual({
    ...Object.fromEntries(Object.keys(SIGN_IN_CHECKS).map((check) => [check, 'green'])),
    'sso.assertion': 'skipped',
  });
  expect(status).toBe('green');
  for (const { seen, why } of findings)
    expect([seen, why]).toEqual([expect.stringMatching(/^\S.+\.$/), expect.stringMatching(/^\S.+\.$/)]);
});

describe('sso.discovery', () => {
  test.each([
    ['does not answer', () => Promise.reject(new TypeError('no route')), 'could not be reached'],
    ['answers 404', () => new Response('', { status: 404 }), 'answered 404'],
    ['answers 503', () => new Response('', { status: 503 }), 'answered 503'],
    ['leads elsewhere', () => Response.redirect('https://evil.test/', 302), 'answered 302'],
    ['answers a page', () => new Response('<h1>Wi-Fi</h1>'), 'something else than a JSON object'],
    ['answers a list', () => Response.json([]), 'something else than a JSON object'],
    ['never ends', () => new Response(endless()), 'longer than 256 KiB'],
  ] as const)('is red where the provider %s', async (_what, answer, sentence) => {
    const scene = await HealthScene.create();
    scene.instead.set('discovery', answer);
    const { status, findings } = await scene.look();
    expect(findings[0]).toMatchObject({ check: 'sso.discovery', verdict: 'red' });
    expect(findings[0]?.seen).toContain(sentence);
    expect(status).toBe('red');
    // What hangs on it says so, and guesses nothing.
    expect(verdictsOf(findings)).toMatchObject({ 'sso.issuer': 'skipped', 'sso.endpoints': 'skipped' });
  });

  test('is red where there is no answer in time, and yellow where it took long', async () => {
    const scene = await HealthScene.create();
    scene.instead.set('discovery', () => new Promise(() => undefined));
    const slow = await fastForward(() => scene.find('sso.discovery'));
    expect([slow.verdict, slow.seen]).toEqual(['red', expect.stringContaining('within 6 seconds')]);
    scene.instead.set('discovery', async () => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      return Response.json(DOCUMENT);
    });
    const late = await fastForward(() => scene.find('sso.discovery'));
    expect(late.verdict).toBe('yellow');
    expect(late.milliseconds).toBeGreaterThanOrEqual(3_000);
  });
});

describe('sso.issuer', () => {
  test.each([[`${ISSUER}/`], ['https://other.test'], [undefined], ['https://<!channel>\u0007.test']])(
    'is red where the document names %s',
    async (issuer) => {
      const scene = await HealthScene.create();
      scene.document = { ...DOCUMENT, issuer };
      const found = await scene.find('sso.issuer');
      expect([found.verdict, found.seen]).toEqual([
        'red',
        expect.stringContaining(`SSO_ISSUER is "${ISSUER}"`),
      ]);
      expect(found.seen).not.toContain('\u0007');
    },
  );
});

describe('sso.endpoints', () => {
  test('is yellow where a configured one differs, and names both', async () => {
    const scene = await HealthScene.create({ GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: `${ISSUER}/old-keys` });
    const found = await scene.find('sso.endpoints');
    expect(found.verdict).toBe('yellow');
    expect(found.seen).toContain(`GF_AUTH_GENERIC_OAUTH_JWK_SET_URL is ${ISSUER}/old-keys`);
    expect(found.seen).toContain(`jwks_uri is ${ISSUER}/keys`);
  });

  test('is green where what is configured is the same', async () => {
    const scene = await HealthScene.create({ GF_AUTH_GENERIC_OAUTH_TOKEN_URL: `${ISSUER}/token` });
    expect((await scene.find('sso.endpoints')).verdict).toBe('green');
  });

  test.each([
    ['token_endpoint', undefined],
    ['authorization_endpoint', 'http://id.health.test/auth'],
  ])('is red where %s is %s', async (member, value) => {
    const scene = await HealthScene.create();
    scene.document = { ...DOCUMENT, [member]: value };
    const found = await scene.find('sso.endpoints');
    expect([found.verdict, found.seen]).toEqual(['red', `The document has no usable ${member}.`]);
  });
});

describe('sso.keys', () => {
  test.each([
    ['cannot be had', () => new Response('', { status: 500 }), 'answered 500'],
    ['are no set', () => Response.json({ keys: 'none' }), 'no key set'],
    ['are none', () => Response.json({ keys: [] }), 'no key that can verify'],
    [
      'are secrets, or for encryption',
      () =>
        Response.json({
          keys: [{ kty: 'oct', k: 'c2VjcmV0' }, { ...keyOf('one'), use: 'enc' }, 'text', null],
        }),
      'no key that can verify',
    ],
    [
      'are ten thousand small ones',
      () => Response.json({ keys: Array.from({ length: 10_000 }, () => ({ kty: 'RSA' })) }),
      'has 10000 keys',
    ],
    [
      'are ten thousand',
      () => Response.json({ keys: Array.from({ length: 10_000 }, (_, at) => keyOf(`key-${at}`)) }),
      'longer than 256 KiB',
    ],
    [
      'are 10 MB',
      () => Response.json({ keys: [keyOf('one', 'A'.repeat(10_000_000))] }),
      'longer than 256 KiB',
    ],
  ] as const)('is red where they %s', async (_what, answer, sentence) => {
    const scene = await HealthScene.create();
    scene.instead.set('keys', answer);
    const found = await scene.find('sso.keys');
    expect([found.verdict, found.seen]).toEqual(['red', expect.stringContaining(sentence)]);
  });

  test('says which keys came and went since the last check, and stays green while one is left', async () => {
    const scene = await HealthScene.create();
    expect((await scene.find('sso.keys')).seen).toMatch(/^The provider has 2 keys, read in \d+ ms\.$/);
    scene.keys = [keyOf('three'), keyOf('two')];
    const changed = await scene.find('sso.keys');
    expect(changed.verdict).toBe('green');
    expect(changed.seen).toMatch(/; added since the last check: three; removed: one\.$/);
    expect((await scene.find('sso.keys')).seen).toMatch(/; the same as at the last check\.$/);
  });

  test('takes no word of a provider into its sentence that is no plain id', async () => {
    const scene = await HealthScene.create();
    await scene.look();
    scene.keys = [...scene.keys, keyOf('\u001b[31mred <b>'), keyOf('x'.repeat(65))];
    const { seen } = await scene.find('sso.keys');
    expect(seen).toMatch(/added since the last check: #[\w-]{8}, #[\w-]{8}\.$/);
  });
});

describe('sso.client', () => {
  test.each([
    ['the secret is another', () => Response.json({ error: 'invalid_client' }, { status: 401 }), 'red'],
    ['it is not authorised', () => Response.json({ error: 'unauthorized_client' }, { status: 400 }), 'red'],
    ['GitHub does not know it', () => Response.json({ error: 'incorrect_client_credentials' }), 'red'],
    ['GitHub does', () => Response.json({ error: 'bad_verification_code' }), 'green'],
    ['something else is wrong', () => Response.json({ error: 'invalid_request' }, { status: 400 }), 'yellow'],
    ['a page answers', () => new Response('<h1>hello</h1>'), 'yellow'],
    [
      'a code is taken that nobody got',
      () => Response.json({ access_token: 'opaque', token_type: 'bearer' }),
      'yellow',
    ],
    ['nobody answers', () => Promise.reject(new TypeError('no route')), 'red'],
    ['it answers 503', () => new Response('', { status: 503 }), 'red'],
  ] as const)('where %s', async (_what, answer, verdict) => {
    const scene = await HealthScene.create();
    scene.instead.set('token', answer);
    expect((await scene.find('sso.client')).verdict).toBe(verdict);
  });

  test('tells how to put the new secret, and not the old one', async () => {
    const scene = await HealthScene.create();
    scene.instead.set('token', (request) => refuseCode(request, 'another secret'));
    const { seen, fix } = await scene.find('sso.client');
    expect(seen).toBe(`${ISSUER}/token does not take the client id or its secret (invalid_client).`);
    expect(fix).toContain('npx wrangler secret put GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET');
  });

  test('shows the secret in the way that is configured', async () => {
    const scene = await HealthScene.create({ GF_AUTH_GENERIC_OAUTH_AUTH_STYLE: 'InParams' });
    scene.instead.set('token', async (request) => {
      const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
      const isShown = form.has('client_secret') && !request.headers.has('Authorization');
      return Response.json({ error: isShown ? 'invalid_grant' : 'invalid_client' }, { status: 400 });
    });
    expect((await scene.find('sso.client')).verdict).toBe('green');
  });
});

describe('sso.redirect', () => {
  test.each([
    ['the provider refuses it', () => new Response('no', { status: 400 }), 'red', 'with 400'],
    [
      'a scope is not allowed',
      (request: Request) => leadBack(request, 'invalid_scope'),
      'red',
      'with invalid_scope',
    ],
    [
      'the provider is busy',
      (request: Request) => leadBack(request, 'temporarily_unavailable'),
      'yellow',
      'with temp',
    ],
    ['a sign-in page answers', () => new Response('<h1>Sign in</h1>'), 'green', 'as far as can be told'],
    [
      'it leads to a sign-in',
      () => new Response(null, { status: 302, headers: { Location: '/login' } }),
      'green',
      'as far as can be told',
    ],
    [
      'it leads nowhere',
      () => new Response(null, { status: 302, headers: { Location: 'https://' } }),
      'green',
      'as far as can be told',
    ],
    ['too many ask', () => new Response('', { status: 429 }), 'yellow', 'answered 429'],
    ['it answers 502', () => new Response('', { status: 502 }), 'red', 'answered 502'],
    ['nobody answers', () => Promise.reject(new TypeError('no route')), 'red', 'could not be reached'],
  ] as const)('where %s', async (_what, answer, verdict, sentence) => {
    const scene = await HealthScene.create();
    scene.instead.set('authorization', answer);
    const found = await scene.find('sso.redirect');
    expect([found.verdict, found.seen]).toEqual([verdict, expect.stringContaining(sentence)]);
  });

  test('is skipped by the cron where nobody says the address of the gateway, and made where a request does', async () => {
    const scene = await HealthScene.create({ PUBLIC_URL: undefined });
    expect((await scene.find('sso.redirect')).verdict).toBe('green');
    await scene.tick();
    const { findings = [] } = await scene.ask({ Authorization: `Bearer ${ADMIN_TOKEN}` });
    expect(findings.find(({ check }) => check === 'sso.redirect')).toMatchObject({
      verdict: 'skipped',
      fix: 'Set PUBLIC_URL.',
    });
  });

  test('says which address to register', async () => {
    const scene = await HealthScene.create();
    scene.instead.set('authorization', () => new Response('', { status: 400 }));
    expect((await scene.find('sso.redirect')).fix).toContain(`Register ${CALLBACK} `);
  });
});

describe('sso.clock', () => {
  test.each([
    [0, 'green'],
    [30, 'green'],
    [-30, 'green'],
    [32, 'yellow'],
    [-60, 'yellow'],
    [62, 'red'],
    [-3_600, 'red'],
  ] as const)('with the provider %d seconds ahead is %s', async (seconds, verdict) => {
    const scene = await HealthScene.create();
    scene.skewSeconds = seconds;
    const found = await scene.find('sso.clock');
    expect([found.verdict, found.ageSeconds]).toEqual([verdict, Math.abs(seconds)]);
  });

  test('counts the time that a cache has kept the answer for', async () => {
    const scene = await HealthScene.create();
    scene.skewSeconds = -600;
    scene.headers = { Age: '600' };
    expect((await scene.find('sso.clock')).verdict).toBe('green');
  });

  test('is skipped where nobody names the time', async () => {
    const scene = await HealthScene.create();
    scene.headers = { Date: 'soon' };
    expect((await scene.find('sso.clock')).verdict).toBe('skipped');
  });
});

describe('sso.refreshes', () => {
  test.each([
    ['none', [], 'green'],
    ['many that went well', [[DONE, 40]], 'green'],
    [
      'some sessions that the provider ended',
      [
        [DONE, 40],
        [ended('refresh-refused'), 4],
      ],
      'green',
    ],
    [
      'one that failed',
      [
        [DONE, 40],
        [refreshFailed('timeout'), 1],
      ],
      'yellow',
    ],
    [
      'more that failed than not',
      [
        [DONE, 2],
        [refreshFailed('timeout'), 3],
      ],
      'red',
    ],
    ['two that failed alone', [[refreshFailed('userinfo'), 2]], 'yellow'],
  ] as const)('with %s', async (_what, counts, verdict) => {
    const scene = await HealthScene.create();
    await scene.count(...counts);
    expect((await scene.find('sso.refreshes')).verdict).toBe(verdict);
  });

  test('says how many, and why', async () => {
    const scene = await HealthScene.create();
    await scene.count([DONE, 1], [refreshFailed('timeout'), 2], [refreshFailed('userinfo'), 5]);
    expect((await scene.find('sso.refreshes')).seen).toBe(
      'In the last hour: 1 refresh done, 7 failed, 0 sessions ended (userinfo 5, timeout 2).',
    );
  });

  test('forgets what is older than an hour', async () => {
    const scene = await HealthScene.create();
    await scene.count([refreshFailed('timeout'), 9]);
    scene.gateway.now += 3_300;
    expect((await scene.find('sso.refreshes')).seen).toMatch(/0 failed/);
  });

  test('is skipped where refresh tokens are not used', async () => {
    const scene = await HealthScene.create({ GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'false' });
    expect((await scene.find('sso.refreshes')).verdict).toBe('skipped');
  });
});

describe('sso.sign-ins', () => {
  test.each([
    ['none', [], 'green'],
    ['people who may not', [[refused('not-in-groups'), 50]], 'green'],
    [
      'what anybody can cause',
      [
        [refused('attempt-unknown'), 50],
        [refused('denied'), 9],
        [refused('provider: grant-refused'), 9],
      ],
      'green',
    ],
    [
      'one that the provider failed',
      [
        [SIGNED_IN, 9],
        [refused('provider: timeout'), 1],
      ],
      'yellow',
    ],
    [
      'tokens that do not hold',
      [
        [SIGNED_IN, 1],
        [refused('id-token: signature'), 3],
      ],
      'red',
    ],
    ['a client that is refused', [[refused('provider: client-refused'), 3]], 'red'],
  ] as const)('with %s', async (_what, counts, verdict) => {
    const scene = await HealthScene.create();
    await scene.count(...counts);
    const found = await scene.find('sso.sign-ins');
    expect(found.verdict).toBe(verdict);
    for (const [series] of counts) {
      const [, reason] = /reason="([^"]+)"/.exec(series) ?? [];
      if (reason) expect(found.seen).toContain(reason);
    }
  });
});

describe('sso.assertion', () => {
  const PROBE = { SSO_PROBE_LOGIN: 'postern-probe' };

  test('is green where Grafana takes the test user for who they are', async () => {
    const scene = await HealthScene.create(PROBE);
    origin.answerWith(({ headers, url }) => {
      expect(new URL(url).pathname).toBe('/api/user');
      return Response.json({ login: claimsOf(headers).login });
    });
    expect((await scene.find('sso.assertion')).verdict).toBe('green');
    expect(claimsOf(origin.only.headers)).toMatchObject({
      login: 'postern-probe',
      role: 'Viewer',
      iss: 'https://dash.example.com',
    });
  });

  test.each([
    [
      'refuses',
      () => Response.json({ messageId: 'auth.jwt.invalid' }, { status: 401 }),
      '401 (auth.jwt.invalid)',
    ],
    ['answers a page', () => new Response('<h1>Grafana</h1>'), 'for somebody else'],
    ['takes them for another', () => Response.json({ login: 'admin' }), 'for somebody else'],
    [
      'leads to its sign-in',
      () => new Response(null, { status: 302, headers: { Location: '/login' } }),
      'answered 302',
    ],
    ['does not answer', () => Promise.reject(new TypeError('no route')), 'could not be reached'],
  ] as const)('is red where Grafana %s', async (_what, answer, sentence) => {
    const scene = await HealthScene.create(PROBE);
    origin.answerWith(answer);
    const found = await scene.find('sso.assertion');
    expect([found.verdict, found.seen]).toEqual(['red', expect.stringContaining(sentence)]);
  });

  test.each([
    ['admin', 'reserved'],
    ['admin@localhost', 'reserved'],
    ['a b@c', 'not-presentable'],
  ])('asks nobody as %s', async (login, reason) => {
    const scene = await HealthScene.create({ SSO_PROBE_LOGIN: login });
    const found = await scene.find('sso.assertion');
    expect([found.verdict, found.seen]).toEqual(['red', expect.stringContaining(reason)]);
    expect(origin.received).toEqual([]);
  });

  test('is skipped where nobody is named', async () => {
    const scene = await HealthScene.create();
    expect((await scene.find('sso.assertion')).verdict).toBe('skipped');
    expect(origin.received).toEqual([]);
  });
});

/** What an assertion says. */
function claimsOf(headers: Headers): Record<string, unknown> {
  const [, payload = ''] = (headers.get('X-JWT-Assertion') ?? '').split('.');
  return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>;
}

describe('a restore of the provider’s database', () => {
  const RECOVER = expect.stringContaining('postern sso recover');

  test('is suspected within one check where all former keys are gone at once, and stays so', async () => {
    const scene = await HealthScene.create();
    await scene.look();
    scene.keys = [keyOf('new')];
    const { status, findings } = await scene.look();
    expect(status).toBe('red');
    const keys = findings.find(({ check }) => check === 'sso.keys');
    expect([keys?.verdict, keys?.fix]).toEqual(['red', RECOVER]);
    expect(keys?.seen).toContain('All 2 former keys are gone at once (one, two), as after a restore');
    const restore = findings.find(({ check }) => check === 'sso.restore');
    expect([restore?.verdict, restore?.fix]).toEqual(['red', RECOVER]);
    expect(restore?.seen).toBe(
      "It looks as if the provider's database was restored: all former keys of the provider were gone at once.",
    );
    const later = await scene.look();
    expect(verdictsOf(later.findings)).toMatchObject({ 'sso.keys': 'green', 'sso.restore': 'red' });
  });

  test('is noticed where the new keys have the old ids', async () => {
    const scene = await HealthScene.create();
    await scene.look();
    scene.keys = [keyOf('one', 'another modulus'), keyOf('two', 'and another')];
    expect((await scene.find('sso.restore')).verdict).toBe('red');
  });

  test('is not suspected of keys that could not be read for a while', async () => {
    const scene = await HealthScene.create();
    await scene.look();
    scene.instead.set('keys', () => new Response('', { status: 503 }));
    expect((await scene.find('sso.restore')).verdict).toBe('green');
    scene.instead.delete('keys');
    expect(verdictsOf((await scene.look()).findings)).toMatchObject({
      'sso.keys': 'green',
      'sso.restore': 'green',
    });
  });

  test('is no longer suspected after a day', async () => {
    const scene = await HealthScene.create();
    await scene.look();
    scene.keys = [keyOf('new')];
    await scene.look();
    scene.gateway.now += 86_400;
    expect((await scene.find('sso.restore')).verdict).toBe('green');
  });

  test.each([
    [
      'many refreshes that are refused at once',
      [
        [DONE, 4],
        [ended('refresh-refused'), 5],
      ],
      'red',
    ],
    ['a few', [[ended('refresh-refused'), 4]], 'green'],
    [
      'many among more that went well',
      [
        [DONE, 60],
        [ended('refresh-refused'), 20],
      ],
      'green',
    ],
    [
      'users who come under another sub',
      [
        [refused('account-taken'), 2],
        [ended('sub-differs'), 1],
      ],
      'red',
    ],
    ['two of them', [[refused('account-taken'), 2]], 'green'],
    [
      'some among more who sign in',
      [
        [SIGNED_IN, 9],
        [refused('account-taken'), 5],
      ],
      'green',
    ],
  ] as const)('with %s', async (_what, counts, verdict) => {
    const scene = await HealthScene.create();
    await scene.count(...counts);
    const found = await scene.find('sso.restore');
    expect(found.verdict).toBe(verdict);
    if (verdict === 'red') expect(found.fix).toEqual(RECOVER);
  });
});

describe('a run is bounded', () => {
  test('where nothing at the provider ever answers: within 20 seconds', async () => {
    const scene = await HealthScene.create({ SSO_PROBE_LOGIN: 'postern-probe' });
    // Sign-in knows the endpoints, and then everything stops.
    await scene.gateway.fetch('/-/login/start');
    for (const endpoint of ['discovery', 'keys', 'token', 'authorization'] as const)
      scene.instead.set(endpoint, () => new Promise(() => undefined));
    origin.answerWith(() => new Promise(() => undefined));
    const before = Date.now();
    const { findings } = await fastForward(() => scene.look());
    expect(Date.now() - before).toBeLessThan(20_000);
    expect(verdictsOf(findings)).toMatchObject({
      'sso.discovery': 'red',
      'sso.client': 'red',
      'sso.redirect': 'red',
      'sso.assertion': 'red',
      'sso.clock': 'skipped',
    });
  });

  test('where the token endpoint alone is dead: the others are green', async () => {
    const scene = await HealthScene.create();
    scene.instead.set('token', () => new Promise(() => undefined));
    const { findings } = await fastForward(() => scene.look());
    const bad = findings.filter(({ verdict }) => verdict === 'red' || verdict === 'yellow');
    expect(bad.map(({ check }) => check)).toEqual(['sso.client']);
  });
});

describe('GET /-/health/sso', () => {
  const asOperator = { Authorization: `Bearer ${ADMIN_TOKEN}` };

  test('tells everybody the status and its time, and nothing else', async () => {
    const scene = await HealthScene.create();
    expect(await scene.ask()).toEqual({ status: 'unknown', checkedAt: null });
    await scene.tick();
    const at = new Date(scene.gateway.now * 1000).toISOString().replace('.000', '');
    scene.gateway.now += 31;
    expect(await scene.ask()).toEqual({ status: 'green', checkedAt: at });
  });

  test('tells of a check that found nothing new, and is no longer sure once nobody has looked for 20 minutes', async () => {
    const scene = await HealthScene.create();
    await scene.tick();
    await scene.tick();
    const at = scene.gateway.now;
    expect(scene.statusWrites).toBe(1);
    scene.gateway.now += 1_200;
    const health = await scene.ask();
    expect([health.status, Date.parse(health.checkedAt ?? '')]).toEqual(['green', at * 1000]);
    scene.gateway.now += 31;
    expect((await scene.ask()).status).toBe('unknown');
  });

  test('asks the provider for nobody but the operator, and for them once in 30 seconds', async () => {
    const scene = await HealthScene.create();
    let asked = 0;
    scene.instead.set('keys', () => {
      asked += 1;
      return Response.json({ keys: scene.keys });
    });
    for (let times = 0; times < 5; times++) await scene.ask();
    expect(asked).toBe(0);
    await Promise.all([scene.ask(asOperator), scene.ask(asOperator), scene.ask(asOperator)]);
    scene.gateway.now += 29;
    await scene.ask(asOperator);
    expect(asked).toBe(1);
    scene.gateway.now += 1;
    await scene.ask(asOperator);
    expect(asked).toBe(2);
  });

  test('takes no wrong token for none', async () => {
    const scene = await HealthScene.create();
    const answer = await scene.gateway.fetch('/-/health/sso', { headers: { Authorization: 'Bearer wrong' } });
    expect([answer.status, (await readProblem(answer)).code]).toEqual([401, 'admin_token_required']);
  });

  test('shows findings on ADMIN_HOST alone', async () => {
    const scene = await HealthScene.create({ ADMIN_HOST: 'admin.example.com' });
    expect((await scene.ask(asOperator)).findings).toBeUndefined();
  });

  test('is off where nobody signs in', async () => {
    const scene = await HealthScene.create({ GF_AUTH_GENERIC_OAUTH_ENABLED: 'false', VISITORS: 'deny' });
    expect(await scene.ask()).toEqual({ status: 'off', checkedAt: null });
    expect(await scene.ask(asOperator)).toEqual({ status: 'off', checkedAt: null, findings: [] });
    await scene.tick();
    expect(scene.statusWrites).toBe(0);
  });

  test.each(['POST', 'PUT', 'DELETE'])('is not there for %s', async (method) => {
    const scene = await HealthScene.create();
    expect((await scene.gateway.fetch('/-/health/sso', { method })).status).toBe(404);
  });
});

/** Spaces, for ever. */
function endless(): ReadableStream {
  const chunk = new TextEncoder().encode(' '.repeat(65_536));
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}
