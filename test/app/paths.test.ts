import { describe, expect, test } from 'vitest';
import { findPathProblem } from '../../src/headers/path.ts';
import { Gateway, refusalOf } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

describe('a path', () => {
  test.each([
    '/',
    '/d/uid-one/a-slug',
    '/d/uid-one/',
    '/d/uid-one/%E5%90%8D',
    '/d/uid-one/a%20b',
    "/a/~user/x.y/!$&'()*+,=:@",
    '/api/datasources/proxy/uid/x/api/v1/query',
    `/${'x'.repeat(4095)}`,
  ])('may be %s', (path) => {
    expect(findPathProblem(path)).toBeUndefined();
  });

  test.each([
    ['//', 'empty segment'],
    ['/d//x', 'empty segment'],
    ['/d/x//', 'empty segment'],
    ['/d\\x', 'backslash'],
    ['/d/x;y=1', 'semicolon'],
    ['/d/x y', 'must be percent-encoded'],
    ['/d/\u540d', 'must be percent-encoded'],
    ['/d/"x"', 'must be percent-encoded'],
    ['/d/./x', 'dot segment'],
    ['/d/../x', 'dot segment'],
    ['/d/..', 'dot segment'],
    ['/d/%2e%2e/x', 'encoded separator'],
    ['/d/%2Fx', 'encoded separator'],
    ['/d/%5Cx', 'encoded separator'],
    ['/d/%00', 'encoded separator'],
    ['/d/%0D%0A', 'encoded separator'],
    ['/d/%3F', 'encoded separator'],
    ['/d/%23', 'encoded separator'],
    ['/d/%3B', 'encoded separator'],
    ['/d/%252e', 'encoded separator'],
    ['/d/%7F', 'encoded separator'],
    ['/d/%', 'broken'],
    ['/d/%E5%90', 'broken'],
    ['/d/%zz', 'broken'],
    ['/d/%C0%AF', 'broken'],
    ['/d/%61', 'needs no encoding'],
    ['/d/%5F', 'needs no encoding'],
    ['/d/%e5%90%8d', 'lower-case hex'],
    [`/${'x'.repeat(4096)}`, 'longer than 4096'],
  ])('may not be %s', (path, problem) => {
    expect(findPathProblem(path)).toContain(problem);
  });

  test.each(['//evil.test/x', '/d/%2Fx', '/d/x;y', '/d/%61', '/-/%68ealth'])(
    'like %s is refused before anything else is asked',
    async (target) => {
      const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
      expect(await refusalOf(await gateway.fetch(`${gateway.at}${target}`))).toBe('400 bad_request');
      expect(origin.received).toEqual([]);
    },
  );
});

test('the method TRACE goes no further', async () => {
  const response = await new Gateway({ vars: { VISITORS: 'pass' } }).fetch('/d/uid-one', { method: 'TRACE' });
  expect(await refusalOf(response)).toBe('400 bad_request');
  expect(origin.received).toEqual([]);
});
