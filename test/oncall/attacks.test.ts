import { describe, expect, test } from 'vitest';
import { ATTACKS, type AttackCase } from '../support/attacks/cases.ts';
import type { Gateway } from '../support/gateway.ts';
import { type Cloud, down, EU_HOST, US_HOST } from './support/cloud.ts';
import { createCloud, createStored, EU_STACK, GLSA, UNBOUND_KEY, US_KEY } from './support/scene.ts';

const CASES = ATTACKS.filter(({ area }) => area === 'oncall-region-ssrf');
const TABLE = new Set([US_HOST, EU_HOST]);

/** An access policy token that names a region of an attacker's choice. */
function craft(region: string): string {
  return `glc_${btoa(JSON.stringify({ o: '1', n: 'x', k: 'y', m: { r: region } }))}`;
}

function fillIn(value: string): string {
  return value
    .replace('{{ONCALL_TOKEN_EU}}', UNBOUND_KEY)
    .replace('{{ONCALL_TOKEN_US}}', US_KEY)
    .replace(/\{\{TOKEN_WITH_REGION '(.*)'\}\}/, (_, region: string) => craft(region));
}

function send({ request }: AttackCase, gateway: Gateway): Promise<Response> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers as Record<string, string | string[]>)) {
    for (const each of [value].flat()) headers.append(name, fillIn(each));
  }
  return gateway.fetch(request.path, { method: request.method, headers });
}

/** What a case needs beside a cloud and a gateway that know nothing yet. */
const PRECONDITIONS: Readonly<Record<string, (cloud: Cloud, gateway: Gateway) => Promise<void>>> = {
  'EU upstream down': async (cloud, gateway) => {
    await gateway.fetch('/oncall/api/v1/users/', { headers: { Authorization: UNBOUND_KEY } });
    cloud.put(EU_HOST, down).forget();
  },
};

describe('hostile input: oncall-region-ssrf', () => {
  test.each(CASES)('$id is answered safely: $expect.assert.0', async (attack) => {
    const cloud = createCloud();
    const gateway = await createStored();
    await PRECONDITIONS[attack.precondition]?.(cloud, gateway);
    const response = await send(attack, gateway);
    expect(attack.expect.status).toContain(response.status);
    if (attack.expect.origin === 'called') expect(cloud.calls.map(({ host }) => host)).toEqual([EU_HOST]);
    if (attack.expect.origin === 'not_called') expect(cloud.received).toEqual([]);
    expect(cloud.received.filter(({ host }) => !TABLE.has(host))).toEqual([]);
    await gateway.settle();
    expect(JSON.stringify(await gateway.kv.values())).not.toContain(UNBOUND_KEY);
  });
});

/** Addresses that a client may name and that nobody may be asked at. */
const FOREIGN_STACKS = [
  'https://evil.test',
  'https://evil.test/.grafana.net',
  'https://evil.test?.grafana.net',
  'https://evil.test#.grafana.net',
  'https://evil.test\\.grafana.net',
  'https://evilgrafana.net',
  'https://grafana.net',
  'https://.grafana.net',
  'https://eu-stack.grafana.net.',
  'https://eu-stack.grafana.net.evil.test',
  'https://eu-stack.grafana.net@evil.test',
  'https://user:pass@eu-stack.grafana.net',
  'https://eu-stack.grafana.net:443',
  'https://eu-stack.grafana.net:8443',
  'https://eu-stack.grafana.net:22',
  'https://eu-stack.grafana.net/path',
  'https://eu-stack.grafana.net/..',
  'https://eu-stack.grafana.net//',
  'https://eu-stack.grafana.net/?x=1',
  'https://eu-stack.grafana.net%2eevil.test',
  'https://eu-stack.grafana.net%00.evil.test',
  'https://[::1]',
  'https://[::ffff:169.254.169.254]',
  'https://127.0.0.1',
  'https://localhost',
  'https://169.254.169.254',
  'https://0x7f.1',
  'https://2130706433',
  'https://017700000001',
  'https://1.1.1.1.grafana.net.1',
  'http://eu-stack.grafana.net',
  'http://127.0.0.1:3000',
  'http://localhost:3000',
  '//eu-stack.grafana.net',
  'eu-stack.grafana.net',
  'ftp://eu-stack.grafana.net',
  'file:///etc/passwd',
  'javascript:alert(1)',
  `${EU_STACK}, https://us-stack.grafana.net`,
  `https://${'a'.repeat(300)}.grafana.net`,
];

describe('hostile stacks', () => {
  test.each(FOREIGN_STACKS)('%s is asked nothing', async (address) => {
    const cloud = createCloud();
    const gateway = await createStored();
    const headers = { Authorization: GLSA, 'X-Grafana-URL': address };
    const response = await gateway.fetch('/oncall/api/v1/users/', { headers });
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([400, 'bad_request']);
    expect(cloud.received).toEqual([]);
  });

  test.each(FOREIGN_STACKS.slice(0, 3))('%s beside an API key changes nothing', async (address) => {
    const cloud = createCloud();
    const gateway = await createStored();
    const headers = { Authorization: UNBOUND_KEY, 'X-Grafana-URL': address };
    expect((await gateway.fetch('/oncall/api/v1/users/', { headers })).status).toBe(200);
    expect(cloud.received.filter(({ host }) => !TABLE.has(host))).toEqual([]);
  });
});

describe('paths', () => {
  test.each([
    '/oncall/../admin',
    '/oncall/%2e%2e/admin',
    '/oncall//api',
    '/oncall/api/..%2f..%2fadmin',
    '/oncall/a;b',
    '/oncall/%5cx',
  ])('%s leads to no other path of a region', async (path) => {
    const cloud = createCloud();
    const gateway = await createStored();
    await gateway.fetch(path, { headers: { Authorization: UNBOUND_KEY } });
    expect(cloud.calls.filter(({ target }) => !target.startsWith('/oncall/'))).toEqual([]);
  });
});
