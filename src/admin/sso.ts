import type { DecisionJson, ExplainOrderJson, ExplanationJson, StepJson } from '../api/sso.ts';
import type { Visit } from '../corridor.ts';
import { identify } from '../sso/identify.ts';
import type { SsoOptions } from '../sso/options.ts';
import type { PersonRefusal, VerifiedPerson } from '../sso/person.ts';
import { describeRefusal } from '../sso/refuse.ts';
import type { SignInServices } from '../sso/services.ts';
import type { Step } from '../sso/steps.ts';
import { toldGroups } from '../sso/told-groups.ts';
import { Refused } from './refused.ts';
import { type Admitted, judgeAdmission, type Rejection } from './sso-admission.ts';
import { EMAILS_MISSING, type Pasted, readPasted, stepsOfMissing } from './sso-pasted.ts';
import { describePerson, describePresented } from './sso-presented.ts';
import { pickWarnings, type WarningRow } from './warning-rows.ts';

/**
 * What a sign-in would decide on what was pasted, and why. It runs what sign-ins run, and stops short of everything
 * that asks, keeps or tells: claims are personal, so not even an event is made of it.
 *
 * @throws Refused where sign-in is off @throws StorageUnavailable
 */
export async function explain(order: ExplainOrderJson, visit: Visit): Promise<ExplanationJson> {
  const signIn = requireSignIn(visit);
  const pasted = await readPasted(order, signIn.options);
  const taken: Step[] = [];
  const person = await identify(pasted.sources, pasted.settings, pasted.answers, (step) => taken.push(step));
  // What was not pasted gave nothing, and says nothing: it has a step of its own.
  const steps = taken.filter(
    ({ about, source }) => about !== 'decision' && !(source === 'emails' && pasted.missing.has('emails')),
  );
  const explanation = person.ok
    ? await describeAdmitted(person.value, pasted, taken, { signIn, visit })
    : describeRefused(person.reason, pasted, taken);
  return {
    steps: [...steps.map(toStepJson), ...explanation.steps, toDecisionStep(explanation.decision)],
    decision: explanation.decision,
    warnings: [...pasted.warnings, ...explanation.warnings],
  };
}

/**
 * Lets a login or an address go, whoever holds it. The event does not say which: names are personal.
 *
 * @throws Refused where sign-in is off @throws StorageUnavailable
 */
export async function release(name: string, visit: Visit): Promise<{ released: boolean }> {
  const released = await requireSignIn(visit).accounts.release(name, visit.now);
  if (released) visit.observe('sso.account.released', { by: 'operator' });
  return { released };
}

/** @throws Refused where sign-in is off */
export function requireSignIn({ house }: Visit): SignInServices {
  if (house.signIn) return house.signIn;
  throw new Refused('conflict', 'Nobody signs in here: GF_AUTH_GENERIC_OAUTH_ENABLED is not true.');
}

const GROUPS_NOT_TOLD = 'These groups are too many for a header, so Grafana is told of none of them.';

/** The end of an explanation, behind the steps of the rules. */
type Ending = Pick<ExplanationJson, 'steps' | 'decision' | 'warnings'>;

async function describeAdmitted(
  person: VerifiedPerson,
  { idClaims, missing }: Pasted,
  taken: readonly Step[],
  { signIn, visit }: Pick<Admitted, 'signIn' | 'visit'>,
): Promise<Ending> {
  const issuer = findIssuer(signIn.options, idClaims);
  const admission = await judgeAdmission({ person, issuer, signIn, visit });
  const steps = [
    ...[...stepsOfStandIns(person, taken), ...stepsOfMissing(missing)].map(toStepJson),
    ...admission.steps,
  ];
  const groups: WarningRow = [toldGroups(person) === undefined, 'groups-not-told', GROUPS_NOT_TOLD];
  const warnings = [...admission.warnings, ...pickWarnings([groups])];
  if (admission.rejection) return { steps, warnings, decision: refuse(admission.rejection) };
  const known = {
    person: describePerson(person),
    presented: await describePresented(person, issuer, signIn.options, visit),
  };
  const decision: DecisionJson =
    missing.size === 0 ? { allowed: true, ...known } : { allowed: null, missing: [...missing], ...known };
  return { steps, warnings, decision };
}

/** The address, where it stands in for what no source gives. */
function stepsOfStandIns(person: VerifiedPerson, taken: readonly Step[]): Step[] {
  const fields = (['sub', 'login'] as const).filter(
    (field) => !taken.some(({ about, counts }) => about === field && counts),
  );
  const note = 'no source gives one, so the address stands in';
  return fields.map((about) => ({ about, by: 'email', gave: person[about], counts: true, note }));
}

/** Who is not known for want of an address that nobody pasted is not refused for it. */
function describeRefused(reason: PersonRefusal, { missing }: Pasted, taken: readonly Step[]): Ending {
  if (reason === 'email-unavailable' && missing.has('emails')) {
    return {
      steps: stepsOfMissing(missing).map(toStepJson),
      warnings: [EMAILS_MISSING],
      decision: { allowed: null, missing: [...missing], person: null, presented: null },
    };
  }
  const detail = taken.find(({ about }) => about === 'decision')?.note ?? '';
  return {
    steps: [],
    warnings: [],
    decision: refuse({ ...describeRefusal({ by: 'person', reason }), detail }),
  };
}

function refuse({ reason, code, detail }: Rejection): DecisionJson {
  return { allowed: false, reason, code, detail };
}

/**
 * Whom a `sub` belongs to, as `provider.ts` has it, but without asking the provider; undefined where an ID token that was
 * not pasted would say so.
 */
function findIssuer({ provider, client }: SsoOptions, idClaims: Pasted['idClaims']): string | undefined {
  if (provider.issuer !== undefined) return provider.issuer;
  if (typeof idClaims?.iss === 'string') return idClaims.iss;
  return !idClaims && client.scopes.includes('openid') ? undefined : provider.tokenUrl?.origin;
}

function toStepJson({ about, source, by, gave, counts, note }: Step): StepJson {
  const given = gave === undefined ? {} : { gave };
  return { about, source: source ?? null, by: by ?? null, ...given, counts, note: note ?? null };
}

function toDecisionStep(decision: DecisionJson): StepJson {
  const step = { about: 'decision', source: null, counts: true } as const;
  switch (decision.allowed) {
    case true:
      return { ...step, by: 'let in', note: null };
    case false:
      return { ...step, by: decision.code, note: decision.detail };
    case null:
      return { ...step, by: 'open', note: `Not pasted: ${decision.missing.join(', ')}.` };
  }
}
