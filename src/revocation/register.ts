import { LruMap } from '../lib/lru.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { Turns } from '../lib/turns.ts';
import type { Grant } from '../session/grant.ts';
import { ALL } from '../session/scope.ts';
import type { SignInSession } from '../session/sign-in.ts';
import { type PublicReason, type Standing, UNTOUCHED } from '../session/standing.ts';
import type { RevocationOptions } from './options.ts';
import { revokes } from './rule.ts';
import { type Handles, idsOf, judge } from './standing.ts';
import type { RevocationStore } from './store.ts';
import { idOf, labelOf, type ProviderTarget } from './target.ts';

/** An answer of this second is as good as one that is read now. */
const JUST_NOW_SECONDS = 1;
/** By this every sign-in that had begun is over. */
const SIGN_INS = idOf({ kind: 'sign-ins' });
/** Ids of what ends sign-ins and shuts nobody out: a recovery, and a sign-out at the provider. */
const MAY_RETURN = /^(?:sign-ins|sid|sub):/;
/** Answers that one isolate remembers. */
const REMEMBERED_MAX = 4096;

/** An answer, and when it was read, in unix seconds. */
interface Answer<T> {
  readonly value: T;
  readonly readAt: number;
}

/** Of what is taken back as a whole: why, or that it was not. */
type Plain = PublicReason | 'none';

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
  readonly #turns = new Turns();
  readonly #standings = new LruMap<string, Answer<Standing>>(REMEMBERED_MAX);
  readonly #publics = new LruMap<string, Answer<Plain>>(REMEMBERED_MAX);
  readonly #signIns = new LruMap<string, Answer<Plain>>(REMEMBERED_MAX);

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
    const otherwise = this.#standings.get(memo)?.value ?? UNTOUCHED;
    return this.#readOnce(this.#standings, memo, () => this.#read(handlesOf(grant, uid), otherwise));
  }

  /** Reads and remembers, unless somebody read it just before or is reading it. */
  async #readOnce<T>(memory: LruMap<string, Answer<T>>, memo: string, read: () => Promise<T>): Promise<T> {
    const since = this.#context.now();
    const known = memory.get(memo);
    if (known && since - known.readAt < JUST_NOW_SECONDS) return known.value;
    const findRead = () => {
      const found = memory.get(memo);
      return found && found.readAt >= since ? found : undefined;
    };
    const answer = await this.#turns.take(memo, findRead, async () => {
      const readAt = this.#context.now();
      const latest = { value: await read(), readAt };
      memory.set(memo, latest);
      return latest;
    });
    return answer.value;
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
    const known = this.#publics.get(token);
    if (known && this.#isFresh(known)) return toReason(known.value);
    const ids = [idOf({ kind: 'public', token }), idOf({ kind: 'all' })];
    // Public dashboards are not issued: what takes back only what was issued before some moment leaves them.
    return this.#readPlain(this.#publics, token, ids, Number.POSITIVE_INFINITY);
  }

  /** Whether a sign-in was taken back: itself, its user, or everything. @throws StorageUnavailable */
  standingOfSignIn(session: SignInSession): PublicReason | undefined | Promise<PublicReason | undefined> {
    const known = this.#signIns.get(memoOfSignIn(session));
    return known && this.#isFresh(known) ? toReason(known.value) : this.readSignInStanding(session);
  }

  /** The same, read now. @throws StorageUnavailable */
  readSignInStanding(session: SignInSession): Promise<PublicReason | undefined> {
    return this.#readPlain(this.#signIns, memoOfSignIn(session), idsOfSignIn(session), session.start);
  }

  /** What has no dashboards is taken back as a whole, or not at all. */
  async #readPlain(
    memory: LruMap<string, Answer<Plain>>,
    memo: string,
    ids: readonly string[],
    issuedAt: number,
  ): Promise<PublicReason | undefined> {
    const { store, now } = this.#context;
    if (!store) return undefined;
    const otherwise = memory.get(memo)?.value ?? 'none';
    const read = async () => {
      const rules = [...(await store.read(ids))].filter(([, rule]) => revokes(rule, issuedAt, now()));
      // Somebody who is revoked by themselves may not sign in again, whatever else is over.
      const [id = '', rule] = rules.find(([found]) => !MAY_RETURN.test(found)) ?? rules[0] ?? [];
      if (!rule) return 'none';
      return { publicReason: rule.publicReason, ...(MAY_RETURN.test(id) && { mayReturn: true }) };
    };
    return toReason(await this.#readOnce(memory, memo, () => this.#orAllowed<Plain>(read, otherwise)));
  }

  /**
   * Ends sign-ins that had begun at a moment or before, as their provider orders; false where nothing can be stored.
   * Once this returns true, it is stored. @throws StorageUnavailable
   */
  async endSignIns(ordered: ProviderSignOut): Promise<boolean> {
    const { store, now } = this.#context;
    if (!store) return false;
    const { before, sessionSeconds } = ordered;
    // A little longer than a session that began at that moment: clocks of isolates differ.
    const life = before - now() + sessionSeconds + 60;
    const terms = { before, at: now(), by: 'provider', reason: 'signed out at the provider' };
    await Promise.all(
      targetsOf(ordered).map((target) =>
        store.write({ id: idOf(target), rule: { ...terms, label: labelOf(target) } }, life),
      ),
    );
    this.forget();
    return true;
  }

  /** Forgets every answer: this isolate has just changed what they rest on. */
  forget(): void {
    this.#standings.clear();
    this.#publics.clear();
    this.#signIns.clear();
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

function toReason(value: Plain): PublicReason | undefined {
  return value === 'none' ? undefined : value;
}

function memoOfSignIn({ id, email }: SignInSession): string {
  return `${id} ${email}`;
}

/** A sign-out as a provider orders it: of one of its sessions, of a user, or of one session of a user. */
export interface ProviderSignOut {
  /** As in a session. */
  readonly issuer: string;
  readonly sub?: string | undefined;
  readonly sid?: string | undefined;
  /** Unix seconds. */
  readonly before: number;
  /** The longest sign-in. */
  readonly sessionSeconds: number;
}

/** Where both are named, sign-ins of the user of which nobody knows a session are meant too. */
function targetsOf({ issuer, sub, sid }: ProviderSignOut): ProviderTarget[] {
  const targets: ProviderTarget[] = [];
  if (sid !== undefined) targets.push({ kind: 'sid', issuer, sid });
  if (sub !== undefined) targets.push({ kind: 'sub', issuer, sub, of: sid === undefined ? 'all' : 'no-sid' });
  return targets;
}

/**
 * An operator revokes a user by the provider's name for them, or by their e-mail address as it was at sign-in; the
 * provider by that name, or by its session.
 */
function idsOfSignIn({ id, sub, sid, issuer, email }: SignInSession): string[] {
  const subjects = new Set([sub, email]);
  return [
    idOf({ kind: 'session', id }),
    ...[...subjects].map((subject) => idOf({ kind: 'subject', subject })),
    idOf({ kind: 'sub', issuer, sub, of: 'all' }),
    idOf(sid === '' ? { kind: 'sub', issuer, sub, of: 'no-sid' } : { kind: 'sid', issuer, sid }),
    SIGN_INS,
    idOf({ kind: 'all' }),
  ];
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
