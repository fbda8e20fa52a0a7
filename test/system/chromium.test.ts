/**
 * A portal with two dashboards of two customers in two iframes, in a real browser: on sites of their own, over HTTPS,
 * with third-party cookies blocked. What the browser or the gateway refuses is in `chromium-refused.test.ts`.
 */

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { BrowserContext, Cookie, Frame, Page } from 'playwright-core';
import { signExpiredLink } from '../../demo/links.ts';
import { startDemo } from '../../demo/start.ts';
import { requireNeighbour } from './neighbours.ts';
import { atEnd } from './support/at-end.ts';
import { startBrowser, startProfile } from './support/browser.ts';
import { type Embedding, setEmbedding } from './support/embedding.ts';
import { outlineOf, recordNavigations } from './support/navigations.ts';
import { frameNamed, waitForMotion } from './support/panels.ts';

const TIMEOUT = { timeout: 120_000 };
const BLOCKED = 'it is not here';
/** A value of Chromium's `cookie_controls_mode`. Without it, a fresh profile keeps none either. */
const ALLOW_THIRD_PARTY_COOKIES = 0;

test('a portal on another site, in a private window', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  const browser = await startBrowser(t, embedding.chromium);
  await checkPortal(t, embedding, await browser.newContext());
});

test('a portal on another site, in a window without third-party cookies', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  const switches = ['--test-third-party-cookie-phaseout'];
  await checkPortal(t, embedding, await startProfile(t, embedding.chromium, { switches }));
});

test('a portal on another site, in a window with third-party cookies', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  const preferences = { profile: { cookie_controls_mode: ALLOW_THIRD_PARTY_COOKIES } };
  const context = await startProfile(t, embedding.chromium, { preferences });
  // So that the same answer of the witness elsewhere means what it says.
  assert.equal(await askWitness(embedding, context), 'it came back');
  const page = await context.newPage();
  await page.goto(embedding.portalUrl);
  await Promise.all((await framesOf(page, embedding)).map(waitForMotion));
});

test("the demo's portal, over plain HTTP on this machine", TIMEOUT, async (t) => {
  const chromium = requireNeighbour(t, 'chromium');
  if (!chromium) return;
  const demo = await startDemo({ port: 0 });
  atEnd(t, () => demo.stop());
  const context = await (await startBrowser(t, chromium)).newContext();
  const page = await context.newPage();
  await page.goto(demo.portalUrl);
  await Promise.all(
    page
      .frames()
      .filter((frame) => frame !== page.mainFrame())
      .map(waitForMotion),
  );
  const cookies = await context.cookies(demo.gatewayUrl);
  assert.equal(cookies.length, 2);
  for (const { name, secure, httpOnly, sameSite } of cookies) {
    assert.match(name, /^postern-s-[0-9a-f]{8}$/);
    assert.deepEqual({ secure, httpOnly, sameSite }, { secure: false, httpOnly: true, sameSite: 'Lax' });
  }
});

async function checkPortal(t: TestContext, embedding: Embedding, context: BrowserContext): Promise<void> {
  await t.test('the browser keeps no ordinary third-party cookie', async () => {
    assert.equal(await askWitness(embedding, context), BLOCKED);
  });
  const navigations = recordNavigations(context);
  const page = await context.newPage();
  await page.goto(embedding.portalUrl);
  const frames = await framesOf(page, embedding);
  await t.test('both dashboards are there and move', () => waitForAll(page, embedding));
  await t.test('each frame was led from its link to its page in three steps', () => {
    for (const [index, frame] of frames.entries()) {
      const [path = ''] = embedding.keys[index]?.path.split('?') ?? [];
      const steps = [`${path}?orgId&aliyun_*`, `${path}?orgId&postern_check`, `${path}?orgId`];
      assert.deepEqual(outlineOf(navigations, frame), steps);
    }
  });
  await t.test('each session has a cookie of its own, for this portal alone', async () => {
    checkCookies(await context.cookies(embedding.gatewayUrl), embedding);
  });
  for (const { name } of embedding.keys) {
    await t.test(`after the frame ${name} was loaded again both move`, async () => {
      const frame = await frameNamed(page, name);
      await Promise.all([frame.waitForNavigation(), frame.evaluate(() => location.reload())]);
      await waitForAll(page, embedding);
    });
  }
  await t.test('a frame whose link is no longer fresh still shows its dashboard', async () => {
    const [key] = embedding.keys;
    const frame = await frameNamed(page, key.name);
    await frame.goto(await signExpiredLink(embedding.gatewayUrl, key));
    await waitForAll(page, embedding);
  });
}

/** Every frame shows its own dashboard under its clean address, and moves. */
async function waitForAll(page: Page, embedding: Embedding): Promise<void> {
  const frames = await framesOf(page, embedding);
  await Promise.all(frames.map(waitForMotion));
  for (const [index, key] of embedding.keys.entries()) {
    assert.equal(frames[index]?.url(), `${embedding.gatewayUrl}${key.path}`);
    assert.equal(await frames[index]?.locator('h1').textContent(), key.tenant.dashboard.title);
  }
}

function framesOf(page: Page, { keys }: Embedding): Promise<Frame[]> {
  return Promise.all(keys.map(({ name }) => frameNamed(page, name)));
}

/** What a third party says that sets an ordinary cookie and is loaded again. */
async function askWitness({ witnessUrl }: Embedding, context: BrowserContext): Promise<string | null> {
  const page = await context.newPage();
  await page.goto(witnessUrl);
  const frame = await frameNamed(page, 'witness');
  await Promise.all([frame.waitForNavigation(), frame.evaluate(() => location.reload())]);
  const said = await frame.locator('#said').textContent();
  await page.close();
  return said;
}

/** `partitionKey` is the site of the page around the frame (CHIPS). */
function checkCookies(cookies: readonly Cookie[], { keys }: Embedding): void {
  assert.equal(new Set(cookies.map(({ name }) => name)).size, keys.length);
  assert.equal(cookies.length, keys.length);
  for (const { name, domain, path, secure, httpOnly, sameSite, partitionKey, expires } of cookies) {
    assert.match(name, /^__Host-postern-s-[0-9a-f]{8}$/);
    assert.deepEqual({ domain, path }, { domain: 'dashboards.gateway.test', path: '/' });
    assert.deepEqual({ secure, httpOnly, sameSite }, { secure: true, httpOnly: true, sameSite: 'None' });
    assert.equal(partitionKey, 'https://customer.test');
    const seconds = expires - Date.now() / 1000;
    assert.ok(seconds > 3500 && seconds <= 3600, `${seconds}`);
  }
}
