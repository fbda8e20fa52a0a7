import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { toBase64Url, utf8 } from '../../../../src/lib/bytes.ts';
import { type Answer, origin } from '../../origin.ts';
import { CLIENT } from '../../plain-provider.ts';
import { guard } from '../../watch.ts';

export const ISSUER = 'https://id.test';

/** What the provider can be asked for, by its address. */
export const PLACES = {
  discovery: `${ISSUER}/.well-known/openid-configuration`,
  authorize: `${ISSUER}/authorize`,
  token: `${ISSUER}/token`,
  keys: `${ISSUER}/keys`,
  userinfo: `${ISSUER}/userinfo`,
} as const;

export type Place = keyof typeof PLACES;

/** Claims of Ann, who is who she says. */
export const ANN = { sub: 'ann-1', email: 'ann@example.com', login: 'ann', name: 'Ann Example' } as const;

/** A pair of keys, and how its public half is published. */
interface Pair {
  readonly privateKey: CryptoKey;
  readonly published: JWK;
}

const pairs = new Map<string, Promise<Pair>>();

/** A pair of RSA keys by name, made once for all tests of a file. The published half says nothing of its algorithm. */
export function pairNamed(name: string, kid = name): Promise<Pair> {
  const made = pairs.get(`${name} ${kid}`) ?? makePair(kid);
  pairs.set(`${name} ${kid}`, made);
  return made;
}

async function makePair(kid: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const { kty = '', n = '', e = '' } = await exportJWK(publicKey);
  return { privateKey, published: { kty, n, e, kid, use: 'sig' } };
}

type Claims = Readonly<Record<string, unknown>>;

/** Claims as an honest provider would say them now, beside those of {@link Lies}. */
interface Honest {
  readonly claims: Claims;
  readonly pair: Pair;
}

/** Where the provider does not do as it should. Without any, it is as honest as its standards want. */
export interface Lies {
  /** Claims of the ID token over the honest ones; undefined leaves one out. */
  claims?: Claims;
  /** Members of the ID token's header over the honest ones. */
  header?: Readonly<Record<string, unknown>>;
  /** The pair that signs; `first` if it is not said. */
  signedBy?: () => Promise<Pair>;
  /** The pairs that are published; the first one alone if it is not said. */
  published?: () => Promise<readonly JWK[]>;
  /** The whole ID token, in place of one that is signed as above; undefined for none. */
  idToken?: (honest: Honest) => Promise<string | undefined>;
  /** Claims of userinfo over Ann's. */
  userinfo?: Claims;
  /** Members of the discovery document over the honest ones; undefined leaves one out. */
  discovery?: Readonly<Record<string, unknown>>;
  /** Members of the token answer over the honest ones. */
  tokens?: Readonly<Record<string, unknown>>;
  /** Whole answers in place of its own. */
  answers?: Partial<Record<Place, Answer>>;
  /** Whether a code may be redeemed as often as anybody likes. */
  takesCodesTwice?: boolean;
}

interface Code {
  readonly challenge: string;
  readonly nonce: string | null;
}

/** A provider of OpenID Connect in the test's isolate that lies where a case says so, and nowhere else. */
export class HostileProvider {
  /** Every request of the gateway, by place. */
  readonly asked: Place[] = [];
  lies: Lies = {};
  readonly #now: () => number;
  readonly #codes = new Map<string, Code>();
  #refreshToken = '';

  /** @param now unix seconds, of tokens */
  constructor(now: () => number) {
    this.#now = now;
  }

  install(): this {
    origin.putUp(ISSUER, (request) => this.#answer(request));
    return this;
  }

  /** Where somebody who agrees is sent from the authorization endpoint. */
  authorize(location: string): string {
    const { origin: host, pathname, searchParams } = new URL(location);
    if (`${host}${pathname}` !== PLACES.authorize) throw new Error(`not this provider: ${location}`);
    const [redirectUri, state, challenge] = ['redirect_uri', 'state', 'code_challenge'].map(
      (name) => searchParams.get(name) ?? '',
    );
    if (!redirectUri || !state || !challenge) throw new Error(`not complete: ${location}`);
    const code = crypto.randomUUID();
    this.#codes.set(code, { challenge, nonce: searchParams.get('nonce') });
    return `${redirectUri}?${new URLSearchParams({ code, state })}`;
  }

  /** As when somebody's access is taken away there. */
  forgetRefreshToken(): void {
    this.#refreshToken = crypto.randomUUID();
  }

  async #answer(request: Request): Promise<Response> {
    const place = (Object.keys(PLACES) as Place[]).find((name) => PLACES[name] === request.url);
    if (!place) return new Response('no such page', { status: 404 });
    this.asked.push(place);
    const lie = this.lies.answers?.[place];
    return lie ? lie(request) : this.#answerHonestly(place, request);
  }

  async #answerHonestly(place: Place, request: Request): Promise<Response> {
    switch (place) {
      case 'discovery':
        return Response.json({ ...DISCOVERY, ...this.lies.discovery });
      case 'keys':
        return Response.json({
          keys: await (this.lies.published?.() ?? pairNamed('first').then(({ published }) => [published])),
        });
      case 'userinfo':
        return Response.json({ ...ANN, ...this.lies.userinfo });
      case 'token':
        return this.#redeem(new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())));
      case 'authorize':
        return new Response('people only', { status: 400 });
    }
  }

  async #redeem(form: URLSearchParams): Promise<Response> {
    if (form.get('grant_type') === 'refresh_token') {
      const isGood = form.get('refresh_token') === this.#refreshToken;
      return isGood ? this.#giveTokens(null) : refuse();
    }
    const code = this.#codes.get(form.get('code') ?? '');
    if (!this.lies.takesCodesTwice) this.#codes.delete(form.get('code') ?? '');
    if (!code || (await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge) return refuse();
    return this.#giveTokens(code.nonce);
  }

  async #giveTokens(nonce: string | null): Promise<Response> {
    this.#refreshToken = `refresh-${crypto.randomUUID()}`;
    guard('a refresh token', this.#refreshToken);
    const accessToken = `opaque-${crypto.randomUUID()}`;
    guard('an access token', accessToken);
    const idToken = await this.#makeIdToken(nonce);
    return Response.json({
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: 600,
      refresh_token: this.#refreshToken,
      ...(idToken !== undefined && { id_token: idToken }),
      ...this.lies.tokens,
    });
  }

  async #makeIdToken(nonce: string | null): Promise<string | undefined> {
    const now = this.#now();
    const times = { iat: now, exp: now + 600 };
    const claims = {
      iss: ISSUER,
      aud: CLIENT.id,
      ...times,
      ...ANN,
      ...(nonce && { nonce }),
      ...this.lies.claims,
    };
    const pair = await (this.lies.signedBy?.() ?? pairNamed('first'));
    if (this.lies.idToken) return this.lies.idToken({ claims, pair });
    return signJwt(claims, pair, this.lies.header);
  }
}

/** A JWT that is signed as its header says. */
export async function signJwt(claims: Claims, pair: Pair, header: Lies['header'] = {}): Promise<string> {
  const alg = typeof header.alg === 'string' ? header.alg : 'RS256';
  const key = await importJWK({ ...(await exportJWK(pair.privateKey)), alg }, alg);
  return new SignJWT(claims)
    .setProtectedHeader({ kid: String(pair.published.kid), typ: 'JWT', ...header, alg })
    .sign(key, { crit: { 'made-up': true } });
}

/** A JWT whose signature is the HMAC of a text that everybody knows, or nothing at all (`alg: none`). */
export async function forgeJwt(claims: Claims, alg: 'HS256' | 'none', secret = ''): Promise<string> {
  const [header, payload] = [{ alg, kid: 'first', typ: 'JWT' }, claims].map((part) =>
    toBase64Url(utf8(JSON.stringify(part))),
  );
  const signed = `${header}.${payload}`;
  if (alg === 'none') return `${signed}.`;
  const hash = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', utf8(secret), hash, false, ['sign']);
  return `${signed}.${toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(signed))))}`;
}

const DISCOVERY = {
  issuer: ISSUER,
  authorization_endpoint: PLACES.authorize,
  token_endpoint: PLACES.token,
  userinfo_endpoint: PLACES.userinfo,
  jwks_uri: PLACES.keys,
  id_token_signing_alg_values_supported: ['RS256'],
};

function refuse(): Response {
  return Response.json({ error: 'invalid_grant' }, { status: 400 });
}

async function challengeOf(verifier: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(verifier))));
}
