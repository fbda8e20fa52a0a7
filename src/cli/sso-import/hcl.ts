import { fail, ok, type Result } from '../../lib/result.ts';
import type { Unreadable } from './setting.ts';

/**
 * As much of Terraform's language as a block of settings is made of: blocks within blocks, and attributes. An
 * expression is kept as it stands, and read where somebody wants its value ({@link readValue}).
 */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly line: number;
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}

export interface Attribute {
  readonly name: string;
  readonly line: number;
  /** The expression, without comments behind it. */
  readonly expression: string;
}

/** A value that stands in the file, or what it refers to. */
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'map'; readonly attributes: readonly Attribute[] }
  | { readonly kind: 'none' }
  /** `refers`: as far as it may be repeated. */
  | { readonly kind: 'elsewhere'; readonly refers: string };

/** The blocks of a file. */
export function parseHcl(text: string): Result<readonly Block[], Unreadable> {
  return scan(() => new Scanner(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')).readBody(false).blocks);
}

/** How the scanner gives up: from however deep. */
class NotRead extends Error {
  readonly line: number;
  readonly problem: string;

  constructor(line: number, problem: string) {
    super(problem);
    this.line = line;
    this.problem = problem;
  }
}

function scan<T>(read: () => T): Result<T, Unreadable> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof NotRead) return fail({ line: error.line, problem: error.problem });
    throw error;
  }
}

const COMMENT = /(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\//y;
const SPACE = /(?:[ \t]|\/\*[\s\S]*?\*\/)*/y;
const SPACE_AND_LINES = /(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const NAME = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const HEREDOC = /<<-?([\p{L}_][\p{L}\p{N}_-]*)\n[\s\S]*?^[ \t]*\1(?=[ \t]*$)/muy;
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

class Scanner {
  readonly #text: string;
  #at = 0;
  /** The line at a place, from which the next is counted. */
  #counted: { at: number; line: number };

  constructor(text: string, firstLine = 1) {
    this.#text = text;
    this.#counted = { at: 0, line: firstLine };
  }

  get line(): number {
    const { at, line } = this.#counted;
    const ends = this.#text.slice(at, this.#at).split('\n').length - 1;
    this.#counted = { at: this.#at, line: line + ends };
    return line + ends;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What stands between two braces, or the whole file. `closes`: whether a brace ends it. */
  readBody(closes: boolean): Pick<Block, 'attributes' | 'blocks'> {
    const opened = this.line;
    const attributes: Attribute[] = [];
    const blocks: Block[] = [];
    for (;;) {
      this.take(SPACE_AND_LINES);
      if (closes && this.takeSign('}')) return { attributes, blocks };
      if (this.isAtEnd && !closes) return { attributes, blocks };
      if (this.isAtEnd) throw new NotRead(opened, 'opens a brace that nothing closes');
      this.#readItem(attributes, blocks);
    }
  }

  #readItem(attributes: Attribute[], blocks: Block[]): void {
    const { line } = this;
    const name = this.take(NAME);
    if (name === '') throw new NotRead(line, 'begins with something else than a name');
    this.take(SPACE);
    if (this.#text[this.#at + 1] !== '=' && this.takeSign('=')) {
      attributes.push({ name, line, expression: this.readExpression() });
      return;
    }
    const labels = this.#readLabels();
    if (!this.takeSign('{')) throw new NotRead(line, 'is neither an attribute (name = value) nor a block');
    blocks.push({ type: name, labels, line, ...this.readBody(true) });
  }

  #readLabels(): string[] {
    const labels: string[] = [];
    for (;;) {
      this.take(SPACE);
      const label = this.#text[this.#at] === '"' ? this.#takeString().slice(1, -1) : this.take(NAME);
      if (label === '') return labels;
      labels.push(label);
    }
  }

  /** Up to the end of its line, or to a comma; brackets, quotes and heredocs hold lines together. */
  readExpression(): string {
    this.take(SPACE);
    const start = this.#at;
    const { line } = this;
    let end = start;
    const open: string[] = [];
    while (!this.isAtEnd) {
      const sign = this.#text[this.#at] ?? '';
      if (open.length === 0 && /[\n,}\])]/.test(sign)) break;
      if (this.take(COMMENT) !== '') continue;
      if (sign === '"') this.#takeString();
      else if (sign !== '<' || this.take(HEREDOC) === '') this.#takeSign(sign, open, line);
      if (!/\s/.test(sign)) end = this.#at;
    }
    if (open.length > 0) throw new NotRead(line, 'opens a bracket that nothing closes');
    if (end === start) throw new NotRead(line, 'has no value behind its =');
    return this.#text.slice(start, end);
  }

  /** One character of an expression that began in `line`, with the brackets that are to be closed. */
  #takeSign(sign: string, open: string[], line: number): void {
    const closer = CLOSERS[sign];
    if (closer !== undefined) open.push(closer);
    else if (/[)\]}]/.test(sign) && open.pop() !== sign)
      throw new NotRead(line, 'opens a bracket that another closes');
    this.#at++;
  }

  /** A string with its quotes; what is interpolated may have quotes of its own. */
  #takeString(): string {
    const start = this.#at;
    const { line } = this;
    this.#at++;
    for (let depth = 0; !this.isAtEnd; ) {
      const rest = this.#text.slice(this.#at, this.#at + 3);
      if (rest.startsWith('\n') && depth === 0) break;
      if (depth === 0 && rest.startsWith('"')) {
        this.#at++;
        return this.#text.slice(start, this.#at);
      }
      if (depth > 0 && rest.startsWith('"')) {
        this.#takeString();
      } else if (depth === 0 && rest.startsWith('\\')) {
        this.#at += 2;
      } else if (/^([$%])\1\{/.test(rest) && depth === 0) {
        this.#at += 3;
      } else if (/^[$%]\{/.test(rest) || (depth > 0 && rest.startsWith('{'))) {
        depth++;
        this.#at += rest.startsWith('{') ? 1 : 2;
      } else {
        if (depth > 0 && rest.startsWith('}')) depth--;
        this.#at++;
      }
    }
    throw new NotRead(line, 'begins a text in quotes and does not close it');
  }

  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  takeSign(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }
}

/** The value of an expression, as far as it stands in the file itself. */
export function readValue({ expression, line }: Omit<Attribute, 'name'>): Result<Value, Unreadable> {
  if (/^(?:true|false|-?\d+(?:\.\d+)?)$/.test(expression)) return ok({ kind: 'text', text: expression });
  if (expression === 'null') return ok({ kind: 'none' });
  if (/^"(?:[^"\\]|\\[\s\S])*"$/.test(expression)) return readTemplate(expression.slice(1, -1), line, true);
  const heredoc = /^<<(-?)([^\n]+)\n([\s\S]*?)^[ \t]*\2$/m.exec(expression);
  if (heredoc?.index === 0) return readTemplate(dedent(heredoc[3] ?? '', heredoc[1] === '-'), line, false);
  if (expression.startsWith('[') && expression.endsWith(']')) return readList(expression, line);
  if (expression.startsWith('{') && expression.endsWith('}')) return readMap(expression, line);
  return ok({ kind: 'elsewhere', refers: isReference(expression) ? expression : 'an expression' });
}

/** A reference alone may be repeated: a call may have a secret in it. */
function isReference(expression: string): boolean {
  return /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+$/.test(expression);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** Escapes of a string, and what a template interpolates. A heredoc has no backslash escapes. */
function readTemplate(text: string, line: number, isString: boolean): Result<Value, Unreadable> {
  const bare = text.replace(/([$%])\1\{/g, '');
  const [interpolated] = bare.match(/[$%]\{[^}]*\}?/) ?? [];
  if (interpolated !== undefined) {
    const inside = interpolated.slice(2, -1).trim();
    return ok({ kind: 'elsewhere', refers: isReference(inside) ? inside : 'an expression' });
  }
  const plain = isString ? readEscapes(text) : text;
  if (plain === undefined) return fail({ line, problem: 'has an escape that Terraform does not know' });
  return ok({ kind: 'text', text: plain.replace(/([$%])\1\{/g, '$1{') });
}

/** Undefined where an escape is none of the language's. */
function readEscapes(text: string): string | undefined {
  let isKnown = true;
  const plain = text.replace(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
    (_, short, long, sign: string) => {
      const code = Number.parseInt(short ?? long ?? '', 16);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      isKnown &&= ESCAPES[sign] !== undefined;
      return ESCAPES[sign] ?? '';
    },
  );
  return isKnown ? plain : undefined;
}

/** `<<-` takes away as much white space as every line has in front. */
function dedent(text: string, isIndented: boolean): string {
  if (!isIndented) return text;
  const lines = text.split('\n').slice(0, -1);
  const width = Math.min(
    ...lines.filter((one) => one.trim() !== '').map((one) => /^ */.exec(one)?.[0].length ?? 0),
  );
  return lines.map((one) => `${one.slice(Number.isFinite(width) ? width : 0)}\n`).join('');
}

function readList(expression: string, line: number): Result<Value, Unreadable> {
  const parts = collect(expression.slice(1, -1), line);
  if (!parts.ok) return parts;
  const items: string[] = [];
  for (const part of parts.value) {
    const item = readValue(part);
    if (!item.ok) return item;
    if (item.value.kind === 'elsewhere') return item;
    if (item.value.kind !== 'text')
      return fail({ line: part.line, problem: 'has a list of something else than texts' });
    items.push(item.value.text);
  }
  return ok({ kind: 'list', items });
}

/** The expressions of a list. */
function collect(text: string, firstLine: number): Result<readonly Omit<Attribute, 'name'>[], Unreadable> {
  return scan(() => {
    const scanner = new Scanner(text, firstLine);
    const parts: Omit<Attribute, 'name'>[] = [];
    for (;;) {
      scanner.take(SPACE_AND_LINES);
      if (scanner.isAtEnd) return parts;
      parts.push({ line: scanner.line, expression: scanner.readExpression() });
      scanner.take(SPACE_AND_LINES);
      if (!scanner.takeSign(',') && !scanner.isAtEnd)
        throw new NotRead(scanner.line, 'has a list without a comma');
    }
  });
}

function readMap(expression: string, line: number): Result<Value, Unreadable> {
  const attributes = scan(() => {
    const scanner = new Scanner(expression.slice(1, -1), line);
    const found: Attribute[] = [];
    for (;;) {
      scanner.take(/(?:\s|,|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y);
      if (scanner.isAtEnd) return found;
      const at = scanner.line;
      const name = scanner.take(/"[\w-]+"|[\p{L}_][\p{L}\p{N}_-]*/uy).replaceAll('"', '');
      scanner.take(SPACE);
      if (name === '' || !(scanner.takeSign('=') || scanner.takeSign(':')))
        throw new NotRead(at, 'is no entry of a map (name = value)');
      found.push({ name, line: at, expression: scanner.readExpression() });
    }
  });
  return attributes.ok ? ok({ kind: 'map', attributes: attributes.value }) : attributes;
}
