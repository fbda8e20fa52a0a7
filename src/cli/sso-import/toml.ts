/**
 * A text as TOML has it, on one line: between single quotes where that saves backslashes. Whatever is invisible is
 * spelt out, so that it steers no terminal.
 */
export function quoteToml(text: string): string {
  const isPlain = !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
  if (isPlain && /["\\]/.test(text) && !text.includes("'")) return `'${text}'`;
  const escaped = text.replace(/["\\]|[\p{C}\p{Zl}\p{Zp}]/gu, escapeCharacter);
  return `"${escaped}"`;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
};

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const long =
    code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  return SHORT[character] ?? long;
}
