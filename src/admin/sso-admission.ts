import type { WarningDocument } from '../api/common.ts';
import type { StepJson } from '../api/sso.ts';
import type { Visit } from '../corridor.ts';
import { revokes } from '../revocation/rule.ts';
import { idOf } from '../revocation/target.ts';
import type { Person } from '../sso/person.ts';
import { findPresentationProblem, type PresentationRefusal } from '../sso/presentation.ts';
import { describeRefusal } from '../sso/refuse.ts';
import type { SignInServices } from '../sso/services.ts';

/** Why somebody is not let in. */
export interface Rejection {
  readonly reason: string;
  /** What the page shows. */
  readonly code: string;
  readonly detail: string;
}

/** What the gateway itself says to somebody whom every rule lets in. */
export interface Admission {
  readonly steps: readonly StepJson[];
  readonly rejection: Rejection | undefined;
  readonly warnings: readonly WarningDocument[];
}

/** Who would be admitted, and where. */
export interface Admitted {
  readonly person: Person;
  /** Of the person's `sub`; undefined where it is not known. */
  readonly issuer: string | undefined;
  readonly signIn: SignInServices;
  readonly visit: Visit;
}

/** One check, and what came of it. */
interface Check {
  readonly by: string;
  readonly gave?: unknown;
  readonly note: string;
  readonly rejection?: Omit<Rejection, 'detail'>;
  readonly warnings?: readonly WarningDocument[];
}

/** presentable? ─▶ revoked? ─▶ whose names? in the order of `callback-door.ts`. */
const CHECKS: readonly ((admitted: Admitted) => Check | Promise<Check>)[] = [
  checkNames,
  checkRevoked,
  checkTaken,
];

/** The first check that does not hold refuses. Nothing is claimed. @throws StorageUnavailable */
export async function judgeAdmission(admitted: Admitted): Promise<Admission> {
  const steps: StepJson[] = [];
  const warned: WarningDocument[] = [];
  for (const check of CHECKS) {
    const { by, gave, note, rejection, warnings = [] } = await check(admitted);
    const given = gave === undefined ? {} : { gave };
    steps.push({ about: 'account', source: null, by, ...given, counts: true, note });
    warned.push(...warnings);
    if (rejection) return { steps, rejection: { ...rejection, detail: note }, warnings: warned };
  }
  return { steps, rejection: undefined, warnings: warned };
}

const NAME_PROBLEMS: Readonly<Record<PresentationRefusal, string>> = {
  reserved:
    "The login or the address is that of Grafana's own first administrator (GF_SECURITY_ADMIN_USER, GF_SECURITY_ADMIN_EMAIL).",
  'not-presentable': 'The login or the address has characters that Grafana could read in two ways.',
};

function checkNames({ person, signIn }: Admitted): Check {
  const by = 'names that Grafana can be told';
  const problem = findPresentationProblem(person, signIn.options.presentation);
  if (!problem) return { by, note: 'Grafana can be told of this person.' };
  const rejection = describeRefusal({ by: 'presentation', reason: problem });
  return { by, note: NAME_PROBLEMS[problem], rejection };
}

/** As of a session that would begin now, whose id nobody can have revoked. */
async function checkRevoked({ person, visit: { house, now } }: Admitted): Promise<Check> {
  const by = 'revocations';
  const subjects = [...new Set([person.sub, person.email])];
  const ids = [...subjects.map((subject) => idOf({ kind: 'subject', subject })), idOf({ kind: 'all' })];
  const rules = await house.stores?.revocations.read(ids);
  const found = [...(rules ?? [])].find(([, rule]) => revokes(rule, now, now));
  if (!found) return { by, note: 'Nothing of this person is revoked.' };
  const [gave, { publicReason }] = found;
  const sentence = publicReason === undefined ? '' : ` They are told: ${publicReason}`;
  const note = `This person is revoked, or everything is.${sentence}`;
  return { by, gave, note, rejection: { reason: 'revoked', code: 'revoked' } };
}

const NOT_LOOKED_UP =
  'Whether another user holds the login or the address was not looked up: the issuer, by which users are told apart, stands in the ID token. Paste its claims too.';

async function checkTaken({ person, issuer, signIn }: Admitted): Promise<Check> {
  const by = 'names of other users';
  if (issuer === undefined) {
    const warning = { code: 'names-not-checked', message: NOT_LOOKED_UP };
    return { by, note: 'not looked up', warnings: [warning] };
  }
  const gave = await signIn.accounts.findTaken(person, issuer);
  if (gave.length === 0) return { by, note: 'No other user of the provider holds the login or the address.' };
  const note = 'Another user of the provider came with this name first. It can be released.';
  return { by, gave, note, rejection: describeRefusal({ by: 'account' }) };
}
