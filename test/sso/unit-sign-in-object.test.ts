import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { createKeyring } from '../../src/lib/keyring.ts';
import { seal, unseal } from '../../src/lib/seal.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Person } from '../../src/sso/person.ts';
import type { SignInBook, SignInRecord, SignInState } from '../../src/sso/sign-in-book.ts';
import { BOUND } from '../support/bound.ts';
import { Gateway, NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { OBJECT_VARIABLES } from '../support/object-variables.ts';
import { type Answer, origin } from '../support/origin.ts';

const ID = '0123456789abcdef0123456789abcdef';
const TOKEN_SECONDS = 600;
const GRACE_SECONDS = 120;
const END = NOW + 36_000;
/** How early a token counts as expired, so that it lasts for the request. */
const DUE = NOW + TOKEN_SECONDS - 10;

const { GF_AUTH_GENERIC_OAUTH_TOKEN_URL: TOKEN, GF_AUTH_GENERIC_OAUTH_API_URL: USERINFO } = OBJECT_VARIABLES;

const PERSON: Person = {
  sub: 'ann',
  login: 'ann@example.com',
  name: '',
  email: 'ann@example.com',
  orgRoles: [[1, 'Viewer']],
  isGrafanaAdmin: undefined,
  groups: [],
};

/** The real Durable Object, as the Worker calls it. */
function bookOf(id = ID): SignInBook {
  return BOUND.POSTERN_SIGN_INS.getByName(id) as unknown as SignInBook;
}

/** The provider of one sign-in, by hand: each refresh token is good once. */
class Scene {
  readonly gateway: Gateway;
  /** Refresh tokens that were shown, in order. */
  readonly shown: string[] = [];
  userinfoAsked = 0;
  /** The one that is good now. */
  good = 'refresh-0';
  token: Answer | undefined;
  userinfo: Answer = () => Response.json({ sub: 'ann', email: 'ann@example.com', role: 'Editor' });

  constructor(vars: Readonly<Record<string, string>> = {}) {
    this.gateway = new Gateway({
      bindings: 'real',
      vars: {
        ...OBJECT_VARIABLES,
        POSTERN_SECRETS: SECRET,
        SSO_GRACE_SECONDS: String(GRACE_SECONDS),
        ...vars,
      },
    });
    origin.putUp(new URL(TOKEN).origin, (request) => {
      if (request.url === TOKEN) return this.#answerToken(request);
      if (request.url === USERINFO) this.userinfoAsked++;
      return this.userinfo(request);
    });
  }

  open(of: Partial<SignInRecord> = {}, id = ID): Promise<boolean> {
    return bookOf(id).open(recordOf(of), NOW);
  }

  read(now: number, id = ID): Promise<SignInState> {
    return bookOf(id).read(now);
  }

  /** Kind of the state, and who it is. */
  async look(now: number): Promise<string> {
    const state = await this.read(now);
    if (state.kind === 'live') return `live ${state.person.orgRoles?.[0]?.[1]} ${state.revision}`;
    return state.kind === 'ended' ? `ended ${state.reason}` : state.kind;
  }

  async #answerToken(request: Request): Promise<Response> {
    const form = new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()));
    const token = form.get('refresh_token') ?? 'none';
    this.shown.push(token);
    if (this.token) return this.token(request);
    if (token !== this.good) return Response.json({ error: 'invalid_grant' }, { status: 400 });
    this.good = `refresh-${this.shown.length}`;
    return Response.json({
      access_token: `access-${this.shown.length}`,
      token_type: 'Bearer',
      refresh_token: this.good,
      expires_in: TOKEN_SECONDS,
    });
  }
}

function recordOf(of: Partial<SignInRecord> = {}): SignInRecord {
  return {
    person: PERSON,
    tokens: {
      refreshToken: 'refresh-0',
      idToken: 'id-token-0',
      expiresAt: NOW + TOKEN_SECONDS,
    },
    idClaims: undefined,
    issuer: 'https://idp.test',
    start: NOW,
    end: END,
    ...of,
  };
}

const away: Answer = () => new Response('', { status: 503 });
const count = (texts: readonly string[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(texts, (text) => text)).map(([text, all]) => [text, all?.length]),
  );

/** Everything that is stored, as text. */
function stored(id = ID): Promise<string> {
  return runInDurableObject(BOUND.POSTERN_SIGN_INS.getByName(id), async (_, { storage }) =>
    JSON.stringify([...(await storage.list())]),
  );
}

describe('a sign-in', () => {
  test('is opened once, however many try at once', async () => {
    const scene = new Scene();
    const opened = await Promise.all(Array.from({ length: 20 }, () => scene.open()));
    expect(opened.filter(Boolean)).toHaveLength(1);
    expect(await scene.open()).toBe(false);
  });

  test('is what was kept, and asks nobody while its token lasts', async () => {
    const scene = new Scene();
    await scene.open();
    const state = await scene.read(DUE - 1);
    expect(state).toEqual({
      kind: 'live',
      person: PERSON,
      issuer: 'https://idp.test',
      revision: 0,
      freshUntil: DUE,
    });
    expect([scene.shown, scene.userinfoAsked]).toEqual([[], 0]);
  });

  test('is stored sealed, and opens in no other object', async () => {
    const scene = new Scene();
    await scene.open();
    const text = await stored();
    for (const secret of ['refresh-0', 'id-token-0', 'ann', 'Viewer']) expect(text).not.toContain(secret);
    const copy = JSON.parse(text)[0][1] as unknown;
    const other = BOUND.POSTERN_SIGN_INS.getByName('f'.repeat(32));
    await runInDurableObject(other, (_, { storage }) => storage.put('sign-in', copy));
    expect(await other.read(NOW)).toEqual({ kind: 'ended', reason: 'unreadable' });
  });

  test('of a secret that is gone cannot be read, and asks the provider nothing', async () => {
    const scene = new Scene();
    await putSealedWith(OTHER_SECRET);
    expect(await scene.look(NOW)).toBe('ended unreadable');
    expect(await scene.look(DUE)).toBe('ended unreadable');
    expect(scene.shown).toEqual([]);
  });

  test('of a former secret goes on, and is sealed with the newest once it is refreshed', async () => {
    const scene = new Scene({ POSTERN_SECRETS: `${SECRET} ${OTHER_SECRET}` });
    await putSealedWith(OTHER_SECRET);
    const [former] = (await stored()).match(/[0-9a-f]{8}(?=\.)/) ?? [];
    expect(await scene.look(DUE)).toBe('live Editor 1');
    expect(await stored()).not.toContain(`${former}.`);
  });

  test('that nobody opened is unknown, and so is one whose time is over', async () => {
    const scene = new Scene();
    expect(await scene.look(NOW)).toBe('unknown');
    await scene.open();
    expect(await scene.look(END)).toBe('unknown');
    expect(scene.shown).toEqual([]);
  });

  test('leaves nothing behind', async () => {
    const scene = new Scene();
    await scene.open();
    const object = BOUND.POSTERN_SIGN_INS.getByName(ID);
    const due = await runInDurableObject(object, (_, { storage }) => storage.getAlarm());
    expect(Math.abs((due ?? 0) - Date.now() - (END - NOW) * 1_000)).toBeLessThan(60_000);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await stored()).toBe('[]');
    expect(await scene.look(NOW)).toBe('unknown');
  });

  test('ends once: its ID token is handed out to whoever ended it, and its tokens are gone', async () => {
    const scene = new Scene();
    await scene.open();
    const object = bookOf();
    expect(await object.end('signed-out', NOW)).toEqual({ idToken: 'id-token-0' });
    expect(await object.end('replaced', NOW)).toEqual({ idToken: undefined });
    expect(await scene.look(NOW)).toBe('ended signed-out');
    expect(await scene.look(DUE)).toBe('ended signed-out');
    expect(await scene.open()).toBe(false);
    expect(await stored()).toBe(JSON.stringify([['sign-in', { ended: 'signed-out', end: END }]]));
    expect(scene.shown).toEqual([]);
  });
});

/** As an earlier gateway has left it, whose secret this was. */
async function putSealedWith(secret: string): Promise<void> {
  const ring = await createKeyring([new Secret(secret)], 'sign-in record');
  const object = BOUND.POSTERN_SIGN_INS.getByName(ID);
  const sealed = await seal(ring, JSON.stringify(recordOf()), `sign-in ${object.id}`);
  const live = { sealed, revision: 0, end: END, expiresAt: NOW + TOKEN_SECONDS };
  await runInDurableObject(object, (_, { storage }) => storage.put('sign-in', live));
}

describe('an access token that runs out', () => {
  test('is refreshed once for fifty requests at once, and all see who it is then', async () => {
    const scene = new Scene();
    await scene.open();
    const looks = await Promise.all(Array.from({ length: 50 }, () => scene.look(DUE)));
    expect(count(looks)).toEqual({ 'live Editor 1': 50 });
    expect([scene.shown, scene.userinfoAsked]).toEqual([['refresh-0'], 1]);
  });

  test('is refreshed each time with the refresh token of the last', async () => {
    const scene = new Scene();
    await scene.open();
    for (let round = 1; round <= 4; round++)
      expect(await scene.look(NOW + round * TOKEN_SECONDS)).toBe(`live Editor ${round}`);
    expect(scene.shown).toEqual(['refresh-0', 'refresh-1', 'refresh-2', 'refresh-3']);
  });

  test('is not stored, not even sealed: it is used where it arrives', async () => {
    const scene = new Scene();
    await scene.open();
    await scene.look(DUE);
    const [[, { sealed }]] = JSON.parse(await stored()) as [[string, { sealed: string }]];
    const context = `sign-in ${BOUND.POSTERN_SIGN_INS.getByName(ID).id}`;
    const text = await unseal(await createKeyring([new Secret(SECRET)], 'sign-in record'), sealed, context);
    expect(text).toContain('refresh-1');
    expect(text).not.toContain('access-1');
  });

  test('is not refreshed a second before it is due', async () => {
    const scene = new Scene();
    await scene.open();
    expect(await scene.look(DUE - 1)).toBe('live Viewer 0');
    expect(await scene.look(DUE)).toBe('live Editor 1');
    expect(await scene.read(DUE)).toMatchObject({ freshUntil: DUE + TOKEN_SECONDS - 10 });
  });

  test('never matters where refresh tokens are not used', async () => {
    const scene = new Scene({ GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'false' });
    await scene.open();
    expect(await scene.look(END - 1)).toBe('live Viewer 0');
    expect(scene.shown).toEqual([]);
  });

  test.each<[string, Partial<Scene>, Partial<SignInRecord['tokens']>, string, number]>([
    ['a refresh token that is not good', { good: 'another' }, {}, 'ended refresh-refused', 1],
    ['no refresh token', {}, { refreshToken: undefined }, 'ended no-refresh-token', 0],
    [
      'somebody else',
      { userinfo: () => Response.json({ sub: 'eve', email: 'ann@example.com' }) },
      {},
      'ended no-longer-allowed',
      1,
    ],
    ['somebody without an address', { userinfo: emptyButEmails }, {}, 'ended no-longer-allowed', 1],
  ])('ends the session for good: %s', async (_what, changed, tokens, ended, shown) => {
    const scene = Object.assign(new Scene(), changed);
    await scene.open({ tokens: { ...recordOf().tokens, ...tokens } });
    const looks = await Promise.all(Array.from({ length: 10 }, () => scene.look(DUE)));
    expect(count(looks)).toEqual({ [ended]: 10 });
    scene.userinfo = () => Response.json({ sub: 'ann', email: 'ann@example.com' });
    scene.good = 'refresh-0';
    expect(await scene.look(DUE + 100)).toBe(ended);
    expect(scene.shown).toHaveLength(shown);
    // What is left says that it ended, and holds no token.
    expect(await stored()).toMatch(/^\[\["sign-in",\{"ended":"[a-z-]+","end":\d+\}\]\]$/);
  });
});

function emptyButEmails({ url }: Request): Response {
  return Response.json(url.endsWith('/emails') ? [] : { sub: 'ann' });
}

describe('a provider that cannot be asked', () => {
  test('is tried every 30 seconds, once for all who wait', async () => {
    const scene = new Scene();
    scene.token = away;
    await scene.open();
    const tries: number[] = [];
    for (const second of [0, 1, 29, 30, 31, 59, 60]) {
      const looks = await Promise.all(Array.from({ length: 5 }, () => scene.look(DUE + second)));
      expect(count(looks)).toEqual({ 'live Viewer 0': 5 });
      tries.push(scene.shown.length);
    }
    expect(tries).toEqual([1, 1, 1, 2, 2, 2, 3]);
    // An isolate asks again when the next try is due.
    expect(await scene.read(DUE + 61)).toMatchObject({ freshUntil: DUE + 90 });
  });

  test('keeps nobody out for as long as the grace, and everybody after it until it is back', async () => {
    const scene = new Scene();
    scene.token = away;
    await scene.open();
    await scene.look(DUE);
    expect(await scene.look(DUE + GRACE_SECONDS)).toBe('live Viewer 0');
    expect(await scene.look(DUE + GRACE_SECONDS + 1)).toBe('waiting');
    scene.token = undefined;
    expect(await scene.look(DUE + GRACE_SECONDS + 40)).toBe('live Editor 1');
  });

  test('and is back gives the whole grace again', async () => {
    const scene = new Scene();
    scene.token = away;
    await scene.open();
    await scene.look(DUE);
    scene.token = undefined;
    await scene.look(DUE + 100);
    scene.token = away;
    const next = DUE + 100 + TOKEN_SECONDS;
    await scene.look(next);
    expect(await scene.look(next + GRACE_SECONDS)).toBe('live Editor 1');
    expect(await scene.look(next + GRACE_SECONDS + 1)).toBe('waiting');
  });

  /** The new tokens are stored before anything else is asked: the old refresh token is spent. */
  test('about the user, once the tokens are new, loses no token, and lets nobody be who they were for ever', async () => {
    const scene = new Scene();
    scene.userinfo = away;
    await scene.open();
    expect(await scene.look(DUE)).toBe('live Viewer 1');
    expect(await scene.look(DUE + GRACE_SECONDS + 1)).toBe('waiting');
    scene.userinfo = () => Response.json({ sub: 'ann', email: 'ann@example.com', role: 'Admin' });
    expect(await scene.look(DUE + GRACE_SECONDS + 31)).toMatch(/^live Admin/);
    expect(scene.shown).toEqual([...new Set(scene.shown)]);
    expect(scene.shown.slice(0, 2)).toEqual(['refresh-0', 'refresh-1']);
  });

  test('lets no session last longer than it would have', async () => {
    const scene = new Scene();
    scene.token = away;
    await scene.open({ end: DUE + 20 });
    expect(await scene.read(DUE + 5)).toMatchObject({ kind: 'live', freshUntil: DUE + 20 });
    expect(await scene.look(DUE + 20)).toBe('unknown');
  });
});
