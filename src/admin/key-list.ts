import type { KeyJson } from '../api/keys.ts';
import type { Visit } from '../corridor.ts';
import type { LedgerSummary } from '../ledger/book.ts';
import type { KeyIdentity, ShareKey } from '../share/key.ts';
import { keyIdOf, type OpenedRecord } from '../share/key-record.ts';
import type { GrafanaToken } from '../share/token.ts';
import { describeConfigured, describeStored } from './key-documents.ts';
import { findConfigured } from './key-saving.ts';
import { findCrowdedOrgs } from './key-warnings.ts';
import { requireStores } from './stores.ts';

/** Keys of one page: each asks its ledger, and a request on the free plan has 50 subrequests. */
export const KEYS_PER_PAGE_MAX = 20;
/** Names that are counted for organisations with many keys. */
const COUNTED_MAX = 1_000;
/** No more ledgers are asked for one page; the keys behind that show no last use. */
const LEDGERS_ASKED_MAX = 40;

interface ListAsk {
  readonly orgId?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What of the keys of `SHARE_KEYS` stands in KV too. */
interface Overlap {
  readonly storedIds: ReadonlySet<string>;
  readonly owners: ReadonlyMap<GrafanaToken, string>;
}

/** One page of keys: those in KV, and behind the last of them those of `SHARE_KEYS`. */
export async function listKeys(ask: ListAsk, visit: Visit) {
  const { keys } = requireStores(visit);
  const page = await keys.list(ask.limit, ask.cursor, ask.orgId);
  const readable = page.records.filter((opened) => opened.state !== 'garbage');
  const stored = await Promise.all(readable.map((opened) => describeOne(opened, visit)));
  const others = page.cursor === undefined ? await listConfigured(ask.orgId, stored.length, visit) : [];
  return {
    keys: [...stored, ...others],
    // Counted once for a whole list.
    warnings: ask.cursor === undefined ? findCrowdedOrgs(await keys.listIds(COUNTED_MAX)) : [],
    cursor: page.cursor ?? null,
  };
}

async function describeOne(
  opened: Exclude<OpenedRecord, { state: 'garbage' }>,
  visit: Visit,
): Promise<KeyJson> {
  const { orgId, name } = opened.state === 'open' ? opened.record : opened;
  const use = await visit.house.ledgers.summary({ orgId, name });
  const isTwice = findConfigured({ orgId, name }, visit) !== undefined;
  return describeStored(opened, { now: visit.now, use, isTwice });
}

/** @param asked ledgers that this answer has asked before */
async function listConfigured(
  orgId: number | undefined,
  asked: number,
  visit: Visit,
): Promise<readonly KeyJson[]> {
  const all = visit.house.config.share.keys;
  const configured = orgId === undefined ? all : all.filter((key) => key.orgId === orgId);
  const { keys } = requireStores(visit);
  const [storedIds, owners] = await Promise.all([
    keys.findStoredIds(configured.map(idOf)),
    keys.findOwners(configured.map(({ token }) => token)),
  ]);
  const overlap: Overlap = { storedIds, owners };
  const described = configured.map(async (key, at) => {
    const use = asked + at < LEDGERS_ASKED_MAX ? await visit.house.ledgers.summary(key) : NO_USE;
    return describeOther(key, use, overlap, visit.now);
  });
  return Promise.all(described);
}

const NO_USE: LedgerSummary = { lastUsedAt: undefined, refusedByOriginAt: undefined };

function describeOther(key: ShareKey, use: LedgerSummary, overlap: Overlap, now: number): KeyJson {
  const id = idOf(key);
  const isTwice = overlap.storedIds.has(id);
  const hasForeignToken = (overlap.owners.get(key.token) ?? id) !== id;
  return describeConfigured(key, { now, use, isTwice, hasForeignToken });
}

function idOf({ orgId, name }: KeyIdentity): string {
  return keyIdOf(orgId, name);
}
