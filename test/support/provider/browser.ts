import { request as ask, type IncomingHttpHeaders } from 'node:http';

/** One answer on the way. */
export interface Hop {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  readonly location: URL | undefined;
  readonly text: string;
}

export interface Visit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The page whose link was clicked or whose form was sent; none was where somebody typed the address. */
  readonly from?: string | URL;
}

/** As many as Chromium follows. */
const REDIRECTS_MAX = 20;

/**
 * As much of a browser as signing in needs: cookies by host (not by port, as browsers have it), redirects with every
 * answer kept, and the headers by which servers tell a navigation.
 */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Goes to an address and on to where it leads. The last answer comes last. */
  async go(url: string | URL, visit: Visit = {}): Promise<readonly [Hop, ...Hop[]]> {
    const first = await this.step(url, visit);
    const hops: [Hop, ...Hop[]] = [first];
    for (let { location } = first; location !== undefined; location = hops.at(-1)?.location) {
      if (hops.length > REDIRECTS_MAX)
        throw new Error(`too many redirects: ${hops.map(describe).join(', ')}`);
      const between = hops.map(({ url: passed }) => passed);
      hops.push(await this.#navigate(location, { ...visit, method: 'GET', body: '' }, between));
    }
    return hops;
  }

  /** The last answer of that. */
  async arrive(url: string | URL, visit: Visit = {}): Promise<Hop> {
    const hops = await this.go(url, visit);
    return hops.at(-1) ?? hops[0];
  }

  /** Goes to an address and no further. */
  step(url: string | URL, visit: Visit = {}): Promise<Hop> {
    return this.#navigate(new URL(url), visit, []);
  }

  /** What a script of a page asks for, with the cookies. */
  call(url: string | URL, { method = 'GET', headers = {}, body = '' }: Visit = {}): Promise<Hop> {
    const fetched = {
      Accept: 'application/json, text/plain, */*',
      'Sec-Fetch-Site': 'same-origin',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Dest': 'empty',
      ...(method !== 'GET' && { Origin: new URL(url).origin }),
    };
    return this.#send(new URL(url), method, { ...fetched, ...headers }, body);
  }

  /** Value of a cookie. */
  cookie(url: string | URL, name: string): string | undefined {
    return this.#cookies.get(new URL(url).hostname)?.get(name);
  }

  cookieNames(url: string | URL): string[] {
    return [...(this.#cookies.get(new URL(url).hostname)?.keys() ?? [])];
  }

  /** Value of the header `Cookie` for an address. */
  cookieHeader(url: string | URL): string {
    const pairs = this.#cookies.get(new URL(url).hostname) ?? new Map<string, string>();
    return [...pairs].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  putCookie(url: string | URL, name: string, value: string): void {
    const { hostname } = new URL(url);
    const pairs = this.#cookies.get(hostname) ?? new Map<string, string>();
    this.#cookies.set(hostname, pairs.set(name, value));
  }

  #navigate(
    url: URL,
    { method = 'GET', headers = {}, body = '', from }: Visit,
    passed: readonly URL[],
  ): Promise<Hop> {
    const navigation = {
      Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'Accept-Language': 'en-GB,en;q=0.9',
      'Sec-Fetch-Site': from === undefined ? 'none' : siteOf(new URL(from), [...passed, url]),
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
      ...(method !== 'GET' && from !== undefined && { Origin: new URL(from).origin }),
    };
    return this.#send(url, method, { ...navigation, ...headers }, body);
  }

  async #send(
    url: URL,
    method: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Hop> {
    const cookies = this.cookieHeader(url);
    const hop = await exchange(url, method, { ...(cookies !== '' && { Cookie: cookies }), ...headers }, body);
    for (const line of hop.setCookies) this.#keep(url, line);
    return hop;
  }

  #keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    if (isOver(attributes)) this.#cookies.get(url.hostname)?.delete(name);
    else this.putCookie(url, name, pair.slice(equals + 1));
  }
}

/** For messages of tests. */
export function describe({ status, url, text, location }: Hop): string {
  const more = location?.href ?? text.slice(0, 400);
  return `${status} ${url.href}\n  ${more}`;
}

/** The problem document of a refusal. */
export function problemOf(hop: Hop): Readonly<Record<string, unknown>> {
  return JSON.parse(hop.text);
}

function isOver(attributes: readonly string[]): boolean {
  const values = new Map(attributes.map((text) => text.toLowerCase().split('=', 2) as [string, string]));
  const maxAge = values.get('max-age');
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = values.get('expires');
  return expires !== undefined && Date.parse(expires) <= Date.now();
}

/** Sites here are hosts of this machine, so that what differs in the port alone is the same site. */
function siteOf(from: URL, path: readonly URL[]): string {
  if (path.every(({ origin }) => origin === from.origin)) return 'same-origin';
  return path.every(({ hostname }) => hostname === from.hostname) ? 'same-site' : 'cross-site';
}

function exchange(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Hop> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const sent = ask(url, { method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const to = status >= 300 && status < 400 ? response.headers.location : undefined;
        resolve({
          url,
          status,
          headers: response.headers,
          setCookies: response.headers['set-cookie'] ?? [],
          location: to === undefined ? undefined : new URL(to, url),
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
