import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { EventList } from '../../src/api/events.ts';
import { ADMIN_TOKEN, AdminGateway } from '../support/admin.ts';
import { NOW, refusalOf } from '../support/gateway.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const KEYS = '/-/api/v1/keys';
const ASKS: readonly (readonly [method: string, path: string])[] = [
  ['GET', KEYS],
  ['HEAD', KEYS],
  ['OPTIONS', KEYS],
  ['PUT', `${KEYS}/1/test1`],
  ['POST', '/-/api/v1/revocations'],
  ['POST', '/-/api/v1/links'],
  ['GET', '/-/api/openapi.json'],
  ['GET', '/-/api'],
  ['GET', '/-/api/v2/keys'],
];

/** An answer, less what differs in any two. */
async function seen(response: Response): Promise<unknown> {
  const body = (await response.text()).replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
  return { status: response.status, headers: [...response.headers], body };
}

function asOperator(init: RequestInit = {}): RequestInit {
  return { ...init, headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } };
}

describe('who may call', () => {
  test.each(ASKS)(
    'nothing tells from %s %s whether there is an API where it has no token',
    async (method, path) => {
      const gateway = await AdminGateway.create({ vars: { ADMIN_TOKEN: undefined } });
      const nowhere = await seen(await gateway.fetch('/-/nowhere', asOperator({ method })));
      expect(await seen(await gateway.fetch(path, asOperator({ method })))).toEqual(nowhere);
    },
  );

  test.each(ASKS)('nor from %s %s on another host than ADMIN_HOST', async (method, path) => {
    const gateway = await AdminGateway.create({ vars: { ADMIN_HOST: 'admin.example.com' } });
    const nowhere = await seen(await gateway.fetch('/-/nowhere', asOperator({ method })));
    expect(await seen(await gateway.fetch(path, asOperator({ method })))).toEqual(nowhere);
    const there = await gateway.fetch(`https://admin.example.com${KEYS}`, asOperator());
    expect(there.status).toBe(200);
  });

  test.each<[string, string | undefined]>([
    ['no Authorization', undefined],
    ['another token', 'Bearer test-admin-token-0123456789abcdefghijkm'],
    ['a token that begins like it', `Bearer ${ADMIN_TOKEN.slice(0, -1)}`],
    ['a token that goes on', `Bearer ${ADMIN_TOKEN}x`],
    ['another scheme', `Basic ${ADMIN_TOKEN}`],
    ['the token twice', `Bearer ${ADMIN_TOKEN}, Bearer ${ADMIN_TOKEN}`],
    ['a mint token of nobody', `Bearer pmt_1_${'A'.repeat(43)}_${'0'.repeat(48)}`],
    ['a share key', `Bearer ${KEY.token}`],
  ])('%s is 401', async (_, authorization) => {
    const gateway = await AdminGateway.create();
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    for (const path of [KEYS, '/-/api/v1/links', '/-/api/v1/nowhere']) {
      const response = await gateway.fetch(path, { method: 'POST', headers });
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
      expect(await refusalOf(response)).toBe('401 admin_token_required');
    }
  });

  test('a session of a link is nobody here', async () => {
    const gateway = await AdminGateway.create();
    expect(await refusalOf(await gateway.fetchAs(await gateway.open(), KEYS))).toBe(
      '401 admin_token_required',
    );
  });

  test('ten wrong tokens a minute from one address lead to a pause of a minute, for that address alone, and never for the right one', async () => {
    const gateway = await AdminGateway.create();
    const ask = (address: string, token = 'wrong') =>
      gateway.fetch(KEYS, { headers: { Authorization: `Bearer ${token}`, 'CF-Connecting-IP': address } });
    for (let tries = 1; tries <= 10; tries++) {
      expect(await refusalOf(await ask('203.0.113.7'))).toBe('401 admin_token_required');
    }
    const paused = await ask('203.0.113.7');
    expect(paused.headers.get('Retry-After')).toBe('60');
    expect(await refusalOf(paused)).toBe('429 too_many_attempts');
    expect(await refusalOf(await ask('203.0.113.8'))).toBe('401 admin_token_required');
    expect((await ask('203.0.113.7', ADMIN_TOKEN)).status).toBe(200);
    gateway.now += 60;
    expect(await refusalOf(await ask('203.0.113.7'))).toBe('401 admin_token_required');
  });

  test('another isolate learns of the pause from the first wrong token', async () => {
    const gateway = await AdminGateway.create();
    const headers = { Authorization: 'Bearer wrong', 'CF-Connecting-IP': '2001:db8::1' };
    for (let tries = 1; tries <= 11; tries++) await gateway.fetch(KEYS, { headers });
    const neighbour = { ...headers, 'CF-Connecting-IP': '2001:db8:0:0:ffff::2' };
    expect((await gateway.another('elsewhere').fetch(KEYS, { headers: neighbour })).status).toBe(429);
  });
});

describe('what it takes', () => {
  test.each<[string, string, string, string | undefined]>([
    ['a body that is no JSON', 'POST', '/revocations', '{"kind":'],
    ['no body', 'POST', '/revocations', undefined],
    ['a kind that there is not', 'POST', '/revocations', '{"kind":"everything"}'],
    ['a word too many', 'POST', '/revocations', '{"kind":"all","force":true}'],
    ['an id that is none', 'POST', '/revocations', '{"kind":"session","id":"../x"}'],
    ['a moment in the future', 'POST', '/revocations', '{"kind":"all","before":"2100-01-01T00:00:00Z"}'],
    ['a moment without a zone', 'POST', '/revocations', '{"kind":"all","before":"2020-01-01T00:00:00"}'],
    ['an end in the past', 'POST', '/revocations', '{"kind":"org","orgId":1,"until":"2020-01-01T00:00:00Z"}'],
    [
      'modes that contradict',
      'POST',
      '/revocations',
      '{"kind":"all","mode":"until-lifted","before":"2020-01-01T00:00:00Z"}',
    ],
    ['an organisation that is none', 'GET', '/keys/0/test1', undefined],
    ['a page of nothing', 'GET', '/keys?limit=0', undefined],
    ['a cursor of nobody', 'GET', '/events?cursor=e30x', undefined],
    ['half a key', 'GET', '/events?orgId=1', undefined],
    ['a parameter twice', 'GET', '/events?orgId=1&orgId=2&name=test1', undefined],
  ])('%s is 400, and says what is wrong', async (_, method, path, body) => {
    const gateway = await AdminGateway.create();
    const answer = await gateway.ask(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_input' });
    expect(await gateway.kv.names()).toEqual([]);
  });

  test('a body of more than 64 KiB is not read', async () => {
    const gateway = await AdminGateway.create();
    const answer = await gateway.ask('POST', '/revocations', { kind: 'all', reason: 'x'.repeat(70_000) });
    expect(answer.status).toBe(400);
  });

  test('a value that is refused is not repeated', async () => {
    const gateway = await AdminGateway.create();
    const order = { token: 'glsa_this-is-not-a-token-but-was-meant-as-one' };
    const answer = await gateway.ask('PUT', '/keys/1/test1', order);
    expect(JSON.stringify([answer.body, gateway.events])).not.toContain(order.token.slice(5));
  });

  test('what is not there is 404', async () => {
    const gateway = await AdminGateway.create();
    for (const path of ['/keys/1/nobody', '/revocations/session:0011223344556677', '/nowhere'])
      expect((await gateway.ask('GET', path)).status).toBe(404);
    expect((await gateway.ask('DELETE', '/revocations/all:*')).status).toBe(404);
    expect((await gateway.ask('DELETE', '/keys/1/nobody')).status).toBe(404);
  });

  test('the registry’s own revocations are lifted by enabling the key alone', async () => {
    const gateway = await AdminGateway.create();
    expect((await gateway.ask('DELETE', '/revocations/disabled:1:x')).status).toBe(409);
  });
});

describe('the OpenAPI document', () => {
  interface Document {
    readonly openapi: string;
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
    readonly components: { readonly schemas: object };
  }

  test('names every route, with its answers and refusals, and refers to nothing that is not there', async () => {
    const gateway = await AdminGateway.create();
    const response = await gateway.fetch('/-/api/openapi.json');
    expect(response.status).toBe(200);
    const text = await response.text();
    const document = JSON.parse(text) as Document;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).every((path) => path.startsWith('/-/api/v1/'))).toBe(true);
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThanOrEqual(20);
    for (const { responses } of operations)
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '401', '503']));
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

describe('events', () => {
  async function list(gateway: AdminGateway, query = ''): Promise<z.output<typeof EventList>> {
    await gateway.settle();
    return EventList.parse(await gateway.order('GET', `/events${query}`));
  }

  test('tell what was decided, newest first, of one key or of all', async () => {
    const keys = [entryOf(KEY), entryOf(keyNamed('portal'))];
    const gateway = await AdminGateway.create({ keys });
    await gateway.open();
    gateway.now += 1;
    await gateway.open({ key: keyNamed('portal') });
    gateway.now += 1;
    await gateway.fetch(linkTo({ key: { ...KEY, name: 'nobody' }, at: gateway.now }));
    gateway.now += 1;
    await gateway.revoke({ kind: 'all' });
    const all = await list(gateway);
    expect(all.events.map(({ event, key }) => [event, key])).toEqual([
      ['revocation.made', undefined],
      ['share.link.refused', undefined],
      ['share.link.accepted', 'portal'],
      ['share.link.accepted', 'test1'],
    ]);
    expect(all.missing).toEqual([]);
    expect(JSON.stringify(all)).not.toContain('nobody');
    const mine = await list(gateway, '?orgId=1&name=test1');
    expect(mine.events).toEqual([all.events[3]]);
    expect(mine.events[0]).toMatchObject({ outcome: 'done', uid: 'uid-one', sessionId: expect.any(String) });
  });

  test('go on by their cursor, none twice and none left out', async () => {
    const gateway = await AdminGateway.create({ keys: [entryOf(KEY), entryOf(keyNamed('portal'))] });
    for (let round = 0; round < 5; round++) {
      await gateway.open({ key: keyNamed(round % 2 === 0 ? 'test1' : 'portal') });
      gateway.now += 1;
    }
    const ids: unknown[] = [];
    for (let query = '?limit=2', pages = 0; pages < 10; pages++) {
      const { events, cursor } = await list(gateway, query);
      ids.push(...events.map(({ requestId }) => requestId));
      if (cursor === null) break;
      query = `?limit=2&cursor=${cursor}`;
    }
    expect(new Set(ids).size).toBe(5);
    expect(ids).toEqual(gateway.events.map(({ requestId }) => requestId).reverse());
  });

  test('requests under a session are counted, and kept every half a minute', async () => {
    const gateway = await AdminGateway.create();
    const jar = await gateway.open();
    for (let round = 0; round < 7; round++) await gateway.fetchAs(jar, PAGE);
    gateway.now += 31;
    await gateway.fetchAs(jar, PAGE);
    await gateway.settle();
    const { counts } = await gateway.order<{
      counts: readonly { what: string; count: number; dashboard: string }[];
    }>('GET', '/counts?orgId=1&name=test1');
    expect(counts.map(({ what, count, dashboard }) => [what, dashboard, count])).toEqual([
      ['opened', 'uid-one', 1],
      ['served', 'uid-one', 8],
    ]);
    expect(origin.received).toHaveLength(8);
  });

  test('a ledger that cannot be asked is named, and the others answer', async () => {
    const gateway = await AdminGateway.create({
      vars: { POSTERN_LEDGER: { getByName: () => ({ latest: () => Promise.reject(new Error('down')) }) } },
    });
    const { events, missing } = await list(gateway);
    expect(events).toEqual([]);
    expect(missing).toEqual(expect.arrayContaining(['gateway', 'unknown', '1/test1']));
  });
});

test('the clock of tests is that of the gateway', async () => {
  const gateway = await AdminGateway.create();
  const { revocation } = await gateway.revoke({ kind: 'all' });
  expect(Date.parse(revocation.at) / 1000).toBe(NOW);
});
