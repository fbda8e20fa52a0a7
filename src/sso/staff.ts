import type { Arrival } from '../session/keeper.ts';
import type { SignInSession } from '../session/sign-in.ts';
import type { PublicReason } from '../session/standing.ts';
import type { Person } from './person.ts';
import type { SignInServices } from './services.ts';
import type { EndReason, SignInState } from './sign-in-book.ts';

/** Somebody who is signed in, as of now. */
export interface Staff {
  readonly session: SignInSession;
  readonly person: Person;
  /** The issuer of their `sub`. */
  readonly issuer: string;
}

/** Who comes with a request, as far as sign-in knows. */
export type StaffFinding =
  /** No sign-in, or one whose time is over: as if nobody had ever signed in. */
  | { readonly kind: 'none' }
  | { readonly kind: 'staff'; readonly staff: Staff }
  | { readonly kind: 'ended'; readonly reason: EndReason; readonly session: SignInSession }
  /** The provider cannot be asked, for longer than sessions are let go on without it. */
  | { readonly kind: 'waiting' }
  | ({ readonly kind: 'revoked'; readonly session: SignInSession } & PublicReason);

/** Whether a sign-in was taken back: the port of `revocation`. */
export interface SignInStanding {
  /** As remembered for `REVOCATION_MEMO_SECONDS`. @throws StorageUnavailable */
  standingOfSignIn(session: SignInSession): MaybeLater<PublicReason | undefined>;
  /** As it is now. @throws StorageUnavailable */
  readSignInStanding(session: SignInSession): Promise<PublicReason | undefined>;
}

/** What a warm request gets at once: every promise on its way costs time. */
type MaybeLater<T> = T | Promise<T>;

const NONE: StaffFinding = { kind: 'none' };

/**
 * Who is signed in at a request: first whether that was taken back, which a refresh must not bring back, then what its
 * Durable Object says, and where the address is another than at sign-in, whether that one was taken back.
 */
export function findStaff(
  services: SignInServices,
  revocations: SignInStanding,
  arrival: Arrival,
): MaybeLater<StaffFinding> {
  return then(services.cookies.find(arrival), (session) =>
    session ? judge(session, services, revocations, arrival.now) : NONE,
  );
}

function judge(
  session: SignInSession,
  { signIns }: SignInServices,
  revocations: SignInStanding,
  now: number,
): MaybeLater<StaffFinding> {
  return then(revocations.standingOfSignIn(session), (revoked) =>
    revoked
      ? refuse(session, revoked)
      : then(signIns.stateOf(session.id, now), (state) => toFinding(session, state, revocations)),
  );
}

function toFinding(
  session: SignInSession,
  state: SignInState,
  revocations: SignInStanding,
): MaybeLater<StaffFinding> {
  switch (state.kind) {
    case 'live':
      return then(standingOfAddress(session, state.person, revocations), (revoked) =>
        revoked ? refuse(session, revoked) : toStaff(session, state),
      );
    case 'ended':
      return { kind: 'ended', reason: state.reason, session };
    case 'waiting':
      return { kind: 'waiting' };
    case 'unknown':
      return NONE;
  }
}

function standingOfAddress(
  session: SignInSession,
  { email }: Person,
  revocations: SignInStanding,
): MaybeLater<PublicReason | undefined> {
  return email === session.email ? undefined : revocations.standingOfSignIn({ ...session, email });
}

function refuse(session: SignInSession, revoked: PublicReason): StaffFinding {
  return { kind: 'revoked', session, ...revoked };
}

function toStaff(
  session: SignInSession,
  { person, issuer }: Extract<SignInState, { kind: 'live' }>,
): StaffFinding {
  return { kind: 'staff', staff: { session, person, issuer } };
}

/** What follows, at once where it can: a warm request waits for nothing. */
function then<T, U>(value: MaybeLater<T>, next: (value: T) => MaybeLater<U>): MaybeLater<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Whether somebody who is served already may go on as who they are, looked up anew: nothing was taken back, the sign-in
 * lives, and lets them do what it did. @throws StorageUnavailable
 */
export async function stillStands(
  { session, person }: Staff,
  { signIns }: SignInServices,
  revocations: SignInStanding,
  now: number,
): Promise<boolean> {
  if (await revocations.readSignInStanding(session)) return false;
  const state = await signIns.stateOf(session.id, now);
  if (state.kind !== 'live' || !hasSameRights(state.person, person)) return false;
  const { email } = state.person;
  return email === session.email || !(await revocations.readSignInStanding({ ...session, email }));
}

function hasSameRights(one: Person, other: Person): boolean {
  const rightsOf = ({ orgRoles, isGrafanaAdmin, groups }: Person) =>
    JSON.stringify([orgRoles, isGrafanaAdmin, groups]);
  return one === other || rightsOf(one) === rightsOf(other);
}
