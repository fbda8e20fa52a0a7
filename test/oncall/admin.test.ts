import { describe, expect, test } from 'vitest';
import { BindingAnswer, WhichAnswer } from '../../src/api/oncall.ts';
import { sha256Hex } from '../../src/lib/sha256.ts';
import type { AdminGateway } from '../support/admin.ts';
import { entryOf, keyNamed } from '../support/keys.ts';
import { EU, EU_HOST, US_HOST } from './support/cloud.ts';
import {
  createCloud,
  createStored,
  EU_STACK,
  EXPORT_TOKEN,
  GLSA,
  INTEGRATION_TOKEN,
  NOBODYS_KEY,
  UNBOUND_KEY,
} from './support/scene.ts';

const PATH = '/oncall/api/v1/teams/';

async function which(gateway: AdminGateway, order: Record<string, string>) {
  return WhichAnswer.parse(await gateway.order('POST', '/oncall/which', order));
}

describe('which region a token belongs to', () => {
  test('is found as for a call, and learnt', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    const found = {
      kind: 'api-key',
      region: 'eu',
      address: EU,
      problem: null,
      clues: [`token:${sha256Hex(UNBOUND_KEY)}`],
    };
    expect(await which(gateway, { token: UNBOUND_KEY })).toEqual({ ...found, way: 'probe' });
    expect(await which(gateway, { token: UNBOUND_KEY })).toEqual({ ...found, way: 'learnt' });
    expect(cloud.received).toHaveLength(2);
  });

  test('may be told by the stack', async () => {
    createCloud();
    const gateway = await createStored();
    expect(await which(gateway, { token: GLSA, stack: EU_STACK })).toMatchObject({
      kind: 'service-account',
      region: 'eu',
      way: 'stack',
    });
  });

  test.each<[string, Record<string, string>, string | null, unknown]>([
    [
      'a key that no region knows',
      { token: NOBODYS_KEY },
      'api-key',
      { status: 403, code: null, detail: 'Invalid token.' },
    ],
    ['no token of OnCall', { token: 'gat_x' }, null, { status: 403, code: null, detail: 'Invalid token.' }],
    [
      'a token without a stack',
      { token: GLSA },
      'service-account',
      { status: 421, code: 'oncall_region_unknown', detail: expect.stringContaining('X-Grafana-URL') },
    ],
    [
      'a stack that may not be asked',
      { token: GLSA, stack: 'https://evil.test' },
      null,
      { status: 400, code: 'bad_request', detail: expect.stringContaining('ONCALL_STACK_HOSTS') },
    ],
    [
      'an export token',
      { token: EXPORT_TOKEN },
      'export',
      { status: 421, code: 'oncall_region_unknown', detail: expect.stringContaining('ONCALL_BINDINGS') },
    ],
    [
      'an integration token',
      { token: INTEGRATION_TOKEN },
      'integration',
      { status: 421, code: 'oncall_region_unknown', detail: expect.stringContaining('ONCALL_BINDINGS') },
    ],
    [
      'a plugin of an unbound stack',
      { token: 'gcom:abc', stackId: '5' },
      'plugin',
      { status: 421, code: 'oncall_region_unknown', detail: expect.stringContaining('stack:5') },
    ],
    [
      'a region that is not listed',
      { token: `glc_${btoa('{"m":{"r":"au"}}')}` },
      'access-policy',
      { status: 421, code: 'oncall_region_unknown', detail: expect.stringContaining('au') },
    ],
  ])('of %s is a problem', async (_, order, kind, problem) => {
    createCloud();
    expect(await which(await createStored(), order)).toMatchObject({
      kind,
      region: null,
      way: null,
      problem,
    });
  });

  test('is not asked for the token of a share key', async () => {
    const cloud = createCloud();
    const gateway = await createStored({ SHARE_KEYS: JSON.stringify([entryOf(keyNamed('test1'))]) });
    const answer = await gateway.ask('POST', '/oncall/which', {
      token: keyNamed('test1').token,
      stack: EU_STACK,
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(cloud.received).toEqual([]);
  });
});

describe('a binding', () => {
  test.each<[string, Record<string, string>, string, RequestInit, string]>([
    [
      'a token',
      { token: INTEGRATION_TOKEN },
      `token:${sha256Hex(INTEGRATION_TOKEN)}`,
      { method: 'POST' },
      `/oncall/integrations/v1/webhook/${INTEGRATION_TOKEN}/`,
    ],
    [
      'its hash',
      { tokenSha256: sha256Hex(EXPORT_TOKEN) },
      `token:${sha256Hex(EXPORT_TOKEN)}`,
      {},
      `/oncall/api/v1/schedules/S/export?token=${EXPORT_TOKEN}`,
    ],
    [
      'a stack',
      { stack: `${EU_STACK}/` },
      'stack:eu-stack.grafana.net',
      { headers: { Authorization: GLSA, 'X-Grafana-URL': EU_STACK } },
      PATH,
    ],
    [
      'its number',
      { stackId: '77' },
      'stack:77',
      { headers: { Authorization: 'gcom:x', 'X-Instance-Context': '{"stack_id":77}' } },
      PATH,
    ],
  ])('of %s leads there, until it is forgotten', async (_, bound, clue, init, path) => {
    const cloud = createCloud();
    const gateway = await createStored();
    const before = await gateway.fetch(path, init);
    cloud.forget();
    const made = BindingAnswer.parse(
      await gateway.order('POST', '/oncall/bindings', { ...bound, region: 'prod-eu-west-0' }),
    );
    expect(made).toEqual({ clue, region: 'eu', source: 'bound', effectiveSeconds: 360 });
    expect((await gateway.fetch(path, init)).status).toBeLessThan(300);
    expect(cloud.received.map(({ host }) => host)).toEqual([EU_HOST]);
    await gateway.settle();
    expect(gateway.events.at(-1)).toMatchObject({ event: 'oncall.binding.made', clue, region: 'eu' });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await gateway.order('DELETE', `/oncall/bindings/${clue}`)).toEqual({ ...made });
    expect((await gateway.fetch(path, init)).status).toBe(before.status);
    expect(
      (await gateway.ask('DELETE', `/oncall/bindings/${clue.replace(/.$/, clue.endsWith('0') ? '1' : '0')}`))
        .status,
    ).toBe(404);
  });

  test('goes before what was learnt, and no refusal takes it back', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    const headers = { Authorization: UNBOUND_KEY };
    expect((await gateway.fetch(PATH, { headers })).status).toBe(200);
    await gateway.settle();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await gateway.order('POST', '/oncall/bindings', { token: UNBOUND_KEY, region: 'us' });
    cloud.forget();
    for (let round = 0; round < 2; round++) expect((await gateway.fetch(PATH, { headers })).status).toBe(403);
    expect(cloud.received.map(({ host }) => host)).toEqual([US_HOST, US_HOST]);
  });

  test('of a stack goes before what was learnt of a key', async () => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(PATH, { headers: { Authorization: UNBOUND_KEY } });
    await gateway.settle();
    await gateway.order('POST', '/oncall/bindings', { stack: EU_STACK, region: 'us' });
    cloud.forget();
    await gateway.fetch(PATH, { headers: { Authorization: UNBOUND_KEY, 'X-Grafana-URL': EU_STACK } });
    expect(cloud.received.map(({ host }) => host)).toEqual([US_HOST]);
  });

  test.each<[string, unknown, number]>([
    ['a region that is not listed', { stackId: '1', region: 'au' }, 400],
    ['an address that is no stack’s', { stack: 'https://a.grafana.net/x', region: 'eu' }, 400],
    ['a hash that is none', { tokenSha256: 'abc', region: 'eu' }, 400],
    ['two of them', { stackId: '1', token: 'abc', region: 'eu' }, 400],
    ['nothing', { region: 'eu' }, 400],
    ['what ONCALL_BINDINGS binds', { stackId: '9', region: 'eu' }, 409],
  ])('of %s is refused', async (_, order, status) => {
    createCloud();
    const gateway = await createStored({ ONCALL_BINDINGS: '{"stack:9":"us"}' });
    expect((await gateway.ask('POST', '/oncall/bindings', order)).status).toBe(status);
    expect(await gateway.kv.names()).toEqual([]);
  });

  test('needs the admin token, and storage', async () => {
    createCloud();
    const gateway = await createStored();
    const order = { stackId: '1', region: 'eu' };
    expect(
      (await gateway.ask('POST', '/oncall/bindings', order, 'wrong-token-0123456789abcdefghijklmnop')).status,
    ).toBe(401);
    const without = await createStored({ POSTERN_KV: undefined });
    expect(await without.ask('POST', '/oncall/bindings', order)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('POSTERN_KV') },
    });
  });
});
