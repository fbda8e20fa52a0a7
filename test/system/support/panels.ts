import assert from 'node:assert/strict';
import type { Frame, Page } from 'playwright-core';

/** What a panel of the demo's dashboard shows at one moment. */
export interface PanelState {
  readonly feed: string;
  readonly state: string;
  /** How often it has drawn. */
  readonly updated: number;
  readonly points: number;
  /** The path of its line. */
  readonly line: string;
}

const TIMEOUT_MILLISECONDS = 20_000;
const POLLING_MILLISECONDS = 100;

/** What is in the iframe of that name, be it an error page of the browser's. */
export async function frameNamed(page: Page, name: string): Promise<Frame> {
  const element = await page.waitForSelector(`iframe[name="${name}"]`);
  const frame = await element.contentFrame();
  assert.ok(frame, `the iframe ${name} holds a frame`);
  return frame;
}

export function readPanels(frame: Frame): Promise<PanelState[]> {
  return frame.locator('.panel').evaluateAll((panels) =>
    panels.map((panel) => ({
      feed: panel.getAttribute('data-feed') ?? '',
      state: panel.getAttribute('data-state') ?? '',
      updated: Number(panel.getAttribute('data-updated')),
      points: Number(panel.getAttribute('data-points')),
      line: panel.querySelector('.line')?.getAttribute('d') ?? '',
    })),
  );
}

/** Waits until every panel of a dashboard has drawn a line. */
export async function waitForCharts(frame: Frame): Promise<void> {
  for (const panel of ['1', '2', '3', '4']) {
    const line = frame.locator(`[data-panel-id="${panel}"] .line`);
    await line.waitFor({ state: 'attached', timeout: TIMEOUT_MILLISECONDS });
  }
}

/** Waits until the browser has painted a frame that is in sight. */
export async function waitForPaint(frame: Frame): Promise<void> {
  await frame.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

/**
 * Waits until every panel of a dashboard has drawn at least twice more, and something else than before.
 *
 * @returns what they show then
 */
export async function waitForMotion(frame: Frame): Promise<PanelState[]> {
  await frame.locator('.panel').first().waitFor({ timeout: TIMEOUT_MILLISECONDS });
  const before = await readPanels(frame);
  await frame.waitForFunction(
    (earlier) => {
      const panels = [...document.querySelectorAll('.panel')];
      return panels.every((panel, index) => {
        const then = earlier[index];
        const line = panel.querySelector('.line')?.getAttribute('d') ?? '';
        const updated = Number(panel.getAttribute('data-updated'));
        return then !== undefined && updated >= then.updated + 2 && line !== '' && line !== then.line;
      });
    },
    before,
    // Chromium paints no frame that is scrolled out of sight, so there is no animation frame to wait for.
    { timeout: TIMEOUT_MILLISECONDS, polling: POLLING_MILLISECONDS },
  );
  const after = await readPanels(frame);
  assert.deepEqual(
    after.map(({ state }) => state),
    before.map(() => 'live'),
  );
  assert.equal(after.length, 4);
  const [streamed] = after.filter(({ feed }) => feed === 'stream');
  assert.ok(streamed && streamed.points >= 2, 'the panel behind the WebSocket moves too');
  return after;
}
