/**
 * A redirect to a path of the gateway after which the address that led here is forgotten: never cached, and no
 * page learns it as a referrer.
 *
 * @param target canonical path (it begins with one slash, so it cannot be read as another host) and query
 * @param cookies `Set-Cookie` values
 */
export function redirectWithin(target: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ Location: target });
  headers.set('Cache-Control', 'no-store');
  headers.set('Referrer-Policy', 'no-referrer');
  for (const cookie of cookies) headers.append('Set-Cookie', cookie);
  return new Response(null, { status: 303, headers });
}
