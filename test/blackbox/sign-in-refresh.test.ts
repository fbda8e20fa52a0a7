import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, problemOf, describe as tell } from '../support/provider/browser.ts';
import { ANN, PAGE, Scene } from '../support/provider/scene.ts';

/** A token counts as expired ten seconds early, so that it lasts for the request. */
const TOKEN_SECONDS = 12;
const OUTLAST_MS = 2_050;
const ASKED_AT_ONCE = 50;
const DATA = '/api/dashboards/uid/uid-one';

/** Who has signed in whose access token has run out. */
interface Outlasted {
  readonly who: string;
  readonly browser: Browser;
}

const ALL = Array.from({ length: 12 }, (_, index) => `user-${index}`);
const waiting: Outlasted[] = [];
let scene: Scene;

const personOf = (who: string) => ({ ...ANN, preferred_username: who, email: `${who}@example.com` });
const refreshes = () => scene.provider.callsTo('token');

/** One of those who have waited. */
function takeOne(): Outlasted {
  const one = waiting.pop();
  if (!one) throw new Error('there are more tests than people who have signed in');
  return one;
}

function begin(): void {
  scene.begin();
  for (const who of ALL) scene.provider.people.set(who, personOf(who));
}

beforeAll(async () => {
  scene = await Scene.set({
    GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
    GF_AUTH_GENERIC_OAUTH_SCOPES: 'openid email profile offline_access',
    GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: 'role',
    GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
    GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS: 'dashboards',
  });
  begin();
  scene.provider.settings.accessTokenSeconds = TOKEN_SECONDS;
  for (const who of ALL) {
    scene.provider.someone = who;
    waiting.push({ who, browser: await scene.signIn() });
  }
  await wait(OUTLAST_MS);
});

afterAll(() => scene.end());

beforeEach(begin);

describe('an access token that has run out', () => {
  test(`is refreshed once by ${ASKED_AT_ONCE} requests at once, and roles follow`, async () => {
    const { who, browser } = takeOne();
    scene.provider.people.set(who, { ...personOf(who), role: 'Viewer' });
    const answers = await Promise.all(
      Array.from({ length: ASKED_AT_ONCE }, () => browser.call(scene.at(DATA))),
    );
    expect(answers.filter(({ status }) => status !== 200).map(tell)).toEqual([]);
    expect(refreshes()).toEqual([{ endpoint: 'token', grant: 'refresh_token', status: 200 }]);
    expect(scene.origin.arrived).toHaveLength(ASKED_AT_ONCE);
    for (const arrived of scene.origin.arrived)
      expect(await scene.readAssertion(arrived)).toMatchObject({ role: 'Viewer', orgs: ['1/Viewer'] });
  });

  test('is refreshed again and again, each time with the token of the time before', async () => {
    const { browser } = takeOne();
    scene.provider.settings.accessTokenSeconds = TOKEN_SECONDS;
    for (let round = 1; round <= 2; round++) {
      expect((await browser.call(scene.at(DATA))).status).toBe(200);
      expect(refreshes()).toHaveLength(round);
      await wait(OUTLAST_MS);
    }
    expect(refreshes().map(({ status }) => status)).toEqual([200, 200]);
  });

  test('of the cookie as it was before the refresh is not refreshed a second time', async () => {
    const { browser } = takeOne();
    const before = browser.cookie(scene.gateway.url, 'postern-user') ?? '';
    await browser.call(scene.at(DATA));
    const otherTab = new Browser();
    otherTab.putCookie(scene.gateway.url, 'postern-user', before);
    expect((await otherTab.call(scene.at(DATA))).status).toBe(200);
    expect(refreshes()).toHaveLength(1);
  });

  test('is not asked for while it lives', async () => {
    const browser = await scene.signIn();
    scene.provider.calls.length = 0;
    for (let index = 0; index < 5; index++) await browser.call(scene.at(DATA));
    expect(scene.provider.calls).toEqual([]);
  });

  test('of somebody who was put out of the group ends the session', async () => {
    const { who, browser } = takeOne();
    scene.provider.people.set(who, { ...personOf(who), groups: [] });
    const hop = await browser.call(scene.at(DATA));
    expect([401, 403]).toContain(hop.status);
    expect(scene.origin.arrived).toEqual([]);
    scene.provider.people.set(who, personOf(who));
    expect((await browser.call(scene.at(DATA))).status).toBe(401);
    expect(refreshes()).toHaveLength(1);
  });

  test('that the provider does not refresh any more ends the session, with a sentence', async () => {
    const { who, browser } = takeOne();
    scene.provider.forgetRefreshTokens(who);
    const hop = await browser.call(scene.at(DATA));
    expect(hop.status).toBe(401);
    expect(problemOf(hop)).toMatchObject({ code: expect.any(String), detail: expect.stringMatching(/\.$/) });
    expect(scene.origin.arrived).toEqual([]);
    const again = await browser.call(scene.at(DATA));
    expect(again.status).toBe(401);
    expect(refreshes()).toEqual([{ endpoint: 'token', grant: 'refresh_token', status: 400 }]);
  });

  test('that is not refreshed any more leads to sign-in, which says so, and back to the page', async () => {
    const { who, browser } = takeOne();
    scene.provider.forgetRefreshTokens(who);
    const hop = await browser.arrive(scene.at(PAGE));
    expect(hop.url.href).toBe(scene.at(`/-/login?to=${encodeURIComponent(PAGE)}&ended=true`).href);
    expect([hop.status, hop.headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(hop.text).toContain('Your sign-in has ended.');
    expect(hop.text).toContain(`/-/login/start?to=${encodeURIComponent(PAGE)}`);
    expect(browser.cookie(scene.gateway.url, 'postern-user')).toBeUndefined();
    await scene.signIn(browser);
  });
});

// How long it goes on, and what comes after, is in test/sso, where the clock can be moved.
describe('a provider that is down when a token runs out', () => {
  test.each([{ kind: 'cut' } as const, { kind: 503 } as const, { kind: 429 } as const])(
    'lets the session go on, and is not asked by every request (%j)',
    async (fault) => {
      const { browser } = takeOne();
      scene.provider.fault = fault;
      for (let round = 0; round < 2; round++) {
        const answers = await Promise.all(
          Array.from({ length: ASKED_AT_ONCE }, () => browser.call(scene.at(DATA))),
        );
        expect(answers.filter(({ status }) => status !== 200).map(tell)).toEqual([]);
      }
      expect(await scene.readAssertion()).toMatchObject({ role: 'Editor' });
      expect(refreshes()).toHaveLength(1);
    },
  );

  test('that is slow is asked once, and everybody waits for its answer', async () => {
    const { browser } = takeOne();
    scene.provider.fault = { kind: 'slow', slowMs: 1_500, at: ['token'] };
    const answers = await Promise.all(Array.from({ length: 10 }, () => browser.call(scene.at(DATA))));
    expect(answers.filter(({ status }) => status !== 200).map(tell)).toEqual([]);
    expect(refreshes()).toHaveLength(1);
  });
});
