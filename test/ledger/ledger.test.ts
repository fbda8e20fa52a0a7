import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import type { Entries, HourCount } from '../../src/ledger/book.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { BOUND } from '../support/bound.ts';
import { NOW } from '../support/gateway.ts';

const HOUR = NOW - (NOW % 3600);
const DAY_SECONDS = 86_400;
const RULE = { limit: 10, pauseSeconds: 3600 };

/** The real Durable Object, in the runtime. */
function open(name = 'key') {
  return BOUND.POSTERN_LEDGER.getByName(name);
}

function entries(of: Partial<Entries> = {}): Entries {
  return { events: [], counts: [], now: NOW, ...of };
}

function eventsOf(from: number, to: number, isDone = true): Entries {
  const events = Array.from({ length: to - from }, (_, index) => ({
    time: NOW + from + index,
    isDone,
    line: `${isDone ? 'line' : 'refusal'} ${from + index}`,
  }));
  return entries({ events });
}

function countOf(of: Partial<HourCount> = {}): HourCount {
  return { hour: HOUR, uid: 'uid-one', linkId: 'link-1', what: 'served', count: 1, ...of };
}

function countRows(table: 'events' | 'counts' | 'failures'): Promise<number> {
  return runInDurableObject(
    open(),
    (_, { storage }) =>
      storage.sql.exec<{ rows: number }>(`SELECT COUNT(*) AS rows FROM ${table}`).one().rows,
  );
}

describe('a ledger', () => {
  test('is empty at first', async () => {
    const ledger = open();
    expect(await ledger.latest({ limit: 10 })).toEqual([]);
    expect(await ledger.counts(0)).toEqual([]);
    expect(await ledger.summary()).toEqual({ lastUsedAt: undefined, refusedByOriginAt: undefined });
  });

  test('knows nothing of another', async () => {
    await open('one').note(entries({ ...eventsOf(0, 1), counts: [countOf()], usedAt: NOW }));
    expect(await open('two').latest({ limit: 10 })).toEqual([]);
    expect(await open('two').counts(0)).toEqual([]);
    expect(await open('two').summary()).toEqual({ lastUsedAt: undefined, refusedByOriginAt: undefined });
  });

  test('remembers the latest of each moment, whichever was told last', async () => {
    const ledger = open();
    await ledger.note(entries({ usedAt: NOW, refusedByOriginAt: NOW - 5 }));
    await ledger.note(entries({ usedAt: NOW - 60 }));
    expect(await ledger.summary()).toEqual({ lastUsedAt: NOW, refusedByOriginAt: NOW - 5 });
  });
});

describe('events', () => {
  test('come newest first, and page by page', async () => {
    const ledger = open();
    await ledger.note(eventsOf(0, 5));
    const newest = await ledger.latest({ limit: 2 });
    expect(newest.map(({ line, time }) => [line, time])).toEqual([
      ['line 4', NOW + 4],
      ['line 3', NOW + 3],
    ]);
    const before = newest.at(-1)?.place ?? 0;
    const rest = await ledger.latest({ limit: 10, before });
    expect(rest.map(({ line }) => line)).toEqual(['line 2', 'line 1', 'line 0']);
  });

  test('are kept in the order in which they came, even within one second', async () => {
    const ledger = open();
    for (const line of ['a', 'b', 'c'])
      await ledger.note(entries({ events: [{ time: NOW, isDone: line !== 'b', line }] }));
    expect((await ledger.latest({ limit: 3 })).map(({ line }) => line)).toEqual(['c', 'b', 'a']);
  });

  test('of what was done are 500 at most: the oldest go', async () => {
    const ledger = open();
    for (let from = 0; from < 700; from += 100) await ledger.note(eventsOf(from, from + 100));
    const kept = await ledger.latest({ limit: 1000 });
    expect(kept).toHaveLength(500);
    expect([kept.at(0)?.line, kept.at(-1)?.line]).toEqual(['line 699', 'line 200']);
    expect(await countRows('events')).toBe(500);
  });

  test('of what was refused or failed are 250 at most, and push out nothing that was done', async () => {
    const ledger = open();
    await ledger.note(eventsOf(0, 100));
    for (let from = 100; from < 1100; from += 100) await ledger.note(eventsOf(from, from + 100, false));
    const kept = (await ledger.latest({ limit: 1000 })).map(({ line }) => line);
    expect(kept).toHaveLength(350);
    expect([kept[0], kept[249], kept[250], kept.at(-1)]).toEqual([
      'refusal 1099',
      'refusal 850',
      'line 99',
      'line 0',
    ]);
    await ledger.note(eventsOf(1100, 1700));
    expect(await countRows('events')).toBe(750);
  });
});

describe('counts', () => {
  test('add up by hour, dashboard, link and what was done', async () => {
    const ledger = open();
    await ledger.note(entries({ counts: [countOf({ count: 2 }), countOf({ what: 'opened' })] }));
    await ledger.note(entries({ counts: [countOf({ count: 3 }), countOf({ uid: 'uid-two' })] }));
    await ledger.note(entries({ counts: [countOf({ linkId: 'link-2' }), countOf({ hour: HOUR - 3600 })] }));
    expect(await ledger.counts(HOUR - 3600)).toEqual([
      countOf({ hour: HOUR - 3600 }),
      countOf({ what: 'opened' }),
      countOf({ count: 5 }),
      countOf({ linkId: 'link-2' }),
      countOf({ uid: 'uid-two' }),
    ]);
    expect((await ledger.counts(NOW)).every(({ hour }) => hour === HOUR)).toBe(true);
    expect(await ledger.counts(NOW)).toHaveLength(4);
    expect(await ledger.counts(HOUR + 3600)).toEqual([]);
  });

  test('of more links than an hour has room for are counted together, and none is lost', async () => {
    const ledger = open();
    const links = Array.from({ length: 250 }, (_, index) => countOf({ linkId: `link-${index}` }));
    await ledger.note(entries({ counts: links }));
    const counts = await ledger.counts(HOUR);
    expect(counts).toHaveLength(201);
    expect(counts.filter(({ linkId }) => linkId === '*')).toEqual([countOf({ linkId: '*', count: 50 })]);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(250);
    await ledger.note(entries({ counts: [countOf({ hour: HOUR + 3600, linkId: 'link-900' })] }));
    expect(await ledger.counts(HOUR + 3600)).toEqual([countOf({ hour: HOUR + 3600, linkId: 'link-900' })]);
  });

  test('of made-up dashboards fill no ledger', async () => {
    const ledger = open();
    const counts = Array.from({ length: 1500 }, (_, index) => countOf({ uid: `uid-${index}`, linkId: '' }));
    await ledger.note(entries({ counts }));
    expect(await countRows('counts')).toBe(401);
    const kept = await ledger.counts(HOUR);
    expect(kept.filter(({ uid }) => uid === '*')).toEqual([countOf({ uid: '*', linkId: '*', count: 1100 })]);
    expect(kept.reduce((sum, { count }) => sum + count, 0)).toBe(1500);
  });

  test('are kept for forty days', async () => {
    const ledger = open();
    const old = countOf({ hour: HOUR - 40 * DAY_SECONDS - 3600 });
    const kept = countOf({ hour: HOUR - 39 * DAY_SECONDS });
    await ledger.note(entries({ counts: [old, kept], now: NOW - DAY_SECONDS }));
    expect(await ledger.counts(0)).toEqual([old, kept]);
    await ledger.note(entries({ counts: [countOf()] }));
    expect(await ledger.counts(0)).toEqual([kept, countOf()]);
  });
});

describe('failures', () => {
  const fail = async (times: number, at = NOW, subject = 'name one'): Promise<number[]> => {
    const waits: number[] = [];
    for (let index = 0; index < times; index++) waits.push(await open().countFailure(subject, RULE, at));
    return waits;
  };

  test('are ten a minute, then a pause, whose rest is told', async () => {
    expect(await fail(12)).toEqual([...Array(10).fill(0), 3600, 3600]);
    expect(await fail(1, NOW + 600)).toEqual([3000]);
    expect(await fail(1, NOW + 3599)).toEqual([1]);
  });

  test('of one subject are none of another', async () => {
    await fail(11);
    expect(await fail(10, NOW, 'name two')).toEqual(Array(10).fill(0));
  });

  test('lead to no pause where no minute has more than ten', async () => {
    expect(await fail(10)).toEqual(Array(10).fill(0));
    expect(await fail(10, NOW + 60)).toEqual(Array(10).fill(0));
    expect(await fail(1, NOW + 119)).toEqual([3600]);
  });

  test('are counted in a window that begins with the first, and not with the last', async () => {
    await fail(1);
    expect(await fail(9, NOW + 59)).toEqual(Array(9).fill(0));
    expect(await fail(10, NOW + 60)).toEqual(Array(10).fill(0));
  });

  test('may begin anew when the pause has ended', async () => {
    await fail(11);
    expect(await fail(11, NOW + 3600)).toEqual([...Array(10).fill(0), 3600]);
  });

  test('that come during a pause do not lengthen it', async () => {
    await fail(11);
    await fail(50, NOW + 1800);
    expect(await fail(1, NOW + 3600)).toEqual([0]);
  });

  test('of made-up names fill no ledger: those that began first are forgotten', async () => {
    await runInDurableObject(open(), async (ledger: Ledger) => {
      for (let index = 0; index < 3000; index++) {
        const at = NOW + Math.floor(index / 100);
        await ledger.countFailure(`name ${index}`, RULE, at);
      }
    });
    expect(await countRows('failures')).toBe(2000);
    const oldest = await runInDurableObject(
      open(),
      (_, { storage }) =>
        storage.sql.exec<{ since: number }>('SELECT MIN(since) AS since FROM failures').one().since,
    );
    expect(oldest).toBe(NOW + 10);
    expect(await fail(11, NOW + 30, 'name paused')).toEqual([...Array(10).fill(0), 3600]);
  });

  test('that are long over make room first, and pauses that last do not', async () => {
    await fail(11, NOW - 120, 'name paused');
    await runInDurableObject(open(), async (ledger: Ledger) => {
      for (let index = 0; index < 1999; index++) await ledger.countFailure(`old ${index}`, RULE, NOW - 100);
      for (let index = 0; index < 1000; index++) await ledger.countFailure(`new ${index}`, RULE, NOW);
    });
    expect(await countRows('failures')).toBe(1001);
    expect(await fail(1, NOW, 'name paused')).toEqual([3480]);
  });
});
