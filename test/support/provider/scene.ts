import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { type Arrived, Origin } from '../../blackbox/origin.ts';
import { Browser, describe, type Hop, type Visit } from './browser.ts';
import { type SignInGateway, startFor, type Vars } from './gateway.ts';
import { Provider } from './provider.ts';

export const PAGE = '/d/uid-one/demo?orgId=1&from=now-1h';
const START = `/-/login/start?to=${encodeURIComponent(PAGE)}`;

/** Somebody for whom nothing is missing. */
export const ANN = {
  email: 'ann@example.com',
  name: 'Ann Example',
  preferred_username: 'ann',
  groups: ['dashboards', 'on-call'],
  role: 'Editor',
};

/** A gateway between a provider and an origin, all of them real, on loopback. */
export class Scene {
  readonly origin: Origin;
  readonly originUrl: string;
  readonly provider: Provider;
  readonly gateway: SignInGateway;

  private constructor(origin: Origin, originUrl: string, provider: Provider, gateway: SignInGateway) {
    this.origin = origin;
    this.originUrl = originUrl;
    this.provider = provider;
    this.gateway = gateway;
  }

  /** @param vars where they name addresses of the provider: made for its issuer */
  static async set(vars: Vars | ((issuer: string) => Vars) = {}): Promise<Scene> {
    const origin = new Origin();
    const originUrl = await origin.listen();
    const provider = await Provider.start();
    const own = typeof vars === 'function' ? vars(provider.issuer) : vars;
    const scene = new Scene(origin, originUrl, provider, await startFor(provider, originUrl, own));
    scene.begin();
    return scene;
  }

  /** As it was, but for what the gateway remembers. */
  begin(): void {
    const { provider } = this;
    this.origin.begin();
    provider.calls.length = 0;
    provider.fault = undefined;
    provider.clockShiftSeconds = 0;
    Object.assign(provider.settings, {
      accessTokenSeconds: 3_600,
      refreshTokenSeconds: 86_400,
      idTokenSeconds: 3_600,
      claimsIn: 'both',
    });
    provider.people.clear();
    provider.people.set('ann', ANN);
    provider.someone = 'ann';
  }

  async end(): Promise<void> {
    await this.gateway.stop();
    await this.provider.stop();
    await this.origin.close();
  }

  at(path: string): URL {
    return this.gateway.at(path);
  }

  /** Signs somebody in. @throws Error where that does not end at the page */
  async signIn(browser = new Browser()): Promise<Browser> {
    const hops = await browser.go(this.at(START), { from: this.at('/-/login') });
    const last = hops.at(-1);
    if (last?.status !== 200 || last.url.href !== this.at(PAGE).href)
      throw new Error(`the sign-in did not end at its page:\n${hops.map(describe).join('\n')}`);
    return browser;
  }

  /** Tries the same, and gives the answer where it ended, as a problem document if it was refused. */
  tryToSignIn(browser = new Browser(), visit: Visit = {}): Promise<Hop> {
    return browser.arrive(this.at(START), { headers: { Accept: 'application/json' }, ...visit });
  }

  /** What the origin saw of the latest request. */
  get latest(): Arrived {
    const arrived = this.origin.arrived.at(-1);
    if (!arrived) throw new Error('nothing has reached the origin');
    return arrived;
  }

  /** The assertion of a request, verified as Grafana verifies it: by the published keys. */
  async readAssertion({ headers }: Arrived = this.latest): Promise<JWTPayload> {
    const published = await new Browser().call(this.at('/-/jwks.json'));
    const keys = createLocalJWKSet(JSON.parse(published.text) as JSONWebKeySet);
    const { payload } = await jwtVerify(String(headers['x-jwt-assertion']), keys, {
      issuer: this.gateway.url.origin,
      audience: this.originUrl,
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    return payload;
  }
}
