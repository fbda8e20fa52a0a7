/** Columns of a terminal that nobody has made wider. */
const COLUMNS = 80;

/** Prose in lines of at most 80 columns, each with the same white space in front. A longer word has its own line. */
export function wrapProse(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent.length + longer.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => `${indent}${one}`).join('\n');
}
