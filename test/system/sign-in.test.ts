/**
 * Staff sign-in in a real browser: from the page that was asked for over the sign-in page and a real OpenID provider to
 * the dashboard, and out again. With `SCREENSHOTS` set to a folder, pictures of the pages are kept there.
 */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type SignInGateway, startFor, type Vars } from '../support/provider/gateway.ts';
import { AssertionOrigin } from '../support/provider/grafana.ts';
import { Provider } from '../support/provider/provider.ts';
import { requireNeighbour } from './neighbours.ts';
import { atEnd } from './support/at-end.ts';
import { startBrowser } from './support/browser.ts';
import { findFaintTexts, readOverflow } from './support/look.ts';
import { waitForMotion } from './support/panels.ts';
import { makeScratch } from './support/scratch.ts';

const TIMEOUT = { timeout: 120_000 };
const ANN = { email: 'ann@example.com', name: 'Ann Example', preferred_username: 'ann', groups: ['staff'] };
const PROVIDER_NAME = 'Example Company';

const LOOKS = {
  'phone-light': { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  'desktop-light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'desktop-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
} as const;

interface Scene {
  readonly browser: Browser;
  readonly gateway: SignInGateway;
  readonly origin: AssertionOrigin;
  readonly provider: Provider;
}

/** @param varsOf more variables, which may name addresses of the provider */
async function setScene(
  t: TestContext,
  varsOf: (provider: Provider, origin: AssertionOrigin) => Vars = () => ({}),
): Promise<Scene | undefined> {
  const chromium = requireNeighbour(t, 'chromium');
  if (!chromium) return undefined;
  const origin = await AssertionOrigin.start();
  atEnd(t, () => origin.stop());
  const provider = await Provider.start();
  atEnd(t, () => provider.stop());
  provider.people.set('ann', ANN);
  provider.someone = 'ann';
  const gateway = await startFor(provider, origin.url, {
    GF_AUTH_GENERIC_OAUTH_NAME: PROVIDER_NAME,
    GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
    GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS: 'staff',
    ...varsOf(provider, origin),
  });
  atEnd(t, () => gateway.stop());
  origin.trust(gateway.url);
  return { browser: await startBrowser(t, chromium), gateway, origin, provider };
}

test('signing in, and out again', TIMEOUT, async (t) => {
  const scene = await setScene(t);
  if (!scene) return;
  const { browser, gateway, origin } = scene;
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));

  await t.test('a page leads to the sign-in page, with one button', async () => {
    await page.goto(gateway.at(origin.page).href);
    assert.equal(new URL(page.url()).pathname, '/-/login');
    assert.equal(await page.getByRole('link', { name: PROVIDER_NAME }).count(), 1);
    assert.equal(origin.seen.length, 0);
  });

  await t.test('the button leads over the provider to that page, which lives', async () => {
    await page.getByRole('link', { name: PROVIDER_NAME }).click();
    await page.waitForURL(gateway.at(origin.page).href);
    await waitForMotion(page.mainFrame());
    assert.deepEqual([...new Set(origin.seen.map(({ email }) => email))], [ANN.email]);
  });

  await t.test('the cookie is out of reach for scripts, and the address holds nothing', async () => {
    const cookies = await context.cookies(gateway.url.href);
    const session = cookies.find(({ name }) => name === 'postern-user');
    assert.ok(session?.httpOnly);
    assert.equal(session.sameSite, 'Lax');
    assert.deepEqual(
      cookies.filter(({ name }) => name.startsWith('postern-tx-')),
      [],
    );
    assert.equal(await page.evaluate(() => document.cookie.includes('postern')), false);
    assert.doesNotMatch(page.url(), /code=|state=/);
  });

  await t.test('going back does not lead into the sign-in again', async () => {
    await page.reload();
    await page.locator('.panel').first().waitFor();
    assert.equal(page.url(), gateway.at(origin.page).href);
  });

  await t.test('a link of another site arrives signed in', async () => {
    const other = await context.newPage();
    await follow(other, gateway.at(origin.page));
    await other.locator('.panel').first().waitFor();
    assert.equal(new URL(other.url()).pathname, new URL(gateway.at(origin.page)).pathname);
    await other.close();
  });

  await t.test('a link of another site signs nobody out without asking', async () => {
    const other = await context.newPage();
    await follow(other, gateway.at('/logout'));
    await other.getByRole('button').waitFor();
    await page.reload();
    assert.equal(page.url(), gateway.at(origin.page).href);
    await other.close();
  });

  // A page that is being left still asks for its data, and is told that nobody is signed in any more.
  assert.deepEqual(failures, []);
  await t.test('signing out ends it, and says so', async () => {
    // As Grafana's own menu does it.
    await page.evaluate(() => location.assign('/logout'));
    await page.waitForURL(/\/-\/login\?signedOut=true$/);
    const cookies = await context.cookies(gateway.url.href);
    assert.equal(
      cookies.find(({ name }) => name === 'postern-user'),
      undefined,
    );
    await page.goto(gateway.at(origin.page).href);
    assert.equal(new URL(page.url()).pathname, '/-/login');
  });
});

/** Follows a link that stands on a page of another site. */
async function follow(page: Page, address: URL): Promise<void> {
  await page.goto('about:blank');
  await page.setContent(`<a href="${address.href}">elsewhere</a>`);
  await page.getByRole('link').click();
}

test('signing out at the provider as well, by the button', TIMEOUT, async (t) => {
  const after = ({ url }: AssertionOrigin) => `${url}/after`;
  const scene = await setScene(t, ({ issuer }, origin) => ({
    GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: `${issuer}/session/end?post_logout_redirect_uri=${encodeURIComponent(after(origin))}`,
  }));
  if (!scene) return;
  const { browser, gateway, origin, provider } = scene;
  provider.register({
    redirectUris: [gateway.at('/login/generic_oauth').href],
    signOutUris: [after(origin)],
  });
  const page = await (await browser.newContext()).newPage();
  await page.goto(gateway.at(`/-/login/start?to=${encodeURIComponent(origin.page)}`).href);
  await page.waitForURL(gateway.at(origin.page).href);
  await follow(page, gateway.at('/logout'));
  await page.getByRole('button').click();
  await page.waitForURL((url) => url.origin === provider.issuer);
  assert.equal(await page.title(), 'Sign out of the provider');
  await page.getByRole('button').click();
  await page.waitForURL(after(origin));
  await page.goto(gateway.at(origin.page).href);
  assert.equal(new URL(page.url()).pathname, '/-/login');
});

interface View {
  readonly name: string;
  /** Opens it. */
  show(page: Page, scene: Scene): Promise<unknown>;
  /** Of which it shows something. */
  readonly shows: RegExp;
}

const VIEWS: readonly View[] = [
  {
    name: 'login',
    show: (page, { gateway }) => page.goto(gateway.at('/-/login?to=%2Fd%2Fuid-one').href),
    shows: /Example Company/,
  },
  {
    name: 'signed-out',
    show: (page, { gateway }) => page.goto(gateway.at('/-/login?signedOut=true').href),
    shows: /signed out/i,
  },
  {
    name: 'logout',
    show: async (page, { gateway, origin, provider }) => {
      provider.people.set('ann', ANN);
      await page.goto(gateway.at(`/-/login/start?to=${encodeURIComponent(origin.page)}`).href);
      await follow(page, gateway.at('/-/logout'));
      await page.getByRole('button').waitFor();
    },
    shows: /sign out/i,
  },
  {
    name: 'refused',
    show: (page, { gateway, provider }) => {
      provider.people.set('ann', { ...ANN, groups: [] });
      return page.goto(gateway.at('/-/login/start?to=%2Fd%2Fuid-one').href);
    },
    shows: /sso_not_in_allowed_groups/,
  },
];

test('pages of sign-in, as people see them', TIMEOUT, async (t) => {
  const scene = await setScene(t);
  if (!scene) return;
  const folder = process.env.SCREENSHOTS || makeScratch(t, 'screenshots');
  mkdirSync(folder, { recursive: true });
  for (const [lookName, look] of Object.entries(LOOKS)) {
    for (const view of VIEWS) {
      await t.test(`${view.name}, ${lookName}`, async () => {
        const context = await scene.browser.newContext({ ...look, locale: 'en-GB' });
        const page = await context.newPage();
        await view.show(page, scene);
        await page.screenshot({ path: join(folder, `sign-in-${view.name}-${lookName}.png`) });
        assert.match((await page.locator('body').textContent()) ?? '', view.shows);
        assert.ok((await readOverflow(page)) <= 0, 'nothing is wider than the window');
        assert.deepEqual(await findFaintTexts(page), []);
        await context.close();
      });
    }
  }
});
