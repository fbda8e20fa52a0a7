import { fail, ok, type Result } from '../../lib/result.ts';

/** A table of TOML. Dates stay as they are written. */
export type TomlTable = { [name: string]: unknown };

/** Where the text is no TOML. What stands there is not repeated: it may be a secret. */
export interface TomlMistake {
  readonly line: number;
}

/** Thrown inside, never out. */
class NotToml extends Error {}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

/** Reads TOML 1.0, as far as a wrangler.toml has it. @see https://toml.io/en/v1.0.0 */
export function readToml(text: string): Result<TomlTable, TomlMistake> {
  const reader = new Reader(text);
  try {
    return ok(reader.read());
  } catch (error) {
    if (error instanceof NotToml) return fail({ line: reader.line });
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  }

  /** Where it has come to, from 1. */
  get line(): number {
    return this.#text.slice(0, this.#at).split('\n').length;
  }

  read(): TomlTable {
    const root = createTable();
    let table = root;
    for (this.#skip(/[\s]*/y); this.#at < this.#text.length; this.#skip(/[\s]*/y)) {
      if (this.#take(/#[^\n]*/y) !== undefined) continue;
      if (this.#take(/\[\[/y) !== undefined) table = this.#openList(root);
      else if (this.#take(/\[/y) !== undefined) table = this.#openTable(root);
      else this.#readPair(table);
      if (this.#take(/[ \t]*(?:#[^\n]*)?(?:\n|$)/y) === undefined) throw new NotToml();
    }
    return root;
  }

  #openTable(root: TomlTable): TomlTable {
    const names = this.#readNames();
    this.#need(/[ \t]*\]/y);
    return names.reduce(descend, root);
  }

  #openList(root: TomlTable): TomlTable {
    const names = this.#readNames();
    this.#need(/[ \t]*\]\]/y);
    const last = names.pop() ?? '';
    const parent = names.reduce(descend, root);
    const list = Object.hasOwn(parent, last) ? parent[last] : [];
    if (!Array.isArray(list)) throw new NotToml();
    const table = createTable();
    parent[last] = [...list, table];
    return table;
  }

  #readPair(table: TomlTable): void {
    const names = this.#readNames();
    this.#need(/[ \t]*=[ \t]*/y);
    const last = names.pop() ?? '';
    const parent = names.reduce(descend, table);
    if (Object.hasOwn(parent, last)) throw new NotToml();
    parent[last] = this.#readValue();
  }

  #readNames(): string[] {
    const names: string[] = [];
    do {
      this.#skip(/[ \t]*/y);
      const quoted = this.#readQuoted();
      names.push(quoted ?? this.#need(/[A-Za-z0-9_-]+/y));
    } while (this.#take(/[ \t]*\./y) !== undefined);
    return names;
  }

  #readValue(): unknown {
    const text = this.#readLongText() ?? this.#readQuoted();
    if (text !== undefined) return text;
    if (this.#take(/\[/y) !== undefined) return this.#readList();
    if (this.#take(/\{/y) !== undefined) return this.#readInline();
    return parseWord(this.#need(/[A-Za-z0-9_+.:-]+(?: \d[\d:.]*)?/y));
  }

  #readList(): unknown[] {
    const list: unknown[] = [];
    for (;;) {
      this.#skipLines();
      if (this.#take(/\]/y) !== undefined) return list;
      list.push(this.#readValue());
      this.#skipLines();
      if (this.#take(/,/y) === undefined) {
        this.#need(/\]/y);
        return list;
      }
    }
  }

  #readInline(): TomlTable {
    const table = createTable();
    this.#skip(/[ \t]*/y);
    if (this.#take(/\}/y) !== undefined) return table;
    do this.#readPair(table);
    while (this.#take(/[ \t]*,[ \t]*/y) !== undefined);
    this.#need(/[ \t]*\}/y);
    return table;
  }

  /** A text on one line. */
  #readQuoted(): string | undefined {
    const literal = this.#take(/'[^'\n]*'/y);
    if (literal !== undefined) return literal.slice(1, -1);
    const basic = this.#take(/"(?:[^"\\\n]|\\.)*"/y);
    return basic === undefined ? undefined : readEscapes(basic.slice(1, -1));
  }

  /** A text between three quotes; a line break behind the first three is none of it. */
  #readLongText(): string | undefined {
    const literal = this.#take(/'''(?:(?!''').)*'{3,5}/sy);
    if (literal !== undefined) return literal.slice(3, -3).replace(/^\n/, '');
    const basic = this.#take(/"""(?:(?!""")(?:[^\\]|\\.))*"{3,5}/sy);
    if (basic === undefined) return undefined;
    return readEscapes(
      basic
        .slice(3, -3)
        .replace(/^\n/, '')
        .replace(/\\[ \t]*\n\s*/g, ''),
    );
  }

  #skipLines(): void {
    this.#skip(/(?:\s|#[^\n]*)*/y);
  }

  #skip(pattern: RegExp): void {
    this.#take(pattern);
  }

  #need(pattern: RegExp): string {
    const found = this.#take(pattern);
    if (found === undefined) throw new NotToml();
    return found;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }
}

/** Of a list of tables, the last one is meant. */
function descend(table: TomlTable, name: string): TomlTable {
  if (!Object.hasOwn(table, name)) table[name] = createTable();
  const held = table[name];
  const inner = Array.isArray(held) ? held.at(-1) : held;
  if (typeof inner !== 'object' || inner === null) throw new NotToml();
  return inner as TomlTable;
}

/** Names of a file are no names of `Object`. */
function createTable(): TomlTable {
  return Object.create(null) as TomlTable;
}

function parseWord(word: string): unknown {
  if (word === 'true' || word === 'false') return word === 'true';
  if (/^[+-]?\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?$/.test(word)) return Number(word.replaceAll('_', ''));
  if (/^0[xob][0-9A-Fa-f_]+$/.test(word)) return Number(word.replaceAll('_', ''));
  if (/^\d{4}-\d{2}-\d{2}|^\d{2}:\d{2}|^[+-]?(?:inf|nan)$/.test(word)) return word;
  throw new NotToml();
}

function readEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gs, (_, short, long, sign) => {
    const code = Number.parseInt(short ?? long ?? '', 16);
    if (sign === undefined && code <= 0x10ffff) return String.fromCodePoint(code);
    const plain = ESCAPES[sign ?? ''];
    if (plain === undefined) throw new NotToml();
    return plain;
  });
}
