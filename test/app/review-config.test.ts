import { describe, expect, test } from 'vitest';
import { messagesOf, problemsOf, readRight } from '../support/config.ts';
import { Gateway, refusalOf } from '../support/gateway.ts';

const NO_PATH =
  'NOT_ALLOW_REQUEST_URI at [1] has a prefix that no path can begin with: write it percent-encoded, as it stands in an address';

describe('a prefix of NOT_ALLOW_REQUEST_URI', () => {
  test.each([
    '/a//b',
    '/a;b',
    '/a\\b',
    '/a/../b',
    '/a/./b',
    '/a/..',
    '/a%2Fb',
    '/a%2fb',
    '/%61dmin',
    '/%2e%2e/x',
    '/a%',
    '/a%zz',
    '/a%FF',
    '/%e5%ae%a2',
    '/客户',
    '/a b',
    '/a?b=secret',
    '/a#b',
    '/a"b',
  ])('that no canonical path begins with is a mistake: %s', (prefix) => {
    expect(problemsOf({ NOT_ALLOW_REQUEST_URI: `/metrics|${prefix}` })).toEqual([NO_PATH]);
  });

  test('that is longer than any path is a mistake', () => {
    expect(problemsOf({ NOT_ALLOW_REQUEST_URI: `/metrics|/${'a'.repeat(5000)}` })).toEqual([NO_PATH]);
  });

  test('that does not begin with a slash is a mistake', () => {
    expect(problemsOf({ NOT_ALLOW_REQUEST_URI: 'metrics' })[0]).toContain('does not begin with /');
  });

  test.each([
    ['/metrics', '/metrics'],
    ['/metrics', '/METRICS/x'],
    ['/Swagger', '/swagger-ui'],
    ['/.well-known/', '/.well-known/x'],
    ['/%E5%AE%A2', '/%E5%AE%A2/x'],
  ])('closes what it says: %s closes %s', async (prefix, path) => {
    expect(readRight({ NOT_ALLOW_REQUEST_URI: prefix }).closedPrefixes).toEqual([prefix.toLowerCase()]);
    const gateway = new Gateway({ vars: { VISITORS: 'pass', NOT_ALLOW_REQUEST_URI: prefix } });
    expect(await refusalOf(await gateway.fetch(path))).toBe('403 path_not_shared');
  });
});

/** Values in which somebody has put a secret, as addresses take them. */
const WITH_SECRETS: readonly (readonly [variable: string, value: string])[] = [
  ['ORIGIN_URL', 'https://grafana.test/?api_key=hunter2'],
  ['ORIGIN_URL', 'https://admin:hunter2@grafana.test'],
  ['ORIGIN_URL', 'admin:hunter2@grafana.test'],
  ['ORIGIN_URL', 'grafana.test?hunter2'],
  ['PUBLIC_URL', 'https://dash.test/?token=hunter2'],
  ['ROUTES', '[{"host":"a.test","origin":"https://u:hunter2@b.test"}]'],
  ['ROUTES', '[{"host":"a.test","origin":"https://b.test/?hunter2"}]'],
  ['ROUTES', '[{"host":"a.test?hunter2","origin":"https://b.test"}]'],
  ['ROUTES', '{"https://u:hunter2@b.test"'],
  ['ROUTES', '[{"host":"a.test","origin":"https://b.test","https://u:hunter2@b.test":1}]'],
  ['NOT_ALLOW_REQUEST_URI', '/a?token=hunter2'],
  ['FRAME_ANCESTORS', 'https://u:hunter2@portal.test'],
  ['FRAME_ANCESTORS', 'https://portal.test/?hunter2'],
  ['VISITORS', 'pass?hunter2'],
  ['GF_AUTH_PROXY_HEADER_NAME', 'X@hunter2'],
  ['SHARE_SESSION_SECONDS', '1?hunter2'],
  ['ORIGIN_HEADERS', '{"CF-Access-Client-Secret: hunter2@?":"x"}'],
  ['ORIGIN_HEADERS', '{"https://u:hunter2@b.test/?":1}'],
  ['ORIGIN_HEADERS', '{"A":"hunter2@?\\u0001"}'],
  ['SHARE_KEYS', '[{"name":"hunter2@?","orgId":1,"token":"hunter2@?"}]'],
];

describe('a mistake of the configuration repeats no value that may hold credentials', () => {
  test.each(WITH_SECRETS)('%s=%s', (variable, value) => {
    const messages = messagesOf({ [variable]: value });
    expect(messages).toContain(variable);
    expect(messages).not.toContain('hunter2');
  });

  test.each(['maybe', 'https://a.test'])('and repeats any other, which helps: %s', (value) => {
    expect(messagesOf({ VISITORS: value })).toContain(`(it holds: ${value})`);
  });
});
