import type { Finding } from '../../api/findings.ts';
import { type SeriesCount, sumOf } from '../../observe/meter-series.ts';
import type { HealthContext } from './context.ts';
import { count, finding } from './finding.ts';

/** What to do, in the words of every finding that suspects a restore. */
export const RECOVER =
  'Run: postern sso recover --dry-run, then postern sso recover. If it was a planned change of keys, nothing is lost: everybody signs in once more.';

/** How long a suspicion stays that nobody has followed. */
const SUSPECTED_SECONDS = 86_400;
const REFRESHES_MIN = 5;
const OTHER_SUBJECTS_MIN = 3;

/** When the keys were found all new, as long as that counts: now, or at a former run that nobody has answered. */
export function findSuspicion(
  areAllNew: boolean,
  { former, now }: Pick<HealthContext, 'former' | 'now'>,
): number | undefined {
  if (areAllNew) return now;
  const at = former?.suspectedAt;
  return at !== undefined && now - at < SUSPECTED_SECONDS ? at : undefined;
}

/** Whether the provider looks as after a restore of its database. @param suspectedAt of {@link findSuspicion} */
export function judgeRestore(
  suspectedAt: number | undefined,
  { counts = [], now }: Pick<HealthContext, 'counts' | 'now'>,
): Finding {
  const signs = [
    ...(suspectedAt === undefined ? [] : ['all former keys of the provider were gone at once']),
    ...findRefusedRefreshes(counts),
    ...findOtherSubjects(counts),
  ];
  if (signs.length === 0) return finding('sso.restore', 'green', 'Keys, refreshes and users are as before.');
  const more = suspectedAt === undefined ? {} : { ageSeconds: Math.max(now - suspectedAt, 0) };
  return finding(
    'sso.restore',
    'red',
    `It looks as if the provider's database was restored: ${signs.join('; ')}.`,
    { fix: RECOVER, ...more },
  );
}

function findRefusedRefreshes(counts: readonly SeriesCount[]): string[] {
  const metric = 'postern_refreshes_total';
  const refused = sumOf(counts, metric, { outcome: 'ended', reason: 'refresh-refused' });
  const done = sumOf(counts, metric, { outcome: 'done' });
  if (refused < REFRESHES_MIN || refused <= done) return [];
  return [
    `in the last hour the provider refused to refresh ${count(refused, 'session')} (invalid_grant), and refreshed ${done}`,
  ];
}

/** The same login or address with another `sub`: those who had it before are refused. */
function findOtherSubjects(counts: readonly SeriesCount[]): string[] {
  const others =
    sumOf(counts, 'postern_refreshes_total', { outcome: 'ended', reason: 'sub-differs' }) +
    sumOf(counts, 'postern_refreshes_total', { outcome: 'ended', reason: 'account-taken' }) +
    sumOf(counts, 'postern_sign_in_refusals_total', { reason: 'account-taken' });
  if (others < OTHER_SUBJECTS_MIN || others <= sumOf(counts, 'postern_sign_ins_total')) return [];
  return [`in the last hour ${others} times somebody came under another id (sub) than before`];
}
