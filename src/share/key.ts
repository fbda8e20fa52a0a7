import type { Secret } from '../lib/secret.ts';
import type { Scope } from '../session/scope.ts';
import type { GrafanaToken } from './token.ts';

/**
 * The most dashboards one key may list: a grant of all of them fits into one cookie (4,096 bytes), and everything
 * that may have been revoked of it into one read of KV (100 keys, two for each dashboard).
 */
export const KEY_DASHBOARDS_MAX = 45;

/** A Grafana service account token or API key that the gateway knows, and what its links may do. */
export interface ShareKey extends Scope {
  readonly token: GrafanaToken;
  /** The token's derived value, where it is stored beside it. */
  readonly derived?: Secret | undefined;
  /** The token that this one took the place of: links signed with it open until a moment (unix seconds). */
  readonly former?:
    | { readonly token: GrafanaToken; readonly derived: Secret; readonly until: number }
    | undefined;
  /** CSP sources of the pages that may embed what is seen under this key. */
  readonly frameAncestors?: readonly string[] | undefined;
  /** Whether sessions of this key may open Grafana Live's socket. */
  readonly live: boolean;
  /** Data-source uids whose `resources` and `proxy` routes sessions of this key may read. */
  readonly resources: readonly string[];
}

/** Who a key is. */
export interface KeyIdentity {
  readonly orgId: number;
  readonly name: string;
}

/** Finds registered keys. Throws StorageUnavailable where nobody can say. */
export interface KeyRegistry {
  findByName(orgId: number, name: string): Promise<ShareKey | undefined> | ShareKey | undefined;
  /** The key whose token this is, for version 1 links. */
  findByToken(token: string): Promise<ShareKey | undefined> | ShareKey | undefined;
  /**
   * A key with one of these secrets (the part of a token that is no name and no checksum), for credentials from
   * outside; also one that cannot be opened, or is disabled.
   */
  findBySecret(secrets: readonly string[]): Promise<KeyIdentity | undefined> | KeyIdentity | undefined;
}

export function isKeyAlive(key: ShareKey, now: number): boolean {
  return key.expiresAt === undefined || now < key.expiresAt;
}
