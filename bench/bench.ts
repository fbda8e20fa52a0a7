import { type Server, startWorker, type WorkerOptions } from './servers.ts';

/** How long and how often is measured. */
export interface Effort {
  /** Length of one round. */
  readonly milliseconds: number;
  /** Pairs of rounds for each ratio. */
  readonly pairs: number;
}

/** Connections that send at the same time. */
const CONNECTIONS = 16;

/** The Workers of one section, stopped together. */
export class Bench {
  readonly effort: Effort;
  readonly #servers: Server[] = [];

  constructor(effort: Effort) {
    this.effort = effort;
  }

  async start(entry: string, options?: WorkerOptions): Promise<Server> {
    say(`starting ${entry}`);
    const server = await startWorker(entry, options);
    this.#servers.push(server);
    return server;
  }

  /** A round against a Worker. */
  round(server: Server, request: () => string, expectedStatus: number) {
    const { milliseconds } = this.effort;
    return { port: server.port, request, expectedStatus, connections: CONNECTIONS, milliseconds };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

/** Tells what is done at the moment. The table alone goes to standard output. */
export function say(what: string): void {
  process.stderr.write(`${what}\n`);
}
