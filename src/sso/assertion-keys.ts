import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import * as z from 'zod';
import { toHex } from '../lib/bytes.ts';
import { parseJson } from '../lib/json.ts';
import { LazyKeyring } from '../lib/keyring.ts';
import { seal, unseal } from '../lib/seal.ts';
import type { Secret } from '../lib/secret.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';

/** One revision of a stored text. */
export interface StoredText {
  readonly revision: number;
  readonly text: string | null;
}

/** Keeps one text that is replaced as a whole: the port of the ledgers. @throws StorageUnavailable */
export interface TextBook {
  read(name: string): Promise<StoredText | undefined>;
  /** Puts a text in the place of the one with this revision (0: of none). False where another was there already. */
  swap(name: string, revision: number, text: string): Promise<boolean>;
}

/** A key that signs, as WebCrypto takes it. */
export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
  /** Unix seconds: until then nobody need look for another. */
  readonly goodUntil: number;
}

/** How long one key signs. */
const SIGNING_SECONDS = 30 * 86_400;
/** How long before its turn a key is published, so that no Grafana that remembers the set misses it (`cache_ttl`). */
const PUBLISHED_AHEAD_SECONDS = 86_400;
/** How long after its turn a key stays published: longer than any assertion lives. */
const PUBLISHED_AFTER_SECONDS = 3_600;
/** How long an isolate relies on what it read: for so long after {@link AssertionKeys.renew} others sign with the former key. */
export const FRESH_SECONDS = 300;
const TRIES_MAX = 4;
const ID_BYTES = 8;
const NAME = 'assertion-keys';
const CONTEXT = 'assertion-keys';

/** Times in unix seconds: from when to when a key signs. */
const KEYS = z.array(
  z.object({
    kid: z.string(),
    jwk: z.object({ kty: z.literal('EC'), crv: z.string(), x: z.string(), y: z.string(), d: z.string() }),
    from: z.int(),
    until: z.int(),
  }),
);

type Keys = z.output<typeof KEYS>;

/**
 * The keys that assertions are signed with (ES256): made here, stored sealed, and replaced every 30 days, each
 * published a day before it signs. Whoever loses `POSTERN_SECRETS` gets new ones.
 */
export class AssertionKeys {
  readonly #book: TextBook;
  readonly #keyring: LazyKeyring;
  #kept: { readonly keys: Keys; readonly readAt: number } | undefined;
  #signing: SigningKey | undefined;

  /** @param secrets newest first */
  constructor(book: TextBook, secrets: readonly Secret[]) {
    this.#book = book;
    this.#keyring = new LazyKeyring(secrets, 'assertion keys');
  }

  /** The key that signs now. @throws StorageUnavailable */
  findSigning(now: number): SigningKey | Promise<SigningKey> {
    return this.#signing && now < this.#signing.goodUntil ? this.#signing : this.#readSigning(now);
  }

  /** The public keys, as `GET /-/jwks.json` shows them (RFC 7517). @throws StorageUnavailable */
  async publish(now: number): Promise<{ readonly keys: readonly JWK[] }> {
    const keys = await this.#find(now);
    return {
      keys: keys
        .filter(({ until }) => now < until + PUBLISHED_AFTER_SECONDS)
        .map(({ kid, jwk: { kty, crv, x, y } }) => ({ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' })),
    };
  }

  /**
   * Puts a new key in the place of the one that signs. The former one stays published for its overlap: what it has
   * signed is good for two minutes more, and other isolates sign with it for {@link FRESH_SECONDS}.
   *
   * @param aheadSeconds how long the new one is only published before its turn, for those who remember the set
   * @returns the id of the new key
   * @throws StorageUnavailable
   */
  async renew(now: number, aheadSeconds = 0): Promise<string> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const stored = await this.#book.read(NAME);
      // One that was to sign next is dropped, since it has signed nothing yet.
      const begun = (await this.#open(stored?.text ?? null)).filter(({ from }) => from <= now);
      const keys = await withNewKey(
        begun.map((key) => ({ ...key, until: Math.min(key.until, now + aheadSeconds) })),
        now,
      );
      if (!(await this.#store(stored?.revision ?? 0, keys))) continue;
      this.#kept = { keys, readAt: now };
      this.#signing = undefined;
      return keys.at(-1)?.kid ?? '';
    }
    throw new StorageUnavailable('write');
  }

  async #readSigning(now: number): Promise<SigningKey> {
    const keys = await this.#find(now);
    const current = currentOf(keys, now);
    if (!current) throw new StorageUnavailable('read');
    const key = (await importJWK({ ...current.jwk }, 'ES256', { extractable: false })) as CryptoKey;
    this.#signing = { kid: current.kid, key, goodUntil: Math.min(now + FRESH_SECONDS, current.until) };
    return this.#signing;
  }

  /** The keys as they are stored, with a new one where one is due. */
  async #find(now: number): Promise<Keys> {
    const kept = this.#kept;
    if (kept && now - kept.readAt < FRESH_SECONDS && !isOneDue(kept.keys, now)) return kept.keys;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const stored = await this.#book.read(NAME);
      const keys = await this.#open(stored?.text ?? null);
      const wanted = isOneDue(keys, now) ? await withNewKey(keys, now) : keys;
      const isKept = wanted === keys && (await this.#isSealedByNewest(stored?.text ?? ''));
      if (isKept || (await this.#store(stored?.revision ?? 0, wanted))) {
        this.#kept = { keys: wanted, readAt: now };
        return wanted;
      }
    }
    throw new StorageUnavailable('write');
  }

  async #store(revision: number, keys: Keys): Promise<boolean> {
    const sealed = await seal(await this.#keyring.get(), JSON.stringify(keys), CONTEXT);
    return this.#book.swap(NAME, revision, sealed);
  }

  /** Keys that were sealed with a secret that is gone are gone too: whoever had that secret could have read them. */
  async #open(text: string | null): Promise<Keys> {
    const plain = text === null ? undefined : await unseal(await this.#keyring.get(), text, CONTEXT);
    const parsed = KEYS.safeParse(parseJson(plain));
    return parsed.success ? parsed.data : [];
  }

  /** What an older secret has sealed is sealed anew, so that the secret can go. */
  async #isSealedByNewest(text: string): Promise<boolean> {
    return text.startsWith(`${(await this.#keyring.get()).newest.id}.`);
  }
}

function currentOf(keys: Keys, now: number): Keys[number] | undefined {
  return keys.findLast(({ from, until }) => from <= now && now < until);
}

/** Whether none signs now, or none will when the present one stops. */
function isOneDue(keys: Keys, now: number): boolean {
  const last = keys.at(-1);
  return !last || !currentOf(keys, now) || now > last.until - PUBLISHED_AHEAD_SECONDS;
}

async function withNewKey(keys: Keys, now: number): Promise<Keys> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { crv = '', x = '', y = '', d = '' } = await exportJWK(privateKey);
  const current = currentOf(keys, now);
  const from = current ? current.until : now;
  const kid = toHex(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
  const kept = keys.filter(({ until }) => now < until + PUBLISHED_AFTER_SECONDS);
  return [...kept, { kid, jwk: { kty: 'EC', crv, x, y, d }, from, until: from + SIGNING_SECONDS }];
}
