import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyedHash } from '../../src/lib/keyed-hash.ts';
import { Secret } from '../../src/lib/secret.ts';
import { readPolicyRegion } from '../../src/oncall/access-policy.ts';
import { classify } from '../../src/oncall/classify.ts';
import { clueOfStack, clueOfToken, isClue } from '../../src/oncall/clue.ts';
import { mapAddress } from '../../src/oncall/map-address.ts';
import { isMisrouted } from '../../src/oncall/misrouted.ts';
import { mapNeighbours } from '../../src/oncall/pagination.ts';
import { judgeProbe } from '../../src/oncall/probe.ts';
import { parseStack } from '../../src/oncall/stack.ts';
import { OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { EU } from './support/cloud.ts';

const HEX_64 = 'ab'.repeat(32);
const HOSTS = ['*.grafana.net'];

function read(path: string, headers: Record<string, string> = {}): string {
  const [bare = '', query = ''] = path.split('?');
  const call = classify({ path: bare, query, headers: new Headers(headers) }, HOSTS);
  return call.ok ? call.value.kind : call.reason;
}

describe('the kind of a token', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['an API key', '/api/v1/teams/', { Authorization: HEX_64 }, 'api-key'],
    ['with Bearer', '/api/v1/teams/', { Authorization: `bEARER  ${HEX_64}` }, 'api-key'],
    ['the relay of the engine', '/mobile_app/v1/fcm_relay', { Authorization: HEX_64 }, 'api-key'],
    ['the mobile app', '/mobile_app/v1/user_settings', { Authorization: HEX_64 }, 'mobile'],
    ['the same inside', '/api/internal/v1/mobile_app/x', { Authorization: HEX_64 }, 'mobile'],
    ['an alert', '/integrations/v1/alertmanager/EXAMPLEintegrationTOKEN25/', {}, 'integration'],
    ['a heartbeat', '/integrations/v1/webhook/EXAMPLEintegrationTOKEN25/heartbeat', {}, 'integration'],
    [
      'an alert with a header of its sender',
      '/integrations/v1/webhook/EXAMPLEintegrationTOKEN25/',
      { Authorization: 'Basic eA==' },
      'integration',
    ],
    ['an alert without a token', '/integrations/v1/webhook//', {}, 'no-token'],
    ['an alert with a short one', '/integrations/v1/webhook/abc/', {}, 'unacceptable'],
    ['backsync', '/integrations/v1/backsync/', { Authorization: HEX_64 }, 'backsync'],
    ['backsync without a token', '/integrations/v1/backsync/', {}, 'no-token'],
    ['an export', `/api/v1/schedules/S1/export?x=1&token=${'0'.repeat(32)}`, {}, 'export'],
    [
      'an export with two tokens',
      `/api/v1/schedules/S1/export?token=${'0'.repeat(32)}&token=${'1'.repeat(32)}`,
      {},
      'several-tokens',
    ],
    [
      'an export with a key instead',
      '/api/v1/users/U1/schedule_export',
      { Authorization: HEX_64 },
      'no-token',
    ],
    ['an export with another token', '/api/v1/schedules/S1/export?token=abc', {}, 'unacceptable'],
    [
      'a plugin',
      '/api/internal/v1/x',
      { Authorization: 'ab'.repeat(64), 'X-Instance-Context': '{"stack_id":1}' },
      'plugin',
    ],
    [
      'a plugin with a number that is a list',
      '/api/internal/v1/x',
      { Authorization: 'gcom:x', 'X-Instance-Context': '{"stack_id":["900002"]}' },
      'plugin',
    ],
    [
      'a plugin with a number that is an object',
      '/api/internal/v1/x',
      { Authorization: 'gcom:x', 'X-Instance-Context': '{"stack_id":{"toString":1}}' },
      'plugin',
    ],
    ['a plugin without its context', '/api/internal/v1/x', { Authorization: 'gcom:x' }, 'no-context'],
    [
      'a plugin with a list',
      '/api/internal/v1/x',
      { Authorization: 'gcom:x', 'X-Instance-Context': '[]' },
      'bad-context',
    ],
    [
      'a plugin with null',
      '/api/internal/v1/x',
      { Authorization: 'gcom:x', 'X-Instance-Context': 'null' },
      'bad-context',
    ],
    ['a service account', '/x', { Authorization: 'glsa_a_1' }, 'service-account'],
    ['the same with a bad stack', '/x', { Authorization: 'glsa_a_1', 'X-Grafana-URL': 'x' }, 'stack-address'],
    [
      'the same with a bad number',
      '/x',
      { Authorization: 'glsa_a_1', 'X-Grafana-Instance-ID': 'x' },
      'stack-id',
    ],
    [
      'a key with both',
      '/x',
      { Authorization: HEX_64, 'X-Grafana-URL': 'x', 'X-Grafana-Instance-ID': 'x' },
      'api-key',
    ],
    ['a service account token of another form', '/x', { Authorization: 'glsa_a/b' }, 'unacceptable'],
    ['an access policy', '/x', { Authorization: `glc_${btoa('{"m":{"r":"eu"}}')}` }, 'access-policy'],
    ['OAuth', '/x', { Authorization: 'gat_x' }, 'unacceptable'],
    ['an empty header', '/x', { Authorization: '' }, 'no-token'],
    ['Bearer alone', '/x', { Authorization: 'Bearer' }, 'no-token'],
    ['a long header', '/x', { Authorization: `glsa_${'a'.repeat(9_000)}` }, 'unacceptable'],
  ])('%s', (_, path, headers, kind) => {
    expect(read(path, headers)).toBe(kind);
  });

  test('reads no header twice, whatever it holds', () => {
    const headers = fc.record({
      Authorization: fc.string(),
      'X-Grafana-URL': fc.string(),
      'X-Instance-Context': fc.json(),
    });
    const property = fc.property(headers, fc.webPath(), (sent, path) => {
      const safe = Object.fromEntries(
        Object.entries(sent).map(([name, value]) => [name, value.replace(/[^\x20-\x7e]/g, '')]),
      );
      expect(typeof read(path === '' ? '/' : path, safe)).toBe('string');
    });
    fc.assert(property);
  });
});

describe('the region in an access policy token', () => {
  const encode = (value: unknown) => btoa(JSON.stringify(value));

  test('is read in both alphabets, with and without padding', () => {
    const names = fc.constantFrom('us', 'eu', 'us-azure', 'prod-eu-west-3', 'aws-us-east-4-1');
    const property = fc.property(names, fc.string({ maxLength: 40 }), (r, n) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ n: n.toWellFormed(), m: { r } }));
      const token = btoa(String.fromCharCode(...bytes));
      for (const form of [token, token.replace(/=/g, ''), token.replaceAll('+', '-').replaceAll('/', '_')])
        expect(readPolicyRegion(form)).toEqual({ ok: true, value: r });
    });
    fc.assert(property);
  });

  test('is nothing but a plain name, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map(btoa2),
          fc.string().map((r) => encode({ m: { r: r.replace(/[^\x20-\x7e]/g, '') } })),
        ),
        (payload) => {
          const region = readPolicyRegion(payload);
          if (region.ok && region.value !== undefined) expect(region.value).toMatch(/^[a-z0-9-]{2,63}$/);
        },
      ),
    );
  });

  function btoa2(text: string): string {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  }

  test.each([[{}], [{ m: {} }]])('is not there in %j', (claims) => {
    expect(readPolicyRegion(encode(claims))).toEqual({ ok: true, value: undefined });
  });

  test.each([
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__proto__',
    'US',
    'us ',
    '',
    'u',
    'us.',
    'us/',
    '-us',
    'us-',
    'a--b',
  ])('is never %j', (r) => expect(readPolicyRegion(encode({ m: { r } })).ok).toBe(false));
});

describe('the address of a stack', () => {
  test('that is taken is the one that a browser would ask', () => {
    const part = fc.constantFrom(
      'https://',
      'http://',
      'evil.test',
      'a.grafana.net',
      'grafana.net',
      '@',
      ':',
      '443',
      '/',
      '?',
      '#',
      '\\',
      '.',
      '%2e',
      '[::1]',
      ' ',
      '127.0.0.1:3000',
      'A.GRAFANA.NET',
    );
    const property = fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
      const stack = parseStack(parts.join(''), [...HOSTS, '127.0.0.1:3000']);
      if (!stack) return;
      const url = new URL(parts.join(''));
      expect([url.origin, url.host, url.pathname, url.search, url.hash, url.username]).toEqual([
        stack.address,
        stack.host,
        '/',
        '',
        '',
        '',
      ]);
      expect(url.host.endsWith('.grafana.net') || url.href === 'http://127.0.0.1:3000/').toBe(true);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test.each([
    ['*.grafana.net', 'https://a.b.grafana.net', true],
    ['*.grafana.net', 'https://xgrafana.net', false],
    ['grafana.example.com', 'https://grafana.example.com', true],
    ['grafana.example.com', 'https://a.grafana.example.com', false],
  ])('%s, %s: %s', (pattern, address, isTaken) =>
    expect(parseStack(address, [pattern]) !== undefined).toBe(isTaken),
  );
});

describe('a probe', () => {
  test.each<[number, unknown, string]>([
    [200, { url: 'https://x' }, 'yes'],
    [403, { detail: 'You do not have permission to perform this action.' }, 'weak'],
    [404, { detail: 'Not found.' }, 'weak'],
    [403, { detail: 'Invalid token.' }, 'no'],
    [403, { detail: 'Invalid token' }, 'weak'],
    [403, { detail: 1 }, 'unknown'],
    [403, undefined, 'unknown'],
    [200, {}, 'unknown'],
    [200, null, 'unknown'],
    [204, undefined, 'unknown'],
    [302, undefined, 'unknown'],
    [401, { detail: 'Invalid token.' }, 'unknown'],
    [404, undefined, 'unknown'],
    [429, { detail: 'Request was throttled.' }, 'unknown'],
    [500, { detail: 'Invalid token.' }, 'unknown'],
    [530, undefined, 'unknown'],
  ])('that answers %i %j says %s', (status, body, verdict) =>
    expect(judgeProbe({ status, body })).toBe(verdict),
  );
});

describe('a region refuses what is not its own', () => {
  test.each<[number, string | undefined, boolean]>([
    [403, '{"detail":"Invalid token."}', true],
    [429, '{"detail":"Organization being synced, please retry."}', true],
    [403, '{"detail":"Organization being synced, please retry."}', false],
    [429, '{"detail":"Invalid token."}', false],
    [429, '{"detail":"Request was throttled."}', false],
    [403, '{"detail":"invalid token."}', false],
    [403, 'Invalid token.', false],
    [403, '"Invalid token."', false],
    [403, undefined, false],
  ])('%i %s: %s', (status, text, isSo) => expect(isMisrouted(status, text)).toBe(isSo));
});

describe('neighbours of a page', () => {
  const map = (address: string) => mapAddress(address, EU, 'https://gateway.example/oncall');

  test('are all that changes in any JSON', () => {
    const address = fc.constantFrom(`${EU}/x?page=2`, EU, `${EU}x`, 'https://elsewhere/x', 'q"uo\\te');
    const page = fc.tuple(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.option(address),
      fc.option(address),
      fc.dictionary(fc.string(), fc.jsonValue()),
    );
    const property = fc.property(
      page,
      fc.constantFrom(undefined, 2),
      ([before, next, previous, after], indent) => {
        const whole = { ...before, next, previous, ...after };
        const mapped = JSON.parse(mapNeighbours(JSON.stringify(whole, null, indent), map));
        const expected = Object.fromEntries(
          Object.entries(whole).map(([name, value]) => [
            name,
            (name === 'next' || name === 'previous') && typeof value === 'string' ? map(value) : value,
          ]),
        );
        expect(mapped).toEqual(JSON.parse(JSON.stringify(expected)));
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  test('leave any other text as it is', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(mapNeighbours(text, (address) => address)).toBe(text);
    });
    fc.assert(property);
  });

  test('of a long page are found without its end', () => {
    const page = `{"count":1,"next":"${EU}/x","previous":null,"results":["${'\\"a'.repeat(300_000)}"]}`;
    const start = performance.now();
    expect(mapNeighbours(page, map)).toContain('https://gateway.example/oncall/x');
    expect(performance.now() - start).toBeLessThan(50);
  });
});

describe('names in storage', () => {
  const hash = new KeyedHash([new Secret(SECRET), new Secret(OTHER_SECRET)], 'oncall');

  test('follow from the secret: one for each, and the same for the same', () => {
    const [newest, former] = hash.hash('token:x');
    expect(newest).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(newest).not.toBe(former);
    expect(new KeyedHash([new Secret(OTHER_SECRET)], 'oncall').hash('token:x')).toEqual([former]);
    expect(new KeyedHash([new Secret(SECRET)], 'other').hash('token:x')).not.toEqual([newest]);
  });

  test('are made of clues alone', () => {
    expect(
      [
        clueOfToken('x'),
        clueOfStack('eu-stack.grafana.net'),
        clueOfStack('123'),
        clueOfStack('127.0.0.1:3000'),
      ].every(isClue),
    ).toBe(true);
    expect(['token:x', 'stack:', 'stack:a/b', 'x', 'stack:a b'].filter(isClue)).toEqual([]);
  });
});
