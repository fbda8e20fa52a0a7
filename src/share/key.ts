import type { Scope } from '../session/scope.ts';
import type { GrafanaToken } from './token.ts';

/** The most dashboards one key may list, so that a grant of all of them fits into one cookie (4,096 bytes). */
export const KEY_DASHBOARDS_MAX = 50;

/** A Grafana service account token or API key that the gateway knows, and what its links may do. */
export interface ShareKey extends Scope {
  readonly token: GrafanaToken;
  /** CSP sources of the pages that may embed what is seen under this key. */
  readonly frameAncestors?: readonly string[] | undefined;
  /** Whether sessions of this key may open Grafana Live's socket. */
  readonly live: boolean;
  /** Data-source uids whose `resources` and `proxy` routes sessions of this key may read. */
  readonly resources: readonly string[];
}

/** Finds registered keys. The configuration is one such registry; a stored one may stand beside it. */
export interface KeyRegistry {
  findByName(orgId: number, name: string): Promise<ShareKey | undefined> | ShareKey | undefined;
  /** The key whose token this is, for version 1 links. */
  findByToken(token: string): Promise<ShareKey | undefined> | ShareKey | undefined;
  /** The key with this secret (the part of its token that is no name and no checksum), for credentials from outside. */
  findBySecret(secret: string): Promise<ShareKey | undefined> | ShareKey | undefined;
}

export function isKeyAlive(key: ShareKey, now: number): boolean {
  return key.expiresAt === undefined || now < key.expiresAt;
}
