import { describe, expect, test } from 'vitest';
import { chooseFormat } from '../../src/share/formats.ts';
import { readLinkQuery, removeLinkParameters } from '../../src/share/link-query.ts';

/** `name: value` pairs that a query is read as, or the mistake in it. */
function read(query: string): unknown {
  const found = readLinkQuery(query);
  if (!found) return undefined;
  return found.ok ? Object.fromEntries(found.value.values) : found.reason;
}

describe('the parameters of a link', () => {
  test.each([
    '',
    'orgId=1&from=now-1h',
    'var-aliyun=1',
    'aliyun_other=1',
    'x=aliyun_api_key_sign',
    'var-x=aliyun_api_key%3D1',
    '%E4%BD%A0=%E5%A5%BD',
  ])('are not in %j', (query) => {
    expect(readLinkQuery(query)).toBeUndefined();
  });

  test('are decoded as forms are, with orgId beside them', () => {
    expect(read('orgId=7&aliyun_api_key_name=a+b%20c%2Bd&x=1')).toEqual({
      orgId: '7',
      aliyun_api_key_name: 'a b c+d',
    });
  });

  test('may be written with escapes, as long as the name is exact', () => {
    expect(read('%61liyun_api_key_sign=abc')).toEqual({ aliyun_api_key_sign: 'abc' });
  });

  test.each([
    ['ALIYUN_API_KEY_SIGN=x', 'aliyun_api_key_sign', 'spelling'],
    ['aliyun_api_key_sign%00=x', 'aliyun_api_key_sign', 'spelling'],
    ['+aliyun_api_key_sign=x', 'aliyun_api_key_sign', 'spelling'],
    ['aliyun_api_key_sign[]=x', 'aliyun_api_key_sign', 'spelling'],
    ['Aliyun_Api_Key=x', 'aliyun_api_key', 'spelling'],
    ['aliyun_api_key_sign=x&ORGID=1', 'orgId', 'spelling'],
    ['aliyun_api_key_sign=a&aliyun_api_key_sign=a', 'aliyun_api_key_sign', 'repeated'],
    ['aliyun_api_key_sign=a&%61liyun_api_key_sign=b', 'aliyun_api_key_sign', 'repeated'],
    ['aliyun_api_key_sign=a&orgId=1&orgId=1', 'orgId', 'repeated'],
    ['aliyun_api_key_sign=%FF', 'aliyun_api_key_sign', 'form'],
    ['aliyun_api_key_sign=%', 'aliyun_api_key_sign', 'form'],
  ])('%s is a mistake of %s: %s', (query, parameter, problem) => {
    expect(read(query)).toEqual({ code: 'invalid-parameter', parameter, problem });
  });

  test('are looked for in at most 512 parts', () => {
    expect(read(`aliyun_api_key_sign=a${'&a=1'.repeat(511)}`)).toEqual({ aliyun_api_key_sign: 'a' });
    expect(read(`aliyun_api_key_sign=a${'&a=1'.repeat(512)}`)).toEqual({ code: 'too-many-parameters' });
  });

  test('of both versions together are malformed', () => {
    const found = readLinkQuery('aliyun_api_key=x&aliyun_api_key_sign=y');
    expect(found?.ok && chooseFormat(found.value)).toMatchObject({
      ok: false,
      reason: { problem: 'mixed-versions' },
    });
  });
});

describe('a query without its link', () => {
  test.each([
    ['aliyun_api_key_sign=a&aliyun_api_key_name=b', ''],
    ['orgId=1&aliyun_api_key_sign=a&from=now-1h', '?orgId=1&from=now-1h'],
    ['b=2&a=1&aliyun_api_key_sign=a&a=3', '?b=2&a=1&a=3'],
    ['var-x=a%20b+c&kiosk&aliyun_api_key_sign=a&&y=', '?var-x=a%20b+c&kiosk&&y='],
    ['ALIYUN_API_KEY_SIGN=a&x=1', '?x=1'],
    ['%61liyun_%4fther=a&x=1', '?x=1'],
    ['aliyun_unknown_thing=a&x=1', '?x=1'],
    ['var-aliyun_x=1&x=aliyun_api_key_sign', '?var-aliyun_x=1&x=aliyun_api_key_sign'],
  ])('%s becomes %s', (query, rest) => {
    expect(removeLinkParameters(query)).toBe(rest);
  });
});
