/** Whole areas that no part of the gateway stands for yet. */
export const LATER_AREAS: Readonly<Record<string, string>> = {
  'share-replay':
    'there are no links that open once: a version 2 link opens as often as it likes while it is fresh',
  'request-smuggling': 'not later: bytes on a raw socket, run by test/system/raw.test.ts with nginx behind',
  'oncall-region-ssrf': 'not later: regions instead of one origin, run by test/oncall/attacks.test.ts',
};

/** Single cases of areas that are run otherwise. */
export const LATER_CASES: Readonly<Record<string, string>> = {
  'share-175': 'version 3 links: locked variables',
  'share-176': 'version 3 links: locked time range',
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
