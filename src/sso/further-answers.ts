import { type BareJson, isBareObject, toBareJson } from './bare-json.ts';
import type { ClaimSettings } from './claim-settings.ts';
import { isText, readTexts } from './claims.ts';
import { type Email, isDenied, NO_EMAIL } from './email.ts';

/**
 * The primary address in an answer of `<api_url>/emails`: a list of records, or one under `values`. Empty where none is
 * primary; undefined where the answer is neither (`generic_oauth.go`, fetchPrivateEmail).
 */
export function readPrimaryEmail(answer: unknown): Email | undefined {
  const records = readRecords(answer);
  const primary = records?.find(({ primary, is_primary }) => primary === true || is_primary === true);
  if (records === undefined || primary === undefined) return records && NO_EMAIL;
  const { email, verified, is_confirmed } = primary;
  if (!isText(email)) return NO_EMAIL;
  return { address: email, isUnverified: isDenied(verified) || isDenied(is_confirmed) };
}

function readRecords(answer: unknown) {
  const data = toBareJson(answer);
  const list = (isBareObject(data) ? data.values : data) ?? [];
  return Array.isArray(list) ? (list as readonly BareJson[]).filter(isBareObject) : undefined;
}

/** Ids of teams: what the JMESPath gives in the answer of `teams_url`, or the whole numbers in `[{"id": 1}]`. */
export function readTeamIds(
  answer: unknown,
  { teamsUrl, teamIdsPath }: Pick<ClaimSettings, 'teamsUrl' | 'teamIdsPath'>,
): readonly string[] {
  if (teamsUrl === undefined) return membersOf(answer, 'id').filter(Number.isSafeInteger).map(String);
  const found = teamIdsPath?.search(toBareJson(answer));
  return found?.ok ? readTexts(found.value) : [];
}

/** The names in `[{"login": "acme"}]`. */
export function readOrganizations(answer: unknown): readonly string[] {
  return membersOf(answer, 'login').filter(isText);
}

function membersOf(answer: unknown, name: string): readonly (BareJson | undefined)[] {
  const data = toBareJson(answer);
  if (!Array.isArray(data)) return [];
  return (data as readonly BareJson[]).filter(isBareObject).map((record) => record[name]);
}
