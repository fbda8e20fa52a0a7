import { fail, ok, type Result } from '../../lib/result.ts';
import { findPlaceholders, keepLast, type Reading, type Setting, type Unreadable } from './setting.ts';

/** A value, and the index of the line behind it. */
interface Value {
  readonly text: string;
  readonly next: number;
  readonly isCut: boolean;
}

/**
 * Reads a `grafana.ini` by the rules of the library that Grafana reads it with (go-ini, `parser.go`, default options):
 * `=` or `:` behind a key, `#` and `;` begin a comment anywhere but in triple quotes and backquotes, a final
 * backslash goes on in the next line, of two values the last one counts.
 */
export function readIni(text: string): Reading {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const settings: Setting[] = [];
  let section = '';
  for (let at = 0; at < lines.length; ) {
    const line = (lines[at] ?? '').trimStart();
    if (line === '' || /^[#;]/.test(line)) {
      at++;
    } else if (line.startsWith('[')) {
      const name = readSection(line);
      if (name === undefined) return failAt(at, 'begins a section and does not close it');
      section = name;
      at++;
    } else {
      const read = readKey(line, lines, at);
      if (!read.ok) return read;
      const { key, value } = read.value;
      const { text: held, isCut, next } = value;
      settings.push({
        section,
        key,
        text: held,
        line: at + 1,
        elsewhere: findPlaceholders(held),
        isCut,
      });
      at = next;
    }
  }
  return ok(keepLast(settings));
}

function failAt(at: number, problem: string): { ok: false; reason: Unreadable } {
  return fail({ line: at + 1, problem });
}

function readSection(line: string): string | undefined {
  const end = line.lastIndexOf(']');
  return end > 1 ? line.slice(1, end) : undefined;
}

function readKey(
  line: string,
  lines: readonly string[],
  at: number,
): Result<{ key: string; value: Value }, Unreadable> {
  if (/^["`]/.test(line)) return failAt(at, 'has a key in quotes, which is not read here');
  const [, key] = /^([^=:]*)[=:]/.exec(line) ?? [];
  if (key === undefined) return failAt(at, 'is neither a section, a comment nor a key with = behind it');
  if (key.trim() === '') return failAt(at, 'has no key in front of its =');
  const value = readValue(line.slice(key.length + 1).trimStart(), lines, at);
  return value ? ok({ key: key.trim(), value }) : failAt(at, 'begins a quotation and does not close it');
}

/** Undefined where a quotation has no end. */
function readValue(rest: string, lines: readonly string[], at: number): Value | undefined {
  const quote = rest.length > 3 && rest.startsWith('"""') ? '"""' : rest.startsWith('`') ? '`' : undefined;
  if (quote !== undefined) return readQuoted(rest.slice(quote.length), quote, lines, at);
  const line = rest.trim();
  return line.endsWith('\\') ? readContinued(line, lines, at) : { ...readPlain(line), next: at + 1 };
}

function readQuoted(first: string, quote: string, lines: readonly string[], at: number): Value | undefined {
  const found = first.lastIndexOf(quote);
  if (found >= 0) return { text: first.slice(0, found), next: at + 1, isCut: false };
  const held = [first];
  for (let index = at + 1; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const end = line.lastIndexOf(quote);
    held.push(end < 0 ? line : line.slice(0, end));
    if (end >= 0) return { text: held.join('\n'), next: index + 1, isCut: false };
  }
  return undefined;
}

/** Lines that end in a backslash, up to one that does not, or an empty one. */
function readContinued(first: string, lines: readonly string[], at: number): Value {
  let text = first.slice(0, -1);
  for (let index = at + 1; index < lines.length; index++) {
    const line = (lines[index] ?? '').trim();
    text += line.replace(/\\$/, '');
    if (!line.endsWith('\\')) return { text, next: index + 1, isCut: false };
  }
  return { text, next: lines.length, isCut: false };
}

/** A comment goes first, quotes next: quotes do not keep a `#` from beginning a comment. */
function readPlain(line: string): Omit<Value, 'next'> {
  const comment = line.search(/[#;]/);
  const text = comment < 0 ? line : line.slice(0, comment).trim();
  const isCut = comment > 0 && /\S/.test(line.charAt(comment - 1));
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(text);
  return { text: quoted?.[1] ?? quoted?.[2] ?? text, isCut };
}
