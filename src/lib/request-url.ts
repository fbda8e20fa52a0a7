/** Pieces of a request's address, as the runtime resolved it. Cheaper than a `URL` on the warm path. */
export interface RequestUrl {
  /** `https:` or `http:`. */
  readonly protocol: string;
  /** Host name with port, if there is one. */
  readonly host: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
}

const ABSOLUTE = /^(https?:)\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/;

/**
 * Splits the absolute address of a Worker's request.
 *
 * @throws TypeError for an address that is not absolute, which no runtime hands to a Worker.
 */
export function splitRequestUrl(url: string): RequestUrl {
  const [, protocol, host, path, query = ''] = ABSOLUTE.exec(url) ?? [];
  if (protocol === undefined || host === undefined || path === undefined) {
    throw new TypeError('the request has no absolute http address');
  }
  return { protocol, host: normaliseHost(host), path: path === '' ? '/' : path, query };
}

/** Path and query as they stand in a request line. */
export function formatTarget({ path, query }: Pick<RequestUrl, 'path' | 'query'>): string {
  return query === '' ? path : `${path}?${query}`;
}

/** One spelling of a host: lower case, without the final dot of a fully qualified name. */
function normaliseHost(host: string): string {
  return host.toLowerCase().replace(/\.(?=$|:\d+$)/, '');
}

/** Whether a host has the form of one: a name or an address, and a port. */
export function isPlainHost(host: string): boolean {
  return /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(host);
}

/** Whether a host (port allowed) is this machine itself: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}
