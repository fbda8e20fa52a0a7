import { hideKeys, showText } from './print.ts';

/** Columns of a terminal that nobody has made wider. */
const COLUMNS = 80;

/**
 * A text from outside beside a label, in lines of at most 80 columns. Lines end at spaces where that is possible, and
 * anywhere else where a word is too long: a JMESPath has few spaces.
 *
 * @param label stands in front of the first line
 */
export function formatBeside(label: string, width: number, text: string): string {
  const lines = breakLines(hideKeys(showText(text)), COLUMNS - width);
  const front = label.padEnd(width);
  return lines.map((line, index) => `${index === 0 ? front : ' '.repeat(width)}${line}`.trimEnd()).join('\n');
}

/** @param room columns of a line */
export function breakLines(text: string, room: number): string[] {
  const lines: string[] = [];
  let rest = [...text];
  while (rest.length > room) {
    const space = rest.slice(0, room + 1).lastIndexOf(' ');
    const end = space > 0 ? space : room;
    lines.push(rest.slice(0, end).join('').trimEnd());
    rest = rest.slice(space > 0 ? end + 1 : end);
  }
  return [...lines, rest.join('')];
}
