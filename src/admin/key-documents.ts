import type { KeyJson, KeyMark } from '../api/keys.ts';
import type { LedgerSummary } from '../ledger/book.ts';
import { formatInstant, formatMaybeInstant } from '../lib/instant.ts';
import { ALL } from '../session/scope.ts';
import type { ShareKey } from '../share/key.ts';
import { type KeyRecord, keyIdOf, type OpenedRecord } from '../share/key-record.ts';

const OLD_SECONDS = 90 * 86_400;

/** What a document tells beside the key itself. */
export interface KeyContext {
  /** Unix seconds. */
  readonly now: number;
  readonly use: LedgerSummary;
  /** Whether the same name stands in the other place too. */
  readonly isTwice: boolean;
  /** Whether its token is registered under another name too. */
  readonly hasForeignToken?: boolean;
}

/** What a key that cannot be read still shows. */
const BLANK = {
  kind: null,
  dashboards: null,
  frameAncestors: null,
  maxSessionSeconds: null,
  live: false,
  resources: [],
  expiresAt: null,
  createdAt: null,
  changedAt: null,
  tokenAt: null,
  note: null,
  formerTokenUntil: null,
  origin: null,
  mintTokens: [],
} satisfies Partial<KeyJson>;

/** A stored key as the API shows it; never its token. */
export function describeStored(
  opened: Exclude<OpenedRecord, { state: 'garbage' }>,
  context: KeyContext,
): KeyJson {
  if (opened.state === 'open') return describeRecord(opened.record, context);
  const { orgId, name } = opened;
  return {
    ...BLANK,
    ...describeUse(context),
    id: keyIdOf(orgId, name),
    orgId,
    name,
    source: 'kv',
    state: 'unreadable',
    marks: ['unreadable'],
  };
}

export function describeRecord(record: KeyRecord, context: KeyContext): KeyJson {
  const { orgId, name, material, former, origin } = record;
  return {
    ...describeUse(context),
    ...describeScope(record),
    id: keyIdOf(orgId, name),
    orgId,
    name,
    source: 'kv',
    state: stateOf(record, context.now),
    kind: material.token.kind,
    createdAt: formatInstant(record.createdAt),
    changedAt: formatInstant(record.changedAt),
    tokenAt: formatInstant(record.tokenAt),
    note: record.note ?? null,
    formerTokenUntil: former && context.now < former.until ? formatInstant(former.until) : null,
    origin: origin
      ? {
          state: origin.state,
          checkedAt: formatInstant(origin.checkedAt),
          role: origin.role ?? null,
          orgId: origin.orgId ?? null,
          orgName: origin.orgName ?? null,
        }
      : null,
    mintTokens: record.mintTokens.map(({ id, note, createdAt }) => ({
      id,
      note: note ?? null,
      createdAt: formatInstant(createdAt),
    })),
    marks: marksOf(record, context),
  };
}

/** A key of SHARE_KEYS: what is known of it is what stands there. */
export function describeConfigured(key: ShareKey, context: KeyContext): KeyJson {
  const { orgId, name, token } = key;
  const marks: KeyMark[] = isExpired(key, context.now) ? ['expired'] : [];
  if (context.isTwice) marks.push('overruled-by-stored');
  if (context.hasForeignToken) marks.push('token-under-two-names');
  if (isOpen(key)) marks.push('open-to-organisation');
  return {
    ...BLANK,
    ...describeUse(context),
    ...describeScope(key),
    id: keyIdOf(orgId, name),
    orgId,
    name,
    source: 'SHARE_KEYS',
    state: isExpired(key, context.now) ? 'expired' : 'active',
    kind: token.kind,
    marks,
  };
}

function describeUse({ use }: KeyContext): Pick<KeyJson, 'lastUsedAt' | 'refusedByOriginAt'> {
  return {
    lastUsedAt: formatMaybeInstant(use.lastUsedAt),
    refusedByOriginAt: formatMaybeInstant(use.refusedByOriginAt),
  };
}

type Scoped = Pick<
  ShareKey,
  'dashboards' | 'frameAncestors' | 'maxSessionSeconds' | 'live' | 'resources' | 'expiresAt'
>;

function describeScope(key: Scoped) {
  return {
    dashboards: key.dashboards ? [...key.dashboards] : null,
    frameAncestors: key.frameAncestors ? [...key.frameAncestors] : null,
    maxSessionSeconds: key.maxSessionSeconds ?? null,
    live: key.live,
    resources: [...key.resources],
    expiresAt: formatMaybeInstant(key.expiresAt),
  };
}

function stateOf(record: KeyRecord, now: number): KeyJson['state'] {
  if (record.disabled) return 'disabled';
  return isExpired(record, now) ? 'expired' : 'active';
}

/** What is worth a look, in the order of the list. */
function marksOf(record: KeyRecord, { now, use, isTwice }: KeyContext): KeyMark[] {
  const { origin, former } = record;
  const refusedAt = Math.max(use.refusedByOriginAt ?? 0, origin?.state === 'refused' ? origin.checkedAt : 0);
  const worksAt = origin?.state === 'works' ? origin.checkedAt : 0;
  const marks: readonly (readonly [KeyMark, boolean])[] = [
    ['disabled', record.disabled],
    ['expired', isExpired(record, now)],
    ['older-than-90-days', now - record.tokenAt > OLD_SECONDS],
    // A refusal of the token before, or before the origin last took this one, is over.
    ['refused-by-origin', refusedAt > Math.max(worksAt, record.tokenAt - 1)],
    ['overrides-share-keys', isTwice],
    ['being-replaced', former !== undefined && now < former.until],
    ['open-to-organisation', isOpen(record)],
  ];
  return marks.flatMap(([mark, holds]) => (holds ? [mark] : []));
}

function isExpired({ expiresAt }: Pick<ShareKey, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt;
}

function isOpen({ dashboards }: Pick<ShareKey, 'dashboards'>): boolean {
  return dashboards?.includes(ALL) === true;
}
