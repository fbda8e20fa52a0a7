import { fail, ok, type Result } from '../lib/result.ts';
import { checkAllowed } from './allow.ts';
import type { ClaimSettings } from './claim-settings.ts';
import { decideRoles } from './decide-roles.ts';
import { type Email, judgeEmail, NO_EMAIL } from './email.ts';
import { readPrimaryEmail } from './further-answers.ts';
import type { FurtherAnswers, Person, PersonRefusal, Source, VerifiedPerson } from './person.ts';
import { readProfile } from './profile.ts';
import type { TakeStep } from './steps.ts';
import { chooseSubject } from './subject.ts';

/**
 * Who somebody is, and whether they are let in, by Grafana's rules and in its order (`generic_oauth.go`, UserInfo, and
 * then `authn/clients/oauth.go`):
 *
 * one subject ─▶ roles and organisations ─▶ login, name, address, groups ─▶ `/emails` ─▶ teams, organisations,
 * groups ─▶ an address ─▶ its domain
 *
 * The sources are asked in the order in which they are given, and what they hold may be anything. Nothing is thrown
 * but what `ask` throws.
 */
export async function identify(
  sources: readonly Source[],
  settings: ClaimSettings,
  ask: FurtherAnswers,
  take: TakeStep = takeNothing,
): Promise<Result<VerifiedPerson, PersonRefusal>> {
  const outcome = await judge(sources, settings, ask, take);
  if (outcome.ok) take({ about: 'decision', by: 'signed in', gave: outcome.value, counts: true });
  else take({ about: 'decision', by: outcome.reason, counts: true, note: EXPLANATIONS[outcome.reason] });
  return outcome;
}

function takeNothing(): void {}

const EXPLANATIONS: Readonly<Record<PersonRefusal, string>> = {
  'sub-differs': 'The ID token and the userinfo answer name two different people (sub).',
  'org-claims-unreadable': 'org_attribute_path could not be evaluated on the claims of a source.',
  'role-missing': 'role_attribute_strict is set, and nothing gives a role.',
  'email-unavailable': 'No source gives an address, and <api_url>/emails could not be had.',
  'not-in-teams': 'None of the teams is one of team_ids.',
  'not-in-organizations': 'None of the organisations is one of allowed_organizations.',
  'not-in-groups': 'None of the groups is one of allowed_groups.',
  'email-missing': 'The provider gives no address.',
  'email-not-verified': 'The provider says that the address is not verified (email_verified).',
  'domain-not-allowed': 'The address is of none of allowed_domains.',
};

async function judge(
  sources: readonly Source[],
  settings: ClaimSettings,
  ask: FurtherAnswers,
  take: TakeStep,
): Promise<Result<VerifiedPerson, PersonRefusal>> {
  const subject = chooseSubject(sources, take);
  if (!subject.ok) return subject;
  const { sub, claims } = subject.value;
  const roles = decideRoles(claims, settings, take);
  if (!roles.ok) return roles;
  const profile = readProfile(claims, settings, take);
  const email =
    profile.email === '' ? await askForEmail(settings, ask, take) : ok(judgeEmail(profile.email, claims));
  if (!email.ok) return email;
  const { address } = email.value;
  const allowed = await checkAllowed({ email: email.value, groups: profile.groups }, settings, ask, take);
  if (!allowed.ok) return allowed;
  const person = { ...roles.value, ...profile, email: address };
  return ok(verified({ ...person, sub: sub || nameByEmail(address), login: profile.login || address }));
}

async function askForEmail(
  { hasUserinfo }: ClaimSettings,
  ask: FurtherAnswers,
  take: TakeStep,
): Promise<Result<Email, 'email-unavailable'>> {
  if (!hasUserinfo) return ok(NO_EMAIL);
  const answer = await ask.emails();
  const email = answer === undefined ? undefined : readPrimaryEmail(answer);
  const gave = email?.address ?? null;
  take({ about: 'email', source: 'emails', by: 'primary', gave, counts: gave !== '' });
  return email === undefined ? fail('email-unavailable') : ok(email);
}

/** Where a provider gives no `sub`, the address is the one name that stays. */
function nameByEmail(email: string): string {
  return `email:${email.toLowerCase()}`;
}

/** The only place where a {@link VerifiedPerson} is made. */
function verified(person: Person): VerifiedPerson {
  return person as VerifiedPerson;
}
