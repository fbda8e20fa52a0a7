import { sha256Base64Url } from '../lib/sha256.ts';

/**
 * What can be revoked. `disabled` and `removed` are what the registry of keys itself takes back. They stand beside
 * `key` and beside each other, so that enabling a key lifts no revocation that somebody made, and nothing that an
 * earlier key of this name had issued.
 */
export type Target =
  | { readonly kind: 'link' | 'session'; readonly id: string }
  /** Everybody's sign-ins, and nothing else: what a recovery takes back. */
  | { readonly kind: 'sign-ins' }
  /** A viewer of sign-in. */
  | { readonly kind: 'subject'; readonly subject: string }
  | ProviderTarget
  | { readonly kind: 'key' | RegistryKind; readonly orgId: number; readonly name: string }
  /** Without an organisation: this uid in all of them. */
  | { readonly kind: 'dashboard'; readonly uid: string; readonly orgId?: number | undefined }
  /** One of Grafana's own public dashboards, by its access token. */
  | { readonly kind: 'public'; readonly token: string }
  | { readonly kind: 'org'; readonly orgId: number }
  | { readonly kind: 'all' };

/**
 * What the provider itself ends, in its own names. `issuer` is as in a session. They stand beside `subject`, so that a
 * sign-out there lifts, and outweighs, nothing that an operator has revoked.
 */
export type ProviderTarget =
  /** One session at the provider. */
  | { readonly kind: 'sid'; readonly issuer: string; readonly sid: string }
  /** A user's sign-ins: all of them, or those of which nobody knows a `sid`. */
  | { readonly kind: 'sub'; readonly issuer: string; readonly sub: string; readonly of: 'all' | 'no-sid' };

export type TargetKind = Target['kind'];

/** What the registry of keys revokes by itself. */
export type RegistryKind = 'disabled' | 'removed';

/** Every stored revocation begins like this. */
export const REVOCATION_PREFIX = 'rev:';

/**
 * `<kind>:<id>` of what is revoked: the id of the revocation. Names, subjects and tokens are hashed: KV keys are
 * short, and a public dashboard's token opens it.
 */
export function idOf(target: Target): string {
  switch (target.kind) {
    case 'link':
    case 'session':
      return `${target.kind}:${target.id}`;
    case 'subject':
      // Addresses come in any case; of two users whose names differ in nothing else, both are out.
      return `subject:${sha256Base64Url(target.subject.toLowerCase())}`;
    case 'key':
    case 'disabled':
    case 'removed':
      return `${target.kind}:${target.orgId}:${sha256Base64Url(target.name)}`;
    case 'dashboard':
      return `dashboard:${target.orgId ?? '*'}:${target.uid}`;
    case 'public':
      return `public:${sha256Base64Url(normaliseToken(target.token))}`;
    case 'org':
      return `org:${target.orgId}`;
    case 'sid':
      return `sid:${sha256Base64Url(`${target.issuer}|${target.sid}`)}`;
    case 'sub':
      return `sub:${sha256Base64Url(`${target.issuer}|${target.of}|${target.sub}`)}`;
    case 'sign-ins':
      return 'sign-ins:*';
    case 'all':
      return 'all:*';
    default:
      return assertNever(target);
  }
}

/** The same for people, with nothing in it that opens a door. */
export function labelOf(target: Target): string {
  switch (target.kind) {
    case 'link':
    case 'session':
      return target.id;
    case 'subject':
      return target.subject;
    case 'key':
    case 'disabled':
    case 'removed':
      return `${target.orgId}/${target.name}`;
    case 'dashboard':
      return target.orgId === undefined ? target.uid : `${target.orgId}/${target.uid}`;
    case 'public':
      return `#${sha256Base64Url(normaliseToken(target.token)).slice(0, 8)}`;
    case 'org':
      return String(target.orgId);
    case 'sid':
      return `#${sha256Base64Url(target.sid).slice(0, 8)}`;
    case 'sub':
      return target.sub;
    case 'sign-ins':
      return 'every sign-in';
    case 'all':
      return 'all';
    default:
      return assertNever(target);
  }
}

/** Grafana takes the access token of a public dashboard with hyphens and without, in either case. */
function normaliseToken(token: string): string {
  return token.replaceAll('-', '').toLowerCase();
}

function assertNever(value: never): never {
  throw new TypeError(`unhandled: ${JSON.stringify(value)}`);
}
