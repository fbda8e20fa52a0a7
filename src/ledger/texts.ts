import { attempt } from '../lib/storage-error.ts';
import type { StoredText, TextBook } from '../sso/assertion-keys.ts';
import type { LedgerNamespace } from './ledgers.ts';

const TIMEOUT_MS = 3_000;

/** Single texts, each in a ledger of its own, which says which revision holds. */
export class LedgerTexts implements TextBook {
  readonly #namespace: LedgerNamespace;

  constructor(namespace: LedgerNamespace) {
    this.#namespace = namespace;
  }

  read(name: string): Promise<StoredText | undefined> {
    return attempt('read', TIMEOUT_MS, () => this.#namespace.getByName(name).readRecord());
  }

  swap(name: string, revision: number, text: string): Promise<boolean> {
    return attempt('write', TIMEOUT_MS, () => this.#namespace.getByName(name).swapRecord(revision, text));
  }
}
