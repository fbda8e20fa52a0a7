import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import { sha256Base64Url, sha256Hex } from '../lib/sha256.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import type { TextBook } from './assertion-keys.ts';
import type { LogoutOrder } from './provider/logout-token.ts';

/** What is known of a token when it comes. */
export type TokenUse =
  /** It is to be carried out, as of the moment (unix seconds) at which it came first. */
  | { readonly kind: 'carry-out'; readonly asOf: number }
  /** It was. */
  | { readonly kind: 'used' }
  /** Another request is at it, or there is no room for more. */
  | { readonly kind: 'busy' };

/** The hash of a token's id, until when it is kept, when it came first, and whether it was carried out. */
const USES = z.array(z.tuple([z.string(), z.int(), z.int(), z.boolean()]));

type Uses = z.output<typeof USES>;

/** Ledgers that share the tokens, so that a provider that signs out everybody does not wait for one. */
const SHARDS = 64;
/** Tokens of one ledger at a time. None is kept longer than it is good, some five minutes. */
const USES_MAX = 500;
/** After this long, whoever was at a token is taken to have failed. */
const TAKE_OVER_SECONDS = 15;
const TRIES_MAX = 8;

/**
 * Lets each logout token be used once, however often and wherever it comes (`jti`). KV would tell too late, so this is
 * kept in Durable Objects. A token whose order could not be carried out may come again: it then takes back no more than
 * it would have done the first time.
 */
export class UsedTokens {
  readonly #book: TextBook;

  constructor(book: TextBook) {
    this.#book = book;
  }

  /** Notes that a token is being used. @throws StorageUnavailable */
  async take(order: LogoutOrder, now: number): Promise<TokenUse> {
    const id = idOf(order);
    return this.#change<TokenUse>(order, now, (uses) => {
      const [, , asOf, isDone] = uses.find(([known]) => known === id) ?? [];
      if (isDone) return { answer: { kind: 'used' } };
      if (asOf !== undefined)
        return { answer: now - asOf < TAKE_OVER_SECONDS ? { kind: 'busy' } : { kind: 'carry-out', asOf } };
      if (uses.length >= USES_MAX) return { answer: { kind: 'busy' } };
      return {
        answer: { kind: 'carry-out', asOf: now },
        uses: [...uses, [id, order.goodUntil, now, false]],
      };
    });
  }

  /** Notes that it was carried out. @throws StorageUnavailable */
  async settle(order: LogoutOrder, now: number): Promise<void> {
    const id = idOf(order);
    await this.#change(order, now, (uses) => ({
      answer: undefined,
      uses: uses.map(([known, until, asOf, isDone]) => [known, until, asOf, isDone || known === id]),
    }));
  }

  /** Reads, decides, and writes what was decided, unless somebody else wrote first: then all of it again. */
  async #change<T>(
    order: LogoutOrder,
    now: number,
    decide: (uses: Uses) => { readonly answer: T; readonly uses?: Uses },
  ): Promise<T> {
    const name = nameOf(order);
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const stored = await this.#book.read(name);
      const decided = decide(parseUses(stored?.text ?? null, now));
      if (!decided.uses) return decided.answer;
      const isKept = await this.#book.swap(name, stored?.revision ?? 0, JSON.stringify(decided.uses));
      if (isKept) return decided.answer;
    }
    throw new StorageUnavailable('write');
  }
}

function parseUses(text: string | null, now: number): Uses {
  const parsed = USES.safeParse(text === null ? [] : parseJson(text));
  // Without what was used, nobody can say that a token was not.
  if (!parsed.success) throw new StorageUnavailable('read');
  return parsed.data.filter(([, until]) => now < until);
}

function idOf({ issuer, tokenId }: LogoutOrder): string {
  return sha256Base64Url(`${issuer}|${tokenId}`);
}

function nameOf({ issuer, tokenId }: LogoutOrder): string {
  const shard = Number.parseInt(sha256Hex(`${issuer}|${tokenId}`).slice(0, 2), 16) % SHARDS;
  return `backchannel:${shard}`;
}
