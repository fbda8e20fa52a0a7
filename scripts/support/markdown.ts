/** First line of files that are made by `npm run docs`. */
export const GENERATED = '<!-- Made by `npm run docs`. Change the table in src instead of this file. -->';

/** A bar would end the cell of a table. */
export function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A link to the heading of the same name. */
export function link(heading: string): string {
  return `[\`${heading}\`](#${heading.toLowerCase()})`;
}
