import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { createKeyring } from '../../src/lib/keyring.ts';
import { Kv } from '../../src/lib/kv.ts';
import { seal } from '../../src/lib/seal.ts';
import { Secret } from '../../src/lib/secret.ts';
import { StorageUnavailable } from '../../src/lib/storage-error.ts';
import type { ProviderOptions } from '../../src/sso/options.ts';
import { Provider } from '../../src/sso/provider/provider.ts';
import { LOOK_SECONDS, ProviderStore } from '../../src/sso/provider/provider-store.ts';
import { SignInScene } from '../support/attacks/sign-in/scene.ts';
import { BOUND } from '../support/bound.ts';
import { fastForward, skipWritePause } from '../support/clock.ts';
import { NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { StrictKv } from '../support/strict-kv.ts';

const ISSUER = 'https://id.test/realm';
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;
const KEYS = 'https://keys.id.test/jwks';
const CLIENT_ID = 'grafana';
const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: 'https://id.test/authorize',
  token_endpoint: 'https://id.test/token',
  jwks_uri: KEYS,
  id_token_signing_alg_values_supported: ['ES256'],
};
/** How long a place of Cloudflare answers from its own copy of KV, here. */
const COPY_SECONDS = 30;
const SECRETS = [new Secret(SECRET)];
const KEY_NAMES = ['sso:discovery', 'sso:forget', 'sso:keys'];

interface Pair {
  readonly privateKey: CryptoKey;
  readonly published: JWK;
}

async function makePair(kid: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { privateKey, published: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

const FIRST = await makePair('first');
const SECOND = await makePair('second');

/** A provider, and isolates of one gateway at several places of Cloudflare. */
class World {
  now = NOW;
  readonly kv = new StrictKv(BOUND.POSTERN_KV, () => this.now);
  /** Addresses that the provider was asked for. */
  asked: string[] = [];
  document: unknown = DOCUMENT;
  published: readonly JWK[] = [FIRST.published];
  keysHeaders: HeadersInit = {};
  isAway = false;

  readonly #send = async (request: Request): Promise<Response> => {
    this.asked.push(request.url);
    if (this.isAway) return new Response('', { status: 503 });
    if (request.url === DISCOVERY) return Response.json(this.document);
    return Response.json({ keys: this.published }, { headers: this.keysHeaders });
  };

  isolate(place = 'here', options: Partial<ProviderOptions> = {}): Isolate {
    const store = new ProviderStore({ kv: new Kv(this.kv.at(place)), secrets: SECRETS });
    const provider = new Provider({
      options: {
        issuer: ISSUER,
        authorizationUrl: undefined,
        tokenUrl: undefined,
        userinfoUrl: undefined,
        keysUrl: undefined,
        idTokenName: 'id_token',
        ...options,
      },
      client: {
        id: CLIENT_ID,
        secret: new Secret('a secret of no use here'),
        authStyle: 'auto-detect',
        scopes: [],
        prompt: undefined,
        hostedDomain: undefined,
      },
      send: this.#send,
      onFailure: () => undefined,
      store,
    });
    return new Isolate(this, provider, store);
  }

  /** What the provider was asked for since the last look. */
  takeAsked(): string[] {
    const asked = this.asked.map((url) => (url === DISCOVERY ? 'discovery' : 'keys'));
    this.asked = [];
    return asked;
  }

  stored(): Promise<[name: string, value: string][]> {
    return this.kv.values();
  }
}

class Isolate {
  readonly #world: World;
  readonly provider: Provider;
  readonly store: ProviderStore;

  constructor(world: World, provider: Provider, store: ProviderStore) {
    this.#world = world;
    this.provider = provider;
    this.store = store;
  }

  /** How an ID token by a pair of keys is judged; what there is to share is shared. */
  async judge(pair = FIRST): Promise<string> {
    const { now } = this.#world;
    const token = await new SignJWT({ sub: 'ann', nonce: 'n' })
      .setProtectedHeader({ alg: 'ES256', kid: String(pair.published.kid) })
      .setIssuer(ISSUER)
      .setAudience(CLIENT_ID)
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .sign(pair.privateKey);
    const judged = await this.provider.readIdToken(token, 'n', now);
    if (this.store.hasNews) {
      skipWritePause();
      await this.store.share();
    }
    return judged.ok ? 'taken' : judged.reason;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe('an isolate that starts cold', () => {
  test('takes what another has read, and asks nobody', async () => {
    expect(await world.isolate().judge()).toBe('taken');
    expect(world.takeAsked()).toEqual(['discovery', 'keys']);
    expect(await world.isolate('elsewhere').judge()).toBe('taken');
    expect(world.takeAsked()).toEqual([]);
    expect((await world.kv.names()).sort()).toEqual(['sso:discovery', 'sso:keys']);
  });

  test('does not make it any younger', async () => {
    await world.isolate().judge();
    world.now += 299;
    const cold = world.isolate('elsewhere');
    await cold.judge();
    world.takeAsked();
    world.now += 1;
    await cold.judge();
    expect(world.takeAsked()).toEqual(['keys']);
  });

  test('asks the provider where the copy is not fresh', async () => {
    await world.isolate().judge();
    world.now += 3_599;
    world.takeAsked();
    await world.isolate('elsewhere').judge();
    expect(world.takeAsked()).toEqual(['keys']);
    world.now += 1;
    await world.isolate('a third place').judge();
    expect(world.takeAsked()).toEqual(['discovery']);
  });

  test('goes on by the last good copies while the provider is away, an hour and no longer', async () => {
    await world.isolate().judge();
    world.isAway = true;
    for (const [seconds, outcome] of [
      [600, 'taken'],
      [3_599, 'taken'],
      [3_600, 'unreachable'],
    ] as const) {
      world.now = NOW + seconds;
      expect([seconds, await world.isolate(`place ${seconds}`).judge()]).toEqual([seconds, outcome]);
    }
  });

  test('has a copy to go on by however long nothing has changed', async () => {
    const warm = world.isolate();
    for (let minutes = 0; minutes < 3 * 60; minutes += 5) {
      world.now = NOW + minutes * 60;
      await warm.judge();
    }
    world.isAway = true;
    world.now += 20 * 60;
    expect(await world.isolate('elsewhere').judge()).toBe('taken');
  });

  test('several at once ask for what none of them has', async () => {
    const isolate = world.isolate();
    expect(await Promise.all([isolate.judge(), isolate.judge(), isolate.judge()])).toEqual([
      'taken',
      'taken',
      'taken',
    ]);
  });
});

describe('a key that was removed', () => {
  /** Seconds after which no isolate takes tokens by the first key any more, judged each second. */
  async function measure(isolates: readonly Isolate[], upTo: number): Promise<number> {
    for (let seconds = 0; seconds <= upTo; seconds += 10) {
      world.now = NOW + seconds;
      const verdicts = await Promise.all(isolates.map((isolate) => isolate.judge(FIRST)));
      if (verdicts.every((verdict) => verdict === 'signature')) return seconds;
    }
    return Number.POSITIVE_INFINITY;
  }

  async function warmAndCold(): Promise<Isolate[]> {
    const isolates = ['here', 'there', 'elsewhere'].map((place) => world.isolate(place));
    for (const isolate of isolates) expect(await isolate.judge()).toBe('taken');
    isolates.push(world.isolate('elsewhere'), world.isolate('nowhere yet'));
    world.published = [SECOND.published];
    return isolates;
  }

  test('works nowhere after five minutes, where the provider says nothing of it', async () => {
    const seconds = await measure(await warmAndCold(), 4_000);
    expect(seconds).toBeGreaterThan(200);
    expect(seconds).toBeLessThanOrEqual(300);
  });

  test('works nowhere after an hour, whatever the provider says', async () => {
    world.keysHeaders = { 'Cache-Control': 'max-age=31536000' };
    expect(await measure(await warmAndCold(), 4_000)).toBeLessThanOrEqual(3_600);
  });

  test('works nowhere after a minute, if the provider wants that', async () => {
    world.keysHeaders = { 'Cache-Control': 'no-cache, max-age=0' };
    expect(await measure(await warmAndCold(), 4_000)).toBeLessThanOrEqual(60);
  });

  test('works nowhere soon after one isolate has met another key', async () => {
    world.keysHeaders = { 'Cache-Control': 'max-age=3600' };
    const isolates = await warmAndCold();
    world.now += 1;
    expect(await isolates[0]?.judge(SECOND)).toBe('taken');
    expect(world.takeAsked().filter((what) => what === 'keys').length).toBeGreaterThan(0);
    const seconds = await measure(isolates, 4_000);
    expect(seconds).toBeLessThanOrEqual(LOOK_SECONDS + COPY_SECONDS + 10);
  });
});

describe('a key that is new', () => {
  test('is asked for by whoever meets it first, and known to the others with their next look', async () => {
    const [one, other] = [world.isolate('here'), world.isolate('elsewhere')];
    await one.judge();
    await other.judge();
    world.published = [FIRST.published, SECOND.published];
    world.takeAsked();
    world.now += 5;
    expect(await one.judge(SECOND)).toBe('taken');
    expect(world.takeAsked()).toEqual(['keys']);
    world.now += LOOK_SECONDS;
    expect(await other.judge(SECOND)).toBe('taken');
    expect(world.takeAsked()).toEqual([]);
  });

  test('is taken at once everywhere, since who does not know it asks', async () => {
    const [one, other] = [world.isolate('here'), world.isolate('elsewhere')];
    await one.judge();
    await other.judge();
    world.published = [SECOND.published];
    expect([await one.judge(SECOND), await other.judge(SECOND)]).toEqual(['taken', 'taken']);
  });

  test('that is made up causes no flood: of the provider, and of KV', async () => {
    const isolate = world.isolate();
    await isolate.judge();
    world.takeAsked();
    const { read, write } = { ...world.kv.operations };
    for (let at = 0; at < 200; at++) {
      world.now = NOW + Math.floor(at / 4);
      const stranger = { ...SECOND, published: { ...SECOND.published, kid: `made-up-${at}` } };
      expect(await isolate.judge(stranger)).toBe('signature');
    }
    // 50 seconds.
    expect(world.takeAsked()).toEqual(['keys', 'keys', 'keys', 'keys']);
    expect([world.kv.operations.read - read, world.kv.operations.write - write]).toEqual([0, 0]);
  });
});

describe('KV is written', () => {
  test('when something has changed, and not when it is listed in another order', async () => {
    world.published = [FIRST.published, SECOND.published];
    const isolate = world.isolate();
    await isolate.judge();
    expect(world.kv.operations.write).toBe(2);
    world.published = [...world.published]
      .reverse()
      .map((key) => Object.fromEntries(Object.entries(key).reverse()) as JWK);
    world.now += 300;
    await isolate.judge();
    expect([world.takeAsked().length, world.kv.operations.write]).toEqual([3, 2]);
    world.published = [SECOND.published];
    world.now += 300;
    await isolate.judge();
    expect(world.kv.operations.write).toBe(3);
  });

  test('a few dozen times a day, by ten isolates that are asked every five minutes', {
    timeout: 60_000,
  }, async () => {
    const isolates = Array.from({ length: 10 }, (_, at) => world.isolate(`place ${at}`));
    for (let seconds = 0; seconds < 86_400; seconds += 300) {
      for (const [at, isolate] of isolates.entries()) {
        // Not all in one second, as it is.
        world.now = NOW + seconds + at * 29;
        await isolate.judge();
      }
    }
    expect(world.kv.operations.write).toBeGreaterThan(40);
    expect(world.kv.operations.write).toBeLessThan(120);
    // Each look is one operation of three keys.
    expect(world.kv.operations.read).toBeLessThanOrEqual(10 * 288);
  });

  test('and where it cannot be, each isolate knows for itself', async () => {
    world.kv.fault = 'write-throws';
    const isolate = world.isolate();
    expect(await fastForward(() => isolate.judge())).toBe('taken');
    expect(await world.kv.names()).toEqual([]);
    world.kv.fault = undefined;
    world.now += 300;
    await isolate.judge();
    expect(await world.kv.names()).toEqual(['sso:keys']);
  });
});

describe('while KV cannot be read', () => {
  test.each(['read-throws', 'read-garbage'] as const)('the provider is asked (%s)', async (fault) => {
    await world.isolate().judge();
    world.takeAsked();
    world.kv.fault = fault;
    expect(await world.isolate('elsewhere').judge()).toBe('taken');
    expect(world.takeAsked()).toEqual(['discovery', 'keys']);
  });

  test('nobody waits for it more than once a minute', async () => {
    const isolate = world.isolate();
    world.kv.fault = 'read-hangs';
    expect(await fastForward(() => isolate.judge())).toBe('taken');
    const { read } = { ...world.kv.operations };
    for (let seconds = 0; seconds < LOOK_SECONDS; seconds += 10) {
      world.now = NOW + seconds;
      expect(await isolate.judge()).toBe('taken');
    }
    expect(world.kv.operations.read).toBe(read);
  });
});

describe('forgetting', () => {
  test('makes the isolate that was told ask anew at once', async () => {
    const isolate = world.isolate();
    await isolate.judge();
    world.now += 5;
    await isolate.store.forget(world.now);
    world.now += 1;
    world.takeAsked();
    expect(await isolate.judge()).toBe('taken');
    expect(world.takeAsked()).toEqual(['discovery', 'keys']);
  });

  test('makes every other one ask anew, or take what was read since, within the bound', async () => {
    world.keysHeaders = { 'Cache-Control': 'max-age=3600' };
    const [one, ...others] = ['here', 'there', 'elsewhere'].map((place) => world.isolate(place));
    if (!one) throw new Error('no isolate');
    for (const isolate of [one, ...others]) await isolate.judge();
    // A database was restored: other keys, another token endpoint, under the same addresses and key ids.
    const restored = await makePair('first');
    world.published = [restored.published];
    world.document = { ...DOCUMENT, token_endpoint: 'https://id.test/other-token' };
    world.now += 10;
    await one.store.forget(world.now);
    const told = world.now;
    let longest = 0;
    for (const isolate of others) {
      for (world.now = told + 1; (await tokenOf(isolate)) !== 'https://id.test/other-token'; world.now += 1)
        if (world.now > told + 600) throw new Error('it was never forgotten');
      longest = Math.max(longest, world.now - told);
      expect(await isolate.judge(restored)).toBe('taken');
      expect(await isolate.judge(FIRST)).toBe('signature');
    }
    expect(longest).toBeLessThanOrEqual(LOOK_SECONDS + COPY_SECONDS);
  });

  async function tokenOf(isolate: Isolate): Promise<string> {
    const found = await isolate.provider.endpoints(world.now);
    if (isolate.store.hasNews) {
      skipWritePause();
      await isolate.store.share();
    }
    return found.ok ? found.value.token.href : found.reason;
  }

  test('leaves nothing of before for an isolate that starts cold', async () => {
    await world.isolate().judge();
    world.now += 10;
    await world.isolate('there').store.forget(world.now);
    world.now += 1;
    world.takeAsked();
    const cold = world.isolate('elsewhere');
    await cold.judge();
    expect(world.takeAsked()).toEqual(['discovery', 'keys']);
    // And what it has read is shared, though it says the same as before.
    expect(await world.isolate('a third place').judge()).toBe('taken');
    expect(world.takeAsked()).toEqual([]);
  });

  test('leaves nothing to go on by while the provider is away', async () => {
    const isolate = world.isolate();
    await isolate.judge();
    world.isAway = true;
    world.now += 10;
    await isolate.store.forget(world.now);
    world.now += 20;
    expect(await isolate.judge()).toBe('unreachable');
    expect(await world.isolate('elsewhere').judge()).toBe('unreachable');
  });

  test('is told where it cannot be stored', async () => {
    world.kv.fault = 'write-throws';
    const told = world.isolate().store.forget(NOW);
    const failed = told.catch((error: unknown) => error);
    expect(await fastForward(() => failed)).toBeInstanceOf(StorageUnavailable);
  });
});

/** Puts something into KV as an isolate with these secrets would. */
async function put(name: string, value: unknown, secrets = SECRETS): Promise<void> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const sealed = await seal(await createKeyring(secrets, 'provider copies'), text, name);
  await BOUND.POSTERN_KV.put(name, name === 'sso:forget' ? text : sealed);
}

describe('what somebody has put into KV', () => {
  const good = { of: ISSUER, readAt: NOW - 10, value: DOCUMENT };
  const stranger = SECOND.published;

  const POISONS: readonly (readonly [what: string, name: string, value: unknown])[] = [
    [
      'the document of another issuer',
      'sso:discovery',
      { ...good, value: { ...DOCUMENT, issuer: 'https://evil.test' } },
    ],
    ['one for another issuer', 'sso:discovery', { ...good, of: 'https://evil.test' }],
    [
      'one without a token endpoint',
      'sso:discovery',
      { ...good, value: { ...DOCUMENT, token_endpoint: undefined } },
    ],
    [
      'one with plain http',
      'sso:discovery',
      { ...good, value: { ...DOCUMENT, token_endpoint: 'http://evil.test/' } },
    ],
    ['one that is a text', 'sso:discovery', { ...good, value: 'https://evil.test' }],
    [
      'one from tomorrow',
      'sso:discovery',
      { ...good, readAt: NOW + 86_400, value: { ...DOCUMENT, token_endpoint: 'https://evil.test/' } },
    ],
    ['no JSON', 'sso:discovery', 'hello'],
    [
      'keys of another address',
      'sso:keys',
      { of: 'https://evil.test/jwks', readAt: NOW - 10, value: { keys: [stranger], seconds: 300 } },
    ],
    [
      'keys from tomorrow',
      'sso:keys',
      { of: KEYS, readAt: NOW + 86_400, value: { keys: [stranger], seconds: 300 } },
    ],
    [
      '101 keys',
      'sso:keys',
      {
        of: KEYS,
        readAt: NOW - 10,
        value: { keys: Array.from({ length: 101 }, () => stranger), seconds: 300 },
      },
    ],
    [
      'keys that are no list',
      'sso:keys',
      { of: KEYS, readAt: NOW - 10, value: { keys: stranger, seconds: 300 } },
    ],
    ['keys for no time', 'sso:keys', { of: KEYS, readAt: NOW - 10, value: { keys: [stranger] } }],
    ['a moment that lies ahead', 'sso:forget', NOW + 86_400],
    ['a moment that is none', 'sso:forget', { at: NOW }],
  ];

  test.each(POISONS)('is worth no more than from the provider: %s', async (_, name, value) => {
    await put(name, value);
    const isolate = world.isolate();
    expect(await isolate.judge()).toBe('taken');
    expect(await isolate.judge(SECOND)).toBe('signature');
    const endpoints = await isolate.provider.endpoints(NOW);
    expect(endpoints.ok && endpoints.value.token.href).toBe(DOCUMENT.token_endpoint);
    world.now += 1;
    world.takeAsked();
    // And nothing of it makes the isolate ask again and again.
    await isolate.judge();
    expect(world.takeAsked()).toEqual([]);
  });

  test('without a secret of the gateway is worth nothing, and neither is what stood elsewhere', async () => {
    const keys = { of: KEYS, readAt: NOW - 10, value: { keys: [stranger], seconds: 300 } };
    await BOUND.POSTERN_KV.put('sso:keys', JSON.stringify(keys));
    expect(await world.isolate().judge(SECOND)).toBe('signature');
    await put('sso:keys', keys, [new Secret(OTHER_SECRET)]);
    expect(await world.isolate().judge(SECOND)).toBe('signature');
    await put('sso:discovery', keys);
    await BOUND.POSTERN_KV.put('sso:keys', (await BOUND.POSTERN_KV.get('sso:discovery')) ?? '');
    expect(await world.isolate().judge(SECOND)).toBe('signature');
    // The same under the right name, by the right secret: what was refused above is refused for its seal.
    await put('sso:keys', keys);
    expect(await world.isolate().judge(SECOND)).toBe('taken');
  });

  test('as keys that are good for a year is good for an hour', async () => {
    const value = { keys: [stranger], seconds: 31_536_000 };
    await put('sso:keys', { of: KEYS, readAt: NOW - 10, value });
    const isolate = world.isolate();
    expect(await isolate.judge(SECOND)).toBe('taken');
    world.now = NOW - 10 + 3_600;
    expect(await isolate.judge(SECOND)).toBe('signature');
  });
});

describe('in the whole Worker', () => {
  test('a sign-in shares what it had to ask for, and a warm request reads none of it', async () => {
    const clock: { scene?: SignInScene } = {};
    const kv = new StrictKv(BOUND.POSTERN_KV, () => clock.scene?.gateway.now ?? 0);
    const scene = new SignInScene({ vars: { POSTERN_KV: kv.at('here') } });
    clock.scene = scene;
    const browser = await scene.signIn();
    await scene.gateway.settle();
    expect((await kv.names()).sort()).toEqual(['sso:discovery', 'sso:keys']);
    expect(JSON.stringify(await kv.values())).not.toMatch(/ann|refresh|opaque|secret/i);

    const read: string[] = [];
    kv.inTheWay = (operation, names) => {
      if (operation === 'read') read.push(...names);
      return undefined;
    };
    for (let seconds = 0; seconds < 300; seconds += 5) {
      expect((await scene.ask(browser)).status).toBe(200);
      scene.gateway.now += 5;
    }
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((name) => name.startsWith('sso:'))).toEqual([]);
  });

  test('one isolate’s keys serve another’s sign-in', async () => {
    const scene = new SignInScene();
    await scene.signIn();
    await scene.gateway.settle();
    scene.provider.asked.length = 0;
    const other = scene.another();
    const jar = new Jar();
    const start = await other.fetchAs(jar, '/-/login/start');
    const back = await other.fetchAs(
      jar.take(start),
      scene.provider.authorize(start.headers.get('Location') ?? ''),
    );
    expect([back.status, scene.provider.asked]).toEqual([303, ['token', 'userinfo']]);
  });

  test('the names are those of docs/storage.md', async () => {
    const isolate = world.isolate();
    await isolate.judge();
    await isolate.store.forget(NOW);
    expect((await world.kv.names()).sort()).toEqual(KEY_NAMES);
  });
});
