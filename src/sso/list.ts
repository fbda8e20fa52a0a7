import { parseJson } from '../lib/json.ts';

/** Quoted items, which may hold commas and spaces, and plain ones, which commas and whitespace part. */
const ITEMS = /"[^"]+"|[^,\t\n\v\f\r ]+/g;

/**
 * Reads Grafana's syntax of lists (`pkg/util/strings.go`, SplitStringWithError): a JSON array of texts, or items with
 * commas or whitespace between them. `malformed` is what begins like a JSON array and is none.
 */
export function parseList(text: string): readonly string[] | 'malformed' {
  if (text.trim().startsWith('[')) return readArray(parseJson(text));
  return (text.match(ITEMS) ?? []).map((item) => item.replace(/^"+|"+$/g, ''));
}

function readArray(value: unknown): readonly string[] | 'malformed' {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isList ? value : 'malformed';
}
