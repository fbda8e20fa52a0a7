import { describe, expect, test } from 'vitest';
import { type HeaderRefusal, type Inbound, InboundHeaders } from '../../src/headers/inbound.ts';
import type { HeaderOptions } from '../../src/headers/options.ts';
import { findPathProblem } from '../../src/headers/path.ts';
import { parseCookies } from '../../src/lib/cookie.ts';
import { parseQuery } from '../../src/lib/query.ts';
import type { Result } from '../../src/lib/result.ts';
import { judgeCredentials } from '../../src/origin/credentials.ts';
import type { KeyRegistry } from '../../src/share/key.ts';
import { readLinkQuery, removeLinkParameters } from '../../src/share/link-query.ts';

/**
 * Time must grow no faster than the input: eight times as much may take eight times as long, times a factor for a
 * busy machine. What is quadratic takes sixty-four times as long.
 */
const GROWTH = 8;
const SLACK = 3;
const SAMPLES = 25;
const TRIES = 4;
/** One sample takes at least this long, so that the clock's own steps do not count. */
const SAMPLE_MS = 0.4;

type Work = () => unknown;

async function timeOnce(work: Work, times: number): Promise<number> {
  const start = performance.now();
  for (let time = 0; time < times; time++) {
    const done = work();
    if (done instanceof Promise) await done;
  }
  return (performance.now() - start) / times;
}

/** Milliseconds that a work takes, as the median of many samples. */
async function measure(work: Work): Promise<number> {
  await timeOnce(work, 50);
  const times = Math.max(1, Math.ceil(SAMPLE_MS / Math.max(await timeOnce(work, 5), 1e-5)));
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) samples.push(await timeOnce(work, times));
  samples.sort((a, b) => a - b);
  return samples[SAMPLES >> 1] ?? 0;
}

/** How often longer the largest of four inputs takes than the smallest; the best of a few tries. */
async function growthOf(workOf: (size: number) => Work, smallest: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES && best > GROWTH * SLACK; attempt++) {
    const medians: number[] = [];
    for (const size of [smallest, 2 * smallest, 4 * smallest, 8 * smallest])
      medians.push(await measure(workOf(size)));
    const steps = medians.slice(1).map((median, at) => median / (medians[at] ?? median));
    best = Math.min(
      best,
      steps.reduce((product, step) => product * step, 1),
    );
  }
  return best;
}

async function expectLinear(workOf: (size: number) => Work, smallest: number): Promise<void> {
  expect(await growthOf(workOf, smallest)).toBeLessThan(GROWTH * SLACK);
}

function optionsOf(underscores: HeaderOptions['underscores']): HeaderOptions {
  const renamed = new Map([['api_access_token', 'api-access-token']]);
  return { underscores, renamed, claims: ['x-webauth-user', 'x-jwt-assertion'] };
}

/** A kind of header, by number. */
const KINDS: readonly (readonly [
  what: string,
  mode: HeaderOptions['underscores'],
  name: (at: number) => string,
])[] = [
  ['with plain names', 'hyphenate', (at) => `x-plain-${at}`],
  ['that are renamed', 'hyphenate', (at) => `x_name_${at}`],
  ['that are kept', 'keep', (at) => `x_name_${at}`],
  ['that are kept in two forms', 'keep', (at) => (at % 2 ? `x_name_${at >> 1}` : `x-name-${at >> 1}`)],
  ['that are dropped', 'drop', (at) => `x_name_${at}`],
  ['that claim an identity', 'keep', (at) => `x_forwarded_${at}`],
  ['with long names of signs', 'hyphenate', (at) => `x${'_.'.repeat(200)}${at}`],
];

describe('the time of judging headers grows no faster than their number', () => {
  test.each(KINDS)('%s (%s)', async (_, mode, name) => {
    await expectLinear((count) => {
      const sent = new Headers(Array.from({ length: count }, (__, at) => [name(at), 'value']));
      const inbound = new InboundHeaders(optionsOf(mode));
      const work = (): Result<Inbound, HeaderRefusal> => inbound.prepare(sent, true);
      expect(work().ok).toBe(true);
      return work;
    }, 25);
  });

  test('nor than the length of a value', async () => {
    await expectLinear((length) => {
      const sent = new Headers({ 'x-a': '_-'.repeat(length / 2), x_b: '%'.repeat(length) });
      const inbound = new InboundHeaders(optionsOf('hyphenate'));
      return () => inbound.prepare(sent, true);
    }, 2_048);
  });
});

/** Texts that a careless pattern reads again and again. */
const PATHS: readonly (readonly [what: string, write: (length: number) => string])[] = [
  ['of many segments', (length) => `${'/a'.repeat(length / 2 - 1)}/"`],
  ['of one segment', (length) => `/${'a'.repeat(length - 2)}"`],
  ['of slashes', (length) => '/'.repeat(length)],
  ['of dots', (length) => `/${'a.'.repeat(length / 2 - 1)}"`],
  ['of escapes', (length) => `/${'%E5%90%8D'.repeat(length / 9 - 1)}`],
  ['of percent signs', (length) => `/${'%'.repeat(length - 1)}`],
  ['of escapes that are cut off', (length) => `/${'%E5'.repeat(length / 3 - 1)}`],
];

const QUERIES: readonly (readonly [what: string, write: (length: number) => string])[] = [
  ['of many parameters', (length) => `${'a=1&'.repeat(length / 4)}aliyun_api_key_sign=0`],
  ['of nothing but separators', (length) => `aliyun${'&'.repeat(length)}`],
  ['of equals signs', (length) => `aliyun_api_key=${'='.repeat(length)}`],
  ['of escapes', (length) => `${'%61'.repeat(length / 3)}=aliyun`],
  ['of escapes that are broken', (length) => `${'%'.repeat(length)}&aliyun_api_key=1`],
  ['of the beginning of the name', (length) => 'aliyu'.repeat(length / 5)],
  ['of the name', (length) => 'aliyun_'.repeat(length / 7)],
  ['of spaces and signs', (length) => `aliyun=${'+%2B'.repeat(length / 4)}`],
];

const COOKIES: readonly (readonly [what: string, write: (length: number) => string])[] = [
  ['of many pairs', (length) => 'a=1; '.repeat(length / 5)],
  ['of separators', (length) => ';'.repeat(length)],
  ['of spaces', (length) => `${' '.repeat(length)}=`],
  ['of commas and names', (length) => ', a'.repeat(length / 3)],
  ['of commas and one name', (length) => `, ${'a'.repeat(length)}`],
  ['of commas', (length) => ', '.repeat(length / 2)],
  ['of pairs joined by commas', (length) => 'a=1, '.repeat(length / 5)],
];

describe('the time of reading grows no faster than the length', () => {
  test.each(PATHS)('of a path %s', async (_, write) => {
    await expectLinear((length) => {
      const path = write(length);
      return () => findPathProblem(path);
    }, 512);
  });

  test.each(QUERIES)('of a query %s', async (_, write) => {
    await expectLinear((length) => {
      const query = write(length);
      return () => [readLinkQuery(query), removeLinkParameters(query), parseQuery(query).length];
    }, 1_024);
  });

  test.each(COOKIES)('of cookies %s', async (_, write) => {
    await expectLinear((length) => {
      const header = write(length);
      return () => parseCookies(header);
    }, 2_048);
  });

  test.each([
    ['of quotes that are escaped', (length: number) => `"${'\\"'.repeat(length / 2)}`],
    ['of quotes', (length: number) => '"'.repeat(length)],
    ['of backslashes', (length: number) => `"${'\\'.repeat(length)}`],
    ['of colons', (length: number) => ':'.repeat(length)],
    ['of words', (length: number) => '"secret-to-be-looked-up",'.repeat(length / 25)],
  ])('of a credential %s', async (_, write) => {
    const nobody = { findBySecret: () => undefined } as unknown as KeyRegistry;
    await expectLinear((length) => {
      const authorization = `Basic ${btoa(`u:${btoa(write(length))}`)}`;
      return () => judgeCredentials(authorization, nobody);
    }, 500);
  });
});

test('a measurement of what is quadratic is told from what is not', async () => {
  const quadratic = (size: number) => () => {
    let sum = 0;
    for (let one = 0; one < size; one++) for (let other = 0; other < size; other++) sum += one ^ other;
    return sum;
  };
  expect(await growthOf(quadratic, 100)).toBeGreaterThan(GROWTH * SLACK);
});
