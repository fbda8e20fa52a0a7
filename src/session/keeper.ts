import { parseCookies } from '../lib/cookie.ts';
import { LazyKeyring } from '../lib/keyring.ts';
import type { Result } from '../lib/result.ts';
import type { VerifiedLink } from '../share/verify.ts';
import {
  type ChooseContext,
  type ChooseRefusal,
  chooseGrant,
  type FindKey,
  type NamedTarget,
  type Revoked,
  type Serving,
  serve,
} from './choose.ts';
import {
  type CookieTransport,
  findGrantCookies,
  findTransport,
  formatClearedCookie,
  formatGrantCookie,
  GRANT_COOKIES_MAX,
  nameGrantCookie,
} from './cookies.ts';
import { type Grant, type GrantPlace, mintGrant, openGrant, sealGrant } from './grant.ts';
import type { SessionOptions } from './options.ts';
import { GrantReader, type HeldGrant } from './read.ts';
import { covers, type Scope } from './scope.ts';
import type { StandingOf } from './standing.ts';

/** The connection that a visitor came by, and when. */
export interface Arrival {
  readonly url: { readonly protocol: string; readonly host: string };
  /** Value of the `Cookie` header. */
  readonly cookies: string | null;
  /** Unix seconds. */
  readonly now: number;
}

/** The arrival of a request. */
export function arrivalOf(
  request: Request,
  visit: { readonly url: Arrival['url']; readonly now: number },
): Arrival {
  return { url: visit.url, cookies: request.headers.get('Cookie'), now: visit.now };
}

/** What a verified link becomes. */
export interface Admission {
  readonly grant: Grant;
  /** `Set-Cookie` values. */
  readonly cookies: readonly string[];
  /** The sealed text by which the next request tells whether the cookie came back. */
  readonly check: string | undefined;
}

export type TicketUse = 'check' | 'open';

/** More than a browser can hold of ours; of so many, none is opened. */
const COOKIES_READ_MAX = 2 * GRANT_COOKIES_MAX;

/** How long after its link a ticket is good: the redirect of a frame; and a person who reads a page and clicks. */
const TICKET_SECONDS: Readonly<Record<TicketUse, number>> = { check: 30, open: 90 };

/** What sessions need from outside. */
export interface KeeperOptions<Key extends Scope> {
  readonly session: SessionOptions;
  /** Scheme, host, port and path prefix of the origin that grants are bound to. */
  readonly origin: string;
  readonly findKey: FindKey<Key>;
  /** What was taken back of a session, as the isolate remembers it, and as it is now. */
  readonly standingOf: StandingOf;
  readonly readStanding: StandingOf;
}

/** Keeps the sessions of one isolate: opens the grants that visitors hold and hands out new ones. */
export class SessionKeeper<Key extends Scope> {
  readonly #options: KeeperOptions<Key>;
  readonly #keyring: LazyKeyring;
  readonly #reader: GrantReader;

  constructor(options: KeeperOptions<Key>) {
    this.#options = options;
    this.#keyring = new LazyKeyring(options.session.secrets, 'grant');
    this.#reader = new GrantReader(() => this.#keyring.get());
  }

  /** The grant that serves a request, or why there is none. */
  async choose(arrival: Arrival, target: NamedTarget): Promise<Result<Serving<Key>, ChooseRefusal>> {
    const held = await this.#readHeld(arrival, findTransport(arrival.url));
    return chooseGrant(held, target, this.#contextAt(arrival.now));
  }

  /** Makes the session of a verified link. A frame gets a ticket with it. */
  async admit(link: VerifiedLink, arrival: Arrival, isFramed: boolean): Promise<Admission> {
    const grant = mintGrant(link, arrival.now);
    const cookies = await this.#keep(grant, arrival);
    return { grant, cookies, check: isFramed ? await this.#sealTicket('check', grant, arrival) : undefined };
  }

  /** The grant of a ticket that is presented in time and still holds, or what was taken back of it. */
  async openTicket(use: TicketUse, sealed: string, arrival: Arrival): Promise<Grant | Revoked | undefined> {
    const grant = await openGrant(sealed, use, await this.#keyring.get(), this.#placeOf(arrival));
    if (!grant || arrival.now - grant.start > TICKET_SECONDS[use]) return undefined;
    const serving = await serve(grant, grant.uid, this.#contextAt(arrival.now));
    if (serving === 'ended') return undefined;
    return 'code' in serving ? serving : grant;
  }

  /** Whether the visitor holds a live grant of the same key for the same dashboard, or held one that was revoked. */
  async findInside(
    grant: Pick<Grant, 'name' | 'orgId' | 'uid'>,
    arrival: Arrival,
  ): Promise<'inside' | 'outside' | Revoked> {
    const { name, orgId } = grant;
    const held = await this.#readHeld(arrival, findTransport(arrival.url));
    const own = held.filter((one) => one.grant?.name === name && one.grant.orgId === orgId);
    const chosen = await chooseGrant(own, grant, this.#contextAt(arrival.now));
    if (chosen.ok) return 'inside';
    return typeof chosen.reason === 'string' ? 'outside' : chosen.reason;
  }

  /** The key of a grant that the visitor holds for a target, ended or not: the one that a refusal concerns. */
  async findKeyConcerned(arrival: Arrival, target: NamedTarget): Promise<Key | undefined> {
    const held = await this.#readHeld(arrival, findTransport(arrival.url));
    const grants = held.flatMap(({ grant }) => (grant ? [grant] : []));
    const grant =
      grants.find(({ dashboards }) => target.uid !== undefined && covers(dashboards, target.uid)) ??
      grants[0];
    return grant && this.#options.findKey(grant);
  }

  /**
   * Whether a grant that serves already may go on: its key is still registered, and nothing was revoked. Looked up
   * anew, not remembered. Its end is the caller's to keep.
   */
  async stillHolds(grant: Grant): Promise<boolean> {
    const context = { ...this.#contextAt(grant.start), standingOf: this.#options.readStanding };
    const serving = await serve(grant, grant.uid, context);
    return serving !== 'ended' && !('code' in serving);
  }

  /** A ticket by which a visitor whose frame keeps no cookie opens the same session in a tab. */
  sealOpenTicket(grant: Grant, arrival: Arrival): Promise<string> {
    return this.#sealTicket('open', grant, arrival);
  }

  /** The key of a grant, as it is registered now. */
  async findKeyOf(grant: Grant): Promise<Key | undefined> {
    return this.#options.findKey(grant);
  }

  /** Lets a visitor in by a ticket: the same grant, with the same end. */
  readmit(grant: Grant, arrival: Arrival): Promise<string[]> {
    return this.#keep(grant, arrival);
  }

  /** The `Set-Cookie` values by which a grant is kept: the grant itself, and what has to go for it. */
  async #keep(grant: Grant, arrival: Arrival): Promise<string[]> {
    const transport = findTransport(arrival.url);
    const name = nameGrantCookie(grant, transport);
    const sealed = await sealGrant(grant, 'share', await this.#keyring.get(), this.#placeOf(arrival));
    const others = (await this.#readHeld(arrival, transport)).filter(({ cookie }) => cookie !== name);
    return [
      formatGrantCookie(name, sealed, grant.end - arrival.now, transport),
      ...findSurplus(others).map((cookie) => formatClearedCookie(cookie, transport)),
    ];
  }

  async #sealTicket(use: TicketUse, grant: Grant, arrival: Arrival): Promise<string> {
    return sealGrant(grant, use, await this.#keyring.get(), this.#placeOf(arrival));
  }

  #readHeld(arrival: Arrival, transport: CookieTransport): Promise<HeldGrant[]> | HeldGrant[] {
    if (arrival.cookies === null) return [];
    const cookies = findGrantCookies(parseCookies(arrival.cookies), transport);
    if (cookies.length > COOKIES_READ_MAX)
      return cookies.map(({ name }) => ({ cookie: name, grant: undefined }));
    return cookies.length === 0 ? [] : this.#reader.read(cookies, this.#placeOf(arrival));
  }

  #contextAt(now: number): ChooseContext<Key> {
    const { findKey, standingOf, session } = this.#options;
    return { findKey, standingOf, sessionMaxSeconds: session.maxSeconds, now };
  }

  #placeOf(arrival: Arrival): GrantPlace {
    return { host: arrival.url.host, origin: this.#options.origin };
  }
}

/** The cookies that have to go so that one more fits: those that do not open first, then the oldest. */
function findSurplus(others: readonly HeldGrant[]): string[] {
  const surplus = others.length - (GRANT_COOKIES_MAX - 1);
  if (surplus <= 0) return [];
  const byAge = [...others].sort((a, b) => (a.grant?.start ?? 0) - (b.grant?.start ?? 0));
  return byAge.slice(0, surplus).map(({ cookie }) => cookie);
}
