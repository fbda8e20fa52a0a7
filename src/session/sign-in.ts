import * as z from 'zod';
import { formatSetCookie, parseCookies } from '../lib/cookie.ts';
import { LazyKeyring } from '../lib/keyring.ts';
import { LruMap } from '../lib/lru.ts';
import { seal, unseal } from '../lib/seal.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { type CookieTransport, findTransport } from './cookies.ts';
import type { GrantPlace } from './grant.ts';
import type { Arrival } from './keeper.ts';
import type { SessionOptions } from './options.ts';

/** What the cookie of a sign-in says. What is large, and what is secret, lives in its Durable Object. */
export interface SignInSession {
  /** 16 hex digits: by this the Durable Object is found, and a single session revoked. */
  readonly id: string;
  /** The provider's own name for the user. */
  readonly sub: string;
  /** The provider's own id of its session; empty where it gives none. */
  readonly sid: string;
  /** The issuer of both, by {@link tagIssuer}. */
  readonly issuer: string;
  readonly email: string;
  /** At sign-in, for people; what counts is what the Durable Object says. */
  readonly role: string;
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
}

const COOKIE = 'postern-user';
const HOST_PREFIX = '__Host-';
const REMEMBERED_MAX = 1024;
const SEALED_LENGTH_MAX = 4096;

const SEALED_CLAIMS = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.int(),
  z.int(),
  z.string(),
]);

/** An issuer in few bytes, since they travel with every request: 16 hex digits of its hash. */
export function tagIssuer(issuer: string): string {
  return sha256Hex(issuer).slice(0, 16);
}

/** The name of the cookie on a connection. */
export function nameSignInCookie({ isPlainLoopback }: CookieTransport): string {
  return isPlainLoopback ? COOKIE : `${HOST_PREFIX}${COOKIE}`;
}

/**
 * Opens and seals the cookies of sign-ins. `Lax`: another site's page cannot act with it, and a link from elsewhere
 * arrives signed in. What was opened is remembered in the isolate, so that a warm request opens none.
 */
export class SignInCookies {
  readonly #keyring: LazyKeyring;
  readonly #origin: string;
  readonly #opened = new LruMap<string, SignInSession>(REMEMBERED_MAX);

  /** @param origin the origin that sessions are bound to */
  constructor(options: SessionOptions, origin: string) {
    this.#keyring = new LazyKeyring(options.secrets, 'sign-in');
    this.#origin = origin;
  }

  /** Whether a request carries one at all: nearly free, for the way of those who do not. */
  isCarried({ cookies }: Pick<Arrival, 'cookies'>): boolean {
    return cookies?.includes(`${COOKIE}=`) === true;
  }

  /**
   * The session of a request; undefined where there is none, where its seal does not hold here, where it has ended, and
   * where the cookie came twice.
   */
  find(arrival: Arrival): SignInSession | undefined | Promise<SignInSession | undefined> {
    const sealed = findOne(arrival);
    if (sealed === undefined) return undefined;
    const known = this.#opened.get(memoOf(sealed, arrival));
    return known ? alive(known, arrival.now) : this.#open(sealed, arrival);
  }

  /** The `Set-Cookie` of a session. */
  async format(session: SignInSession, arrival: Arrival): Promise<string> {
    const { id, sub, sid, email, role, start, end, issuer } = session;
    const text = JSON.stringify([id, sub, sid, email, role, start, end, issuer]);
    const sealed = await seal(await this.#keyring.get(), text, formatContext(this.#placeOf(arrival)));
    return this.#set(sealed, end - arrival.now, arrival);
  }

  /** The `Set-Cookie` that takes it away. */
  formatCleared(arrival: Arrival): string {
    return this.#set('', 0, arrival);
  }

  #set(value: string, maxAgeSeconds: number, { url }: Arrival): string {
    const transport = findTransport(url);
    const secure = !transport.isPlainLoopback;
    const attributes = { secure, sameSite: 'Lax', partitioned: false, maxAgeSeconds } as const;
    return formatSetCookie(nameSignInCookie(transport), value, attributes);
  }

  async #open(sealed: string, arrival: Arrival): Promise<SignInSession | undefined> {
    if (sealed.length > SEALED_LENGTH_MAX) return undefined;
    const text = await unseal(await this.#keyring.get(), sealed, formatContext(this.#placeOf(arrival)));
    const parsed = text === undefined ? undefined : SEALED_CLAIMS.safeParse(JSON.parse(text));
    if (!parsed?.success) return undefined;
    const [id, sub, sid, email, role, start, end, issuer] = parsed.data;
    const session = { id, sub, sid, email, role, start, end, issuer };
    this.#opened.set(memoOf(sealed, arrival), session);
    return alive(session, arrival.now);
  }

  #placeOf({ url }: Arrival): GrantPlace {
    return { host: url.host, origin: this.#origin };
  }
}

/** The one value of the cookie; nobody can say which of two is meant. */
function findOne({ cookies, url }: Arrival): string | undefined {
  if (cookies === null) return undefined;
  const name = nameSignInCookie(findTransport(url));
  const [first, ...others] = parseCookies(cookies).filter((pair) => pair.name === name);
  return others.length > 0 || first?.value === '' ? undefined : first?.value;
}

function alive(session: SignInSession, now: number): SignInSession | undefined {
  return now < session.end ? session : undefined;
}

function memoOf(sealed: string, { url }: Arrival): string {
  return `${url.host} ${sealed}`;
}

function formatContext({ host, origin }: GrantPlace): string {
  return `user|${host}|${origin}`;
}
