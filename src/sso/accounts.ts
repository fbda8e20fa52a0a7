import { sha256Base64Url } from '../lib/sha256.ts';
import { foldAccountName } from './account-name.ts';
import type { Person } from './person.ts';

/** Who holds a name, and since when. */
export interface Claim {
  readonly keyId: string;
  /** Unix seconds. */
  readonly at: number;
}

/** Keeps who claimed a name first: the port of the ledgers. */
export interface ClaimBook {
  /**
   * The claim that holds: the given one, or a former one.
   *
   * @param freeUntil unix seconds: a claim that was made until then gives way
   * @throws StorageUnavailable
   */
  claim(name: string, claim: Claim, freeUntil?: number): Promise<Claim>;
  /** The claim that holds, without making one; undefined where nobody has. @throws StorageUnavailable */
  find(name: string): Promise<Claim | undefined>;
  /** @throws StorageUnavailable */
  release(name: string, keyId: string): Promise<void>;
  /** A moment that is kept by its name, in unix seconds; undefined where none is. @throws StorageUnavailable */
  readMoment(name: string): Promise<number | undefined>;
  /** Moves such a moment on, never back. @throws StorageUnavailable */
  raiseMoment(name: string, moment: number): Promise<void>;
}

/** Claims that were made until this moment count as free. */
const EPOCH = 'accounts-epoch';
/** Before any claim. */
const NEVER = -1;

/** Whom an account belongs to: a user is who the provider says (`iss` and `sub`), not an address that may change hands. */
export function accountIdOf(issuer: string, sub: string): string {
  return sha256Base64Url(`${issuer}|${sub}`);
}

/**
 * Keeps each login and e-mail address with the first user of the provider who came with it. Grafana's auth.jwt and
 * auth.proxy find accounts by these, so whoever could take another's address would take their account (as in
 * CVE-2022-31107).
 */
export class Accounts {
  readonly #book: ClaimBook;

  constructor(book: ClaimBook) {
    this.#book = book;
  }

  /** Whether a person's names are theirs; those that nobody has are theirs from now on. @throws StorageUnavailable */
  async hold(person: Person, issuer: string, now: number): Promise<boolean> {
    const epoch = await this.#readEpoch();
    // Looked at first: somebody who is refused one name shall not keep the other.
    if ((await this.#findTaken(person, issuer, epoch)).length > 0) return false;
    const keyId = accountIdOf(issuer, person.sub);
    for (const name of new Set([nameOf(person.email), nameOf(person.login)])) {
      // An old claim of their own is made anew, too: it would give way to the next one who comes.
      const held = await this.#book.claim(name, { keyId, at: now }, epoch);
      if (held.keyId !== keyId) return false;
    }
    return true;
  }

  /** Which of a person's names another user holds. Looks, and claims nothing. @throws StorageUnavailable */
  async findTaken(person: Person, issuer: string): Promise<readonly string[]> {
    return this.#findTaken(person, issuer, await this.#readEpoch());
  }

  async #findTaken({ email, login, sub }: Person, issuer: string, epoch: number): Promise<readonly string[]> {
    const keyId = accountIdOf(issuer, sub);
    const taken: string[] = [];
    for (const text of new Set([email, login])) {
      const held = await this.#book.find(nameOf(text));
      if (held && held.keyId !== keyId && held.at > epoch) taken.push(text);
    }
    return taken;
  }

  /**
   * Lets every name go that was claimed until a moment: after a restore, the same people may come with another `sub`.
   * Each name is of whoever signs in with it next. @throws StorageUnavailable
   */
  releaseUntil(moment: number): Promise<void> {
    return this.#book.raiseMoment(EPOCH, moment);
  }

  async #readEpoch(): Promise<number> {
    return (await this.#book.readMoment(EPOCH)) ?? NEVER;
  }

  /** Lets a login or an address go, whoever holds it. False where nobody does. @throws StorageUnavailable */
  async release(text: string, now: number): Promise<boolean> {
    const name = nameOf(text);
    const nobody = { keyId: 'nobody', at: now };
    const held = await this.#book.claim(name, nobody);
    await this.#book.release(name, held.keyId);
    return held.keyId !== nobody.keyId && held.at > (await this.#readEpoch());
  }
}

function nameOf(text: string): string {
  return `account:${sha256Base64Url(foldAccountName(text))}`;
}
