import type { Person } from './person.ts';
import type { Tokens } from './provider/token-answer.ts';

/** Tokens that are needed again: to refresh, and to sign out. */
export type KeptTokens = Pick<Tokens, 'refreshToken' | 'idToken' | 'expiresAt'>;

/** A sign-in as its Durable Object keeps it. */
export interface SignInRecord {
  readonly person: Person;
  /** The access token is not among them: it is used where it arrives, and by nobody later. */
  readonly tokens: KeptTokens;
  /** Claims of the last ID token, for refreshes that bring none. */
  readonly idClaims: Readonly<Record<string, unknown>> | undefined;
  /** The issuer of `person.sub`. */
  readonly issuer: string;
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
}

/** More than hundreds of groups take, and well below what a Durable Object stores as one value (2 MB). */
const RECORD_LENGTH_MAX = 524_288;

/** Whether a record can be stored; what is only kept for a refresh without an ID token is given up first. */
export function fitRecord(record: SignInRecord): SignInRecord | undefined {
  const isFitting = (one: SignInRecord) => JSON.stringify(one).length <= RECORD_LENGTH_MAX;
  if (isFitting(record)) return record;
  const less = { ...record, idClaims: undefined, tokens: { ...record.tokens, idToken: undefined } };
  return isFitting(less) ? less : undefined;
}

/** The tokens of an answer that are kept. */
export function keepTokens({ refreshToken, idToken, expiresAt }: Tokens): KeptTokens {
  return { refreshToken, idToken, expiresAt };
}

/** Why a sign-in ended before its time. */
export type EndReason =
  | 'signed-out'
  /** Another sign-in of the same browser took its place. */
  | 'replaced'
  /** The provider refused to refresh it. */
  | 'refresh-refused'
  /** The provider gave no refresh token, and its access token has expired. */
  | 'no-refresh-token'
  /** A refresh named somebody else, or somebody whom the settings do not let in any more. */
  | 'no-longer-allowed'
  /** What is stored was sealed with a secret that is not among `POSTERN_SECRETS`. */
  | 'unreadable';

/** What a Durable Object says of its sign-in. */
export type SignInState =
  | {
      readonly kind: 'live';
      readonly person: Person;
      readonly issuer: string;
      /** Counts refreshes: a higher one may hold another person's roles. */
      readonly revision: number;
      /** Unix seconds: until then nobody need ask again. */
      readonly freshUntil: number;
    }
  | { readonly kind: 'ended'; readonly reason: EndReason }
  /** The provider could not be asked for longer than sessions are let go on without it. */
  | { readonly kind: 'waiting' }
  /** Nobody ever opened it, or all of it is over. */
  | { readonly kind: 'unknown' };

/** The Durable Object of one sign-in, as the Worker calls it. Moments are unix seconds. */
export interface SignInBook {
  /** Keeps a new sign-in; false where this one was opened before: an attempt leads to one session at most. */
  open(record: SignInRecord, now: number): Promise<boolean>;
  /** What holds now. Refreshes first where the access token has expired, once, however many ask. */
  read(now: number): Promise<SignInState>;
  /** Ends it. The ID token, for whoever signs out at the provider too. */
  end(reason: EndReason, now: number): Promise<{ readonly idToken: string | undefined }>;
}
