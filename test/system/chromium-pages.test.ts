/**
 * How the pages look that people get to see: nothing is cut off on a phone, every text can be read, light and dark.
 * With `SCREENSHOTS` set to a folder, pictures of them are kept there.
 */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Browser, Frame, Page } from 'playwright-core';
import { type Demo, startDemo } from '../../demo/start.ts';
import { requireNeighbour } from './neighbours.ts';
import { atEnd } from './support/at-end.ts';
import { startBrowser, startProfile } from './support/browser.ts';
import { setEmbedding } from './support/embedding.ts';
import { findFaintTexts, readOverflow } from './support/look.ts';
import { frameNamed, waitForCharts, waitForPaint } from './support/panels.ts';
import { makeScratch } from './support/scratch.ts';

const TIMEOUT = { timeout: 120_000 };

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

const LOOKS: Readonly<Record<string, Look>> = {
  'phone-light': { width: 390, height: 844, colorScheme: 'light' },
  'phone-dark': { width: 390, height: 844, colorScheme: 'dark' },
  'desktop-light': { width: 1280, height: 800, colorScheme: 'light' },
  'desktop-dark': { width: 1280, height: 800, colorScheme: 'dark' },
};

interface View {
  readonly name: string;
  /** In the language that the browser asks for. */
  readonly locale?: string;
  readonly title: RegExp;
  address(demo: Demo): Promise<string> | string;
}

const REFUSALS: readonly View[] = [
  { name: 'expired', title: /^This link has expired$/, address: (demo) => demo.expiredLink() },
  {
    name: 'no-session',
    title: /^There is no session here/,
    address: (demo) => `${demo.gatewayUrl}${demo.path}`,
  },
  {
    name: 'malformed',
    title: /^This link is not complete$/,
    address: async (demo) => (await demo.link()).replace(/&aliyun_api_key_name=[^&]*/, ''),
  },
  { name: 'expired-zh', locale: 'zh-CN', title: /^链接已过期$/, address: (demo) => demo.expiredLink() },
];

test('pages of the gateway and of the demo', TIMEOUT, async (t) => {
  const chromium = requireNeighbour(t, 'chromium');
  if (!chromium) return;
  const folder = process.env.SCREENSHOTS || makeScratch(t, 'screenshots');
  mkdirSync(folder, { recursive: true });
  const demo = await startDemo({ port: 0 });
  atEnd(t, () => demo.stop());
  const browser = await startBrowser(t, chromium);
  for (const [lookName, look] of Object.entries(LOOKS)) {
    for (const view of REFUSALS) {
      await t.test(`refusal ${view.name}, ${lookName}`, async () => {
        const page = await openPage(browser, look, view.locale);
        await page.goto(await view.address(demo));
        assert.match(await page.title(), view.title);
        await page.screenshot({ path: join(folder, `refusal-${view.name}-${lookName}.png`) });
        await checkLook(page);
        await page.context().close();
      });
    }
    await t.test(`portal, ${lookName}`, async () => {
      const page = await openPage(browser, look);
      await page.goto(demo.portalUrl);
      const frames = page.frames().filter((frame) => frame !== page.mainFrame());
      assert.equal(frames.length, 2);
      await Promise.all(frames.map(waitForCharts));
      await page.screenshot({ path: join(folder, `portal-${lookName}.png`), fullPage: true });
      // Chromium paints no frame that is out of sight, also not into the picture of a whole page.
      await page.locator('iframe').last().scrollIntoViewIfNeeded();
      await Promise.all(frames.slice(-1).map(waitForPaint));
      await page.screenshot({ path: join(folder, `portal-end-${lookName}.png`) });
      for (const each of [page, ...frames]) await checkLook(each);
      await page.context().close();
    });
  }
});

test('the page inside a frame whose cookie was blocked', TIMEOUT, async (t) => {
  const embedding = await setEmbedding(t);
  if (!embedding) return;
  const folder = process.env.SCREENSHOTS || makeScratch(t, 'screenshots');
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  const context = await startProfile(t, embedding.chromium, { preferences });
  const page = await context.newPage();
  await page.goto(embedding.portalUrl);
  const frame = await frameNamed(page, embedding.keys[0].name);
  await frame.getByText('cookies_blocked').waitFor();
  await page.screenshot({ path: join(folder, 'cookies-blocked-in-frame.png') });
  await checkLook(frame);
});

async function openPage(browser: Browser, look: Look, locale = 'en-GB'): Promise<Page> {
  const { width, height, colorScheme } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale });
  return context.newPage();
}

async function checkLook(page: Page | Frame): Promise<void> {
  assert.ok((await readOverflow(page)) <= 0, 'nothing is wider than the window');
  assert.deepEqual(await findFaintTexts(page), []);
}
