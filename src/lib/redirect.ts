/**
 * A redirect to a path of the gateway after which the address that led here is forgotten: never cached, and no
 * page learns it as a referrer.
 *
 * @param target canonical path (it begins with one slash, so it cannot be read as another host) and query
 * @param cookies `Set-Cookie` values
 */
export function redirectWithin(target: string, cookies: readonly string[] = []): Response {
  return redirectTo(target, cookies);
}

/** The same to any address of the gateway's own making: the identity provider, or PUBLIC_URL. */
export function redirectTo(target: string, cookies: readonly string[] = []): Response {
  const headers: [string, string][] = [
    ['Location', target],
    ['Cache-Control', 'no-store'],
    ['Referrer-Policy', 'no-referrer'],
  ];
  for (const cookie of cookies) headers.push(['Set-Cookie', cookie]);
  return new Response(null, { status: 303, headers });
}
