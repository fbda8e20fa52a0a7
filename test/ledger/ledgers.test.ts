import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Book } from '../../src/ledger/book.ts';
import { type LedgerNamespace, Ledgers } from '../../src/ledger/ledgers.ts';
import { Tally } from '../../src/ledger/tally.ts';
import { formatEvent } from '../../src/observe/events.ts';
import { BOUND } from '../support/bound.ts';
import { Gateway, NOW } from '../support/gateway.ts';
import { keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = { orgId: 1, name: 'portal' };
const RULE = { limit: 10, pauseSeconds: 3600 };
const ACCEPTED = formatEvent(
  'share.link.accepted',
  {
    key: KEY.name,
    orgId: KEY.orgId,
    version: 'v2',
    uid: 'uid-one',
    linkId: 'link-1',
    sessionId: 'session-1',
    sessionSeconds: 60,
  },
  NOW,
);

afterEach(() => vi.useRealTimers());

function create(namespace: LedgerNamespace | undefined) {
  const failures: string[] = [];
  const clock = { now: NOW };
  const ledgers = new Ledgers({
    namespace,
    now: () => clock.now,
    onFailure: (reason) => failures.push(reason),
  });
  return { ledgers, failures, clock };
}

/** Ledgers whose every call ends, or does not end, in the same way. */
function brokenBy(call: () => Promise<never>): LedgerNamespace {
  const book: Book = {
    note: call,
    latest: call,
    countFailure: call,
    summary: call,
    counts: call,
    readRecord: call,
    swapRecord: call,
    addMeter: call,
    readMeter: call,
    noteHealth: call,
  };
  return { getByName: () => book };
}

class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

const FAULTS: readonly (readonly [what: string, namespace: LedgerNamespace, reason: string])[] = [
  [
    'whose namespace throws',
    {
      getByName: () => {
        throw new OverloadedError('at the namespace');
      },
    },
    'OverloadedError',
  ],
  ['that throw at once', brokenBy(() => never(new OverloadedError('at once'))), 'OverloadedError'],
  ['that fail', brokenBy(() => Promise.reject(new OverloadedError('later'))), 'OverloadedError'],
  ['that never answer', brokenBy(() => new Promise(() => undefined)), 'TimeoutError'],
];

function never(error: Error): never {
  throw error;
}

describe.each(FAULTS)('ledgers %s', (_, namespace, reason) => {
  /** The outcome of some work, with two seconds of waiting in no time. */
  async function hurry<T>(start: () => Promise<T>): Promise<T> {
    vi.useFakeTimers();
    const work = start();
    const outcome = work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await vi.advanceTimersByTimeAsync(2_000);
    return (await outcome)();
  }

  test('fail nobody who writes, and are told of', async () => {
    const { ledgers, failures } = create(namespace);
    await hurry(() => ledgers.record(ACCEPTED));
    await hurry(() => ledgers.addCounts(KEY, []));
    expect(failures).toEqual([reason, reason]);
  });

  test('make nobody wait', async () => {
    const { ledgers, failures } = create(namespace);
    expect(await hurry(() => ledgers.countKeyFailure(KEY, true, RULE))).toBe(0);
    expect(await hurry(() => ledgers.countAddressFailure('link', '203.0.113.7', RULE))).toBe(0);
    expect(failures).toEqual([reason, reason]);
  });

  test('know nothing of a key', async () => {
    const { ledgers, failures } = create(namespace);
    const summary = await hurry(() => ledgers.summary(KEY));
    expect(summary).toEqual({ lastUsedAt: undefined, refusedByOriginAt: undefined });
    expect(failures).toEqual([reason]);
  });

  test('say to whoever reads them that they cannot be read', async () => {
    const { ledgers } = create(namespace);
    await expect(hurry(() => ledgers.latest(KEY, { limit: 1 }))).rejects.toThrow();
    await expect(hurry(() => ledgers.counts(KEY, 0))).rejects.toThrow();
  });

  test('change no answer of the gateway', async () => {
    const gateway = new Gateway({ vars: { POSTERN_LEDGER: namespace } });
    const jar = await gateway.open();
    expect((await gateway.fetchAs(jar, '/d/uid-one')).status).toBe(200);
    const wrong = linkTo({ key: keyNamed('test1'), at: NOW }).replace(/sign=[0-9a-f]{4}/, 'sign=0000');
    const refused = await gateway.fetch(wrong);
    expect(refused.status).toBe(403);
    await gateway.settle();
    const told = gateway.events.filter(({ event }) => event === 'ledger.failed');
    expect(told.map((event) => event.reason)).toEqual([reason]);
    expect(origin.received).toHaveLength(1);
  });
});

describe('ledgers', () => {
  test('that are not bound keep nothing, make nobody wait and are no failure', async () => {
    const { ledgers, failures } = create(undefined);
    await ledgers.record(ACCEPTED);
    await ledgers.addCounts(KEY, []);
    expect(await ledgers.countKeyFailure(KEY, true, RULE)).toBe(0);
    expect(await ledgers.latest(KEY, { limit: 1 })).toEqual([]);
    expect(await ledgers.counts(KEY, 0)).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('keep a decision with its key, and count it', async () => {
    const { ledgers } = create(BOUND.POSTERN_LEDGER);
    await ledgers.record(ACCEPTED);
    const [event, ...others] = await ledgers.latest(KEY, { limit: 10 });
    expect(JSON.parse(event?.line ?? '')).toEqual(ACCEPTED);
    expect(others).toEqual([]);
    expect(await ledgers.latest({ ...KEY, orgId: 2 }, { limit: 10 })).toEqual([]);
    expect(await ledgers.counts(KEY, 0)).toEqual([
      { hour: NOW - (NOW % 3600), uid: 'uid-one', linkId: 'link-1', what: 'opened', count: 1 },
    ]);
    expect(await ledgers.summary(KEY)).toEqual({ lastUsedAt: NOW, refusedByOriginAt: undefined });
  });

  test('keep nothing that is no decision', async () => {
    const { ledgers } = create(BOUND.POSTERN_LEDGER);
    await ledgers.record(formatEvent('origin.timeout', { path: '/d' }, NOW));
    expect(await ledgers.latest('gateway', { limit: 10 })).toEqual([]);
  });

  test('are not flooded by refusals, which push nothing else out', async () => {
    const { ledgers, clock } = create(BOUND.POSTERN_LEDGER);
    const refused = formatEvent('share.link.refused', { reason: 'expired', key: 'portal', orgId: 1 }, NOW);
    for (let index = 0; index < 50; index++) await ledgers.record(refused);
    await ledgers.record(ACCEPTED);
    expect(await ledgers.latest(KEY, { limit: 100 })).toHaveLength(11);
    clock.now += 60;
    await ledgers.record(refused);
    expect(await ledgers.latest(KEY, { limit: 100 })).toHaveLength(12);
  });

  test('remember a pause in the isolate, and ask again when it has ended', async () => {
    const asked: string[] = [];
    const namespace: LedgerNamespace = {
      getByName(name) {
        asked.push(name);
        return BOUND.POSTERN_LEDGER.getByName(name);
      },
    };
    const { ledgers, clock } = create(namespace);
    for (let index = 0; index < 10; index++) expect(await ledgers.countKeyFailure(KEY, true, RULE)).toBe(0);
    expect(await ledgers.countKeyFailure(KEY, true, RULE)).toBe(3600);
    expect(asked).toHaveLength(11);
    clock.now += 600;
    expect(await ledgers.countKeyFailure(KEY, true, RULE)).toBe(3000);
    expect(asked).toHaveLength(11);
    clock.now += 3000;
    expect(await ledgers.countKeyFailure(KEY, true, RULE)).toBe(0);
    expect(asked).toHaveLength(12);
    expect(new Set(asked).size).toBe(1);
  });

  test('keep names that nobody registered in one of their own', async () => {
    const asked: string[] = [];
    const { ledgers } = create({
      getByName(name) {
        asked.push(name);
        return BOUND.POSTERN_LEDGER.getByName(name);
      },
    });
    for (const name of ['a', 'b', 'c']) await ledgers.countKeyFailure({ orgId: 1, name }, false, RULE);
    expect(asked).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

describe('the tally of an isolate', () => {
  const OTHER = { orgId: 2, name: 'portal' };

  test('is handed on after half a minute, to each key its own', async () => {
    const { ledgers } = create(BOUND.POSTERN_LEDGER);
    const tally = new Tally(ledgers, NOW);
    for (let index = 0; index < 3; index++)
      expect(tally.count(KEY, 'uid-one', 'link-1', NOW + 29)).toBeUndefined();
    expect(tally.count(OTHER, 'uid-one', 'link-1', NOW + 29)).toBeUndefined();
    await tally.count(KEY, 'uid-two', 'link-1', NOW + 30);
    const served = { hour: NOW - (NOW % 3600), linkId: 'link-1', what: 'served' };
    expect(await ledgers.counts(KEY, 0)).toEqual([
      { ...served, uid: 'uid-one', count: 3 },
      { ...served, uid: 'uid-two', count: 1 },
    ]);
    expect(await ledgers.counts(OTHER, 0)).toEqual([{ ...served, uid: 'uid-one', count: 1 }]);
    expect(tally.count(KEY, 'uid-one', 'link-1', NOW + 31)).toBeUndefined();
  });

  test('of too many links counts them together, and mixes no keys', async () => {
    const { ledgers } = create(BOUND.POSTERN_LEDGER);
    const tally = new Tally(ledgers, NOW);
    for (let index = 0; index < 1000; index++) tally.count(KEY, 'uid-one', `link-${index}`, NOW);
    for (let index = 0; index < 5; index++) {
      tally.count(KEY, 'uid-one', `more-${index}`, NOW);
      tally.count(OTHER, 'uid-one', `other-${index}`, NOW);
    }
    await tally.count(OTHER, 'uid-one', 'last', NOW + 30);
    const hour = NOW - (NOW % 3600);
    expect(await ledgers.counts(OTHER, 0)).toEqual([
      { hour, uid: 'uid-one', linkId: '*', what: 'served', count: 6 },
    ]);
    const counts = await ledgers.counts(KEY, 0);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(1005);
  });
});
