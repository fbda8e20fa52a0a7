import { vi } from 'vitest';

/** Address of the origin in tests. */
export const ORIGIN = 'https://grafana.test';

/** How the origin answers one request. */
export type Answer = (request: Request) => Response | Promise<Response>;

const pageOf: Answer = () =>
  new Response('<title>dashboard</title>', { headers: { 'Content-Type': 'text/html' } });

/**
 * An origin that lives in the test's isolate: it keeps what it received, so that a test can look at every header.
 * Further hosts answer where a test has put them up. Requests to any other are kept too, and fail the test that made
 * them. The black-box tests have a real origin on a socket.
 */
class RecordingOrigin {
  /** What reached the origin, in order. */
  received: Request[] = [];
  /** Addresses that were asked for and are not the origin's. */
  strays: string[] = [];
  /** By scheme, host and port. */
  readonly #others = new Map<string, Answer>();
  #answer: Answer = pageOf;

  /** Takes the place of `fetch`, with nothing received and a plain answer. */
  install(): void {
    this.received = [];
    this.strays = [];
    this.#others.clear();
    this.#answer = pageOf;
    vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) =>
      this.#receive(new Request(input, init)),
    );
  }

  answerWith(answer: Answer): void {
    this.#answer = answer;
  }

  /** Puts up a further host for this test, say `https://id.test`: it answers beside the origin. */
  putUp(host: string, answer: Answer): void {
    this.#others.set(host, answer);
  }

  /** The one request that reached the origin. */
  get only(): Request {
    const [request, ...others] = this.received;
    if (!request || others.length > 0)
      throw new Error(`the origin received ${this.received.length} requests, not one`);
    return request;
  }

  async #receive(request: Request): Promise<Response> {
    const other = this.#others.get(new URL(request.url).origin);
    if (!other && !request.url.startsWith(`${ORIGIN}/`)) {
      this.strays.push(request.url);
      throw new TypeError('no such host in tests');
    }
    if (!other) this.received.push(request);
    const answer = other ?? this.#answer;
    return Promise.race([Promise.resolve(answer(request)), rejectOnAbort(request.signal)]);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

/** The origin of the running test. `setup.ts` installs it anew for each. */
export const origin = new RecordingOrigin();
