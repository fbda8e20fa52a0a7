import { LruMap } from '../lib/lru.ts';
import { attempt } from '../lib/storage-error.ts';
import { Turns } from '../lib/turns.ts';
import type { EndReason, SignInBook, SignInRecord, SignInState } from './sign-in-book.ts';

/** Finds the Durable Object of a sign-in: what is needed of the binding. */
export interface SignInNamespace {
  getByName(name: string): SignInBook;
}

const TIMEOUT_MS = 5_000;
/** A read may wait for a refresh: of the token, and of what is asked about the user. */
const REFRESH_TIMEOUT_MS = 28_000;
/** Sign-ins whose state one isolate remembers. */
const REMEMBERED_MAX = 2_048;
/**
 * How long a state is relied on without asking: within this, a sign-in that ended in one place is at an end in all
 * others. (What is revoked is looked up apart, as often as for links.)
 */
export const STATE_MEMO_SECONDS = 60;

type Live = Extract<SignInState, { kind: 'live' }>;

/** The sign-ins of a gateway, from the Worker's side. */
export class SignIns {
  readonly #namespace: SignInNamespace;
  readonly #turns = new Turns();
  readonly #states = new LruMap<string, { readonly state: Live; readonly readAt: number }>(REMEMBERED_MAX);

  constructor(namespace: SignInNamespace) {
    this.#namespace = namespace;
  }

  /** @throws StorageUnavailable */
  open(id: string, record: SignInRecord, now: number): Promise<boolean> {
    return attempt('write', TIMEOUT_MS, () => this.#namespace.getByName(id).open(record, now));
  }

  /** What holds, as remembered for a moment or as its Durable Object says. @throws StorageUnavailable */
  stateOf(id: string, now: number): SignInState | Promise<SignInState> {
    const known = this.#states.get(id);
    const isFresh = known && now < known.state.freshUntil && now - known.readAt < STATE_MEMO_SECONDS;
    return isFresh ? known.state : this.readState(id, now);
  }

  /** The same, asked now. @throws StorageUnavailable */
  readState(id: string, now: number): Promise<SignInState> {
    const findRead = () => {
      const found = this.#states.get(id);
      return found && found.readAt >= now && now < found.state.freshUntil ? found.state : undefined;
    };
    return this.#turns.take<SignInState>(id, findRead, () => this.#askState(id, now));
  }

  async #askState(id: string, now: number): Promise<SignInState> {
    const state = await attempt('read', REFRESH_TIMEOUT_MS, () => this.#namespace.getByName(id).read(now));
    if (state.kind !== 'live') {
      this.#states.delete(id);
      return state;
    }
    const former = this.#states.get(id)?.state;
    // The same person as before keeps its place, and with it the assertion that was made for it.
    const kept = former?.revision === state.revision ? { ...state, person: former.person } : state;
    this.#states.set(id, { state: kept, readAt: now });
    return kept;
  }

  /** @throws StorageUnavailable */
  end(id: string, reason: EndReason, now: number): Promise<{ readonly idToken: string | undefined }> {
    this.#states.delete(id);
    return attempt('write', TIMEOUT_MS, () => this.#namespace.getByName(id).end(reason, now));
  }
}
