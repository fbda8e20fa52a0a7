/**
 * What does not work in a frame, in a real browser: a page that may not embed, and a browser that keeps no cookie.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Frame, Page } from 'playwright-core';
import { startBrowser, startProfile } from './support/browser.ts';
import { type Embedding, setEmbedding } from './support/embedding.ts';
import { outlineOf, recordNavigations } from './support/navigations.ts';
import { frameNamed, waitForMotion } from './support/panels.ts';

const TIMEOUT = { timeout: 120_000 };
/** What Chromium shows in place of a document that it refuses. */
const ERROR_PAGE = 'chrome-error://chromewebdata/';
/** A value of Chromium's content settings. */
const BLOCK = 2;

test('a page that no key allows cannot embed', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  const { chromium, gateway, gatewayUrl, strangerUrl, keys } = embedding;
  const page = await (await startBrowser(t, chromium)).newPage();
  const said = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
  const failed = page.waitForEvent('requestfailed', (request) => request.url().startsWith(gatewayUrl));
  await page.goto(strangerUrl);
  assert.ok((await said).text().includes(gatewayUrl));
  assert.equal((await failed).failure()?.errorText, 'net::ERR_BLOCKED_BY_RESPONSE');
  for (const { name } of keys) {
    await (await frameNamed(page, name)).waitForURL(ERROR_PAGE);
    const observed = await gateway.seen('embed.ancestor_refused', { key: name });
    assert.equal(observed.page, new URL(strangerUrl).origin);
  }
});

test('a browser that keeps no cookie at all', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  const preferences = { profile: { default_content_setting_values: { cookies: BLOCK } } };
  const context = await startProfile(t, embedding.chromium, { preferences });
  const navigations = recordNavigations(context);
  const page = await context.newPage();
  await page.goto(embedding.portalUrl);
  const [frame] = await explained(page, embedding);
  assert.ok(frame);

  await t.test('each frame says why, after two requests and no more', async () => {
    for (const each of embedding.keys) {
      const [path = ''] = each.path.split('?');
      const steps = [`${path}?orgId&aliyun_*`, `${path}?orgId&postern_check`];
      assert.deepEqual(outlineOf(navigations, await frameNamed(page, each.name)), steps);
      await embedding.gateway.seen('session.cookies.blocked', { key: each.name });
    }
  });

  await t.test('a tab of its own cannot help, says so, and does not go round in circles', async () => {
    const [tab] = await Promise.all([page.waitForEvent('popup'), frame.locator('a.open').click()]);
    await tab.getByText('session_required').waitFor();
    assert.deepEqual(outlineOf(navigations, tab.mainFrame()), stepsOfTab(embedding));
  });
});

test('a browser that keeps no cookie in frames, but one in a tab', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  // As in a browser without partitioned cookies: blocked for the gateway inside the portal, and nowhere else.
  const exceptions = { cookies: { '[*.]gateway.test,[*.]customer.test': { setting: BLOCK } } };
  const preferences = { profile: { content_settings: { exceptions } } };
  const context = await startProfile(t, embedding.chromium, { preferences });
  const navigations = recordNavigations(context);
  const page = await context.newPage();
  await page.goto(embedding.portalUrl);
  const [frame] = await explained(page, embedding);
  assert.ok(frame);
  const [tab] = await Promise.all([page.waitForEvent('popup'), frame.locator('a.open').click()]);
  await waitForMotion(tab.mainFrame());
  assert.equal(tab.url(), `${embedding.gatewayUrl}${embedding.keys[0].path}`);
  assert.deepEqual(outlineOf(navigations, tab.mainFrame()), stepsOfTab(embedding));
  await embedding.gateway.seen('session.tab.opened', { key: embedding.keys[0].name });
});

/** The frames of a portal, once each explains that its cookie was blocked. */
async function explained(page: Page, { keys }: Embedding): Promise<Frame[]> {
  const frames = await Promise.all(keys.map(({ name }) => frameNamed(page, name)));
  for (const frame of frames) {
    await frame.getByText('cookies_blocked').waitFor();
    const link = frame.locator('a.open');
    assert.equal(await link.textContent(), 'Open in a new tab');
    assert.equal(await link.getAttribute('target'), '_blank');
  }
  return frames;
}

/** What a tab asks for that was opened from the explanation: with its ticket, and without. */
function stepsOfTab({ keys: [{ path }] }: Embedding): string[] {
  const [page = ''] = path.split('?');
  return [`${page}?orgId&postern_open`, `${page}?orgId`];
}
