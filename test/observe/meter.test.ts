import { describe, expect, test } from 'vitest';
import type { EventMap, EventName } from '../../src/observe/events.ts';
import { formatEvent } from '../../src/observe/events.ts';
import { Meter, type MeterRow } from '../../src/observe/meter.ts';
import { METRICS, seriesOf, sumOf } from '../../src/observe/meter-series.ts';
import type { Target } from '../../src/revocation/target.ts';
import type { LinkRefusal } from '../../src/share/link.ts';
import type { PersonRefusal } from '../../src/sso/person.ts';
import { PROVIDER_FAILURES } from '../../src/sso/provider/failure.ts';
import type { IdTokenRefusal } from '../../src/sso/provider/id-token.ts';
import { describeRefusal, type SignInRefusal } from '../../src/sso/refuse.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { Gateway, NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';

function signedIn() {
  return formatEvent('sso.signed_in', { subject: 'ann', sessionId: 'one' }, NOW);
}

function create() {
  const handedOn: (readonly MeterRow[])[] = [];
  const meter = new Meter(async (rows) => {
    handedOn.push(rows);
  }, NOW);
  return {
    meter,
    handedOn,
    sizes: () => handedOn.map((rows) => rows.reduce((sum, { count }) => sum + count, 0)),
  };
}

describe('a meter hands on', () => {
  test('the first events of sign-in at once, and more when they double: health sees at least half of a sudden many', () => {
    const { meter, sizes } = create();
    for (let times = 0; times < 100; times++) meter.tell(signedIn(), NOW + 1);
    expect(sizes()).toEqual([...Array(8).fill(1), 9, 18, 36]);
    expect(meter.held).toEqual([{ slot: NOW - (NOW % 300), series: 'postern_sign_ins_total', count: 29 }]);
  });

  test('what is left once half a minute is over', () => {
    const { meter, sizes } = create();
    for (let times = 0; times < 12; times++) meter.tell(signedIn(), NOW + 1);
    expect(sizes()).toEqual(Array(8).fill(1));
    meter.tell(signedIn(), NOW + 30);
    expect(sizes()).toEqual([...Array(8).fill(1), 5]);
    expect(meter.held).toEqual([]);
  });

  test('links every half a minute, whatever comes between', () => {
    const { meter, sizes } = create();
    const refused = formatEvent('share.link.refused', { reason: 'expired' }, NOW);
    for (let second = 0; second < 30; second++) expect(meter.tell(refused, NOW + second)).toBeUndefined();
    expect(meter.tell(refused, NOW + 30)).toBeInstanceOf(Promise);
    expect(sizes()).toEqual([31]);
  });

  test('answers of the origin every half a minute, and nothing between', () => {
    const { meter, sizes } = create();
    for (let second = 0; second < 30; second++)
      expect(meter.noteOrigin(200, 0, NOW + second)).toBeUndefined();
    expect(meter.noteOrigin(200, 0, NOW + 30)).toBeInstanceOf(Promise);
    expect(sizes()).toEqual([62]);
    expect(meter.noteOrigin(200, 0, NOW + 59)).toBeUndefined();
  });

  test('what was counted long ago as of that time', () => {
    const { meter, handedOn } = create();
    const slot = NOW - (NOW % 300);
    meter.noteOncall('eu', NOW);
    meter.noteOncall('eu', NOW + 3_600);
    expect(handedOn.flat().map((row) => row.slot)).toEqual([slot, slot + 3_600]);
    expect(meter.held).toEqual([]);
  });

  test('never more than so many rows, whoever makes up names', () => {
    const { meter } = create();
    for (let at = 0; at < 10_000; at++) meter.noteOncall(`region-${at}`, NOW);
    expect(meter.held).toHaveLength(512);
  });
});

describe('answers of the origin', () => {
  test.each([
    [0, '0.025'],
    [25, '0.025'],
    [26, '0.05'],
    [999, '1'],
    [10_000, '10'],
    [10_001, '+Inf'],
  ])('that took %d ms are in the bucket up to %s', (milliseconds, le) => {
    const { meter } = create();
    meter.noteOrigin(204, milliseconds, NOW);
    expect(meter.held.map(({ series, count }) => [series, count])).toEqual([
      ['postern_origin_answers_total{status="2xx"}', 1],
      [`postern_origin_answer_seconds_bucket{le="${le}"}`, 1],
      ['postern_origin_answer_seconds_sum', milliseconds],
    ]);
  });

  test.each(['unreachable', 'timeout'] as const)('that never came have no time: %s', (outcome) => {
    const { meter } = create();
    meter.noteOrigin(outcome, 60_000, NOW);
    expect(meter.held.map(({ series }) => series)).toEqual([
      `postern_origin_answers_total{status="${outcome}"}`,
    ]);
  });
});

describe('reasons have labels of their own:', () => {
  // Records, so that a new reason without a label does not compile here.
  const PERSON: Readonly<Record<PersonRefusal, true>> = {
    'org-claims-unreadable': true,
    'role-missing': true,
    'email-unavailable': true,
    'not-in-teams': true,
    'not-in-organizations': true,
    'not-in-groups': true,
    'email-missing': true,
    'email-not-verified': true,
    'domain-not-allowed': true,
    'sub-differs': true,
  };
  const ID_TOKEN: Readonly<Record<IdTokenRefusal, true>> = {
    malformed: true,
    signature: true,
    algorithm: true,
    issuer: true,
    audience: true,
    expired: true,
    'issued-in-future': true,
    nonce: true,
  };
  const LINK: Readonly<Record<LinkRefusal['code'], true>> = {
    'sharing-off': true,
    'version-off': true,
    'invalid-parameter': true,
    'too-many-parameters': true,
    'not-a-dashboard': true,
    'unknown-key': true,
    signature: true,
    revoked: true,
    expired: true,
    'dashboard-not-shared': true,
  };
  const KINDS: Readonly<Record<Target['kind'], true>> = {
    link: true,
    session: true,
    'sign-ins': true,
    sid: true,
    sub: true,
    subject: true,
    key: true,
    disabled: true,
    removed: true,
    dashboard: true,
    public: true,
    org: true,
    all: true,
  };
  const namesOf = <Name extends string>(record: Readonly<Record<Name, true>>) =>
    Object.keys(record) as Name[];
  const told = <Name extends EventName>(event: Name, facts: EventMap[Name]) =>
    seriesOf(formatEvent(event, facts, NOW)) ?? '';

  const SIGN_IN: readonly SignInRefusal[] = [
    { by: 'attempt' },
    { by: 'answer' },
    { by: 'account' },
    { by: 'callback', reason: { kind: 'malformed' } },
    { by: 'callback', reason: { kind: 'denied', error: 'anything_at_all' } },
    { by: 'presentation', reason: 'reserved' },
    { by: 'presentation', reason: 'not-presentable' },
    ...PROVIDER_FAILURES.map((reason) => ({ by: 'provider', reason }) as const),
    ...namesOf(ID_TOKEN).map((reason) => ({ by: 'id-token', reason }) as const),
    ...namesOf(PERSON).map((reason) => ({ by: 'person', reason }) as const),
  ];

  test.each(SIGN_IN.map((refusal) => [describeRefusal(refusal).reason]))(
    'a sign-in refused for %s',
    (reason) => {
      const label = reason.startsWith('denied') ? 'denied' : reason;
      expect(told('sso.refused', { reason })).toBe(`postern_sign_in_refusals_total{reason="${label}"}`);
    },
  );

  test.each([...PROVIDER_FAILURES, ...namesOf(ID_TOKEN), 'timeout-or-storage', 'userinfo', 'emails'])(
    'a refresh that failed for %s',
    (reason) => {
      expect(told('sso.refresh.failed', { reason })).toContain(`{outcome="failed",reason="${reason}"}`);
    },
  );

  test.each([
    ...namesOf(PERSON),
    'refresh-refused',
    'no-refresh-token',
    'issuer-differs',
    'account-taken',
    'reserved',
  ])('a session that ended for %s', (reason) => {
    expect(told('sso.session.ended', { reason })).toContain(`{outcome="ended",reason="${reason}"}`);
  });

  test.each(namesOf(LINK))('a link refused for %s', (reason) => {
    expect(told('share.link.refused', { reason })).toContain(`{outcome="${reason}"}`);
  });

  test.each(namesOf(KINDS))('a revocation of kind %s', (kind) => {
    expect(told('revocation.made', { kind, id: 'x', label: 'x', by: 'x' })).toContain(`{kind="${kind}"}`);
  });

  test('and what nobody knows is other: no text of a stranger becomes a label', () => {
    const reason = 'made"up\n';
    expect(told('sso.refused', { reason })).toContain('{reason="other"}');
    expect(told('sso.refresh.failed', { reason })).toContain('reason="other"');
    expect(told('share.link.refused', { reason })).toContain('outcome="other"');
    expect(told('revocation.made', { kind: reason, id: '', label: '', by: '' })).toContain('kind="other"');
  });
});

describe('the ledger of what is counted', () => {
  const book = () => BOUND.POSTERN_LEDGER.getByName('meter');
  const row = (slot: number, series = 'postern_sign_ins_total', count = 1) => ({ slot, series, count });
  const SLOT = NOW - (NOW % 300);

  test('keeps sums for good, and slots for two hours', async () => {
    await book().addMeter([row(SLOT), row(SLOT, 'other', 5), row(SLOT)], NOW);
    await book().addMeter([row(SLOT + 7_200)], NOW + 7_200);
    const { totals, recent } = await book().readMeter(SLOT - 3_600);
    expect(totals).toEqual([
      { series: 'other', count: 5 },
      { series: 'postern_sign_ins_total', count: 3 },
    ]);
    expect(sumOf(recent, 'postern_sign_ins_total')).toBe(1);
  });

  test('takes no more than 512 series', async () => {
    const many = Array.from({ length: 600 }, (_, at) => row(SLOT, `series-${at}`));
    await book().addMeter(many, NOW);
    await book().addMeter(many, NOW);
    const { totals, recent } = await book().readMeter(SLOT);
    expect([totals.length, recent.length, totals[0]?.count]).toEqual([512, 512, 2]);
  });

  test('tells nothing recent from before a reset of health, and all of it as a sum', async () => {
    await book().addMeter([row(SLOT)], NOW);
    await book().noteHealth('reset', NOW);
    const { totals, recent, health } = await book().readMeter(SLOT - 3_600);
    expect([totals.length, recent.length, health]).toEqual([1, 0, { checked: undefined, reset: NOW }]);
  });

  test('is empty, and no mistake, before anything was counted', async () => {
    expect(await book().readMeter(0)).toEqual({
      totals: [],
      recent: [],
      health: { checked: undefined, reset: undefined },
    });
  });
});

const asOperator = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } };

/** Reads the text as a Prometheus does, and fails for what one would not take (text exposition format 0.0.4). */
function parse(text: string) {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const [, about, metric = '', rest = ''] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (about === 'TYPE') {
      expect([metric, types.has(metric)]).toEqual([metric, false]);
      expect(['counter', 'gauge', 'histogram']).toContain(rest);
      types.set(metric, rest);
    }
    if (about !== undefined) continue;
    const [, series = '', name = '', value = ''] =
      /^(([a-z_]+)(?:\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})?) (\d+(?:\.\d+)?)$/.exec(line) ?? [];
    expect(series, line).not.toBe('');
    // Every sample stands below the type of its metric, once.
    expect(types.has(name.replace(/_(?:bucket|sum|count)$/, '')) || types.has(name), line).toBe(true);
    expect(samples.has(series), line).toBe(false);
    samples.set(series, Number(value));
  }
  return { samples, types };
}

async function readMetrics(gateway: Gateway) {
  await gateway.settle();
  const answer = await gateway.fetch('/-/metrics', asOperator);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parse(await answer.text());
}

describe('GET /-/metrics', () => {
  test('has every metric before anything was counted', async () => {
    const { types, samples } = await readMetrics(await AdminGateway.create({ keys: [] }));
    expect([...types.keys()]).toEqual(Object.keys(METRICS));
    expect(types.get('postern_origin_answer_seconds')).toBe('histogram');
    for (const metric of Object.keys(METRICS).filter((name) => name.endsWith('_total')))
      expect(samples.get(metric)).toBe(0);
  });

  test('counts links, answers and revocations, in the ledger and in the isolate, each once', async () => {
    const gateway = await AdminGateway.create({ keys: [entryOf(KEY)] });
    const jar = await gateway.open();
    await gateway.open();
    await gateway.fetch(linkTo({ key: KEY, at: gateway.now }).replace(/sign=[0-9a-f]{4}/, 'sign=0000'));
    for (let times = 0; times < 3; times++) await gateway.fetchAs(jar, PAGE);
    origin.answerWith(() => new Response('', { status: 404 }));
    await gateway.fetchAs(jar, PAGE);
    origin.answerWith(() => Promise.reject(new TypeError('no route')));
    await gateway.fetchAs(jar, PAGE);
    await gateway.order('POST', '/revocations', { kind: 'link', id: '0123456789abcdef' });
    const expected = {
      'postern_link_verifications_total{outcome="accepted"}': 2,
      'postern_link_verifications_total{outcome="signature"}': 1,
      'postern_origin_answers_total{status="2xx"}': 3,
      'postern_origin_answers_total{status="4xx"}': 1,
      'postern_origin_answers_total{status="unreachable"}': 1,
      'postern_origin_answer_seconds_bucket{le="+Inf"}': 4,
      postern_origin_answer_seconds_count: 4,
      'postern_revocations_total{kind="link"}': 1,
    };
    expect(Object.fromEntries((await readMetrics(gateway)).samples)).toMatchObject(expected);
    // Handed on, they are the same; and another isolate tells them, too.
    gateway.now += 31;
    await gateway.fetch('/robots.txt');
    await gateway.fetchAs(jar, PAGE);
    const another = gateway.another('elsewhere', { keys: [entryOf(KEY)] });
    another.now = gateway.now;
    await gateway.settle();
    const elsewhere = Object.fromEntries((await readMetrics(another)).samples);
    expect(elsewhere).toMatchObject({ ...expected, 'postern_origin_answers_total{status="unreachable"}': 2 });
  });

  test('has buckets that rise, up to the count', async () => {
    const gateway = await AdminGateway.create({ keys: [entryOf(KEY)] });
    const rows = ['0.025', '0.5', '10'].map((le) => ({
      slot: NOW - (NOW % 300),
      series: `postern_origin_answer_seconds_bucket{le="${le}"}`,
      count: 2,
    }));
    await BOUND.POSTERN_LEDGER.getByName('meter').addMeter(
      [...rows, { slot: NOW - (NOW % 300), series: 'postern_origin_answer_seconds_sum', count: 12_345 }],
      NOW,
    );
    const { samples } = await readMetrics(gateway);
    const buckets = [...samples].filter(([series]) => series.includes('_bucket')).map(([, value]) => value);
    expect(buckets).toEqual([2, 2, 2, 2, 4, 4, 4, 4, 6, 6]);
    expect(samples.get('postern_origin_answer_seconds_count')).toBe(6);
    expect(samples.get('postern_origin_answer_seconds_sum')).toBe(12.345);
  });

  test('is for the operator alone, and is not there without ADMIN_TOKEN or on another host', async () => {
    const gateway = await AdminGateway.create({ keys: [] });
    expect(await refusalOf(await gateway.fetch('/-/metrics'))).toBe('401 admin_token_required');
    const hidden = gateway.another('here', { vars: { ADMIN_TOKEN: undefined } });
    expect(await refusalOf(await hidden.fetch('/-/metrics', asOperator))).toBe('404 not_found');
    const elsewhere = gateway.another('here', { vars: { ADMIN_HOST: 'admin.example.com' } });
    expect(await refusalOf(await elsewhere.fetch('/-/metrics', asOperator))).toBe('404 not_found');
    expect(await refusalOf(await gateway.fetch('/-/metrics', { method: 'POST' }))).toBe('404 not_found');
  });

  test('says that it cannot, where the ledger cannot be read: counters never begin anew by accident', async () => {
    const gateway = new Gateway({ keys: [], vars: { ADMIN_TOKEN } });
    expect(await refusalOf(await gateway.fetch('/-/metrics', asOperator))).toBe('503 storage_unavailable');
  });
});
