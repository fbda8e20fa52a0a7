import type { Frame, Page } from 'playwright-core';

/** A text that is hard to read, and its contrast (WCAG 2.2 §1.4.3). */
export interface FaintText {
  readonly text: string;
  readonly contrast: number;
}

/** By how many pixels a page is wider than its window, or a framed one than its frame. */
export function readOverflow(page: Page | Frame): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/**
 * Texts of a page, or of a framed one, whose contrast with what is behind them is below level AA: 4.5, or 3 for text of 24 pixels and more.
 * Backgrounds have to be plain colours.
 */
export function findFaintTexts(page: Page | Frame): Promise<FaintText[]> {
  return page.evaluate(() => {
    const parse = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const linear = (channel: number) =>
      channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
    const luminance = ([red = 0, green = 0, blue = 0]: number[]) =>
      0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const isSolid = (colour: string) => (parse(colour)[3] ?? 1) === 1;
    const backgroundOf = (element: Element | null): string => {
      if (!element) return 'rgb(255, 255, 255)';
      const { backgroundColor } = getComputedStyle(element);
      return isSolid(backgroundColor) ? backgroundColor : backgroundOf(element.parentElement);
    };
    const hasOwnText = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    return [...document.body.querySelectorAll('*')].filter(hasOwnText).flatMap((element) => {
      const pair = [getComputedStyle(element).color, backgroundOf(element)].map((c) => luminance(parse(c)));
      const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      const least = Number.parseFloat(getComputedStyle(element).fontSize) >= 24 ? 3 : 4.5;
      return contrast < least ? [{ text: element.textContent?.trim() ?? '', contrast }] : [];
    });
  });
}
