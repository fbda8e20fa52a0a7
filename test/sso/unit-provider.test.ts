import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import type { ProviderOptions } from '../../src/sso/options.ts';
import { Discovery } from '../../src/sso/provider/discovery.ts';
import type { ProviderFailure } from '../../src/sso/provider/failure.ts';
import { type KeySet, KeySets } from '../../src/sso/provider/key-sets.ts';
import { fastForward } from '../support/clock.ts';
import { NOW } from '../support/gateway.ts';

type Script = () => Response | Promise<Response>;

/** A provider that says whatever a test has it say, and counts how often it was asked. */
class Scripted {
  readonly asked: string[] = [];
  readonly failures: ProviderFailure[] = [];
  script: Script;

  constructor(script: Script) {
    this.script = script;
  }

  readonly context = {
    send: async (request: Request) => {
      expect(request.redirect).toBe('manual');
      this.asked.push(request.url);
      return this.script();
    },
    onFailure: (failure: ProviderFailure) => {
      this.failures.push(failure);
    },
  };
}

/** What goes wrong with any answer of a provider. */
const FAULTS: readonly (readonly [what: string, script: Script, failure: ProviderFailure])[] = [
  ['no connection', () => Promise.reject(new TypeError('refused')), 'unreachable'],
  ['status 500', () => new Response('ill', { status: 500 }), 'unreachable'],
  ['status 429', () => new Response('later', { status: 429 }), 'unreachable'],
  ['status 404', () => Response.json({}, { status: 404 }), 'answer-invalid'],
  ['status 204', () => new Response(null, { status: 204 }), 'answer-invalid'],
  ['a redirect', () => Response.redirect('https://evil.test/', 302), 'answer-invalid'],
  ['a page', () => html('<h1>Sign in to the Wi-Fi</h1>'), 'answer-invalid'],
  ['no JSON', () => new Response('{', { headers: { 'Content-Type': 'application/json' } }), 'answer-invalid'],
  ['null', () => Response.json(null), 'answer-invalid'],
  ['a list', () => Response.json([]), 'answer-invalid'],
  ['nothing', () => Response.json({}), 'answer-invalid'],
  ['an answer without end', endless, 'answer-invalid'],
];

function html(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'text/html' } });
}

/** Spaces, for ever: whoever reads it to its end never comes back. */
function endless(): Response {
  const chunk = new TextEncoder().encode(' '.repeat(65_536));
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
  return new Response(body, { headers: { 'Content-Type': 'application/json' } });
}

const { publicKey } = await generateKeyPair('ES256', { extractable: true });
const JWK = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
const keysAnswer = (keys: unknown[], headers: HeadersInit = {}) => Response.json({ keys }, { headers });

describe('a key set', () => {
  const ADDRESS = new URL('https://keys.test/jwks');

  function setUp(script: Script = () => keysAnswer([JWK])) {
    const provider = new Scripted(script);
    const sets = new KeySets(provider.context);
    const find = async (now: number, address = ADDRESS) => {
      const found = await sets.find(address, now);
      return found.ok ? 'found' : found.reason;
    };
    return { provider, sets, find };
  }

  test.each([
    ['nothing said', undefined, 300],
    ['a minute and a half', 'public, max-age=90', 90],
    ['an hour', 'max-age=3600', 3_600],
    ['no time at all', 'no-cache, max-age=0', 60],
    ['a year', 'max-age=31536000', 3_600],
    ['more than a number holds', 'max-age=99999999999999999999', 3_600],
    ['something of caches on the way', 's-maxage=900', 300],
    ['no number', 'max-age=soon', 300],
    ['capitals', 'MAX-AGE=120', 120],
  ])('is relied on as long as its provider says, within bounds: %s', async (_what, control, seconds) => {
    const headers = control === undefined ? {} : { 'Cache-Control': control };
    const { provider, find } = setUp(() => keysAnswer([JWK], headers));
    await find(NOW);
    expect(await find(NOW + seconds - 1)).toBe('found');
    expect(provider.asked).toHaveLength(1);
    await find(NOW + seconds);
    expect(provider.asked).toHaveLength(2);
  });

  test.each(FAULTS)('that cannot be had is none: %s', async (_what, script, failure) => {
    const { provider, find } = setUp(script);
    expect(await find(NOW)).toBe(failure);
    expect(provider.failures).toEqual([failure]);
  });

  test.each([
    ['101 keys', () => keysAnswer(Array.from({ length: 101 }, () => JWK)), 'answer-invalid'],
    ['100 keys', () => keysAnswer(Array.from({ length: 100 }, () => JWK)), 'found'],
    ['a text among the keys', () => keysAnswer(['key', JWK]), 'found'],
    ['a key without its type', () => keysAnswer([{ kid: 'one' }, JWK]), 'found'],
    ['no list of keys', () => Response.json({ keys: {} }), 'answer-invalid'],
    ['more than 256 KiB', () => keysAnswer([{ ...JWK, x5c: ['A'.repeat(262_144)] }]), 'answer-invalid'],
    ['no key', () => keysAnswer([]), 'found'],
    ['a key of a type that nobody knows', () => keysAnswer([{ kty: 'NEW' }, JWK]), 'found'],
  ] as const)('with %s', async (_what, script, outcome) => {
    expect(await setUp(script).find(NOW)).toBe(outcome);
  });

  test('serves for an hour while its provider is away, and no longer', async () => {
    const { provider, find } = setUp();
    await find(NOW);
    provider.script = () => new Response('', { status: 503 });
    expect(await find(NOW + 300)).toBe('found');
    expect(await find(NOW + 3_599)).toBe('found');
    expect(await find(NOW + 3_600)).toBe('unreachable');
    provider.script = () => keysAnswer([JWK]);
    expect(await find(NOW + 3_601)).toBe('found');
  });

  test('is another one where the address is another', async () => {
    const { provider, find } = setUp();
    await find(NOW);
    await find(NOW, new URL('https://keys.test/other'));
    expect(provider.asked).toEqual(['https://keys.test/jwks', 'https://keys.test/other']);
  });

  test('is asked for anew for an unknown key once in 15 seconds, however many come', async () => {
    const { provider, sets, find } = setUp();
    await find(NOW);
    const newer = (now: number) => sets.findNewer(ADDRESS, now);
    const many = await Promise.all(Array.from({ length: 20 }, () => newer(NOW + 20)));
    expect(many.filter((set: KeySet | undefined) => set !== undefined)).toHaveLength(1);
    expect(await newer(NOW + 34)).toBeUndefined();
    expect(provider.asked).toHaveLength(2);
    expect(await newer(NOW + 35)).toBeDefined();
    expect(provider.asked).toHaveLength(3);
    // What was read for one serves all others.
    await find(NOW + 36);
    expect(provider.asked).toHaveLength(3);
  });

  test('that an unknown key made somebody ask for in vain leaves the former one', async () => {
    const { provider, sets, find } = setUp();
    await find(NOW);
    provider.script = () => html('');
    expect(await sets.findNewer(ADDRESS, NOW + 20)).toBeUndefined();
    expect(await find(NOW + 21)).toBe('found');
  });

  test('is read anew once it is forgotten', async () => {
    const { provider, sets, find } = setUp();
    await find(NOW);
    sets.forget();
    await find(NOW);
    expect(provider.asked).toHaveLength(2);
  });

  test('that does not come in time is given up', async () => {
    const { provider, find } = setUp(() => new Promise(() => undefined));
    expect(await fastForward(() => find(NOW))).toBe('timeout');
    expect(provider.failures).toEqual(['timeout']);
  });
});

describe('discovery', () => {
  const ISSUER = 'https://id.test/realm';
  const DOCUMENT = {
    issuer: ISSUER,
    authorization_endpoint: 'https://id.test/authorize',
    token_endpoint: 'https://id.test/token',
    userinfo_endpoint: 'https://id.test/userinfo',
    jwks_uri: 'https://keys.id.test/jwks',
    end_session_endpoint: 'https://id.test/logout',
    id_token_signing_alg_values_supported: ['RS256'],
  };

  const OPTIONS: ProviderOptions = {
    issuer: ISSUER,
    authorizationUrl: undefined,
    tokenUrl: undefined,
    userinfoUrl: undefined,
    keysUrl: undefined,
    idTokenName: 'id_token',
  };

  function setUp(script: Script = () => Response.json(DOCUMENT), options: Partial<ProviderOptions> = {}) {
    const provider = new Scripted(script);
    const discovery = new Discovery({ options: { ...OPTIONS, ...options }, ...provider.context });
    const find = async (now: number) => {
      const found = await discovery.find(now);
      return found.ok ? found.value : found.reason;
    };
    return { provider, discovery, find };
  }

  test('finds what nobody named, where OpenID Connect has it', async () => {
    const { provider, find } = setUp();
    const found = await find(NOW);
    if (typeof found === 'string') throw new Error(found);
    expect(provider.asked).toEqual([`${ISSUER}/.well-known/openid-configuration`]);
    expect(
      [found.authorization, found.token, found.userinfo, found.keys, found.endSession].map(String),
    ).toEqual([
      DOCUMENT.authorization_endpoint,
      DOCUMENT.token_endpoint,
      DOCUMENT.userinfo_endpoint,
      DOCUMENT.jwks_uri,
      DOCUMENT.end_session_endpoint,
    ]);
    expect([found.isIssuerKnown, found.server.issuer, found.idTokenAlgorithms]).toEqual([
      true,
      ISSUER,
      ['RS256'],
    ]);
  });

  test('leaves what the operator named as it is', async () => {
    const token = new URL('https://token.test/');
    const found = await setUp(undefined, { tokenUrl: token }).find(NOW);
    if (typeof found === 'string') throw new Error(found);
    expect([found.token.href, found.server.token_endpoint]).toEqual([token.href, token.href]);
    expect(found.authorization.href).toBe(DOCUMENT.authorization_endpoint);
  });

  test('asks nobody where there is no issuer', async () => {
    const addresses = {
      issuer: undefined,
      authorizationUrl: new URL('https://a.test/authorize'),
      tokenUrl: new URL('https://b.test/token'),
    };
    const { provider, find } = setUp(undefined, addresses);
    const found = await find(NOW);
    if (typeof found === 'string') throw new Error(found);
    expect(provider.asked).toEqual([]);
    expect([found.isIssuerKnown, found.server.issuer, found.userinfo, found.keys]).toEqual([
      false,
      'https://b.test',
      undefined,
      undefined,
    ]);
  });

  test.each(FAULTS)('that cannot be had is none: %s', async (_what, script, failure) => {
    const { provider, find } = setUp(script);
    expect(await find(NOW)).toBe(failure);
    expect(provider.failures).toEqual([failure]);
  });

  test.each([
    ['of another issuer', { issuer: 'https://evil.test' }],
    ['of an issuer with a slash more', { issuer: `${ISSUER}/` }],
    ['of no issuer', { issuer: undefined }],
    ['whose issuer is no text', { issuer: 1 }],
    ['without a token endpoint', { token_endpoint: undefined }],
    ['whose token endpoint is no address', { token_endpoint: '/token' }],
    ['whose token endpoint is plain http', { token_endpoint: 'http://id.test/token' }],
    ['whose token endpoint is plain http at this machine', { token_endpoint: 'http://127.0.0.1/token' }],
    ['whose authorization endpoint is plain http', { authorization_endpoint: 'http://id.test/authorize' }],
    ['whose authorization endpoint is a script', { authorization_endpoint: 'javascript:alert(1)' }],
  ])('of a document %s takes nothing', async (_what, changed) => {
    expect(await setUp(() => Response.json({ ...DOCUMENT, ...changed })).find(NOW)).toBe('answer-invalid');
  });

  test.each(['userinfo_endpoint', 'jwks_uri', 'end_session_endpoint'] as const)(
    'takes no %s over plain http',
    async (name) => {
      const found = await setUp(() => Response.json({ ...DOCUMENT, [name]: 'http://id.test/x' })).find(NOW);
      if (typeof found === 'string') throw new Error(found);
      const { userinfo, keys, endSession } = found;
      const byName = { userinfo_endpoint: userinfo, jwks_uri: keys, end_session_endpoint: endSession };
      expect(byName[name]).toBeUndefined();
      expect(Object.values(byName).filter(Boolean)).toHaveLength(2);
    },
  );

  test('takes plain http where the issuer is this machine, and only from there', async () => {
    const issuer = 'http://localhost:9000';
    const here = { ...DOCUMENT, issuer, token_endpoint: 'http://localhost:9000/token' };
    const found = await setUp(() => Response.json(here), { issuer }).find(NOW);
    expect(typeof found === 'string' ? found : found.token.href).toBe('http://localhost:9000/token');
    const away = { ...here, token_endpoint: 'http://id.test/token' };
    expect(await setUp(() => Response.json(away), { issuer }).find(NOW)).toBe('answer-invalid');
  });

  test('is good for an hour', async () => {
    const { provider, find } = setUp();
    await find(NOW);
    await find(NOW + 3_599);
    expect(provider.asked).toHaveLength(1);
    await find(NOW + 3_600);
    expect(provider.asked).toHaveLength(2);
  });

  test('that fails is not tried again for 15 seconds', async () => {
    const { provider, find } = setUp(() => new Response('', { status: 503 }));
    for (const second of [0, 1, 14]) expect(await find(NOW + second)).toBe('unreachable');
    expect(provider.asked).toHaveLength(1);
    expect(provider.failures).toHaveLength(1);
    provider.script = () => Response.json(DOCUMENT);
    expect(await find(NOW + 14)).toBe('unreachable');
    expect(typeof (await find(NOW + 15))).toBe('object');
  });

  test('serves for a day while the provider is away, and asks it now and then', async () => {
    const { provider, find } = setUp();
    await find(NOW);
    provider.script = () => Response.json({ ...DOCUMENT, issuer: 'https://evil.test' });
    for (const second of [3_600, 3_601, 3_614]) expect(typeof (await find(NOW + second))).toBe('object');
    expect(provider.asked).toHaveLength(2);
    expect(typeof (await find(NOW + 3_615))).toBe('object');
    expect(provider.asked).toHaveLength(3);
    expect(typeof (await find(NOW + 86_399))).toBe('object');
    expect(await find(NOW + 86_400)).toBe('answer-invalid');
  });

  test('is read anew once it is forgotten, whatever failed', async () => {
    const { provider, discovery, find } = setUp(() => html(''));
    await find(NOW);
    discovery.forget();
    provider.script = () => Response.json(DOCUMENT);
    expect(typeof (await find(NOW))).toBe('object');
  });

  test('that does not come in time is given up', async () => {
    const { find } = setUp(() => new Promise(() => undefined));
    expect(await fastForward(() => find(NOW))).toBe('timeout');
  });
});
