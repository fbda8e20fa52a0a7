/** One part of a query, between two `&`. `name` and `value` are undefined where they are not percent-encoded UTF-8. */
export interface QueryPart {
  readonly raw: string;
  readonly rawName: string;
  readonly name: string | undefined;
  readonly value: string | undefined;
}

/** Takes a raw query (without `?`) apart and keeps every part as it came, so that it can be sent on unchanged. */
export function parseQuery(query: string): QueryPart[] {
  return query === '' ? [] : query.split('&').map(parsePart);
}

function parsePart(raw: string): QueryPart {
  const equals = raw.indexOf('=');
  const rawName = equals < 0 ? raw : raw.slice(0, equals);
  const rawValue = equals < 0 ? '' : raw.slice(equals + 1);
  return { raw, rawName, name: decodeComponent(rawName), value: decodeComponent(rawValue) };
}

/** Decodes as forms do (`+` is a space); undefined where an escape or its UTF-8 is broken. */
function decodeComponent(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** The parts as one query again, with its `?` where there is one. */
export function formatQuery(parts: readonly QueryPart[]): string {
  return parts.length === 0 ? '' : `?${parts.map((part) => part.raw).join('&')}`;
}
