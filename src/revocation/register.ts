import { LruMap } from '../lib/lru.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import type { Grant } from '../session/grant.ts';
import { ALL } from '../session/scope.ts';
import { type PublicReason, type Standing, UNTOUCHED } from '../session/standing.ts';
import type { RevocationOptions } from './options.ts';
import { revokes } from './rule.ts';
import { type Handles, idsOf, judge } from './standing.ts';
import type { RevocationStore } from './store.ts';
import { idOf } from './target.ts';

/** An answer of this second is as good as one that is read now. */
const JUST_NOW_SECONDS = 1;
/** How often, and how long apart, a request looks whether another has read what it needs. */
const LOOKS_MAX = 20;
const LOOK_MS = 5;
/** Answers that one isolate remembers. */
const REMEMBERED_MAX = 4096;

/** An answer, and when it was read, in unix seconds. */
interface Answer<T> {
  readonly value: T;
  readonly readAt: number;
}

/** What the register needs from outside. */
export interface RegisterContext {
  readonly options: RevocationOptions;
  /** Without a store nothing can be revoked. */
  readonly store: RevocationStore | undefined;
  /** Unix seconds. */
  readonly now: () => number;
  /** Told when visitors were let in although nobody could say whether they were revoked. */
  readonly onUnknown: () => void;
}

/**
 * Says what was taken back. An answer is remembered in the isolate, by session, for `REVOCATION_MEMO_SECONDS`:
 * a warm request reads nothing, and what it costs does not depend on how many revocations there are.
 */
export class RevocationRegister {
  readonly #context: RegisterContext;
  /**
   * What some request is reading, since when, in milliseconds. Marks, not promises: a promise belongs to its request,
   * and one that its client left may never take its mark away.
   */
  readonly #reading = new Map<string, number>();
  readonly #standings = new LruMap<string, Answer<Standing>>(REMEMBERED_MAX);
  readonly #publics = new LruMap<string, Answer<PublicReason | 'none'>>(REMEMBERED_MAX);

  constructor(context: RegisterContext) {
    this.#context = context;
  }

  /** What was taken back of a session. @throws StorageUnavailable */
  standingOf(grant: Grant, uid: string | undefined): Promise<Standing> | Standing {
    if (!this.#context.store) return UNTOUCHED;
    const known = this.#standings.get(memoOf(grant, uid));
    return known && this.#isFresh(known) ? known.value : this.readStanding(grant, uid);
  }

  /**
   * The same for what is asked as seldom as answers are remembered: read now, unless somebody read it just before
   * (several sockets of one session look at once). @throws StorageUnavailable
   */
  async readStanding(grant: Grant, uid: string | undefined): Promise<Standing> {
    const memo = memoOf(grant, uid);
    const known = this.#standings.get(memo);
    if (known && this.#context.now() - known.readAt < JUST_NOW_SECONDS) return known.value;
    // Without a wait where nobody reads: the mark below has to be set before another request looks for it.
    const told = this.#isBeingRead(memo) ? await this.#waitForAnother(memo) : undefined;
    if (told) return told;
    const readAt = this.#context.now();
    this.#reading.set(memo, Date.now());
    try {
      const standing = await this.#read(handlesOf(grant, uid), known?.value ?? UNTOUCHED);
      this.#standings.set(memo, { value: standing, readAt });
      return standing;
    } finally {
      this.#reading.delete(memo);
    }
  }

  #isBeingRead(memo: string): boolean {
    const since = this.#reading.get(memo);
    return since !== undefined && Date.now() - since < LOOKS_MAX * LOOK_MS;
  }

  /** The panels of a dashboard ask at once: one of them reads, the others look for a moment whether it has. */
  async #waitForAnother(memo: string): Promise<Standing | undefined> {
    const since = this.#context.now();
    for (let looks = 0; looks < LOOKS_MAX && this.#isBeingRead(memo); looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const known = this.#standings.get(memo);
      if (known && known.readAt >= since) return known.value;
    }
    return undefined;
  }

  /** What was taken back of a link that is about to open a session. @throws StorageUnavailable */
  standingOfLink(handles: Handles): Promise<Standing> {
    return this.#read(handles, UNTOUCHED);
  }

  /** A session that began at `grant.start` under an answer about its link: nobody can have revoked its id yet. */
  welcome(grant: Grant, standing: Standing): void {
    if (!this.#context.store) return;
    this.#standings.set(memoOf(grant, grant.uid), { value: standing, readAt: grant.start });
  }

  /** Whether one of Grafana's public dashboards was taken back, or all are. @throws StorageUnavailable */
  async publicStanding(token: string): Promise<PublicReason | undefined> {
    const { store, now } = this.#context;
    if (!store) return undefined;
    const known = this.#publics.get(token);
    if (known && this.#isFresh(known)) return known.value === 'none' ? undefined : known.value;
    const ids = [idOf({ kind: 'public', token }), idOf({ kind: 'all' })];
    const readAt = now();
    const value = await this.#orAllowed<PublicReason | 'none'>(async () => {
      const rules = [...(await store.read(ids)).values()];
      // Public dashboards are not issued: what takes back only what was issued before some moment leaves them.
      const rule = rules.find((found) => revokes(found, Number.POSITIVE_INFINITY, now()));
      return rule ? { publicReason: rule.publicReason } : 'none';
    }, known?.value ?? 'none');
    this.#publics.set(token, { value, readAt });
    return value === 'none' ? undefined : value;
  }

  /** Forgets every answer: this isolate has just changed what they rest on. */
  forget(): void {
    this.#standings.clear();
    this.#publics.clear();
  }

  /** @param last what holds on where the operator lets visitors in while nobody can say */
  async #read(handles: Handles, last: Standing): Promise<Standing> {
    const { store, now } = this.#context;
    if (!store) return UNTOUCHED;
    return this.#orAllowed(async () => judge(handles, await store.read(idsOf(handles)), now()), last);
  }

  async #orAllowed<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const mayPass = this.#context.options.whenUnavailable === 'allow';
      if (!(error instanceof StorageUnavailable) || !mayPass) throw error;
      this.#context.onUnknown();
      return otherwise;
    }
  }

  #isFresh({ readAt }: Answer<unknown>): boolean {
    return this.#context.now() - readAt < this.#context.options.memoSeconds;
  }
}

/** All dashboards of a grant are asked about at once; of a grant of all dashboards, the one that is named. */
function handlesOf(grant: Grant, uid: string | undefined): Handles {
  const named = uid === undefined ? [] : [uid];
  return {
    sessionId: grant.id,
    linkId: grant.linkId,
    orgId: grant.orgId,
    name: grant.name,
    dashboards: grant.dashboards.includes(ALL) ? named : grant.dashboards,
    issuedAt: Math.min(grant.start, grant.signedAt),
  };
}

function memoOf(grant: Grant, uid: string | undefined): string {
  return grant.dashboards.includes(ALL) && uid !== undefined ? `${grant.id} ${uid}` : grant.id;
}
