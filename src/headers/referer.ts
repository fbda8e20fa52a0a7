import { splitRequestUrl } from '../lib/request-url.ts';

/** The path of a `Referer` that names this host; undefined for any other, and where there is none. */
export function findRefererPath(headers: Headers, host: string): string | undefined {
  const referer = headers.get('Referer');
  if (referer === null || !/^https?:\/\//.test(referer)) return undefined;
  const url = splitRequestUrl(referer);
  return url.host === host ? url.path : undefined;
}

/** The origin of the page that a `Referer` names; undefined where there is none. */
export function findRefererOrigin(headers: Headers): string | undefined {
  const referer = headers.get('Referer');
  if (referer === null || !/^https?:\/\//.test(referer)) return undefined;
  const { protocol, host } = splitRequestUrl(referer);
  return `${protocol}//${host}`;
}
