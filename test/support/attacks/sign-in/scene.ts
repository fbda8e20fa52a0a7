import { decodeJwt } from 'jose';
import { Gateway, HOST, NOW, SECRET } from '../../gateway.ts';
import { Jar } from '../../jar.ts';
import { entryOf, keyNamed } from '../../keys.ts';
import { origin } from '../../origin.ts';
import { CLIENT } from '../../plain-provider.ts';
import type { Scene } from '../placeholders.ts';
import { HostileProvider, ISSUER, type Lies } from './provider.ts';

export const KEY = keyNamed('test1');
export const UID = 'uid-one';
export const PAGE = `/d/${UID}/demo`;
export const GATEWAY = `https://${HOST}`;
/** The cookie of somebody who is signed in. */
export const USER_COOKIE = '__Host-postern-user';

const VARS = {
  VISITORS: 'login',
  POSTERN_SECRETS: SECRET,
  SSO_ISSUER: ISSUER,
  GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID: CLIENT.id,
  GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: CLIENT.secret,
  GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
};

/** What a test changes of the scene. */
export interface SignInOptions {
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly lies?: Lies;
  readonly at?: string;
}

/** A gateway that signs people in, the provider of whom it asks, and browsers. */
export class SignInScene {
  readonly gateway: Gateway;
  readonly provider: HostileProvider;

  constructor({ vars = {}, lies = {}, at }: SignInOptions = {}) {
    this.gateway = new Gateway({
      bindings: 'real',
      keys: [entryOf(KEY)],
      vars: { ...VARS, ...vars },
      ...(at !== undefined && { at }),
    });
    this.provider = new HostileProvider(() => this.gateway.now).install();
    this.provider.lies = lies;
  }

  /** One more isolate of the same gateway. */
  another(at?: string): Gateway {
    const { env, now } = this.gateway;
    const other = new Gateway({ bindings: 'real', keys: [entryOf(KEY)], vars: env, ...(at && { at }) });
    other.now = now;
    return other;
  }

  /** Begins to sign in in a browser. @returns the address that the provider leads back to */
  async begin(browser: Jar, to = PAGE): Promise<string> {
    const start = await this.gateway.fetchAs(browser, `/-/login/start?to=${encodeURIComponent(to)}`);
    if (start.status !== 303)
      throw new Error(`the start was answered ${start.status}: ${await start.text()}`);
    browser.take(start);
    return this.provider.authorize(start.headers.get('Location') ?? '');
  }

  /** Begins, comes back, and keeps what is set. */
  async finish(browser: Jar, to = PAGE): Promise<Response> {
    const answer = await this.gateway.fetchAs(browser, await this.begin(browser, to));
    browser.take(answer);
    return answer;
  }

  /** A browser in which somebody is signed in. */
  async signIn(to = PAGE): Promise<Jar> {
    const browser = new Jar();
    const answer = await this.finish(browser, to);
    if (answer.status !== 303)
      throw new Error(`the sign-in was answered ${answer.status}: ${await answer.text()}`);
    return browser;
  }

  /** Asks for something of Grafana's own as whoever holds these cookies. */
  ask(browser: Jar, target = '/api/user', init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({ Accept: 'application/json' });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    return this.gateway.fetchAs(browser, target, { ...init, headers });
  }
}

/** Whom the origin was told of with its last request; undefined for nobody. */
export function presented(): Readonly<Record<string, unknown>> | undefined {
  const assertion = origin.received.at(-1)?.headers.get('X-JWT-Assertion') ?? null;
  return assertion === null ? undefined : decodeJwt(assertion);
}

/** The value of a cookie in a jar. */
export function readCookie(jar: Jar, name: RegExp): string {
  const pair = jar.header.split('; ').find((one) => name.test(one.slice(0, one.indexOf('='))));
  if (pair === undefined) throw new Error(`no cookie ${name}`);
  return pair.slice(pair.indexOf('=') + 1);
}

/** The texts of placeholders, for requests that a case writes down. */
export function sceneOf(cookies: Scene['cookies'], now = NOW): Scene {
  return { key: KEY, now, uid: UID, otherUid: 'uid-two', host: HOST, cookies };
}
