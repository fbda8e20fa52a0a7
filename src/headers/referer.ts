/** The path of a `Referer` that names this host; undefined for any other, and where there is none. */
export function findRefererPath(headers: Headers, host: string): string | undefined {
  const url = parseReferer(headers);
  return url?.host === host ? url.pathname : undefined;
}

/** The origin of the page that a `Referer` names; undefined where there is none. */
export function findRefererOrigin(headers: Headers): string | undefined {
  return parseReferer(headers)?.origin;
}

function parseReferer(headers: Headers): URL | undefined {
  const referer = headers.get('Referer');
  if (referer === null || !/^https?:\/\//.test(referer) || !URL.canParse(referer)) return undefined;
  return new URL(referer);
}
