import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InboundHeaders } from '../../src/headers/inbound.ts';
import { UNDERSCORE_MODES } from '../../src/headers/options.ts';
import { readRight } from '../support/config.ts';
import { Gateway, HOST, NOW, readProblem } from '../support/gateway.ts';
import { keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

/** What only the gateway may say, worked out here: names, and beginnings of names. */
const PROTECTED: ReadonlySet<string> = new Set(
  `authorization cookie connection content-length expect host http2-settings keep-alive te trailer
  transfer-encoding upgrade auth-user client-ip forwarded remote-user true-client-ip x-access-token x-client-ip
  x-grafana-device-id x-grafana-id x-grafana-org-id x-http-method-override x-id-token x-jwt-assertion
  x-method-override x-original-uri x-original-url x-real-ip x-remote-user x-rewrite-url x-user x-user-email
  x-forwarded-for x-forwarded-host x-forwarded-proto x-webauth-user x-webauth-role x-auth-request-user
  x-authenticated-user x-postern-user cf-connecting-ip proxy-authorization x-sso-name x-sso-role x-tunnel`.split(
    /\s+/,
  ),
);
/** Read by whoever handles the message: these go on in their plain spelling, and in no other. */
const PLAIN_ONLY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-type',
  'origin',
  'referer',
  'sec-websocket-key',
]);

const CONFIGURED = {
  GF_AUTH_PROXY_HEADER_NAME: 'X-Sso-Name',
  GF_AUTH_PROXY_HEADERS: 'Role:X_Sso_Role',
  ORIGIN_HEADERS: '{"X-Tunnel":"operator"}',
  UNDERSCORE_HEADER_MAP: 'my_key=x-key api_access_token=api-access-token',
};

/** The gateway's own words to the origin under a session. */
const OWN: Readonly<Record<string, string>> = {
  authorization: `Bearer ${keyNamed('test1').token}`,
  'x-grafana-org-id': '1',
  'x-forwarded-host': HOST,
  'x-forwarded-proto': 'https',
  'x-tunnel': 'operator',
};

function fold(name: string): string {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .join('-');
}

const SIGNS = "-_.~!#$%&'*+^`|";
const sign = fc.constantFrom(...SIGNS);
const separator = fc.string({ unit: sign, minLength: 1, maxLength: 3 });
const edge = fc.string({ unit: sign, maxLength: 2 });

/** A protected name with other signs between its words, signs around it, and letters in any case. */
const aliases = fc
  .tuple(fc.constantFrom(...PROTECTED, ...PLAIN_ONLY), fc.infiniteStream(separator), edge, edge, fc.nat())
  .map(([name, separators, before, after, seed]) => {
    const words = name.split('-').map((word, at) => ((seed >> (at % 30)) & 1 ? word.toUpperCase() : word));
    const joined = words.reduce((sofar, word) => `${sofar}${separators.next().value}${word}`);
    return `${before}${joined}${after}`;
  });
const tokens = fc.string({ unit: fc.constantFrom(...`abcxyzAZ019${SIGNS}`), minLength: 1, maxLength: 24 });
const names = fc.oneof({ weight: 3, arbitrary: aliases }, { weight: 1, arbitrary: tokens });

function isTaken(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

describe('whatever names a client makes up,', () => {
  test.each(UNDERSCORE_MODES)(
    'with %s none that the origin might take for the gateway’s reaches it',
    async (mode) => {
      const vars = { ...CONFIGURED, UNDERSCORE_HEADERS: mode };
      const gateway = new Gateway({ vars });
      const { header } = await gateway.open();
      const given = fc.asyncProperty(fc.uniqueArray(names, { minLength: 1, maxLength: 8 }), async (made) => {
        const headers = new Headers();
        for (const name of made.filter(isTaken)) {
          if (['authorization', 'x-grafana-org-id', 'upgrade', 'cookie'].includes(name.toLowerCase()))
            continue;
          headers.append(name, 'forged');
        }
        headers.set('Cookie', header);
        origin.received = [];
        const response = await gateway.fetch('/d/uid-one', { headers });
        if (response.status === 400) return;
        expect(response.status).toBe(200);
        for (const [name, value] of origin.only.headers) {
          const folded = fold(name);
          if (PROTECTED.has(folded)) expect([name, value]).toEqual([folded, OWN[folded]]);
          if (PLAIN_ONLY.has(folded)) expect(name).toBe(folded);
        }
      });
      await fc.assert(given, { numRuns: 300 });
    },
  );

  test('every name that is left with hyphenate is one that every proxy keeps', () => {
    const inbound = new InboundHeaders(readRight(CONFIGURED).headers);
    const given = fc.property(fc.uniqueArray(names, { maxLength: 8 }), (made) => {
      const sent = new Headers(made.filter(isTaken).map((name) => [name, 'same']));
      const prepared = inbound.prepare(sent, true);
      if (prepared.ok)
        expect([...prepared.value.headers.keys()].filter((name) => name.includes('_'))).toEqual([]);
    });
    fc.assert(given, { numRuns: 500 });
  });
});

test('no name is renamed into a claim, even if a configuration said so', () => {
  const renamed = new Map([['my_name', 'x-sso-name']]);
  const inbound = new InboundHeaders({ underscores: 'keep', renamed, claims: ['x-sso-name'] });
  const prepared = inbound.prepare(new Headers({ my_name: 'forged' }), true);
  expect(prepared.ok && [[...prepared.value.headers], prepared.value.changes]).toEqual([[], ['my_name']]);
});

/** `count` headers, those of the test itself included. */
function manyHeaders(count: number): Headers {
  const headers = new Headers();
  for (let index = 0; index < count; index++) headers.set(`x-${index}`, '1');
  return headers;
}

describe('headers of one request', () => {
  const gateway = () => new Gateway({ vars: { VISITORS: 'pass' } });

  test.each([
    [200, 200],
    [201, 400],
    [1000, 400],
  ])('may be %i: answered %i', async (count, status) => {
    const response = await gateway().fetch('/', { headers: manyHeaders(count) });
    expect(response.status).toBe(status);
    expect(origin.received).toHaveLength(status === 200 ? 1 : 0);
    if (status === 400) expect((await readProblem(response)).detail).toContain('more than 200 headers');
  });

  test.each([
    ['x-long', 16_384, 200],
    ['x-long', 16_385, 400],
    ['x_long', 16_385, 400],
    ['user-agent', 16_385, 400],
    ['cookie', 20_000, 200],
    ['authorization', 8_192, 200],
  ])('may have values of some length: %s of %i is answered %i', async (name, length, status) => {
    const response = await gateway().fetch('/', { headers: { [name]: `a=${'x'.repeat(length - 2)}` } });
    expect(response.status).toBe(status);
    if (status === 400)
      expect((await readProblem(response)).detail).toContain(`The header ${name} is longer`);
  });
});

describe('Authorization', () => {
  test.each([
    ['Bearer a', 200],
    ['Bearer a, Bearer b', 200],
    ['Bearer a, Bearer b c', 400],
    [`Bearer ${'x'.repeat(8_186)}`, 400],
  ])('is of few words and bounded: %.24s… is answered %i', async (authorization, status) => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    const response = await gateway.fetch('/', { headers: { Authorization: authorization } });
    expect(response.status).toBe(status);
  });
});

describe('the log', () => {
  test('is not filled by one request, nor by many in a minute', async () => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    const told = () => gateway.events.filter(({ event }) => event === 'headers.changed').length;
    const names = (seed: number) =>
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x_${seed}_${i}`, '1']));
    await gateway.fetch('/', { headers: names(0) });
    expect(told()).toBe(5);
    for (let seed = 1; seed < 30; seed++) await gateway.fetch('/', { headers: names(seed) });
    expect(told()).toBe(60);
    gateway.now = NOW + 60;
    await gateway.fetch('/', { headers: names(99) });
    expect(told()).toBe(65);
  });

  test('holds no long name', async () => {
    const gateway = new Gateway({ vars: { VISITORS: 'pass' } });
    await gateway.fetch('/', { headers: { [`x_${'y'.repeat(5000)}`]: '1' } });
    expect(gateway.events.map(({ change }) => String(change).length)).toEqual([64]);
  });
});
