/** Whole areas that no part of the gateway stands for yet. */
export const LATER_AREAS: Readonly<Record<string, string>> = {
  'share-revocation': 'revocation: rules, store and admin API',
  'share-replay': 'links that open once',
  'request-smuggling': 'not later: bytes on a raw socket, run by test/system/raw.test.ts with nginx behind',
  'open-redirect': 'sign-in: /-/login',
  'oauth-callback': 'sign-in',
  'oauth-token': 'sign-in',
  'role-mapping': 'sign-in: mapping',
  'backchannel-logout': 'sign-in: sign-out',
  'session-fixation': 'sign-in',
  'session-refresh': 'sign-in: refresh',
  csrf: 'sign-in: sign-out',
  ssrf: 'sign-in: discovery',
  'oncall-region-ssrf': 'OnCall',
};

/** Single cases of areas that are run otherwise. */
export const LATER_CASES: Readonly<Record<string, string>> = {
  'share-175': 'version 3 links: locked variables',
  'share-176': 'version 3 links: locked time range',
  'hdr-094': 'sign-in: /-/login',
  'hdr-095': 'sign-in: /-/login',
  'hdr-098': 'admin API',
  'hdr-099': 'admin API',
  'hdr-100': 'admin API',
  'hdr-101': 'admin API',
  'cookie-013': 'sign-in: the cookie of an attempt',
  'embed-005': 'sign-in: /-/login',
  'ops-009': 'sign-in: a bound on what the identity provider answers',
};

/** Why a case is not run yet; undefined for one that is. */
export function findReasonForLater({
  id,
  area,
}: {
  readonly id: string;
  readonly area: string;
}): string | undefined {
  return LATER_CASES[id] ?? LATER_AREAS[area];
}
