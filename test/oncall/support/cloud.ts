import { vi } from 'vitest';
import { ORIGIN, origin } from '../../support/origin.ts';
import vectors from '../../vectors/oncall.json';

/** How one host answers. */
export type Host = (request: Request) => Response | Promise<Response>;

/** A request as it reached a host, with its body read. */
export interface Received {
  readonly host: string;
  readonly method: string;
  /** Path and raw query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
}

export const US_HOST = vectors.fixtures.region_table.us.host;
export const EU_HOST = vectors.fixtures.region_table.eu.host;
export const US = `https://${US_HOST}/oncall`;
export const EU = `https://${EU_HOST}/oncall`;

/**
 * Grafana Cloud in the test's isolate: regions and stacks that answer as the engine and Grafana do (oncall.md §2, §3).
 * Whatever is asked for and is none of its hosts fails the test that asked.
 */
export class Cloud {
  readonly received: Received[] = [];
  readonly #hosts = new Map<string, Host>();

  /** Takes the place of `fetch`. */
  install(): this {
    vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) =>
      this.#receive(new Request(input, init)),
    );
    return this;
  }

  /** Puts a host up, or another in its place. */
  put(host: string, answer: Host): this {
    this.#hosts.set(host, answer);
    return this;
  }

  /** What reached a host, probes and questions left out. */
  callsTo(host: string): Received[] {
    return this.received.filter((request) => request.host === host && !isQuestion(request));
  }

  /** What the gateway asked on its own behalf. */
  get questions(): Received[] {
    return this.received.filter(isQuestion);
  }

  get calls(): Received[] {
    return this.received.filter((request) => !isQuestion(request));
  }

  forget(): void {
    this.received.length = 0;
  }

  async #receive(request: Request): Promise<Response> {
    const { host, pathname, search } = new URL(request.url);
    const answer = this.#hosts.get(host);
    if (!answer || request.url.startsWith(ORIGIN)) {
      origin.strays.push(request.url);
      throw new TypeError('no such host in tests');
    }
    const { method, headers } = request;
    const copy = request.clone();
    this.received.push({ host, method, target: `${pathname}${search}`, headers, body: await readAll(copy) });
    return Promise.race([Promise.resolve(answer(request)), rejectOnAbort(request.signal)]);
  }
}

async function readAll(request: Request): Promise<string> {
  return new TextDecoder().decode(await request.arrayBuffer());
}

/** The gateway's own questions take JSON and bring nothing of the client's. */
function isQuestion({ target, headers }: Received): boolean {
  const isProbe = target.endsWith('/api/v1/info/') && headers.get('Accept') === 'application/json';
  return isProbe || target.includes('/api/plugins/');
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

export const down: Host = () => {
  throw new TypeError('connection refused');
};
export const silent: Host = () => new Promise(() => undefined);

/** What a region knows. */
export interface RegionFacts {
  /** Address that its `next` and links name: its own BASE_URL, whatever host was asked. */
  readonly base: string;
  /** API keys, with the address of the stack that each belongs to. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Stacks whose service account tokens it takes. */
  readonly stacks?: readonly string[];
  /** Integration and export tokens. */
  readonly others?: readonly string[];
}

const INVALID = () => Response.json({ detail: 'Invalid token.' }, { status: 403 });
const SYNCING = () =>
  Response.json(
    { detail: 'Organization being synced, please retry.' },
    { status: 429, headers: { 'RateLimit-Reset': '350', 'Retry-After': '350' } },
  );

/** An engine of one region (oncall.md §2.1, §2.3, §2.4). */
export function engine(facts: RegionFacts): Host {
  const users = [
    { id: 'U1', email: 'user@example.com', is_phone_number_verified: true },
    { id: 'U2', email: 'other@example.com', is_phone_number_verified: false },
  ];
  return async (request) => {
    const { pathname, searchParams, search } = new URL(request.url);
    const path = pathname.replace(/^\/oncall/, '').replace(/\/$/, '');
    const refused = refuseToken(request, path, facts);
    if (refused) return refused;
    const key = request.headers.get('Authorization') ?? '';
    if (path === '/api/v1/info') return Response.json({ url: facts.keys?.[key] ?? 'https://stack.test' });
    if (path === '/api/v1/users') {
      const page = Number(searchParams.get('page') ?? '1');
      const email = searchParams.get('email');
      const results =
        email === null ? users.slice(page - 1, page) : users.filter((user) => user.email === email);
      const next =
        email === null && page < users.length
          ? `${facts.base}/api/v1/users/${search.replace(/page=\d+/, `page=${page + 1}`)}`
          : null;
      return Response.json({ count: users.length, next, previous: null, results, page_size: 1 });
    }
    if (path === '/api/v1/integrations' && request.method === 'POST') {
      const name = new URLSearchParams(await readAll(request)).get('name');
      if (name === 'taken') {
        return Response.json({ detail: 'Integration with this name already exists' }, { status: 400 });
      }
      const link = `${facts.base}/integrations/v1/formatted_webhook/HEARTBEATtokenOF25letters/`;
      return Response.json(
        { id: 'I1', name, link, heartbeat: { link: `${link}heartbeat/` } },
        { status: 201 },
      );
    }
    if (path === '/api/v1/integrations') {
      return Response.json({ count: 1, next: null, previous: null, results: [{ id: 'I1' }] });
    }
    return Response.json({});
  };
}

function refuseToken(request: Request, path: string, facts: RegionFacts): Response | undefined {
  const sent = request.headers.get('Authorization');
  const placed =
    /^\/integrations\/v1\/\w+\/(\w+)/.exec(path)?.[1] ?? new URL(request.url).searchParams.get('token');
  if (placed !== null && placed !== undefined) return facts.others?.includes(placed) ? undefined : INVALID();
  if (sent === null) return INVALID();
  if (sent.startsWith('glsa_')) {
    const stack = request.headers.get('X-Grafana-URL')?.replace(/\/$/, '') ?? '';
    return facts.stacks?.includes(stack) ? undefined : SYNCING();
  }
  if (/^(?:glc_|gcom:|[0-9a-f]{128}$)/.test(sent)) return undefined;
  return Object.hasOwn(facts.keys ?? {}, sent) ? undefined : INVALID();
}

/** A stack's Grafana, which tells its OnCall address to whoever has one of its tokens. */
export function stack(onCallApiUrl: string, tokens: readonly string[]): Host {
  return (request) => {
    const token = request.headers.get('Authorization')?.replace(/^Bearer /, '') ?? '';
    if (!tokens.includes(token)) return Response.json({ message: 'Unauthorized' }, { status: 401 });
    if (new URL(request.url).pathname !== '/api/plugins/grafana-irm-app/settings')
      return Response.json({ message: 'Not found' }, { status: 404 });
    return Response.json({ enabled: true, jsonData: { onCallApiUrl } });
  };
}
