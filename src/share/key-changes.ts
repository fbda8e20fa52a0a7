import type { KeyIdentity } from './key.ts';
import type { KeyMaterial, KeyRecord, MintToken, OriginFinding } from './key-record.ts';

/** Removed mint tokens that a key remembers. */
const REMOVED_MINT_IDS_MAX = 50;

/** Settings of a key that can be given and changed. Times are unix seconds. */
export interface KeySettings {
  readonly dashboards?: readonly string[] | undefined;
  readonly frameAncestors?: readonly string[] | undefined;
  readonly maxSessionSeconds?: number | undefined;
  readonly live: boolean;
  readonly resources: readonly string[];
  readonly expiresAt?: number | undefined;
  readonly note?: string | undefined;
}

/** A key that nobody registered before. */
export function createRecord(
  identity: KeyIdentity,
  material: KeyMaterial,
  settings: KeySettings,
  now: number,
): KeyRecord {
  return {
    ...identity,
    material,
    ...settings,
    disabled: false,
    createdAt: now,
    changedAt: now,
    tokenAt: now,
    mintTokens: [],
    removedMintIds: [],
  };
}

/** A change of settings; what is left out stays. */
export function changeSettings(
  record: KeyRecord,
  change: Partial<KeySettings> & { readonly disabled?: boolean },
  now: number,
): KeyRecord {
  return { ...record, ...change, changedAt: now };
}

/** Another token: links of the former one open until `until`. */
export function replaceToken(
  record: KeyRecord,
  material: KeyMaterial,
  until: number,
  now: number,
): KeyRecord {
  const former = until > now ? { ...record.material, until } : undefined;
  return { ...record, material, former, changedAt: now, tokenAt: now };
}

/** What the origin said about the present token. */
export function noteOrigin(record: KeyRecord, origin: OriginFinding): KeyRecord {
  return { ...record, origin };
}

export function addMintToken(record: KeyRecord, token: MintToken, now: number): KeyRecord {
  return { ...record, mintTokens: [...record.mintTokens, token], changedAt: now };
}

export function removeMintToken(record: KeyRecord, id: string, now: number): KeyRecord {
  const mintTokens = record.mintTokens.filter((token) => token.id !== id);
  const removedMintIds = [id, ...record.removedMintIds].slice(0, REMOVED_MINT_IDS_MAX);
  return { ...record, mintTokens, removedMintIds, changedAt: now };
}
