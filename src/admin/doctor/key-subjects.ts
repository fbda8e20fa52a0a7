import { DOCTOR_KEYS_MAX } from '../../api/doctor.ts';
import type { Visit } from '../../corridor.ts';
import { StorageUnavailable } from '../../lib/storage-error.ts';
import type { ShareKey } from '../../share/key.ts';
import { keyIdOf, keyOf, type OpenedRecord } from '../../share/key-record.ts';

/** A key as the doctor looks at it. */
export interface KeySubject {
  readonly key: ShareKey;
  readonly source: 'kv' | 'SHARE_KEYS';
  /** Unix seconds: since when the key has its token. Nobody knows that of one in `SHARE_KEYS`. */
  readonly tokenAt: number | undefined;
}

/** Some keys, and where the next begin. */
export interface SubjectPage {
  readonly subjects: readonly KeySubject[];
  /** Stored keys that cannot be opened: `organisation/name`; undefined for what does not even say that. */
  readonly unreadable: readonly (string | undefined)[];
  readonly cursor: string | null;
}

const CONFIGURED = 'SHARE_KEYS:';
const STORED = 'KV:';

/**
 * One page of keys: those of `SHARE_KEYS` first, then those in KV.
 *
 * @param cursor of an earlier page
 * @throws StorageUnavailable
 */
export function listSubjects(cursor: string | undefined, visit: Visit): Promise<SubjectPage> {
  if (cursor?.startsWith(STORED)) return listStored(cursor.slice(STORED.length), visit);
  return listConfigured(Number(cursor?.slice(CONFIGURED.length) ?? 0), visit);
}

async function listConfigured(start: number, visit: Visit): Promise<SubjectPage> {
  const { keys: all } = visit.house.config.share;
  const page = all.slice(start, start + DOCTOR_KEYS_MAX);
  const next = start + DOCTOR_KEYS_MAX;
  const overruled = await findOverruled(page, visit);
  const subjects = page
    .filter((key) => !overruled.has(keyIdOf(key.orgId, key.name)))
    .map((key) => ({ key, source: 'SHARE_KEYS' as const, tokenAt: undefined }));
  // An empty page is no page of its own.
  if (subjects.length === 0 && next >= all.length && visit.house.stores) return listStored('', visit);
  if (next < all.length) return { subjects, unreadable: [], cursor: `${CONFIGURED}${next}` };
  return { subjects, unreadable: [], cursor: visit.house.stores ? STORED : null };
}

/** Of one name in both places, the key in KV counts. While KV cannot say, those of `SHARE_KEYS` are looked at all. */
async function findOverruled(page: readonly ShareKey[], { house }: Visit): Promise<ReadonlySet<string>> {
  const ids = page.map(({ orgId, name }) => keyIdOf(orgId, name));
  try {
    return (await house.stores?.keys.findStoredIds(ids)) ?? new Set();
  } catch (error) {
    if (error instanceof StorageUnavailable) return new Set();
    throw error;
  }
}

async function listStored(cursor: string, { house }: Visit): Promise<SubjectPage> {
  if (!house.stores) return { subjects: [], unreadable: [], cursor: null };
  const page = await house.stores.keys.list(DOCTOR_KEYS_MAX, cursor === '' ? undefined : cursor);
  return {
    subjects: page.records.flatMap(subjectsOf),
    unreadable: page.records.filter(({ state }) => state !== 'open').map(nameOf),
    cursor: page.cursor === undefined ? null : `${STORED}${page.cursor}`,
  };
}

function subjectsOf(opened: OpenedRecord): KeySubject[] {
  if (opened.state !== 'open') return [];
  return [{ key: keyOf(opened.record), source: 'kv', tokenAt: opened.record.tokenAt }];
}

function nameOf(opened: OpenedRecord): string | undefined {
  return opened.state === 'sealed' ? labelOf(opened) : undefined;
}

/** How findings name a key. */
export function labelOf({ orgId, name }: Pick<ShareKey, 'orgId' | 'name'>): string {
  return `${orgId}/${name}`;
}

/** Stored keys that are looked at beside those of `SHARE_KEYS`: one list and one read. */
const STORED_MAX = 100;

/** The keys that there are, those of KV first; where KV cannot be read, those of `SHARE_KEYS`. */
export async function findKeys({ house }: Visit): Promise<readonly ShareKey[]> {
  const configured = house.config.share.keys;
  const stored = await readStored(house.stores?.keys.list(STORED_MAX, undefined));
  const ids = new Set(stored.map(({ orgId, name }) => keyIdOf(orgId, name)));
  return [...stored, ...configured.filter(({ orgId, name }) => !ids.has(keyIdOf(orgId, name)))];
}

async function readStored(
  page: Promise<{ readonly records: readonly OpenedRecord[] }> | undefined,
): Promise<readonly ShareKey[]> {
  try {
    const { records = [] } = (await page) ?? {};
    return records.flatMap(subjectsOf).map(({ key }) => key);
  } catch (error) {
    if (error instanceof StorageUnavailable) return [];
    throw error;
  }
}
