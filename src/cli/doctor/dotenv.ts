/**
 * One assignment of a `.dev.vars`, as wrangler reads it by the package dotenv: quotes of three kinds, of which double
 * ones know `\n`; values between quotes may have several lines.
 */
const ASSIGNMENT =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=[ \t]*|:[ \t]+)('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]+)?[ \t]*(?:#.*)?$/gm;

/** What is neither an assignment nor a comment, by the numbers of its lines. */
export interface Dotenv {
  readonly values: Readonly<Record<string, string>>;
  readonly unreadable: readonly number[];
}

/** Reads such a file. Of a name that comes twice, the later value counts. */
export function readDotenv(text: string): Dotenv {
  const values: Record<string, string> = {};
  const plain = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  // What was read leaves its line breaks, so that lines keep their numbers.
  const rest = plain.replace(ASSIGNMENT, (whole: string, name: string, value = '') => {
    values[name] = unquote(value.trim());
    return whole.replace(/[^\n]/g, '');
  });
  const lines = rest.split('\n').map((line) => line.trim());
  const unreadable = lines.flatMap((line, at) => (line === '' || line.startsWith('#') ? [] : [at + 1]));
  return { values, unreadable };
}

function unquote(value: string): string {
  const [, quote, held] = /^(['"`])(.*)\1$/s.exec(value) ?? [];
  if (held === undefined) return value;
  return quote === '"' ? held.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : held;
}
