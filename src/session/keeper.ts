import { parseCookies } from '../lib/cookie.ts';
import { createKeyring, type Keyring } from '../lib/keyring.ts';
import type { Result } from '../lib/result.ts';
import type { VerifiedLink } from '../share/verify.ts';
import { type ChooseRefusal, chooseGrant, type FindKey, type NamedTarget, type Serving } from './choose.ts';
import {
  type CookieTransport,
  findGrantCookies,
  findTransport,
  formatClearedCookie,
  formatGrantCookie,
  GRANT_COOKIES_MAX,
  nameGrantCookie,
} from './cookies.ts';
import { type GrantPlace, mintGrant, sealGrant } from './grant.ts';
import type { SessionOptions } from './options.ts';
import { GrantReader, type HeldGrant } from './read.ts';
import type { Scope } from './scope.ts';

/** The connection that a visitor came by, and when. */
export interface Arrival {
  readonly url: { readonly protocol: string; readonly host: string };
  /** Value of the `Cookie` header. */
  readonly cookies: string | null;
  /** Unix seconds. */
  readonly now: number;
}

/** What sessions need from outside. */
export interface KeeperOptions<Key extends Scope> {
  readonly session: SessionOptions;
  /** Scheme, host, port and path prefix of the origin that grants are bound to. */
  readonly origin: string;
  readonly findKey: FindKey<Key>;
}

/** Keeps the sessions of one isolate: opens the grants that visitors hold and hands out new ones. */
export class SessionKeeper<Key extends Scope> {
  readonly #options: KeeperOptions<Key>;
  readonly #reader = new GrantReader(() => this.#getKeyring());
  #keyring: Keyring | undefined;

  constructor(options: KeeperOptions<Key>) {
    this.#options = options;
  }

  /** The grant that serves a request, or why there is none. */
  async choose(arrival: Arrival, target: NamedTarget): Promise<Result<Serving<Key>, ChooseRefusal>> {
    const held = await this.#readHeld(arrival, findTransport(arrival.url));
    return chooseGrant(held, target, this.#options.findKey, arrival.now);
  }

  /** The `Set-Cookie` values by which a verified link becomes a session: the new grant, and what has to go for it. */
  async admit(link: VerifiedLink, arrival: Arrival): Promise<string[]> {
    const transport = findTransport(arrival.url);
    const grant = mintGrant(link, arrival.now);
    const name = await nameGrantCookie(grant, transport);
    const sealed = await sealGrant(grant, await this.#getKeyring(), this.#placeOf(arrival));
    const others = (await this.#readHeld(arrival, transport)).filter(({ cookie }) => cookie !== name);
    return [
      formatGrantCookie(name, sealed, grant.end - grant.start, transport),
      ...findSurplus(others).map((cookie) => formatClearedCookie(cookie, transport)),
    ];
  }

  #readHeld(arrival: Arrival, transport: CookieTransport): Promise<HeldGrant[]> | HeldGrant[] {
    if (arrival.cookies === null) return [];
    const cookies = findGrantCookies(parseCookies(arrival.cookies), transport);
    return cookies.length === 0 ? [] : this.#reader.read(cookies, this.#placeOf(arrival));
  }

  #placeOf(arrival: Arrival): GrantPlace {
    return { host: arrival.url.host, origin: this.#options.origin };
  }

  async #getKeyring(): Promise<Keyring> {
    this.#keyring ??= await createKeyring(this.#options.session.secrets, 'grant');
    return this.#keyring;
  }
}

/** The cookies that have to go so that one more fits: those that do not open first, then the oldest. */
function findSurplus(others: readonly HeldGrant[]): string[] {
  const surplus = others.length - (GRANT_COOKIES_MAX - 1);
  if (surplus <= 0) return [];
  const byAge = [...others].sort((a, b) => (a.grant?.start ?? 0) - (b.grant?.start ?? 0));
  return byAge.slice(0, surplus).map(({ cookie }) => cookie);
}
