import type { CliError } from './cli-error.ts';

/** Emphasis for terminals; plain text elsewhere. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

const INDENT = '  ';

export function createStyle(hasColor: boolean): Style {
  const paint = (on: number, off: number) => (text: string) =>
    hasColor ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
  };
}

/** Rows of label and text, the texts in one column. Further lines of a text stand under its first. */
export function formatRows(rows: readonly (readonly [label: string, text: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 3;
  return rows
    .map(([label, text]) => {
      const lines = text.split('\n').join(`\n${INDENT}${' '.repeat(width)}`);
      return `${INDENT}${label.padEnd(width)}${lines}`.trimEnd();
    })
    .join('\n');
}

/** One JSON document, for programs. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * A text from outside with everything invisible spelt out: control characters steer terminals, and marks of
 * direction make a name look like another.
 */
export function showText(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A last guard for messages that repeat what was typed: whatever looks like one of Grafana's keys goes. */
export function hideKeys(text: string): string {
  return text
    .replace(/gl(?:sa|c)_[A-Za-z0-9+/=_-]+/g, '[redacted]')
    .replace(/eyJ[A-Za-z0-9+/=_%-]{8,}/g, '[redacted]');
}

/** An error for people: what happened, details, how to fix it. */
export function formatError(error: CliError, style: Style): string {
  const tell = (text: string) => showText(hideKeys(text));
  return `${style.bad('✘')} ${style.bold(tell(error.message))}\n${INDENT}${tell(error.details)}\n${INDENT}${tell(error.fix)}\n`;
}

/** The same for programs. */
export function describeError({ code, message, details, fix }: CliError): unknown {
  return { error: { code, what: hideKeys(message), details: hideKeys(details), fix: hideKeys(fix) } };
}
