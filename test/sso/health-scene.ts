import type { Finding, Verdict } from '../../src/api/findings.ts';
import { HealthDocument, type HealthJson } from '../../src/api/health.ts';
import type { SeriesCount } from '../../src/observe/meter-series.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { skipWritePause } from '../support/clock.ts';
import { type Answer, origin } from '../support/origin.ts';
import { guard } from '../support/watch.ts';

export const ISSUER = 'https://id.health.test/realm';
export const PUBLIC_URL = 'https://dash.example.com';
export const CALLBACK = `${PUBLIC_URL}/login/generic_oauth`;
export const WEBHOOK = 'https://hooks.test/formatted_webhook/secret-of-the-webhook/';
guard('the path of the webhook', 'secret-of-the-webhook');

const CLIENT = { id: 'postern', secret: 'client-secret-of-health-checks' };
guard('the client secret of health checks', CLIENT.secret);

const VARS = {
  VISITORS: 'login',
  PUBLIC_URL,
  SSO_ISSUER: ISSUER,
  GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID: CLIENT.id,
  GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: CLIENT.secret,
  GF_AUTH_GENERIC_OAUTH_SCOPES: 'openid email',
  GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
};

const ADDRESSES = {
  discovery: `${ISSUER}/.well-known/openid-configuration`,
  authorization: `${ISSUER}/auth`,
  token: `${ISSUER}/token`,
  userinfo: `${ISSUER}/me`,
  keys: `${ISSUER}/keys`,
};

/** A public key, as far as anybody looks at it. */
export function keyOf(kid: string, n = `modulus-of-${kid}`): Record<string, unknown> {
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e: 'AQAB' };
}

export const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: ADDRESSES.authorization,
  token_endpoint: ADDRESSES.token,
  userinfo_endpoint: ADDRESSES.userinfo,
  jwks_uri: ADDRESSES.keys,
  response_types_supported: ['code'],
};

/** A provider that is well, but for what a test replaces. */
export class HealthScene {
  readonly gateway: AdminGateway;
  document: Record<string, unknown> = { ...DOCUMENT };
  keys: readonly unknown[] = [keyOf('one'), keyOf('two')];
  /** By how much its clock is wrong; ahead if positive. */
  skewSeconds = 0;
  headers: Record<string, string> = {};
  /** What answers in place of an endpoint. */
  readonly instead = new Map<keyof typeof ADDRESSES, Answer>();
  /** Bodies that reached the webhook. */
  readonly posted: Record<string, unknown>[] = [];
  webhook: Answer = () => new Response('ok');
  /** Writes of the status to KV. */
  statusWrites = 0;

  private constructor(gateway: AdminGateway) {
    this.gateway = gateway;
    origin.putUp(new URL(ISSUER).origin, (request) => this.#answer(request));
    origin.putUp(new URL(WEBHOOK).origin, async (request) => {
      this.posted.push((await request.json()) as Record<string, unknown>);
      return this.webhook(request);
    });
    gateway.kv.inTheWay = (operation, names) => {
      if (operation === 'write' && names.includes('sso:health')) this.statusWrites += 1;
      return undefined;
    };
  }

  static async create(vars: Readonly<Record<string, unknown>> = {}): Promise<HealthScene> {
    return new HealthScene(await AdminGateway.create({ keys: [], vars: { ...VARS, ...vars } }));
  }

  /** One more isolate, elsewhere, with the same storage. */
  another(vars: Readonly<Record<string, unknown>> = {}): AdminGateway {
    return this.gateway.another('elsewhere', { keys: [], vars: { ...VARS, ...vars } });
  }

  /** All checks, as the operator asks for them, five minutes later than the last time. */
  async look(): Promise<HealthJson & { findings: readonly Finding[] }> {
    this.gateway.now += 300;
    const health = await this.ask({ Authorization: `Bearer ${ADMIN_TOKEN}` });
    skipWritePause();
    return { ...health, findings: health.findings ?? [] };
  }

  /** What one check comes to now. */
  async find(check: string): Promise<Finding> {
    const { findings } = await this.look();
    const found = findings.find((one) => one.check === check);
    if (!found) throw new Error(`nobody looked at ${check}`);
    return found;
  }

  async ask(headers: HeadersInit = {}, gateway = this.gateway): Promise<HealthJson> {
    const answer = await gateway.fetch('/-/health/sso', { headers });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
    return HealthDocument.parse(await answer.json());
  }

  /** The cron, five minutes after whatever came before. */
  async tick(gateway = this.gateway): Promise<void> {
    this.gateway.now += 300;
    gateway.now = this.gateway.now;
    await gateway.scheduled();
    skipWritePause();
  }

  /** What isolates have counted in the last minutes. */
  async count(...counts: readonly (readonly [series: string, count: number])[]): Promise<void> {
    const slot = this.gateway.now - (this.gateway.now % 300);
    const rows = counts.map(
      ([series, count]) => ({ slot, series, count }) satisfies SeriesCount & { slot: number },
    );
    await BOUND.POSTERN_LEDGER.getByName('meter').addMeter(rows, this.gateway.now);
  }

  #answer(request: Request): Response | Promise<Response> {
    const { origin: host, pathname } = new URL(request.url);
    const [endpoint] =
      Object.entries(ADDRESSES).find(([, address]) => address === `${host}${pathname}`) ?? [];
    const answer = this.instead.get(endpoint as keyof typeof ADDRESSES) ?? this.#usual(endpoint);
    return answer(request);
  }

  #usual(endpoint: string | undefined): Answer {
    switch (endpoint) {
      case 'discovery':
        return () => Response.json(this.document, { headers: this.#headers() });
      case 'keys':
        return () => Response.json({ keys: this.keys }, { headers: this.#headers() });
      case 'token':
        return (request) => refuseCode(request);
      case 'authorization':
        return (request) => leadBack(request);
      default:
        return () => new Response('no such page', { status: 404 });
    }
  }

  #headers(): Record<string, string> {
    return { Date: new Date((this.gateway.now + this.skewSeconds) * 1000).toUTCString(), ...this.headers };
  }
}

/** A token endpoint that knows the client, and not the code. */
export function refuseCode(request: Request, secret = CLIENT.secret): Response {
  const isClient = request.headers.get('Authorization') === `Basic ${btoa(`${CLIENT.id}:${secret}`)}`;
  return isClient
    ? Response.json({ error: 'invalid_grant' }, { status: 400 })
    : Response.json({ error: 'invalid_client' }, { status: 401 });
}

/** An authorization endpoint that knows the one address that it may lead back to. */
export function leadBack(request: Request, error = 'login_required'): Response {
  const { searchParams } = new URL(request.url);
  const redirectUri = searchParams.get('redirect_uri');
  const isKnown = redirectUri === CALLBACK && searchParams.get('client_id') === CLIENT.id;
  if (!isKnown || searchParams.get('prompt') !== 'none')
    return new Response('redirect_uri is not registered', { status: 400 });
  const back = new URLSearchParams({ error, state: searchParams.get('state') ?? '' });
  return new Response(null, { status: 303, headers: { Location: `${redirectUri}?${back}` } });
}

/** Verdicts by check. */
export function verdictsOf(findings: readonly Finding[]): Record<string, Verdict> {
  return Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
}
