/** Whole areas that no part of the gateway stands for yet. */
export const LATER_AREAS: Readonly<Record<string, string>> = {
  'share-replay':
    'there are no links that open once: a version 2 link opens as often as it likes while it is fresh',
  'request-smuggling': 'not later: bytes on a raw socket, run by test/system/raw.test.ts with nginx behind',
  'open-redirect': 'sign-in: /-/login',
  'oauth-callback': 'sign-in',
  'oauth-token': 'sign-in',
  'role-mapping': 'sign-in: mapping',
  'backchannel-logout': 'sign-in: sign-out',
  'session-fixation': 'sign-in: the session id that a sign-in hands out, and the one that it finds',
  'session-refresh': 'sign-in: refresh',
  csrf: 'sign-in: sign-out',
  ssrf: 'sign-in: discovery of an issuer',
  'oncall-region-ssrf': 'not later: regions instead of one origin, run by test/oncall/attacks.test.ts',
};

/** Single cases of areas that are run otherwise. */
export const LATER_CASES: Readonly<Record<string, string>> = {
  'share-175': 'version 3 links: locked variables',
  'share-176': 'version 3 links: locked time range',
  'hdr-094': 'sign-in: /-/login',
  'hdr-095': 'sign-in: /-/login',
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
