import { attempt, StorageUnavailable } from '../lib/storage-error.ts';
import type { Claim, KeyRegistrar, RegisteredRecord } from '../share/key-registrar.ts';
import type { Book, KeptRecord } from './book.ts';
import type { LedgerNamespace } from './ledgers.ts';

const TIMEOUT_MS = 3_000;
const CLAIM_TRIES = 3;
/** Before any moment. */
const NEVER = -1;

/** The ledgers of keys, and one for each secret, as the authority for stored keys. */
export class LedgerRegistrar implements KeyRegistrar {
  readonly #namespace: LedgerNamespace;

  constructor(namespace: LedgerNamespace) {
    this.#namespace = namespace;
  }

  read(keyId: string): Promise<RegisteredRecord | undefined> {
    return this.#ask('read', `key:${keyId}`, (book) => book.readRecord());
  }

  swap(keyId: string, revision: number, text: string | null): Promise<boolean> {
    return this.#ask('write', `key:${keyId}`, (book) => book.swapRecord(revision, text));
  }

  /** @param freeUntil unix seconds: a claim that was made until then gives way */
  claim(secret: string, claim: Claim, freeUntil = NEVER): Promise<Claim> {
    return this.#ask('write', secret, async (book) => {
      for (let tries = 0; tries < CLAIM_TRIES; tries++) {
        const held = await book.readRecord();
        const former = held?.text ? parseClaim(held.text) : undefined;
        if (former && former.at > freeUntil) return former;
        if (await book.swapRecord(held?.revision ?? 0, formatClaim(claim))) return claim;
      }
      throw new StorageUnavailable('write');
    });
  }

  /** The claim that holds, without making one. */
  find(name: string): Promise<Claim | undefined> {
    return this.#ask('read', name, async (book) => {
      const held = await book.readRecord();
      return held?.text ? parseClaim(held.text) : undefined;
    });
  }

  release(secret: string, keyId: string): Promise<void> {
    return this.#ask('write', secret, async (book) => {
      const held = await book.readRecord();
      if (held?.text && parseClaim(held.text).keyId === keyId) await book.swapRecord(held.revision, null);
    });
  }

  /** A moment that is kept by its name, in unix seconds; undefined where none is. */
  readMoment(name: string): Promise<number | undefined> {
    return this.#ask('read', name, async (book) => parseMoment(await book.readRecord()));
  }

  /** Moves such a moment on, never back. */
  raiseMoment(name: string, moment: number): Promise<void> {
    return this.#ask('write', name, async (book) => {
      for (let tries = 0; tries < CLAIM_TRIES; tries++) {
        const held = await book.readRecord();
        if ((parseMoment(held) ?? NEVER) >= moment) return;
        if (await book.swapRecord(held?.revision ?? 0, String(moment))) return;
      }
      throw new StorageUnavailable('write');
    });
  }

  #ask<T>(operation: 'read' | 'write', name: string, call: (book: Book) => Promise<T>): Promise<T> {
    return attempt(operation, TIMEOUT_MS, () => call(this.#namespace.getByName(name)));
  }
}

function formatClaim({ keyId, at }: Claim): string {
  return `${keyId} ${at}`;
}

function parseClaim(text: string): Claim {
  const [keyId = '', at = ''] = text.split(' ');
  return { keyId, at: Number(at) };
}

function parseMoment(held: KeptRecord | undefined): number | undefined {
  return held?.text ? Number(held.text) : undefined;
}
