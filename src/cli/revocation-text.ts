import type { BoundJson, RevocationJson } from '../api/revocations.ts';
import { formatRows, hideKeys, type Style, showText } from './print.ts';
import { formatTable, shortenInstant, spellInstant } from './table.ts';
import { formatDuration } from './words.ts';

/** What was revoked, for a headline. */
export function nameTarget({ kind, target }: Pick<RevocationJson, 'kind' | 'target'>): string {
  return kind === 'all' ? 'everything' : `${kind} ${hideKeys(showText(target))}`;
}

/** One revocation, below what was done to it. */
export function formatRevocation(revocation: RevocationJson): string {
  const { id, before, until, reason, publicReason, by } = revocation;
  const rows: [string, string | null][] = [
    ['Id', id],
    [
      'Holds for',
      before === null ? 'everything, until it is lifted' : `what was issued until ${spellInstant(before)}`,
    ],
    ['Ends', until && spellInstant(until)],
    ['Reason', reason],
    ['For visitors', publicReason],
    ['By', by],
  ];
  return `${formatRows(rows.flatMap(([label, text]) => (text === null ? [] : [[label, hideKeys(showText(text))] as const])))}\n`;
}

/** When it takes effect, for people. */
export function formatBound({ memoSeconds, propagationSeconds }: BoundJson): string {
  const near = formatDuration(memoSeconds);
  const far = formatDuration(memoSeconds + propagationSeconds);
  return `In effect within ${near} where the gateway answered, elsewhere within about ${far}.\n`;
}

export function formatRevocations(revocations: readonly RevocationJson[], style: Style): string {
  if (revocations.length === 0) return 'Nothing is revoked.\n';
  const rows = revocations.map((one) => [
    one.id,
    one.target,
    one.before === null ? 'until lifted' : `issued until ${shortenInstant(one.before)}`,
    shortenInstant(one.until),
    shortenInstant(one.at),
    one.by ?? '-',
    one.reason ?? '',
  ]);
  return formatTable(['ID', 'WHAT', 'HOLDS FOR', 'ENDS', 'SINCE', 'BY', 'REASON'], rows, style);
}
