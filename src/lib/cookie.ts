/** A cookie as a client sent it. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/** Attributes of a cookie that a session lives in (RFC 6265bis, CHIPS). `HttpOnly` and `Path=/` always hold. */
export interface CookieAttributes {
  readonly secure: boolean;
  readonly sameSite: 'None' | 'Lax';
  readonly partitioned: boolean;
  readonly maxAgeSeconds: number;
}

/** The pairs of a `Cookie` header in their order. Parts without a name and a `=` are passed over. */
export function parseCookies(header: string): CookiePair[] {
  const pairs: CookiePair[] = [];
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? '' : trimSpace(part.slice(0, equals));
    if (name !== '') pairs.push({ name, value: trimSpace(part.slice(equals + 1)) });
  }
  return pairs;
}

/**
 * Space as RFC 6265 §5.4 knows it. Other white space is part of a name: without it, a cookie that another host has set
 * would be taken for one with the prefix `__Host-`.
 */
function trimSpace(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** The pairs as one `Cookie` header. */
export function formatCookies(pairs: readonly CookiePair[]): string {
  return pairs.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** One `Set-Cookie` value. Name and value are the gateway's own and hold no character that needs escaping. */
export function formatSetCookie(name: string, value: string, attributes: CookieAttributes): string {
  const parts = [`${name}=${value}`, 'Path=/', 'HttpOnly', `SameSite=${attributes.sameSite}`];
  parts.push(`Max-Age=${attributes.maxAgeSeconds}`);
  if (attributes.secure) parts.push('Secure');
  if (attributes.partitioned) parts.push('Partitioned');
  return parts.join('; ');
}
