import type { Visit } from '../corridor.ts';
import type { RefusalCode } from '../refusal/codes.ts';
import type { PersonRefusal } from './person.ts';
import type { PresentationRefusal } from './presentation.ts';
import type { ProviderFailure } from './provider/failure.ts';
import type { IdTokenRefusal } from './provider/id-token.ts';
import type { CallbackRefusal } from './provider/token-endpoint.ts';

const OF_PROVIDER: Readonly<Record<ProviderFailure, RefusalCode>> = {
  unreachable: 'sso_provider_unreachable',
  timeout: 'sso_provider_unreachable',
  'answer-invalid': 'sso_provider_answer_invalid',
  'client-refused': 'sso_client_refused',
  'grant-refused': 'sso_code_refused',
};

const OF_PERSON: Readonly<Record<PersonRefusal, RefusalCode>> = {
  'org-claims-unreadable': 'sso_claims_unreadable',
  'role-missing': 'sso_role_missing',
  'email-unavailable': 'sso_email_unavailable',
  'not-in-teams': 'sso_not_in_allowed_teams',
  'not-in-organizations': 'sso_not_in_allowed_organizations',
  'not-in-groups': 'sso_not_in_allowed_groups',
  'email-missing': 'sso_email_missing',
  'email-not-verified': 'sso_email_not_verified',
  'domain-not-allowed': 'sso_domain_not_allowed',
  'sub-differs': 'sso_identity_differs',
};

/** Why a sign-in stops, in the words of whoever found out. */
export type SignInRefusal =
  | { readonly by: 'attempt' | 'answer' | 'account' }
  | { readonly by: 'callback'; readonly reason: CallbackRefusal }
  | { readonly by: 'provider'; readonly reason: ProviderFailure }
  | { readonly by: 'id-token'; readonly reason: IdTokenRefusal }
  | { readonly by: 'person'; readonly reason: PersonRefusal }
  | { readonly by: 'presentation'; readonly reason: PresentationRefusal };

/** The code of the answer, and the reason for the event: the page says less than the log. */
export function describeRefusal(refusal: SignInRefusal): {
  readonly code: RefusalCode;
  readonly reason: string;
} {
  switch (refusal.by) {
    case 'attempt':
      return { code: 'sso_attempt_unknown', reason: 'attempt-unknown' };
    case 'answer':
      return { code: 'sso_answer_malformed', reason: 'answer-malformed' };
    case 'account':
      return { code: 'sso_account_taken', reason: 'account-taken' };
    case 'callback':
      return refusal.reason.kind === 'malformed'
        ? { code: 'sso_answer_malformed', reason: 'answer-malformed' }
        : { code: 'sso_denied', reason: `denied: ${refusal.reason.error}` };
    case 'provider':
      return { code: OF_PROVIDER[refusal.reason], reason: `provider: ${refusal.reason}` };
    case 'id-token':
      return { code: 'sso_id_token_invalid', reason: `id-token: ${refusal.reason}` };
    case 'person':
      return { code: OF_PERSON[refusal.reason], reason: refusal.reason };
    case 'presentation':
      return { code: 'sso_name_not_accepted', reason: `name: ${refusal.reason}` };
  }
}

/** What of a refused sign-in is known beside its reason. */
export interface RefusedSignIn {
  readonly subject?: string | undefined;
  /** Where the visitor can try again. */
  readonly again: string;
}

/** The answer to a sign-in that stops, and its event. */
export function refuseSignIn(
  refusal: SignInRefusal,
  { subject, again }: RefusedSignIn,
  visit: Visit,
  headers?: Headers,
): Response {
  const { code, reason } = describeRefusal(refusal);
  visit.observe('sso.refused', { reason, subject });
  return visit.refuse({ code, signInAt: again }, headers);
}

/** The same where the provider could not be asked. */
export function refuseProvider(failure: ProviderFailure, visit: Visit, again: string): Response {
  return refuseSignIn({ by: 'provider', reason: failure }, { again }, visit);
}
