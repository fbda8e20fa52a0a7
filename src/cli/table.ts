import { hideKeys, type Style, showText } from './print.ts';

const GAP = '  ';

/** A table for people: a line of titles, and rows below in the same columns. Cells come from outside. */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const cells = rows.map((row) => row.map((cell) => hideKeys(showText(cell))));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const align = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return `${[style.bold(align(titles)), ...cells.map(align)].join('\n')}\n`;
}

/** A moment of the admin API for people, short: `2027-01-31 09:00`. A hyphen where there is none. */
export function shortenInstant(instant: string | null): string {
  return instant === null ? '-' : instant.slice(0, 16).replace('T', ' ');
}

/** A moment of the admin API for people: `2027-01-31 09:00:00 UTC`. */
export function spellInstant(instant: string): string {
  return instant.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC');
}
