import { fail, ok, type Result } from '../lib/result.ts';
import type { AllowList, ClaimSettings } from './claim-settings.ts';
import type { Email } from './email.ts';
import { readOrganizations, readTeamIds } from './further-answers.ts';
import type { FurtherAnswers } from './person.ts';
import type { TakeStep } from './steps.ts';

/** Who asks to be let in. */
export interface Applicant {
  readonly email: Email;
  readonly groups: readonly string[];
}

/** One list of who is let in, and what of an applicant is looked up in it. */
interface Admission<Refusal> {
  /** The option that holds the list. */
  readonly by: string;
  readonly refusal: Refusal;
  list(settings: ClaimSettings): AllowList;
  held(
    applicant: Applicant,
    settings: ClaimSettings,
    ask: FurtherAnswers,
  ): readonly string[] | Promise<readonly string[]>;
  matches(held: string, listed: string): boolean;
}

const isSame = (held: string, listed: string) => held === listed;

/** In Grafana's order (`generic_oauth.go`, validateUserAccess). */
const MEMBERSHIPS: readonly Admission<'not-in-teams' | 'not-in-organizations' | 'not-in-groups'>[] = [
  {
    by: 'team_ids',
    refusal: 'not-in-teams',
    list: ({ teamIds }) => teamIds,
    held: async (_applicant, settings, ask) => readTeamIds(await ask.teams(), settings),
    matches: isSame,
  },
  {
    by: 'allowed_organizations',
    refusal: 'not-in-organizations',
    list: ({ allowedOrganizations }) => allowedOrganizations,
    held: async (_applicant, _settings, ask) => readOrganizations(await ask.organizations()),
    matches: isSame,
  },
  {
    by: 'allowed_groups',
    refusal: 'not-in-groups',
    list: ({ allowedGroups }) => allowedGroups,
    held: ({ groups }) => groups,
    matches: isSame,
  },
];

const DOMAINS: Admission<'domain-not-allowed'> = {
  by: 'allowed_domains',
  refusal: 'domain-not-allowed',
  list: ({ allowedDomains }) => allowedDomains,
  held: ({ email }) => [email.address],
  matches: isInDomain,
};

type Refusal =
  | 'not-in-teams'
  | 'not-in-organizations'
  | 'not-in-groups'
  | 'email-missing'
  | 'email-not-verified'
  | 'domain-not-allowed';

/** An address that nobody has verified proves no domain, whatever the operator allows otherwise. */
function mayBeUnverified({ allowsUnverifiedEmail, allowedDomains }: ClaimSettings): boolean {
  return allowsUnverifiedEmail && allowedDomains.length === 0;
}

/** teams ─▶ organisations ─▶ groups ─▶ an address at all ─▶ its domain; the first that does not hold refuses. */
export async function checkAllowed(
  applicant: Applicant,
  settings: ClaimSettings,
  ask: FurtherAnswers,
  take: TakeStep,
): Promise<Result<Applicant, Refusal>> {
  for (const admission of MEMBERSHIPS) {
    if (!(await admits(admission, applicant, settings, ask, take))) return fail(admission.refusal);
  }
  if (applicant.email.address === '') return fail('email-missing');
  if (applicant.email.isUnverified && !mayBeUnverified(settings)) return fail('email-not-verified');
  if (!(await admits(DOMAINS, applicant, settings, ask, take))) return fail(DOMAINS.refusal);
  return ok(applicant);
}

async function admits(
  { by, list, held, matches }: Admission<Refusal>,
  applicant: Applicant,
  settings: ClaimSettings,
  ask: FurtherAnswers,
  take: TakeStep,
): Promise<boolean> {
  const listed = list(settings);
  if (listed === 'malformed') {
    take({ about: 'allowed', by, counts: true, note: 'the list cannot be read, so nobody is on it' });
    return false;
  }
  if (listed.length === 0) return true;
  const names = await held(applicant, settings, ask);
  const match = names.find((name) => listed.some((allowed) => matches(name, allowed)));
  const note = match === undefined ? 'none of these is on the list' : `"${match}" is on the list`;
  take({ about: 'allowed', by, gave: names, counts: true, note });
  return match !== undefined;
}

/**
 * Whether an address is of a domain, and of no part of it. Case does not matter for ASCII, and only for ASCII: a letter
 * that merely looks like another, or becomes it in lower case, is another. The same goes for a dot at the end. An
 * address with two `@`, a space or a control character is of no domain.
 */
export function isInDomain(address: string, domain: string): boolean {
  const [local, held, ...more] = address.split('@');
  if (!local || !held || more.length > 0 || /[\s\p{Cc}\p{Cf}]/u.test(address)) return false;
  return lowerAscii(held) === lowerAscii(domain);
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
