import type { Result } from '../lib/result.ts';
import type { Secret } from '../lib/secret.ts';
import type { LinkVersion } from './options.ts';

/** A version 1 link, taken apart: it carries the key itself. */
export interface LinkV1 {
  readonly version: 'v1';
  readonly token: Secret;
  /** Grafana's own `orgId`, where the link has one. */
  readonly grafanaOrgId: number | undefined;
}

/** A version 2 link, taken apart: it carries a signature over a time. */
export interface LinkV2 {
  readonly version: 'v2';
  readonly sign: string;
  /** Ten decimal digits, as they were signed. */
  readonly timestamp: string;
  readonly name: string;
  readonly orgId: number;
  readonly expireSeconds: number | undefined;
  readonly grafanaOrgId: number | undefined;
}

export type ShareLink = LinkV1 | LinkV2;

/** What is wrong with one parameter. */
export interface ParameterMistake {
  readonly parameter: string;
  readonly problem: 'missing' | 'repeated' | 'form' | 'spelling' | 'mixed-versions' | 'differs-from-key';
}

/** Every way in which opening a link can fail. */
export type LinkRefusal =
  | { readonly code: 'sharing-off' }
  | { readonly code: 'version-off'; readonly version: LinkVersion }
  | ({ readonly code: 'invalid-parameter' } & ParameterMistake & Concern)
  | { readonly code: 'too-many-parameters' }
  | { readonly code: 'not-a-dashboard' }
  | { readonly code: 'unknown-key'; readonly claimed?: ClaimedKey }
  | { readonly code: 'signature'; readonly claimed: ClaimedKey }
  | ({ readonly code: 'revoked'; readonly publicReason?: string | undefined } & Concern)
  | ({ readonly code: 'expired'; readonly link: ExpiredLink } & Concern)
  | ({ readonly code: 'dashboard-not-shared' } & Concern);

/** The key that a link names, which its signature did not prove. */
export interface ClaimedKey {
  readonly name: string;
  readonly orgId: number;
}

/** The key that a refusal concerns, where its signature has been proven: its pages may frame the answer. */
export interface Concern {
  readonly key?: ClaimedKey & { readonly frameAncestors?: readonly string[] | undefined };
}

/** A rightly signed link that is no longer fresh: good for nothing, unless its visitor is inside already. */
export interface ExpiredLink {
  readonly name: string;
  readonly orgId: number;
  readonly uid: string;
}

export type LinkResult<T> = Result<T, LinkRefusal>;
