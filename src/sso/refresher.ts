import { within } from '../lib/deadline.ts';
import type { Tell } from '../observe/events.ts';
import { identify } from './identify.ts';
import type { SsoOptions } from './options.ts';
import type { Person, Source, VerifiedPerson } from './person.ts';
import type { Provider } from './provider/provider.ts';
import type { Tokens } from './provider/token-answer.ts';
import type { EndReason, SignInRecord } from './sign-in-book.ts';
import { subjectLabel } from './subject-label.ts';

/** What a refresh gave. */
export type Refreshed =
  | { readonly kind: 'renewed'; readonly tokens: Tokens }
  | { readonly kind: 'ended'; readonly reason: EndReason }
  | { readonly kind: 'unavailable' };

/** Who the renewed tokens say it is. */
export type Reidentified =
  | ({ readonly kind: 'identified' } & Pick<SignInRecord, 'person' | 'idClaims'>)
  | { readonly kind: 'ended'; readonly reason: EndReason }
  | { readonly kind: 'unavailable' };

/** What a refresher needs from outside. */
export interface RefresherContext {
  readonly options: SsoOptions;
  readonly provider: Provider;
  readonly tell: Tell;
  /** The gateway's own say on a person, which a new login or address has to pass too. @throws StorageUnavailable */
  readonly findProblem: (person: VerifiedPerson, issuer: string, now: number) => Promise<string | undefined>;
}

/** How long is waited for what the provider says of a user. The tokens are safe by then. */
const IDENTIFY_TIMEOUT_MS = 8_000;

/**
 * Renews sign-ins: their tokens, and then who it is and what that lets them do. Never fails: a provider that cannot be
 * asked is no reason to sign everybody out.
 */
export class Refresher {
  readonly #context: RefresherContext;

  constructor(context: RefresherContext) {
    this.#context = context;
  }

  /** When a sign-in has to be renewed; undefined for never. */
  expiryOf({ tokens }: Pick<SignInRecord, 'tokens'>): number | undefined {
    return this.#context.options.usesRefreshTokens ? tokens.expiresAt : undefined;
  }

  async refresh({ tokens, person }: SignInRecord, now: number): Promise<Refreshed> {
    if (tokens.refreshToken === undefined) return this.#end('no-refresh-token', 'no-refresh-token', person);
    const renewed = await this.#context.provider.refresh(tokens.refreshToken, now);
    if (renewed.ok)
      return {
        kind: 'renewed',
        tokens: renewed.value,
      };
    if (renewed.reason === 'grant-refused') return this.#end('refresh-refused', 'refresh-refused', person);
    return this.#putOff(renewed.reason);
  }

  /**
   * Evaluates the claims anew: who lost a group, or became somebody else, is out.
   *
   * @param tokens the renewed ones
   */
  async identify(record: SignInRecord, tokens: Tokens, now: number): Promise<Reidentified> {
    const work = this.#identify(record, tokens, now);
    try {
      return await within(IDENTIFY_TIMEOUT_MS, work, () => new DOMException('too slow', 'TimeoutError'));
    } catch {
      // The deadline, or storage: nothing that the provider says throws.
      return this.#putOff('timeout-or-storage');
    }
  }

  async #identify(
    { idClaims: former, person, issuer }: SignInRecord,
    tokens: Tokens,
    now: number,
  ): Promise<Reidentified> {
    const { options, provider, tell } = this.#context;
    const { idToken } = tokens;
    const read = idToken === undefined ? undefined : await provider.readIdToken(idToken, undefined, now);
    if (read?.ok === false) return this.#putOff(read.reason);
    if (read && former && read.value.iss !== former.iss)
      return this.#end('no-longer-allowed', 'issuer-differs', person);
    const api = await provider.userApi(tokens, options.claims.teamsUrl, now);
    const found = await api?.sources();
    if (!api || !found || found.isUserinfoMissing) return this.#putOff('userinfo');
    const fresh: Source[] = read ? [{ name: 'id_token', claims: read.value }] : [];
    // What an earlier ID token said comes last: it must not outweigh what the provider says now.
    const stale: Source[] = !read && former ? [{ name: 'id_token', claims: former }] : [];
    const identified = await identify([...fresh, ...found.sources, ...stale], options.claims, api);
    if (!identified.ok && identified.reason === 'email-unavailable') return this.#putOff('emails');
    if (!identified.ok) return this.#end('no-longer-allowed', identified.reason, person);
    if (identified.value.sub !== person.sub) return this.#end('no-longer-allowed', 'sub-differs', person);
    const problem = await this.#context.findProblem(identified.value, issuer, now);
    if (problem !== undefined) return this.#end('no-longer-allowed', problem, person);
    tell('sso.refreshed', { subject: subjectLabel(person.sub) });
    return { kind: 'identified', person: identified.value, idClaims: read?.value ?? former };
  }

  #putOff(reason: string): { readonly kind: 'unavailable' } {
    this.#context.tell('sso.refresh.failed', { reason });
    return { kind: 'unavailable' };
  }

  #end(
    reason: EndReason,
    detail: string,
    { sub }: Person,
  ): { readonly kind: 'ended'; readonly reason: EndReason } {
    this.#context.tell('sso.session.ended', { reason: detail, subject: subjectLabel(sub) });
    return { kind: 'ended', reason };
  }
}
