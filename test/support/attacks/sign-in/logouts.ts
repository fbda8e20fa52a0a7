import { runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { BOUND } from '../../bound.ts';
import type { Gateway } from '../../gateway.ts';
import type { Jar } from '../../jar.ts';
import { CLIENT } from '../../plain-provider.ts';
import { ANN, forgeJwt, ISSUER, pairNamed, signJwt } from './provider.ts';
import type { SignInScene } from './scene.ts';
import type { Stage } from './stage.ts';
import type { Variants } from './variants.ts';

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Of the provider's own session. */
export const SID = 'provider-session-1';

type Claims = Readonly<Record<string, unknown>>;

/** Claims of an honest order to sign Ann out; undefined leaves one out. */
export function logoutClaims(now: number, over: Claims = {}): Claims {
  const claims = {
    iss: ISSUER,
    aud: CLIENT.id,
    iat: now,
    exp: now + 120,
    jti: crypto.randomUUID(),
    events: { [LOGOUT_EVENT]: {} },
    sub: ANN.sub,
    ...over,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** The same, signed as its header says, by a pair of keys by name. */
export async function logoutToken(
  now: number,
  over: Claims = {},
  { header = {}, pair = 'first' }: { header?: Claims; pair?: string } = {},
): Promise<string> {
  return signJwt(logoutClaims(now, over), await pairNamed(pair), { typ: 'logout+jwt', ...header });
}

/** Sends a logout token to one isolate, as the provider does. */
export function sendLogout(gateway: Gateway, token: string, init: RequestInit = {}): Promise<Response> {
  return gateway.fetch('/-/backchannel-logout', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
    ...init,
  });
}

/** Everything that the orders of a provider leave behind. */
export interface LogoutState {
  /** Ids of revocations in KV, without their prefix. */
  readonly revoked: readonly string[];
  /** What the Durable Object of each sign-in holds: `live`, or why it has ended. */
  readonly signIns: readonly string[];
  /** How many tokens are kept as used. */
  readonly used: number;
}

const SHARDS = 64;

export async function readLogoutState({ gateway }: SignInScene): Promise<LogoutState> {
  await gateway.settle();
  const { keys } = await BOUND.POSTERN_KV.list({ prefix: 'rev:' });
  const ids = gateway.events
    .filter(({ event }) => event === 'sso.signed_in')
    .map(({ sessionId }) => String(sessionId));
  return {
    revoked: keys.map(({ name }) => name.slice('rev:'.length)),
    signIns: await Promise.all(ids.map(readSignIn)),
    used: (await Promise.all(Array.from({ length: SHARDS }, (_, shard) => countUsed(shard)))).reduce(
      (sum, count) => sum + count,
      0,
    ),
  };
}

async function readSignIn(id: string): Promise<string> {
  return runInDurableObject(BOUND.POSTERN_SIGN_INS.getByName(id), async (_object, { storage }) => {
    const stored = (await storage.get('sign-in')) as { sealed?: string; ended?: string } | undefined;
    return stored?.ended ?? (stored?.sealed === undefined ? 'nothing' : 'live');
  });
}

async function countUsed(shard: number): Promise<number> {
  const record = await BOUND.POSTERN_LEDGER.getByName(`backchannel:${shard}`).readRecord();
  return (JSON.parse(record?.text ?? '[]') as unknown[]).length;
}

let browser: Jar | undefined;

/** Somebody is signed in, and an order comes that is not good. */
const ordering =
  (make: (now: number) => Promise<string>) =>
  async ({ scene, texts }: Stage): Promise<void> => {
    const { lies } = scene.provider;
    scene.provider.lies = { claims: { sid: SID } };
    browser = await scene.signIn();
    scene.provider.lies = lies;
    texts.LOGOUT_TOKEN = await make(scene.gateway.now);
    expect((await readLogoutState(scene)).used).toBe(0);
  };

/** Nothing is stored, nothing has ended, nothing of the token is said again. */
const nothingDone =
  (reason: string) =>
  async (response: Response, { scene, texts }: Stage): Promise<void> => {
    const text = await response.text();
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(JSON.parse(text)).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
    for (const part of String(texts.LOGOUT_TOKEN)
      .split('.')
      .filter((one) => one !== ''))
      expect(text).not.toContain(part);
    expect(scene.gateway.events.at(-1)).toMatchObject({ event: 'sso.backchannel.refused', reason });
    expect(await readLogoutState(scene)).toEqual({ revoked: [], signIns: ['live'], used: 0 });
    expect((await scene.ask(browser as Jar)).status).toBe(200);
  };

/** Orders that are not the provider's, not for us, or not of now. */
export const LOGOUTS: Variants = {
  'oauth-061': [
    { before: ordering((now) => logoutToken(now, { nonce: 'n-0S6_WzA2Mj' })), after: nothingDone('nonce') },
    {
      name: 'empty',
      before: ordering((now) => logoutToken(now, { nonce: '' })),
      after: nothingDone('nonce'),
    },
    {
      name: 'null',
      before: ordering((now) => logoutToken(now, { nonce: null })),
      after: nothingDone('nonce'),
    },
  ],
  'oauth-062': [undefined, '', null, 7, ['ann-1'], 'x'.repeat(256)].map((name) => ({
    name: `${JSON.stringify(name)?.slice(0, 12)}`,
    before: ordering((now) => logoutToken(now, { sub: name })),
    after: nothingDone('nobody'),
  })),
  'oauth-063': [
    {
      before: async (stage) => {
        const { scene, texts } = stage;
        // Bob is who it was for, so that Ann's session tells whether the second one did anything.
        let token = '';
        await ordering(async (now) => {
          token = await logoutToken(now, { sub: 'bob-1' });
          return token;
        })(stage);
        expect((await sendLogout(scene.another(), token)).status).toBe(200);
        texts.LOGOUT_TOKEN = token;
      },
      after: async (response, { scene }) => {
        expect(await response.json()).toMatchObject({ error: 'invalid_request' });
        expect(scene.gateway.events.at(-1)).toMatchObject({ reason: 'replayed' });
        const { revoked, signIns, used } = await readLogoutState(scene);
        expect([revoked.length, signIns, used]).toEqual([1, ['live'], 1]);
        expect((await scene.ask(browser as Jar)).status).toBe(200);
      },
    },
  ],
  'oauth-065': [
    {
      name: 'none',
      before: ordering((now) => forgeJwt(logoutClaims(now), 'none')),
      after: nothingDone('algorithm'),
    },
    {
      name: 'HS256 by the client secret',
      before: ordering((now) => forgeJwt(logoutClaims(now), 'HS256', CLIENT.secret)),
      after: nothingDone('algorithm'),
    },
    {
      name: 'HS256 by the public key',
      before: ordering(async (now) =>
        forgeJwt(logoutClaims(now), 'HS256', JSON.stringify((await pairNamed('first')).published)),
      ),
      after: nothingDone('algorithm'),
    },
    {
      name: 'another key',
      before: ordering((now) => logoutToken(now, {}, { pair: 'stranger' })),
      after: nothingDone('signature'),
    },
    {
      name: 'another key under the id of the right one',
      before: ordering((now) => logoutToken(now, {}, { pair: 'stranger', header: { kid: 'first' } })),
      after: nothingDone('signature'),
    },
    {
      name: 'a key that it brings itself',
      before: ordering(async (now) =>
        logoutToken(now, {}, { pair: 'stranger', header: { jwk: (await pairNamed('stranger')).published } }),
      ),
      after: nothingDone('signature'),
    },
  ],
  'oauth-066': [
    {
      name: 'iat 1 h old',
      before: ordering((now) => logoutToken(now, { iat: now - 3_600 })),
      after: nothingDone('too-old'),
    },
    {
      name: 'iat five minutes and a second old',
      before: ordering((now) => logoutToken(now, { iat: now - 301 })),
      after: nothingDone('too-old'),
    },
    {
      name: 'iat ahead',
      before: ordering((now) => logoutToken(now, { iat: now + 61 })),
      after: nothingDone('issued-in-future'),
    },
    {
      name: 'iat missing',
      before: ordering((now) => logoutToken(now, { iat: undefined })),
      after: nothingDone('issued-in-future'),
    },
    {
      name: 'exp missing',
      before: ordering((now) => logoutToken(now, { exp: undefined })),
      after: nothingDone('expired'),
    },
    {
      name: 'exp passed',
      before: ordering((now) => logoutToken(now, { exp: now - 61 })),
      after: nothingDone('expired'),
    },
  ],
};
