import { describe, expect, test } from 'vitest';
import { Gateway, NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';

const KEY = keyNamed('test1');
const PORTAL = keyNamed('portal');

function create(vars: Readonly<Record<string, unknown>> = {}): Gateway {
  return new Gateway({ bindings: 'real', keys: [entryOf(KEY), entryOf(PORTAL)], vars });
}

interface Try {
  readonly name?: string;
  readonly from?: string;
}

/** A link with a wrong signature. */
function wrong(gateway: Gateway, { name = 'test1', from = '203.0.113.7' }: Try = {}): Promise<Response> {
  const link = linkTo({ key: { ...KEY, name }, at: gateway.now }).replace(/sign=[0-9a-f]{4}/, 'sign=0000');
  return gateway.fetch(link, { headers: { 'CF-Connecting-IP': from } });
}

async function tryTimes(
  gateway: Gateway,
  times: number,
  how: (index: number) => Try = () => ({}),
): Promise<string[]> {
  const answers: string[] = [];
  for (let index = 0; index < times; index++) answers.push(await refusalOf(await wrong(gateway, how(index))));
  return answers;
}

const INVALID = '403 share_link_invalid';
const PAUSED = '429 too_many_attempts';

describe('wrong signatures', () => {
  test.each<[string, (index: number) => Try]>([
    ['for one name, from any address', (index) => ({ from: `203.0.113.${index}` })],
    ['from one address, for any name', (index) => ({ name: `name-${index}` })],
    ['for one name that nobody registered', (index) => ({ name: 'nobody', from: `203.0.113.${index}` })],
    ['from one network of IPv6', (index) => ({ name: `name-${index}`, from: `2001:db8:1:2::${index + 1}` })],
  ])('%s: ten a minute, then an hour’s pause', async (_, how) => {
    const gateway = create();
    expect(await tryTimes(gateway, 10, how)).toEqual(Array(10).fill(INVALID));
    const paused = await wrong(gateway, how(11));
    expect(paused.headers.get('Retry-After')).toBe('3600');
    expect(await refusalOf(paused)).toBe(PAUSED);
    gateway.now = NOW + 3599;
    const late = await wrong(gateway, how(12));
    expect(late.headers.get('Retry-After')).toBe('1');
    gateway.now = NOW + 3600;
    expect(await refusalOf(await wrong(gateway, how(13)))).toBe(INVALID);
  });

  test('spread over more than a minute lead to no pause', async () => {
    const gateway = create();
    for (let round = 0; round < 4; round++) {
      expect(await tryTimes(gateway, 9)).toEqual(Array(9).fill(INVALID));
      gateway.now += 60;
    }
  });

  test('are limited as the operator says', async () => {
    const gateway = create({ LOGIN_RATE_LIMITER: '2', LOGIN_FORBIDDEN_SECONDS: '5' });
    expect(await tryTimes(gateway, 4)).toEqual([INVALID, INVALID, PAUSED, PAUSED]);
    gateway.now += 5;
    expect(await tryTimes(gateway, 1)).toEqual([INVALID]);
  });

  test('never keep out a rightly signed link: not of the same key, not from the same address', async () => {
    const gateway = create();
    await tryTimes(gateway, 12);
    const headers = { 'CF-Connecting-IP': '203.0.113.7' };
    for (const key of [KEY, PORTAL])
      expect((await gateway.fetch(linkTo({ key, at: NOW }), { headers })).status).toBe(303);
    expect(await refusalOf(await gateway.fetch(linkTo({ key: KEY, at: NOW - 100 }), { headers }))).toBe(
      '403 share_link_expired',
    );
  });

  test('are known to other isolates', async () => {
    await tryTimes(create(), 11);
    expect(await refusalOf(await wrong(create()))).toBe(PAUSED);
  });

  test('for an unknown name are answered like those for a known one', async () => {
    const [known, unknown] = [create(), create()];
    const of = async (gateway: Gateway, name: string) =>
      tryTimes(gateway, 12, (index) => ({ name, from: `198.51.100.${index}` }));
    expect(await of(known, 'test1')).toEqual(await of(unknown, 'nobody'));
  });
});

/** Ledgers that do not do their work. */
const DOWN: readonly (readonly [what: string, book: () => unknown])[] = [
  ['throw', () => Promise.reject(new Error('Durable Object reset'))],
  ['are not bound', () => undefined],
];

describe.each(DOWN)('where ledgers %s', (what, book) => {
  const ledger = { getByName: () => ({ note: book, countFailure: book, latest: book, summary: book }) };
  const vars = { POSTERN_LEDGER: what === 'are not bound' ? undefined : ledger };

  test('links open, wrong ones are refused, and the log says so once', async () => {
    const gateway = create(vars);
    expect((await gateway.fetch(linkTo({ key: KEY, at: NOW }))).status).toBe(303);
    expect(await tryTimes(gateway, 12)).toEqual(Array(12).fill(INVALID));
    await gateway.settle();
    const told = gateway.eventNames.filter((name) => name === 'ledger.failed');
    expect(told).toHaveLength(what === 'are not bound' ? 0 : 1);
  });
});
