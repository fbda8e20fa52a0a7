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
  return { protocol, host, path: path === '' ? '/' : path, query };
}

/** Whether a host (port allowed) is this machine itself: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}
