import { DurableObject } from 'cloudflare:workers';
import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import type { LazyKeyring } from '../lib/keyring.ts';
import { seal, unseal } from '../lib/seal.ts';
import { ATTEMPT_SECONDS } from './attempt.ts';
import type { Refresher } from './refresher.ts';
import {
  type EndReason,
  fitRecord,
  keepTokens,
  type SignInBook,
  type SignInRecord,
  type SignInState,
} from './sign-in-book.ts';

/** What the object needs from outside. */
export interface SignInSupport {
  readonly keyring: LazyKeyring;
  readonly refresher: Refresher;
  readonly graceSeconds: number;
  /** Tells others what a refresh had to ask the provider for. */
  readonly shareNews: () => void;
}

/** How early an access token counts as expired: it has to last for the request. */
const EARLY_SECONDS = 10;
/** How long after a failed refresh the next is tried. */
const RETRY_SECONDS = 30;

/** What is stored beside the sealed record. */
const STORED = z.union([
  z.object({
    sealed: z.string(),
    revision: z.int(),
    /** Unix seconds; the access token's. */
    expiresAt: z.int().optional(),
    end: z.int(),
    /** Since when refreshes fail, and when the last was tried. */
    failing: z.object({ since: z.int(), last: z.int() }).optional(),
  }),
  z.object({ ended: z.string(), end: z.int() }),
]);

type Stored = z.output<typeof STORED>;
type Live = Extract<Stored, { sealed: string }>;

const KEY = 'sign-in';

/**
 * The Durable Object of one sign-in: tokens and groups, sealed, and the one place where it is refreshed. Requests that
 * arrive at the moment of expiry wait for one refresh, so a refresh token that rotates is never used twice.
 */
export class SignInObject extends DurableObject implements SignInBook {
  readonly #findSupport: () => SignInSupport;
  #known: SignInSupport | undefined;

  /** @param findSupport throws where sign-in is off: emptying the object must not depend on it */
  constructor(context: DurableObjectState, env: Cloudflare.Env, findSupport: () => SignInSupport) {
    super(context, env);
    this.#findSupport = findSupport;
  }

  get #support(): SignInSupport {
    this.#known ??= this.#findSupport();
    return this.#known;
  }

  async open(record: SignInRecord, now: number): Promise<boolean> {
    // Between the look and the write, sealing lets others in: two callbacks of one attempt must not both find nothing.
    return this.ctx.blockConcurrencyWhile(async () => {
      if (await this.#load()) return false;
      await this.#save(record, 0);
      const life = Math.max(record.end - now, ATTEMPT_SECONDS);
      await this.ctx.storage.setAlarm(Date.now() + life * 1000);
      return true;
    });
  }

  async read(now: number): Promise<SignInState> {
    const stored = await this.#load();
    if (!isDue(stored, now)) return this.#tell(stored, now);
    return this.ctx.blockConcurrencyWhile(async () => {
      // Somebody else's refresh may have come first.
      const latest = await this.#load();
      if (!isDue(latest, now)) return this.#tell(latest, now);
      const refreshed = await this.#refresh(latest, now);
      this.#support.shareNews();
      return this.#tell(refreshed, now);
    });
  }

  async end(reason: EndReason, _now: number): Promise<{ readonly idToken: string | undefined }> {
    const stored = await this.#load();
    if (!stored || 'ended' in stored) return { idToken: undefined };
    const record = await this.#open(stored);
    await this.#store({ ended: reason, end: stored.end });
    return { idToken: record?.tokens.idToken };
  }

  /** Nothing of a session that is over stays. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  async #tell(stored: Stored | undefined, now: number): Promise<SignInState> {
    if (!stored || now >= stored.end) return { kind: 'unknown' };
    if ('ended' in stored) return { kind: 'ended', reason: stored.ended as EndReason };
    const record = await this.#open(stored);
    if (!record) return { kind: 'ended', reason: 'unreadable' };
    const { failing } = stored;
    if (failing && now - failing.since > this.#support.graceSeconds) return { kind: 'waiting' };
    const due = failing
      ? Math.min(failing.last + RETRY_SECONDS, failing.since + this.#support.graceSeconds + 1)
      : (stored.expiresAt ?? stored.end) - EARLY_SECONDS;
    const { person, issuer } = record;
    return {
      kind: 'live',
      person,
      issuer,
      revision: stored.revision,
      freshUntil: Math.min(Math.max(due, now), stored.end),
    };
  }

  /** One refresh. The new tokens are stored before anything else is asked: the old ones may be spent. */
  async #refresh(stored: Live, now: number): Promise<Stored> {
    const record = await this.#open(stored);
    if (!record) return stored;
    const { refresher } = this.#support;
    const refreshed = await refresher.refresh(record, now);
    if (refreshed.kind === 'ended') return this.#store({ ended: refreshed.reason, end: stored.end });
    if (refreshed.kind === 'unavailable') return this.#noteFailure(stored, now);
    const { tokens } = refreshed;
    const renewed = {
      ...record,
      tokens: { ...keepTokens(tokens), idToken: tokens.idToken ?? record.tokens.idToken },
    };
    const fitting = fitRecord(renewed);
    if (!fitting) return this.#store({ ended: 'no-longer-allowed', end: stored.end });
    const kept = await this.#save(fitting, stored.revision + 1);
    const identified = await refresher.identify(renewed, tokens, now);
    if (identified.kind === 'ended') return this.#store({ ended: identified.reason, end: stored.end });
    // The tokens are good, but nobody said who this is now: asked again soon, and not relied on for ever.
    if (identified.kind === 'unavailable')
      return this.#noteFailure({ ...kept, failing: stored.failing }, now);
    const { person, idClaims } = identified;
    const latest = fitRecord({ ...renewed, person, idClaims });
    if (!latest) return this.#store({ ended: 'no-longer-allowed', end: stored.end });
    return this.#save(latest, stored.revision + 1);
  }

  async #noteFailure(stored: Live, now: number): Promise<Stored> {
    return this.#store({ ...stored, failing: { since: stored.failing?.since ?? now, last: now } });
  }

  async #load(): Promise<Stored | undefined> {
    const parsed = STORED.safeParse(await this.ctx.storage.get(KEY));
    return parsed.success ? parsed.data : undefined;
  }

  async #save(record: SignInRecord, revision: number): Promise<Live> {
    const { keyring, refresher } = this.#support;
    const sealed = await seal(await keyring.get(), JSON.stringify(record), this.#context());
    const expiresAt = refresher.expiryOf(record);
    const live = { sealed, revision, end: record.end, ...(expiresAt !== undefined && { expiresAt }) };
    await this.#store(live);
    return live;
  }

  async #store<T extends Stored>(stored: T): Promise<T> {
    await this.ctx.storage.put(KEY, stored);
    return stored;
  }

  async #open({ sealed }: Live): Promise<SignInRecord | undefined> {
    const text = await unseal(await this.#support.keyring.get(), sealed, this.#context());
    return text === undefined ? undefined : (parseJson(text) as SignInRecord);
  }

  /** A record of one object opens in no other. */
  #context(): string {
    return `sign-in ${this.ctx.id.toString()}`;
  }
}

/** Whether a live sign-in has to be refreshed before it serves. */
function isDue(stored: Stored | undefined, now: number): stored is Live {
  if (!stored || 'ended' in stored || now >= stored.end) return false;
  if (stored.failing) return now - stored.failing.last >= RETRY_SECONDS;
  return stored.expiresAt !== undefined && now >= stored.expiresAt - EARLY_SECONDS;
}
