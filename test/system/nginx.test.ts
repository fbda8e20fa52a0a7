/**
 * nginx, as Debian ships it and with its default header settings, between the gateway and the origin: what a client
 * sends with an underscore arrives, or not, as `UNDERSCORE_HEADERS` says.
 */

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { UNDERSCORE_MODES, type UnderscoreMode } from '../../src/headers/options.ts';
import { HOSTS, type NginxScene, namesOf, only, send, setNginxScene } from './support/nginx-scene.ts';
import { valuesOf } from './support/origin.ts';

/** Chatwoot's own name for its token, and what WSGI and Rack make of it. */
const TOKEN_NAME = 'api_access_token';
const TOKEN_VARIABLE = 'HTTP_API_ACCESS_TOKEN';
const TOKEN = 'bMUnZs2BFtQ4vLSzGe63aMN7';

test('nginx with its default settings between gateway and origin', async (t) => {
  const scene = await setNginxScene(t);
  if (!scene) return;
  await t.test('loses a header with an underscore where there is no gateway', () => checkLoss(scene));
  await t.test('gets api_access_token under a name that it keeps', (t) => checkToken(t, scene));
  await t.test('lets WSGI read the variable that the client meant', (t) => checkWsgi(t, scene));
  await t.test('gets nothing where two spellings have two values', (t) => checkTwoForms(t, scene));
  for (const mode of UNDERSCORE_MODES) {
    await t.test(`UNDERSCORE_HEADERS=${mode}: ${FATES[mode].means}`, (t) => checkMode(t, scene, mode));
  }
});

async function checkLoss({ origin, ports }: NginxScene): Promise<void> {
  const answer = await send(ports.nginx, HOSTS.chatwoot, [
    [TOKEN_NAME, TOKEN],
    ['X-Kept', 'yes'],
  ]);
  assert.equal(answer.status, 200);
  const request = only(origin);
  assert.deepEqual(valuesOf(request, 'x-kept'), ['yes']);
  assert.deepEqual(namesOf(TOKEN)(request), []);
}

async function checkToken(t: TestContext, { origin, startGateway }: NginxScene): Promise<void> {
  const gateway = await startGateway(t, 'hyphenate');
  for (const host of [HOSTS.chatwoot, HOSTS.grafana]) {
    for (const name of [TOKEN_NAME, 'API_ACCESS_TOKEN', 'api-access-token']) {
      assert.equal((await send(gateway.port, host, [[name, TOKEN]])).status, 200);
      assert.deepEqual(namesOf(TOKEN)(only(origin)), ['api-access-token'], `${name} at ${host}`);
    }
  }
  await gateway.seen('headers.changed', { change: 'api_access_token -> api-access-token' });
  assert.ok(!JSON.stringify(gateway.events).includes(TOKEN), 'no value is logged');
}

async function checkWsgi(t: TestContext, { ports, startGateway }: NginxScene): Promise<void> {
  const gateway = await startGateway(t, 'hyphenate');
  const read = async (port: number): Promise<unknown> => {
    const answer = await send(port, HOSTS.wsgi, [[TOKEN_NAME, TOKEN]]);
    return JSON.parse(answer.body)[TOKEN_VARIABLE];
  };
  assert.equal(await read(ports.wsgi), TOKEN, 'asked directly, the application reads it');
  assert.equal(await read(ports.nginxToWsgi), undefined, 'nginx alone loses it');
  assert.equal(await read(gateway.port), TOKEN, 'through the gateway nginx keeps it');
}

type Pair = readonly [name: string, value: string];

const TWO_FORMS: readonly (readonly [Pair, Pair])[] = [
  [
    [TOKEN_NAME, 'AAA'],
    ['api-access-token', 'BBB'],
  ],
  [
    ['api-access-token', 'AAA'],
    [TOKEN_NAME, 'BBB'],
  ],
  [
    ['x_tenant-hint', 'AAA'],
    ['x-tenant_hint', 'BBB'],
  ],
];

async function checkTwoForms(t: TestContext, { origin, startGateway }: NginxScene): Promise<void> {
  const gateway = await startGateway(t, 'hyphenate');
  for (const pair of TWO_FORMS) {
    const answer = await send(gateway.port, HOSTS.chatwoot, pair);
    assert.equal(answer.status, 400, JSON.stringify(pair));
    assert.equal(JSON.parse(answer.body).code, 'bad_request');
    assert.doesNotMatch(answer.body, /AAA|BBB/);
    assert.deepEqual(origin.take(), []);
  }
  const same = await send(gateway.port, HOSTS.chatwoot, [
    [TOKEN_NAME, TOKEN],
    ['api-access-token', TOKEN],
  ]);
  assert.equal(same.status, 200);
  assert.deepEqual(valuesOf(only(origin), 'api-access-token'), [TOKEN]);
}

/** What becomes of a header with an underscore in a mode. */
interface Fate {
  readonly means: string;
  readonly status: 200 | 400;
  /** Names under which it arrives behind nginx, and with nothing between. */
  readonly behindNginx: readonly string[];
  readonly straight: readonly string[];
}

const FATES: Readonly<Record<UnderscoreMode, Fate>> = {
  hyphenate: {
    means: 'it is renamed, and nginx keeps it',
    status: 200,
    behindNginx: ['x-tenant-hint'],
    straight: ['x-tenant-hint'],
  },
  keep: {
    means: 'it goes on as it is, and nginx drops it',
    status: 200,
    behindNginx: [],
    straight: ['x_tenant_hint'],
  },
  drop: { means: 'the gateway drops it', status: 200, behindNginx: [], straight: [] },
  reject: { means: 'the request is refused', status: 400, behindNginx: [], straight: [] },
};

async function checkMode(t: TestContext, scene: NginxScene, mode: UnderscoreMode): Promise<void> {
  const { origin, startGateway } = scene;
  const { status, behindNginx, straight } = FATES[mode];
  const gateway = await startGateway(t, mode);
  const ways = [
    { host: HOSTS.grafana, expected: behindNginx },
    { host: HOSTS.chatwoot, expected: behindNginx },
    { host: HOSTS.straight, expected: straight },
  ];
  for (const { host, expected } of ways) {
    const answer = await send(gateway.port, host, [['X_Tenant_Hint', 'north']]);
    assert.equal(answer.status, status, host);
    if (status === 400) assert.match(JSON.parse(answer.body).detail, /x_tenant_hint/);
    const arrived = origin.take();
    assert.equal(arrived.length, status === 200 ? 1 : 0);
    assert.deepEqual(arrived.flatMap(namesOf('north')), expected, host);
  }
  // Names of UNDERSCORE_HEADER_MAP are renamed in any mode.
  assert.equal((await send(gateway.port, HOSTS.chatwoot, [[TOKEN_NAME, TOKEN]])).status, 200);
  assert.deepEqual(namesOf(TOKEN)(only(origin)), ['api-access-token']);
}
