import type * as z from 'zod';
import type { RevocationAnswer } from '../../src/api/revocations.ts';
import { BOUND } from './bound.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import { StrictKv } from './strict-kv.ts';
import { guard } from './watch.ts';

export const ADMIN_TOKEN = 'test-admin-token-0123456789abcdefghijkl';
guard('the admin token', ADMIN_TOKEN);

/** An answer of the admin API. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A gateway with storage, as strict as Cloudflare's, and with its admin API on. */
export class AdminGateway extends Gateway {
  readonly kv: StrictKv;

  private constructor(kv: StrictKv, place: string, options: GatewayOptions) {
    super({
      bindings: 'real',
      ...options,
      vars: { ADMIN_TOKEN, POSTERN_KV: kv.at(place), ...options.vars },
    });
    this.kv = kv;
  }

  /** With nothing stored. Other isolates, here or elsewhere, are made by {@link another}. */
  static async create(options: GatewayOptions = {}): Promise<AdminGateway> {
    const clock: { of?: AdminGateway } = {};
    const kv = new StrictKv(BOUND.POSTERN_KV, () => clock.of?.now ?? 0);
    await kv.clear();
    const gateway = new AdminGateway(kv, 'here', options);
    clock.of = gateway;
    return gateway;
  }

  /** One more isolate in front of the same storage, at a place of Cloudflare. */
  another(place: string, options: GatewayOptions = {}): AdminGateway {
    return new AdminGateway(this.kv, place, { now: this.now, ...options });
  }

  /** Asks the admin API as the operator, or with another token. */
  async ask(method: string, path: string, body?: unknown, token = ADMIN_TOKEN): Promise<AdminAnswer> {
    const headers = new Headers({ Authorization: `Bearer ${token}` });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    const response = await this.fetch(`/-/api/v1${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  /** The same, for what has to succeed. */
  async order<Document = unknown>(method: string, path: string, body?: unknown): Promise<Document> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Document;
  }

  revoke(order: Readonly<Record<string, unknown>>): Promise<z.output<typeof RevocationAnswer>> {
    return this.order('POST', '/revocations', order);
  }
}
