import type { Refusal } from '../refusal/refuse.ts';
import { answerRevoked } from '../session/answer.ts';
import type { LinkRefusal, ParameterMistake } from './link.ts';

/** The answer to each way in which opening a link can fail: precise inside, plain outside. */
export function answerLinkRefusal(refusal: LinkRefusal): Refusal {
  switch (refusal.code) {
    case 'sharing-off':
    case 'version-off':
      return { code: 'share_link_not_accepted' };
    case 'invalid-parameter':
      return { code: 'share_link_malformed', more: describeMistake(refusal) };
    case 'too-many-parameters':
      return { code: 'share_link_malformed', more: 'The address has more than 512 parameters.' };
    case 'not-a-dashboard':
      return {
        code: 'share_link_malformed',
        more: 'A share link is opened with GET, and leads to a dashboard (/d/… or /d-solo/…).',
      };
    case 'unknown-key':
    case 'signature':
      return { code: 'share_link_invalid' };
    case 'expired':
      return { code: 'share_link_expired' };
    case 'revoked':
      return answerRevoked(refusal);
    case 'dashboard-not-shared':
      return { code: 'path_not_shared' };
    default:
      return assertNever(refusal);
  }
}

const FORMS: Readonly<Record<string, string>> = {
  aliyun_api_key: 'a service account token (glsa_…) or an API key',
  aliyun_api_key_sign: '32 lower-case hex digits',
  aliyun_api_key_timestamp: 'exactly ten decimal digits (unix seconds)',
  aliyun_api_key_name: '1 to 190 characters of UTF-8, percent-encoded',
  aliyun_api_key_org_id: 'a positive whole number of at most ten digits',
  aliyun_api_key_expire_seconds: 'a positive whole number of at most ten digits',
  orgId: 'a positive whole number of at most ten digits',
};

/** Parameter names are the gateway's own words here, never taken from the request. */
function describeMistake({ parameter, problem }: ParameterMistake): string {
  switch (problem) {
    case 'missing':
      return `The parameter ${parameter} is missing.`;
    case 'repeated':
      return `The parameter ${parameter} is there more than once.`;
    case 'form':
      return `The parameter ${parameter} is not in its form: ${FORMS[parameter] ?? 'see the documentation'}.`;
    case 'spelling':
      return `The name of the parameter ${parameter} is spelt in another way.`;
    case 'mixed-versions':
      return 'The link has parameters of version 1 and of version 2.';
    case 'differs-from-key':
      return `The parameter ${parameter} names another organisation than the key's.`;
    default:
      return assertNever(problem);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`unhandled: ${JSON.stringify(value)}`);
}
