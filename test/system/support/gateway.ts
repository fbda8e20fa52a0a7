import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../../../scripts/bundle.ts';
import { atEnd, type Ending } from './at-end.ts';
import type { Certificate } from './certificate.ts';

/** One line of the Worker's log. */
export interface LoggedEvent {
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface GatewayOptions {
  /** Variables beside the sealing secret, which is always there. */
  readonly vars: Readonly<Record<string, string>>;
  /** With it the gateway answers over HTTPS. */
  readonly certificate?: Certificate;
}

const LOOPBACK = '127.0.0.1';
const SECRET = 'system-test-secret-0123456789abcdefghijkl';

let bundle: Promise<string> | undefined;

/** The bundled Worker in workerd, on a free port of this machine, with what it has logged. */
export class Gateway {
  readonly events: LoggedEvent[] = [];
  readonly #waiting: {
    readonly matches: (event: LoggedEvent) => boolean;
    readonly resolve: (event: LoggedEvent) => void;
  }[] = [];
  #port = 0;

  get port(): number {
    return this.#port;
  }

  /** Starts one that ends with the test. */
  static async start(t: Ending, options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway();
    bundle ??= bundleWorker();
    const runtime = new Miniflare(gateway.#configure(await bundle, options));
    atEnd(t, () => runtime.dispose());
    const entry = await runtime.ready;
    // Over plain HTTP the Worker has a socket of its own: what it sees is what came over the wire.
    const url = options.certificate ? entry : await runtime.unsafeGetDirectURL();
    gateway.#port = Number(url.port);
    return gateway;
  }

  /** The first event of this name with these facts, as soon as there is one. */
  async seen(name: string, facts: Readonly<Record<string, unknown>> = {}): Promise<LoggedEvent> {
    const matches = (event: LoggedEvent) =>
      event.event === name && Object.entries(facts).every(([fact, value]) => event[fact] === value);
    const known = this.events.find(matches);
    return known ?? new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  #configure(script: string, { vars, certificate }: GatewayOptions) {
    const secure = certificate && { https: true, httpsKey: certificate.key, httpsCert: certificate.text };
    return convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: '2026-10-01',
      bindings: { POSTERN_SECRETS: SECRET, ...vars },
      kvNamespaces: ['POSTERN_KV'],
      durableObjects: { POSTERN_LEDGER: { className: 'Ledger', useSQLite: true } },
      // Otherwise miniflare asks Cloudflare where this machine is.
      cf: false,
      host: LOOPBACK,
      port: 0,
      unsafeDirectSockets: [{ host: LOOPBACK, port: 0 }],
      log: new Log(LogLevel.ERROR),
      logRequests: false,
      handleStructuredLogs: ({ message }) => this.#log(message),
      ...secure,
    });
  }

  #log(line: string): void {
    const event = parseEvent(line);
    if (!event) return;
    this.events.push(event);
    for (const { matches, resolve } of this.#waiting) if (matches(event)) resolve(event);
  }
}

/** What the runtime writes itself is no event. */
function parseEvent(line: string): LoggedEvent | undefined {
  return line.startsWith('{"time":') ? JSON.parse(line) : undefined;
}
