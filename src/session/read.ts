import type { CookiePair } from '../lib/cookie.ts';
import type { Keyring } from '../lib/keyring.ts';
import { LruMap } from '../lib/lru.ts';
import { type Grant, type GrantPlace, openGrant } from './grant.ts';

/** A cookie of ours and the grant in it; none where the seal does not hold here. */
export interface HeldGrant {
  readonly cookie: string;
  readonly grant: Grant | undefined;
}

const REMEMBERED_MAX = 1024;
/** Longer than any grant that was sealed; what is longer is not tried. */
const SEALED_LENGTH_MAX = 4096;

/**
 * Opens the cookies of grants. What was opened is remembered in the isolate, by host and sealed text, so that
 * a warm request opens none. Failures are not remembered: anyone can make those up.
 */
export class GrantReader {
  readonly #opened = new LruMap<string, Grant>(REMEMBERED_MAX);
  readonly #keyring: () => Promise<Keyring>;

  constructor(keyring: () => Promise<Keyring>) {
    this.#keyring = keyring;
  }

  async read(cookies: readonly CookiePair[], place: GrantPlace): Promise<HeldGrant[]> {
    const held: HeldGrant[] = [];
    for (const { name, value } of cookies) held.push({ cookie: name, grant: await this.#open(value, place) });
    return held;
  }

  async #open(sealed: string, place: GrantPlace): Promise<Grant | undefined> {
    if (sealed.length > SEALED_LENGTH_MAX) return undefined;
    const memo = `${place.host} ${sealed}`;
    const known = this.#opened.get(memo);
    if (known) return known;
    const grant = await openGrant(sealed, 'share', await this.#keyring(), place);
    if (grant) this.#opened.set(memo, grant);
    return grant;
  }
}
