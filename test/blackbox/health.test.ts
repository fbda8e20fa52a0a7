import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser } from '../support/provider/browser.ts';
import { ADMIN_TOKEN } from '../support/provider/gateway.ts';
import { ANN, Scene } from '../support/provider/scene.ts';

/** Health as an operator meets it: the real Worker, a real OpenID provider, and what goes wrong with it. */

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly seen: string;
  readonly fix?: string;
}

interface Health {
  readonly status: string;
  readonly checkedAt: string | null;
  readonly findings: readonly Finding[];
}

type Body = Readonly<Record<string, unknown>>;

/** What answers on loopback beside the provider: a receiver of alerts, and key sets that no provider should have. */
class Beside {
  readonly posted: Body[] = [];
  keys = '';
  readonly #server: Server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(this.keys);
      return;
    }
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      this.posted.push(JSON.parse(text));
      response.end('ok');
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get states(): unknown[] {
    return this.posted.map(({ state }) => state);
  }
}

const asOperator = { Authorization: `Bearer ${ADMIN_TOKEN}` };

/** The cron runs, and the operator looks at what it has found. */
async function look(scene: Scene): Promise<Health> {
  const worker = await scene.gateway.runtime.getWorker();
  await worker.scheduled({ cron: '*/5 * * * *' });
  return ask(scene);
}

/** What was found just before, or is found now. */
async function ask({ gateway }: Scene): Promise<Health> {
  const { status, text } = await new Browser().call(gateway.at('/-/health/sso'), { headers: asOperator });
  expect([status, text.slice(0, 1)]).toEqual([200, '{']);
  return JSON.parse(text) as Health;
}

function find({ findings }: Health, check: string): Finding {
  const found = findings.find((one) => one.check === check);
  if (!found) throw new Error(`nobody looked at ${check}`);
  return found;
}

/** Checks that are red or yellow. */
function badOf({ findings }: Health): string[] {
  return findings
    .filter(({ verdict }) => verdict === 'red' || verdict === 'yellow')
    .map(({ check }) => check);
}

const beside = new Beside();
let besideUrl: string;

beforeAll(async () => {
  besideUrl = await beside.listen();
});

afterAll(() => beside.close());

describe('a provider that an operator tends to', () => {
  let scene: Scene;
  let url: string;

  beforeAll(async () => {
    scene = await Scene.set({
      ALERT_WEBHOOK_URL: `${besideUrl}/hook`,
      GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
      GF_AUTH_GENERIC_OAUTH_SCOPES: 'openid email profile offline_access',
    });
    url = scene.gateway.url.origin;
  });

  afterAll(() => scene.end());

  beforeEach(() => {
    scene.begin();
    beside.posted.length = 0;
  });

  test('is green', async () => {
    const health = await look(scene);
    expect([health.status, badOf(health)]).toEqual(['green', []]);
    expect(find(health, 'sso.client').seen).toMatch(/takes the client and its secret/);
    expect(scene.provider.callsTo('token').map(({ status }) => status)).toEqual([400]);
    expect(beside.states).toEqual([]);
  });

  test('that rotates its keys with overlap stays green, and nobody notices', async () => {
    const browser = await scene.signIn();
    await scene.provider.rotateKeys('overlap');
    const health = await look(scene);
    expect([health.status, badOf(health)]).toEqual(['green', []]);
    expect(find(health, 'sso.keys').seen).toMatch(
      /The provider has 2 keys, .*; added since the last check: \S+\.$/,
    );
    await scene.signIn();
    expect((await browser.call(scene.at('/api/org'))).status).toBe(200);
    expect(beside.states).toEqual([]);
  });

  test('that was restored, with other keys and another secret, is red within one check, and says what to do', async () => {
    await scene.provider.rotateKeys('replace');
    scene.provider.register({
      secret: 'regenerated-0123456789abcdef',
      redirectUris: [`${url}/login/generic_oauth`],
    });
    const health = await look(scene);
    expect(health.status).toBe('red');
    expect(badOf(health)).toEqual(['sso.keys', 'sso.client', 'sso.restore']);
    expect(find(health, 'sso.keys').seen).toMatch(
      /All 2 former keys are gone at once \(.+\), as after a restore/,
    );
    expect(find(health, 'sso.client').seen).toMatch(
      /does not take the client id or its secret \(invalid_client\)/,
    );
    expect(find(health, 'sso.restore').seen).toMatch(
      /^It looks as if the provider's database was restored: /,
    );
    expect(find(health, 'sso.restore').fix).toContain('postern sso recover');
    expect(beside.states).toEqual(['alerting']);
    expect(beside.posted[0]?.message).toContain('postern sso recover');
  });

  test('that is mended is green again once it was recovered, and that is told once', async () => {
    scene.provider.register({ redirectUris: [`${url}/login/generic_oauth`] });
    // The secret fits again; that it was restored is not forgotten before somebody has said so.
    expect(badOf(await look(scene))).toEqual(['sso.restore']);
    const recovered = await new Browser().call(scene.at('/-/api/v1/sso/recover'), {
      method: 'POST',
      headers: { ...asOperator, 'Content-Type': 'application/json' },
      body: '{}',
    });
    expect(recovered.status).toBe(200);
    const health = await look(scene);
    expect([health.status, badOf(health)]).toEqual(['green', []]);
    await look(scene);
    expect(beside.states).toEqual(['ok']);
  });

  test('that is down is red at once, and green when it is back; told once each', async () => {
    scene.provider.fault = { kind: 'cut' };
    const health = await look(scene);
    expect(health.status).toBe('red');
    expect(find(health, 'sso.discovery').seen).toMatch(/could not be reached/);
    expect(find(health, 'sso.keys').verdict).toBe('red');
    await look(scene);
    scene.provider.fault = { kind: 503 };
    expect((await look(scene)).status).toBe('red');
    scene.provider.fault = undefined;
    expect((await look(scene)).status).toBe('green');
    await look(scene);
    expect(beside.states).toEqual(['alerting', 'ok']);
  });

  test('that is slow is yellow, and with an answer beyond all patience red, within 20 seconds', async () => {
    scene.provider.fault = { kind: 'slow', slowMs: 2_500 };
    const slow = await look(scene);
    expect(slow.status).toBe('yellow');
    expect(find(slow, 'sso.discovery').seen).toMatch(/answered in (?:2[5-9]|3\d)\d\d ms/);
    scene.provider.fault = { kind: 'slow', slowMs: 25_000 };
    const before = performance.now();
    const dead = await look(scene);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(badOf(dead)).toEqual(['sso.discovery', 'sso.keys', 'sso.client']);
    scene.provider.fault = undefined;
    expect((await look(scene)).status).toBe('green');
  });
});

test('a provider that refuses many refreshes at once is suspected of a restore', async () => {
  const scene = await Scene.set({
    GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
    GF_AUTH_GENERIC_OAUTH_SCOPES: 'openid email profile offline_access',
  });
  try {
    const people = ['ann', 'ben', 'cem', 'dan', 'eva', 'fay'];
    for (const who of people)
      scene.provider.people.set(who, { ...ANN, preferred_username: who, email: `${who}@example.com` });
    scene.provider.settings.accessTokenSeconds = 11;
    const browsers: Browser[] = [];
    for (const who of people) {
      scene.provider.someone = who;
      browsers.push(await scene.signIn());
    }
    for (const who of people) scene.provider.forgetRefreshTokens(who);
    await wait(2_500);
    for (const browser of browsers) expect((await browser.call(scene.at('/api/org'))).status).toBe(401);
    const health = await look(scene);
    expect(badOf(health)).toEqual(['sso.restore']);
    expect(find(health, 'sso.restore').seen).toMatch(
      /refused to refresh 6 sessions \(invalid_grant\), and refreshed \d\b/,
    );
  } finally {
    await scene.end();
  }
});

describe('a provider that is set up wrongly', () => {
  async function lookOnce(vars: Parameters<typeof Scene.set>[0]): Promise<Health> {
    const scene = await Scene.set(vars);
    try {
      return await look(scene);
    } finally {
      await scene.end();
    }
  }

  test('with another issuer in its document is red, and both are named', async () => {
    const health = await lookOnce((issuer) => ({ SSO_ISSUER: `${issuer}/` }));
    expect(health.status).toBe('red');
    expect(find(health, 'sso.issuer').seen).toMatch(
      /^The document names "(http:\/\/127\.0\.0\.1:\d+)", and SSO_ISSUER is "\1\/"\.$/,
    );
  });

  test.each([
    [
      '10,000 keys',
      () =>
        Array.from({ length: 10_000 }, (_, at) => ({ kty: 'RSA', kid: `key-${at}`, n: 'AQAB', e: 'AQAB' })),
    ],
    ['10 MB', () => [{ kty: 'RSA', kid: 'one', n: 'A'.repeat(10_000_000), e: 'AQAB' }]],
  ])('with a key set of %s is red, and nothing else suffers', async (_what, keys) => {
    beside.keys = JSON.stringify({ keys: keys() });
    const before = performance.now();
    const health = await lookOnce({ GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: `${besideUrl}/keys` });
    expect(badOf(health)).toEqual(['sso.endpoints', 'sso.keys']);
    expect(find(health, 'sso.keys').seen).toMatch(/is longer than 256 KiB/);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  test('that does not know the redirect address is red, and one that does leads back', async () => {
    const scene = await Scene.set();
    try {
      expect(find(await ask(scene), 'sso.redirect').seen).toContain(' leads back to http://127.0.0.1:');
    } finally {
      await scene.end();
    }
    const health = await lookOnce({ PUBLIC_URL: 'https://dash.example.com' });
    expect(badOf(health)).toEqual(['sso.redirect']);
    expect(find(health, 'sso.redirect').seen).toMatch(
      /refused an authorization request for https:\/\/dash\.example\.com\/login\/generic_oauth with 400/,
    );
  });
});
