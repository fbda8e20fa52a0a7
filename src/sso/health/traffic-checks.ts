import type { Finding } from '../../api/findings.ts';
import { type Metric, metricOf, readLabel, type SeriesCount, sumOf } from '../../observe/meter-series.ts';
import type { HealthContext } from './context.ts';
import { count, finding, skipped } from './finding.ts';

/** From here on failures are no accident of one person. */
const MANY = 3;
const UNKNOWN = 'What was counted cannot be read now.';

/** Refreshes of the last hour. That the provider ends a session is its right, and no failure. */
export function judgeRefreshes({ counts, options }: HealthContext): Finding {
  if (!options.usesRefreshTokens)
    return skipped('sso.refreshes', 'Refresh tokens are not used (GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN).');
  if (!counts) return skipped('sso.refreshes', UNKNOWN);
  const metric = 'postern_refreshes_total';
  const done = sumOf(counts, metric, { outcome: 'done' });
  const failed = sumOf(counts, metric, { outcome: 'failed' });
  const ended = sumOf(counts, metric, { outcome: 'ended' });
  const reasons = describeReasons(counts.filter(isOutcome('failed', 'ended')), metric);
  const seen = `In the last hour: ${count(done, 'refresh', 'refreshes')} done, ${failed} failed, ${count(ended, 'session')} ended${reasons}.`;
  if (failed === 0) return finding('sso.refreshes', 'green', seen);
  return finding('sso.refreshes', failed >= MANY && failed >= done ? 'red' : 'yellow', seen, {
    fix: 'Look at sso.refresh.failed and sso.provider.failed in the log, and at the other checks of sign-in.',
  });
}

/** Sign-ins of the last hour. Only what the provider itself, or its tokens, refused is a failure: the rest anybody can cause. */
export function judgeSignIns({ counts }: HealthContext): Finding {
  if (!counts) return skipped('sso.sign-ins', UNKNOWN);
  const done = sumOf(counts, 'postern_sign_ins_total');
  const refusals = counts.filter(({ series }) => metricOf(series) === REFUSALS);
  const refused = refusals.reduce((sum, one) => sum + one.count, 0);
  const technical = refusals.filter(isTechnical).reduce((sum, one) => sum + one.count, 0);
  const seen = `In the last hour: ${count(done, 'sign-in')}, ${refused} refused${describeReasons(refusals, REFUSALS)}.`;
  if (technical === 0) return finding('sso.sign-ins', 'green', seen);
  return finding('sso.sign-ins', technical >= MANY && technical >= done ? 'red' : 'yellow', seen, {
    fix: 'docs/troubleshooting.md says for each reason what to do; postern events has them one by one.',
  });
}

const REFUSALS: Metric = 'postern_sign_in_refusals_total';

/** Nobody outside causes these. A code that the provider refuses may be made up by anybody. */
function isTechnical({ series }: SeriesCount): boolean {
  const reason = readLabel(series, 'reason') ?? '';
  return /^(?:provider|id-token): /.test(reason) && reason !== 'provider: grant-refused';
}

function isOutcome(...outcomes: readonly string[]) {
  return ({ series }: SeriesCount) => outcomes.includes(readLabel(series, 'outcome') ?? '');
}

/** ` (timeout 3, userinfo 1)`, the most frequent first. */
function describeReasons(counts: readonly SeriesCount[], metric: Metric): string {
  const reasons = counts
    .filter(({ series }) => metricOf(series) === metric)
    .map((one) => ({ reason: readLabel(one.series, 'reason') ?? 'other', count: one.count }))
    .sort((one, other) => other.count - one.count);
  if (reasons.length === 0) return '';
  return ` (${reasons.map((one) => `${one.reason} ${one.count}`).join(', ')})`;
}
