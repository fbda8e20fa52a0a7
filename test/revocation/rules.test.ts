import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lifeOf } from '../../src/revocation/life.ts';
import { formatRule, parseRule, type Rule, revokes } from '../../src/revocation/rule.ts';
import { DASHBOARDS_MAX, type Handles, idsOf, judge } from '../../src/revocation/standing.ts';
import { idOf, labelOf, type Target } from '../../src/revocation/target.ts';
import { KEY_DASHBOARDS_MAX } from '../../src/share/key.ts';

const NOW = 1_726_823_533;

const HANDLES: Handles = {
  sessionId: '00112233445566aa',
  linkId: '8899aabbccddeeff',
  orgId: 7,
  name: 'portal',
  dashboards: ['uid-one', 'uid-two'],
  issuedAt: NOW - 100,
};

function judgeBy(target: Target, rule: Partial<Rule> = {}, handles = HANDLES) {
  return judge(handles, new Map([[idOf(target), { at: NOW, ...rule }]]), NOW);
}

/** Everything of HANDLES that can be taken back as a whole, and its neighbours, which are somebody else's. */
const WHOLE: readonly (readonly [target: Target, others: readonly Target[]])[] = [
  [{ kind: 'link', id: '8899aabbccddeeff' }, [{ kind: 'link', id: '8899aabbccddeef0' }]],
  [{ kind: 'session', id: '00112233445566aa' }, [{ kind: 'session', id: '8899aabbccddeeff' }]],
  [
    { kind: 'key', orgId: 7, name: 'portal' },
    [
      { kind: 'key', orgId: 70, name: 'portal' },
      { kind: 'key', orgId: 7, name: 'Portal' },
    ],
  ],
  [{ kind: 'disabled', orgId: 7, name: 'portal' }, [{ kind: 'disabled', orgId: 7, name: 'portal ' }]],
  [{ kind: 'removed', orgId: 7, name: 'portal' }, [{ kind: 'removed', orgId: 7, name: 'portal ' }]],
  [{ kind: 'org', orgId: 7 }, [{ kind: 'org', orgId: 8 }]],
  [
    { kind: 'all' },
    [
      { kind: 'public', token: '0'.repeat(32) },
      { kind: 'subject', subject: 'portal' },
    ],
  ],
];

describe('what a revocation takes back', () => {
  test.each(WHOLE)('%o takes the session, its neighbours do not', (target, others) => {
    expect(judgeBy(target, { publicReason: 'Gone.' }).revoked).toEqual({ publicReason: 'Gone.' });
    for (const other of others) expect(judgeBy(other).revoked).toBeUndefined();
  });

  test.each<[string, Target]>([
    ['in its organisation', { kind: 'dashboard', orgId: 7, uid: 'uid-one' }],
    ['in all organisations', { kind: 'dashboard', uid: 'uid-one' }],
  ])('a dashboard %s goes alone', (_, target) => {
    const { revoked, withdrawn } = judgeBy(target);
    expect(revoked).toBeUndefined();
    expect([...withdrawn.keys()]).toEqual(['uid-one']);
  });

  test('a dashboard of another organisation stays', () => {
    expect(judgeBy({ kind: 'dashboard', orgId: 8, uid: 'uid-one' }).withdrawn.size).toBe(0);
  });

  test('everything a session may be asked about fits into one read of KV', () => {
    const dashboards = Array.from({ length: KEY_DASHBOARDS_MAX }, (_, index) => `uid-${index}`);
    expect(KEY_DASHBOARDS_MAX).toBe(DASHBOARDS_MAX);
    expect(idsOf({ ...HANDLES, dashboards }).length).toBeLessThanOrEqual(100);
  });

  test('no two targets share an id', () => {
    const targets = [...WHOLE.flatMap(([target, others]) => [target, ...others])];
    expect(new Set(targets.map(idOf)).size).toBe(
      new Set(targets.map((target) => JSON.stringify(target))).size,
    );
  });

  test('ids fit KV keys, whatever a name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 190 }), (name) => {
        const id = idOf({ kind: 'key', orgId: 9_999_999_999, name });
        return /^[A-Za-z0-9:_*-]{1,80}$/.test(id);
      }),
    );
  });

  test('the token of a public dashboard is one in all its spellings, and shown in none', () => {
    const token = '0123456789abcdef0123456789ABCDEF';
    const hyphened = '01234567-89ab-cdef-0123-456789abcdef';
    expect(idOf({ kind: 'public', token })).toBe(idOf({ kind: 'public', token: hyphened }));
    const shown = idOf({ kind: 'public', token }) + labelOf({ kind: 'public', token });
    expect(shown.toLowerCase()).not.toContain('0123456789abcdef');
  });
});

describe('since when a revocation holds', () => {
  test.each<[string, Partial<Rule>, number, boolean]>([
    ['until lifted: what was issued before', {}, NOW - 100, true],
    ['until lifted: what will be issued', {}, NOW + 100, true],
    ['before T: what is older', { before: NOW }, NOW - 1, true],
    ['before T: what was issued in that second', { before: NOW }, NOW, true],
    ['before T: what is newer', { before: NOW }, NOW + 1, false],
    ['with an end that is to come', { until: NOW + 1 }, NOW, true],
    ['with an end that has come', { until: NOW }, NOW, false],
  ])('%s', (_, rule, issuedAt, isRevoked) => {
    expect(revokes({ at: NOW, ...rule }, issuedAt, NOW)).toBe(isRevoked);
  });

  test('what cannot be read revokes everything', () => {
    for (const text of ['', '{', 'null', '[]', '{"before":"x"}', '{"at":1.5}']) {
      expect(revokes(parseRule(text), NOW + 1_000_000, NOW)).toBe(true);
    }
  });

  test('a rule comes out of storage as it went in', () => {
    const rule: Rule = {
      before: NOW,
      until: NOW + 5,
      reason: 'a',
      publicReason: '客户',
      by: 'me',
      at: NOW,
      label: 'x',
    };
    expect(parseRule(formatRule(rule))).toEqual(rule);
  });
});

describe('how long a revocation is kept', () => {
  const LIVES = { sessionMaxSeconds: 86_400, freshnessSeconds: 60, hasEndlessLinks: false };

  test.each<[string, Target['kind'], Partial<Rule>, number | undefined]>([
    ['a session until the longest would have ended', 'session', {}, 86_400],
    ['a link until its last session has ended, were it signed ahead and opened late', 'link', {}, 86_520],
    ['a key for good', 'key', {}, undefined],
    ['everything before now until the last of it has ended', 'all', { before: NOW }, 86_460],
    [
      'what was issued before yesterday: not at all (KV keeps it a minute)',
      'all',
      { before: NOW - 86_400 },
      60,
    ],
    ['one with an end until then', 'key', { until: NOW + 5 }, 5],
  ])('%s', (_, kind, rule, seconds) => {
    expect(lifeOf(kind, { at: NOW, ...rule }, NOW, LIVES)).toBe(seconds);
  });

  test('a link for good, where links of version 1 never end', () => {
    expect(lifeOf('link', { at: NOW }, NOW, { ...LIVES, hasEndlessLinks: true })).toBeUndefined();
  });

  test('nothing that a rule takes back outlives it', () => {
    const seconds = fc.integer({ min: 0, max: 200_000 });
    fc.assert(
      fc.property(seconds, seconds, seconds, (signedAgo, openedAfter, length) => {
        const signedAt = NOW - signedAgo;
        const start = signedAt + Math.min(openedAfter, LIVES.freshnessSeconds);
        const end = start + Math.min(length, LIVES.sessionMaxSeconds);
        const rule: Rule = { at: NOW, before: NOW };
        const life = lifeOf('key', rule, NOW, LIVES) ?? Number.POSITIVE_INFINITY;
        return Math.min(signedAt, start) > NOW || end <= NOW + life;
      }),
    );
  });
});
