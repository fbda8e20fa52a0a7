import type { EventLine } from './events.ts';

/** A name with its labels, as Prometheus writes them: `postern_refreshes_total{outcome="done"}`. */
export type Series = string;

/** How much of one series. */
export interface SeriesCount {
  readonly series: Series;
  readonly count: number;
}

/** Every metric that is counted, with what it counts. Labels hold words of closed sets, and nothing of a visitor's. */
export const METRICS = {
  postern_sign_ins_total: 'Sign-ins that succeeded',
  postern_sign_in_refusals_total: 'Sign-ins that were refused, by reason',
  postern_refreshes_total:
    'Refreshes of sign-ins: done, failed for now, or the end of the session; by reason',
  postern_link_verifications_total: 'Share links that were looked at, by outcome',
  postern_revocations_total: 'Revocations that were made, by kind',
  postern_origin_answers_total: 'Answers of the origin, by status, and requests that got none',
  postern_origin_answer_seconds: 'Time until the first byte of an answer of the origin',
  postern_oncall_calls_total: 'Calls that were sent to an OnCall region',
} as const;

export type Metric = keyof typeof METRICS;

const OF_PERSON = [
  'org-claims-unreadable',
  'role-missing',
  'email-unavailable',
  'not-in-teams',
  'not-in-organizations',
  'not-in-groups',
  'email-missing',
  'email-not-verified',
  'domain-not-allowed',
  'sub-differs',
];
const OF_PROVIDER = ['unreachable', 'timeout', 'answer-invalid', 'client-refused', 'grant-refused'];
const OF_ID_TOKEN = [
  'malformed',
  'signature',
  'algorithm',
  'issuer',
  'audience',
  'expired',
  'issued-in-future',
  'nonce',
];

/** Reasons that have a label of their own; any other is counted as `other`. */
const REASONS = {
  signIn: new Set([
    'attempt-unknown',
    'answer-malformed',
    'account-taken',
    'denied',
    ...OF_PERSON,
    ...OF_PROVIDER.map((reason) => `provider: ${reason}`),
    ...OF_ID_TOKEN.map((reason) => `id-token: ${reason}`),
    'name: reserved',
    'name: not-presentable',
  ]),
  refreshFailed: new Set([...OF_PROVIDER, ...OF_ID_TOKEN, 'timeout-or-storage', 'userinfo', 'emails']),
  refreshEnded: new Set([
    'refresh-refused',
    'no-refresh-token',
    'issuer-differs',
    'account-taken',
    'reserved',
    'not-presentable',
    ...OF_PERSON,
  ]),
  link: new Set([
    'sharing-off',
    'version-off',
    'invalid-parameter',
    'too-many-parameters',
    'not-a-dashboard',
    'unknown-key',
    'signature',
    'revoked',
    'expired',
    'dashboard-not-shared',
  ]),
  revocation: new Set([
    'link',
    'session',
    'sign-ins',
    'sid',
    'sub',
    'subject',
    'key',
    'disabled',
    'removed',
    'dashboard',
    'public',
    'org',
    'all',
  ]),
} as const;

/** The series that an event counts for; undefined for none. */
export function seriesOf(line: EventLine): Series | undefined {
  switch (line.event) {
    case 'sso.signed_in':
      return 'postern_sign_ins_total';
    case 'sso.refused':
      return label('postern_sign_in_refusals_total', { reason: foldSignIn(line.reason) });
    case 'sso.refreshed':
      return label('postern_refreshes_total', { outcome: 'done' });
    case 'sso.refresh.failed':
      return ofRefresh('failed', line.reason, REASONS.refreshFailed);
    case 'sso.session.ended':
      return ofRefresh('ended', line.reason, REASONS.refreshEnded);
    case 'share.link.accepted':
      return label('postern_link_verifications_total', { outcome: 'accepted' });
    case 'share.link.refused':
      return label('postern_link_verifications_total', { outcome: fold(line.reason, REASONS.link) });
    case 'share.attempts.paused':
      return label('postern_link_verifications_total', { outcome: 'paused' });
    case 'revocation.made':
      return label('postern_revocations_total', { kind: fold(line.kind, REASONS.revocation) });
    default:
      return undefined;
  }
}

function ofRefresh(outcome: 'failed' | 'ended', reason: string, known: ReadonlySet<string>): Series {
  return label('postern_refreshes_total', { outcome, reason: fold(reason, known) });
}

/** `denied: <the provider's word>` is one reason: anybody may bring back any word. */
function foldSignIn(reason: string): string {
  return fold(reason.startsWith('denied') ? 'denied' : reason, REASONS.signIn);
}

function fold(word: string, known: ReadonlySet<string>): string {
  return known.has(word) ? word : 'other';
}

/** A series of a metric. Values are words without quotes, backslashes and line breaks. */
export function label(metric: string, labels: Readonly<Record<string, string>>): Series {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return `${metric}{${pairs.join(',')}}`;
}

/** The value of a label; undefined where the series has none of this name. */
export function readLabel(series: Series, name: string): string | undefined {
  const [, value] = new RegExp(`[{,]${name}="([^"]*)"`).exec(series) ?? [];
  return value;
}

/** The metric of a series. */
export function metricOf(series: Series): string {
  return series.split('{')[0] ?? series;
}

/** How much of all series of a metric whose labels are these. */
export function sumOf(
  counts: readonly SeriesCount[],
  metric: Metric,
  labels: Readonly<Record<string, string>> = {},
): number {
  return counts
    .filter(({ series }) => metricOf(series) === metric)
    .filter(({ series }) =>
      Object.entries(labels).every(([name, value]) => readLabel(series, name) === value),
    )
    .reduce((sum, { count }) => sum + count, 0);
}
