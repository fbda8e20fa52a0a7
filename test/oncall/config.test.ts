import { describe, expect, test } from 'vitest';
import { clueOfStack, clueOfToken, clueOfTokenHash } from '../../src/oncall/clue.ts';
import { messagesOf, problemsOf, readRight } from '../support/config.ts';

const HASH = 'ab'.repeat(32);
const region = (url: string, more: object = {}) => JSON.stringify({ us: { url, ...more } });

describe('the settings of OnCall', () => {
  test('have the published regions where nothing is set', () => {
    const { oncall } = readRight();
    expect(oncall).toMatchObject({
      path: '/oncall',
      lookup: true,
      stackHosts: ['*.grafana.net'],
      timeoutSeconds: 60,
    });
    expect([...oncall.regions].map(([slug, { url, aliases }]) => [slug, url.href, ...aliases])).toEqual([
      ['us', 'https://oncall-prod-us-central-0.grafana.net/oncall', 'prod-us-central-0'],
      ['eu', 'https://oncall-prod-eu-west-0.grafana.net/oncall', 'prod-eu-west-0'],
    ]);
  });

  test('keep tokens as hashes', () => {
    const bindings = {
      glsa_abc_1: 'eu',
      [HASH]: 'us',
      'https://A.grafana.net/': 'prod-eu-west-0',
      'stack:12': 'us',
    };
    const { oncall } = readRight({ ONCALL_BINDINGS: JSON.stringify(bindings) });
    expect([...oncall.bindings]).toEqual([
      [clueOfToken('glsa_abc_1'), 'eu'],
      [clueOfToken(HASH), 'us'],
      [clueOfTokenHash(HASH), 'us'],
      [clueOfStack('a.grafana.net'), 'prod-eu-west-0'],
      [clueOfStack('12'), 'us'],
    ]);
    expect(JSON.stringify([...oncall.bindings.keys()])).not.toContain('glsa_');
  });

  test('take plain http on this machine alone', () => {
    for (const url of ['http://127.0.0.1:9000/oncall', 'http://localhost:9000', 'http://[::1]:9000'])
      expect(readRight({ ONCALL_REGIONS: region(url) }).oncall.regions.size).toBe(1);
  });

  test.each<[string, string, string]>([
    ['ONCALL_PATH', 'oncall', 'is neither off nor a path of plain segments that begins with /'],
    ['ONCALL_PATH', '/', 'is neither off nor a path of plain segments that begins with /'],
    ['ONCALL_PATH', '/a//b', 'is neither off nor a path of plain segments that begins with /'],
    ['ONCALL_PATH', '/..', 'is neither off nor a path of plain segments that begins with /'],
    ['ONCALL_PATH', '/-/oncall', 'lies below /-/, which belongs to the gateway itself'],
    ['ONCALL_REGIONS', '{', 'is not JSON'],
    ['ONCALL_REGIONS', '[]', 'is not a JSON object of regions'],
    ['ONCALL_REGIONS', '{}', 'has no region'],
    ['ONCALL_REGIONS', '{"us":{}}', 'at us.url is missing'],
    ['ONCALL_REGIONS', region('http://oncall.example.com'), 'at us.url is not an https address'],
    ['ONCALL_REGIONS', region('https://x.example/oncall?x=1'), 'at us.url has a query or a fragment'],
    ['ONCALL_REGIONS', region('https://x.example', { alias: [] }), 'at us has an unknown field: alias'],
    ['ONCALL_REGIONS', region('https://x.example', { aliases: ['us'] }), 'has one name for two regions'],
    [
      'ONCALL_REGIONS',
      '{"us":{"url":"https://x.example/"},"eu":{"url":"https://x.example"}}',
      'has one address under two slugs: list one of them among the aliases of the other',
    ],
    [
      'ONCALL_BINDINGS',
      '{"stack:x":"us"}',
      'binds what is neither a token, its SHA-256, the https address of a stack nor stack:<number>',
    ],
    [
      'ONCALL_BINDINGS',
      '{"https://a.grafana.net/x":"us"}',
      'binds what is neither a token, its SHA-256, the https address of a stack nor stack:<number>',
    ],
    ['ONCALL_BINDINGS', '{"glsa_abc_1":"au"}', 'binds something to a region that is not in ONCALL_REGIONS'],
    [
      'ONCALL_STACK_HOSTS',
      '*',
      'at [0] has what is neither a host name, nor one with *. in front, nor localhost with a port',
    ],
    [
      'ONCALL_STACK_HOSTS',
      'https://a.grafana.net',
      'at [0] has what is neither a host name, nor one with *. in front, nor localhost with a port',
    ],
    [
      'ONCALL_STACK_HOSTS',
      'a.grafana.net:8443',
      'at [0] has what is neither a host name, nor one with *. in front, nor localhost with a port',
    ],
    ['ONCALL_LOOKUP', 'yes', 'is neither true nor false'],
  ])('%s=%s', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([`${name} ${problem}`]);
  });

  test('lead not back to the gateway', () => {
    const vars = {
      PUBLIC_URL: 'https://dash.example.com',
      ONCALL_REGIONS: region('https://dash.example.com/oncall'),
    };
    expect(problemsOf(vars)).toEqual([
      "ONCALL_REGIONS has a region with the gateway's own host: requests would go round in a circle",
    ]);
  });

  test('repeat no token in a message', () => {
    const bindings = JSON.stringify({ glsa_verysecret_1: 'au', 'a secret with spaces': 'us' });
    expect(messagesOf({ ONCALL_BINDINGS: bindings })).not.toMatch(/verysecret|with spaces/);
  });
});
