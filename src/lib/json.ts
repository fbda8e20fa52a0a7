/**
 * The value of a JSON text; undefined for any other, and for none. The parser's own message quotes the text, which may
 * be a token, so it goes nowhere.
 */
export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    // Not JSON, which is the answer.
    return undefined;
  }
}
