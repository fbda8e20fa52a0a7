import * as z from 'zod';
import { EventDocument } from '../api/events.ts';
import type { Visit } from '../corridor.ts';
import type { HourCount, KeptEvent } from '../ledger/book.ts';
import type { CommonLedger, LedgerKey } from '../ledger/ledgers.ts';
import { decodeUtf8, fromBase64Url, toBase64Url, utf8 } from '../lib/bytes.ts';
import { formatInstant, parseInstant } from '../lib/instant.ts';
import { parseJson } from '../lib/json.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import { Refused } from './refused.ts';

/** Ledgers that one answer asks: fewer than the subrequests of a request on the free plan (50). */
const LEDGERS_MAX = 40;
const DAY_SECONDS = 86_400;

/** Stands for the keys behind those that one answer asks: name one to see its events. */
const MORE_KEYS = '(more keys)';

type Of = LedgerKey | CommonLedger;

/** Where each ledger goes on, by its mark in {@link markOf}. A ledger that is not there is read from its newest. */
const PLACES = z.record(z.string(), z.int());
type Places = Readonly<z.output<typeof PLACES>>;

interface FoundEvent extends KeptEvent {
  readonly mark: string;
}

/** The latest events of one key, or of all ledgers together, newest first. */
export async function listEvents(
  ask: {
    readonly orgId?: number | undefined;
    readonly name?: string | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
  visit: Visit,
) {
  const places = readCursor(ask.cursor);
  const { ledgers, left } = await findLedgers(ask, visit);
  const answers = await Promise.all(ledgers.map((of) => readLatest(of, ask.limit, places, visit)));
  const missing = ledgers.filter((_, at) => answers[at] === undefined).map(titleOf);
  const found = answers.flatMap((events) => events ?? []);
  found.sort((one, other) => other.time - one.time || other.place - one.place);
  const page = found.slice(0, ask.limit);
  return {
    events: page.map(({ line }) => EventDocument.parse(JSON.parse(line))),
    cursor: found.length < ask.limit ? null : formatCursor(places, page),
    missing: [...left, ...missing],
  };
}

/** The latest events of one ledger; undefined where it cannot be reached: the others are worth seeing all the same. */
async function readLatest(
  of: Of,
  limit: number,
  places: Places,
  { house }: Visit,
): Promise<readonly FoundEvent[] | undefined> {
  const mark = markOf(of);
  try {
    const kept = await house.ledgers.latest(of, { limit, before: places[mark] });
    return kept.map((event) => ({ ...event, mark }));
  } catch {
    // Its name in the answer says so.
    return undefined;
  }
}

/** Counts of one key since a moment, a day where none is named. */
export async function listCounts(
  ask: { readonly orgId: number; readonly name: string; readonly since?: string | undefined },
  visit: Visit,
) {
  const since = ask.since === undefined ? visit.now - DAY_SECONDS : parseInstant(ask.since);
  const counts = await readCounts(ask, since, visit);
  return {
    counts: counts.map(({ hour, uid, ...rest }) => ({ hour: formatInstant(hour), dashboard: uid, ...rest })),
  };
}

/** @throws StorageUnavailable */
async function readCounts(key: LedgerKey, since: number, { house }: Visit): Promise<readonly HourCount[]> {
  try {
    return await house.ledgers.counts(key, since);
  } catch {
    throw new StorageUnavailable('read');
  }
}

async function findLedgers(
  { orgId, name }: { readonly orgId?: number | undefined; readonly name?: string | undefined },
  visit: Visit,
): Promise<{ ledgers: Of[]; left: string[] }> {
  if ((orgId === undefined) !== (name === undefined)) {
    throw new Refused('invalid_input', 'A key is named by orgId and name together.');
  }
  if (orgId !== undefined && name !== undefined) return { ledgers: [{ orgId, name }], left: [] };
  const { keys, hasMore } = await listKeys(visit);
  const all: Of[] = ['gateway', 'unknown', ...keys];
  const left = all.slice(LEDGERS_MAX).map(titleOf);
  return { ledgers: all.slice(0, LEDGERS_MAX), left: hasMore ? [...left, MORE_KEYS] : left };
}

async function listKeys({ house }: Visit): Promise<{ keys: LedgerKey[]; hasMore: boolean }> {
  const page = await house.stores?.keys.list(LEDGERS_MAX, undefined);
  const stored = (page?.records ?? []).flatMap((opened) => {
    if (opened.state === 'garbage') return [];
    const { orgId, name } = opened.state === 'open' ? opened.record : opened;
    return [{ orgId, name }];
  });
  const names = new Set(stored.map(titleOf));
  const configured = house.config.share.keys.filter((key) => !names.has(titleOf(key)));
  const keys = [...stored, ...configured.map(({ orgId, name }) => ({ orgId, name }))];
  return { keys, hasMore: page?.cursor !== undefined };
}

function titleOf(of: Of): string {
  return typeof of === 'string' ? of : `${of.orgId}/${of.name}`;
}

/** Short, whatever a name holds: cursors stand in addresses. */
function markOf(of: Of): string {
  return sha256Hex(titleOf(of)).slice(0, 12);
}

/** @throws Refused for a cursor that no answer of ours named */
function readCursor(cursor: string | undefined): Places {
  if (cursor === undefined) return {};
  const bytes = fromBase64Url(cursor);
  const text = bytes && decodeUtf8(bytes);
  const places = PLACES.safeParse(parseJson(text));
  if (!places.success) throw new Refused('invalid_input', 'The cursor is none of this gateway.');
  return places.data;
}

/** The oldest place of each ledger that was shown so far. */
function formatCursor(places: Places, page: readonly FoundEvent[]): string {
  const next: Record<string, number> = { ...places };
  for (const { mark, place } of page) next[mark] = Math.min(next[mark] ?? place, place);
  return toBase64Url(utf8(JSON.stringify(next)));
}
