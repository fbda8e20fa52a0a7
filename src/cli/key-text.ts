import type { WarningDocument } from '../api/common.ts';
import type { KeyJson, KeyMark } from '../api/keys.ts';
import type { Output } from './io.ts';
import { formatRows, hideKeys, type Style, showText } from './print.ts';
import { formatTable, shortenInstant, spellInstant } from './table.ts';
import { formatDuration } from './words.ts';

/** Marks in words. One without does not compile. */
const MARKS: Readonly<Record<KeyMark, string>> = {
  disabled: 'disabled',
  expired: 'expired',
  unreadable: 'cannot be opened with the present POSTERN_SECRETS',
  'older-than-90-days': 'token older than 90 days',
  'refused-by-origin': 'refused by the origin',
  'overrides-share-keys': 'wins over the one of this name in SHARE_KEYS',
  'overruled-by-stored': 'overruled by the stored one',
  'being-replaced': 'being replaced',
  'open-to-organisation': 'opens every dashboard',
  'token-under-two-names': 'its token stands under another name too',
};

/** What the state says already. */
const STATE_MARKS: readonly KeyMark[] = ['disabled', 'expired'];

export function formatKeys(keys: readonly KeyJson[], style: Style): string {
  if (keys.length === 0) return 'There are no keys.\n';
  const rows = keys.map((key) => [
    key.name,
    String(key.orgId),
    key.state,
    key.source === 'kv' ? 'stored' : key.source,
    summariseDashboards(key),
    shortenInstant(key.lastUsedAt),
    key.marks
      .filter((mark) => !STATE_MARKS.includes(mark))
      .map((mark) => MARKS[mark])
      .join('; '),
  ]);
  return formatTable(['NAME', 'ORG', 'STATE', 'FROM', 'DASHBOARDS', 'LAST USED', 'MARKS'], rows, style);
}

const SHOWN_DASHBOARDS = 2;

function summariseDashboards({ dashboards }: KeyJson): string {
  if (dashboards === null) return 'one for each link';
  const more = dashboards.length - SHOWN_DASHBOARDS;
  return `${dashboards.slice(0, SHOWN_DASHBOARDS).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** All that is known of one key. */
export function formatKey(key: KeyJson): string {
  const rows: [string, string | null][] = [
    ['Name', key.name],
    ['Organisation', String(key.orgId)],
    ['State', [key.state, ...key.marks.map((mark) => MARKS[mark])].filter(isNew).join('; ')],
    ['From', key.source === 'kv' ? 'stored through the admin API' : key.source],
    ['Kind', key.kind],
    ['Dashboards', key.dashboards?.join(' ') ?? 'the one that a link leads to'],
    ['Embedded by', key.frameAncestors?.join(' ') ?? 'as FRAME_ANCESTORS says'],
    [
      'Longest session',
      key.maxSessionSeconds === null ? 'as the gateway caps it' : formatDuration(key.maxSessionSeconds),
    ],
    ['Live', key.live ? 'yes' : 'no'],
    ['Resources', key.resources.length === 0 ? null : key.resources.join(' ')],
    ['Expires', key.expiresAt && spellInstant(key.expiresAt)],
    ['Created', key.createdAt && spellInstant(key.createdAt)],
    ['Token since', key.tokenAt && spellInstant(key.tokenAt)],
    ['Former token', key.formerTokenUntil && `its links open until ${spellInstant(key.formerTokenUntil)}`],
    ['Last used', key.lastUsedAt === null ? 'never, as far as is known' : spellInstant(key.lastUsedAt)],
    ['Origin', key.origin && describeOrigin(key.origin)],
    ['Refused', key.refusedByOriginAt && `by the origin at ${spellInstant(key.refusedByOriginAt)}`],
    ['Mint tokens', key.mintTokens.map(describeMintToken).join('\n') || null],
    ['Note', key.note],
  ];
  return `${formatRows(rows.flatMap(([label, text]) => (text === null ? [] : [[label, tell(text)] as const])))}\n`;
}

function isNew(word: string, index: number, words: readonly string[]): boolean {
  return words.indexOf(word) === index;
}

function describeOrigin({ state, role, orgId, orgName, checkedAt }: NonNullable<KeyJson['origin']>): string {
  const who = [
    role === null ? '' : `role ${role}`,
    orgId === null ? '' : `organisation ${orgId}${orgName === null ? '' : ` (${orgName})`}`,
  ].filter((word) => word !== '');
  return `${[`the token ${STATES[state]}`, ...who].join(', ')}; asked ${spellInstant(checkedAt)}`;
}

const STATES: Readonly<Record<NonNullable<KeyJson['origin']>['state'], string>> = {
  works: 'works',
  refused: 'is refused',
  unreachable: 'could not be tried',
};

function describeMintToken({ id, note, createdAt }: KeyJson['mintTokens'][number]): string {
  return `${id}, made ${spellInstant(createdAt)}${note === null ? '' : `: ${note}`}`;
}

/** Line breaks are ours, everything else that cannot be seen is spelt out. */
function tell(text: string): string {
  return text
    .split('\n')
    .map((line) => hideKeys(showText(line)))
    .join('\n');
}

/** Warnings for people, beside what is printed. */
export function tellWarnings(warnings: readonly WarningDocument[], stderr: Output): void {
  for (const { message } of warnings)
    stderr.write(`${stderr.style.bold('Warning:')} ${hideKeys(showText(message))}\n`);
}
