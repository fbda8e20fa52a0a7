/** Which key a token belongs to. */
export interface Claim {
  readonly keyId: string;
  /** Unix seconds. */
  readonly at: number;
}

/** A record as its authority holds it. */
export interface RegisteredRecord {
  /** Counts the changes; also that of a removal. */
  readonly revision: number;
  /** Sealed; null where it was removed. */
  readonly text: string | null;
}

/**
 * The authority for stored keys: of two changes of one key at once, one wins and the other is told. KV cannot say
 * (it has no compare-and-set, and its reads are copies); it only hands out what is decided here. All methods throw
 * StorageUnavailable.
 */
export interface KeyRegistrar {
  read(keyId: string): Promise<RegisteredRecord | undefined>;
  /** @returns false where the record has another revision than the one that was changed */
  swap(keyId: string, revision: number, text: string | null): Promise<boolean>;
  /** Claims a token's secret, by its address, for a key. @returns whose it is now: that key's, or an earlier one's */
  claim(secret: string, claim: Claim): Promise<Claim>;
  /** Gives it back. */
  release(secret: string, keyId: string): Promise<void>;
}

/** A change that came too late, or a token that is another key's. */
export class KeyConflict extends Error {
  override readonly name = 'KeyConflict';
  readonly reason: 'changed-meanwhile' | 'token-taken';

  constructor(reason: KeyConflict['reason']) {
    super(reason);
    this.reason = reason;
  }
}
