/**
 * Identity headers that a client forges, in every spelling that some software behind the gateway might read as the
 * claimed one, in each mode of `UNDERSCORE_HEADERS`: none arrives, with nginx between or without.
 */

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { UNDERSCORE_MODES, type UnderscoreMode } from '../../src/headers/options.ts';
import { FORGED_HEADERS, type ForgedHeader, foldsOf } from './support/forged-headers.ts';
import type { Gateway } from './support/gateway.ts';
import { HOSTS, type NginxScene, namesOf, only, send, setNginxScene } from './support/nginx-scene.ts';
import type { RecordingOrigin } from './support/origin.ts';

const FORGED = 'forged-identity';

test(`${FORGED_HEADERS.length} forged identity headers`, async (t) => {
  const scene = await setNginxScene(t);
  if (!scene) return;
  for (const mode of UNDERSCORE_MODES) {
    await t.test(`UNDERSCORE_HEADERS=${mode}: none arrives`, (t) => checkForged(t, scene, mode));
  }
  await t.test('behind an nginx that lets all through, WSGI reads none', (t) => checkEnviron(t, scene));
});

async function checkForged(t: TestContext, scene: NginxScene, mode: UnderscoreMode): Promise<void> {
  const gateway = await scene.startGateway(t, mode);
  for (const host of [HOSTS.grafana, HOSTS.chatwoot, HOSTS.straight]) {
    await checkControl(gateway, scene.origin, host);
    for (const forged of FORGED_HEADERS) await checkOneForged(gateway, scene.origin, host, forged);
  }
}

/** A header that claims nothing arrives, so that the others' absence means something. */
async function checkControl(gateway: Gateway, origin: RecordingOrigin, host: string): Promise<void> {
  assert.equal((await send(gateway.port, host, [['X-Plain', FORGED]])).status, 200);
  assert.deepEqual(namesOf(FORGED)(only(origin)), ['x-plain']);
}

/** Neither under its own name nor under one that folds to the claimed one, nor its value under any other. */
async function checkOneForged(
  gateway: Gateway,
  origin: RecordingOrigin,
  host: string,
  { sent, claimed }: ForgedHeader,
): Promise<void> {
  const answer = await send(gateway.port, host, [[sent, FORGED]]);
  assert.ok(answer.status === 200 || answer.status === 400, `${sent}: ${answer.status}`);
  const arrived = origin.take();
  assert.equal(arrived.length, answer.status === 200 ? 1 : 0, sent);
  const names = arrived.flatMap((request) => request.headers.map(([name]) => name));
  const aliases = names.filter((name) => foldsOf(name).has(claimed.toLowerCase()));
  assert.deepEqual(aliases, [], `${sent} at ${host}`);
  assert.deepEqual(arrived.flatMap(namesOf(FORGED)), [], `${sent} at ${host}`);
}

/** The mode that changes least, and an nginx that keeps every name: what is left is for the gateway to stop. */
async function checkEnviron(t: TestContext, { startGateway }: NginxScene): Promise<void> {
  const gateway = await startGateway(t, 'keep');
  const control = await send(gateway.port, HOSTS.wsgiBehindOpenNginx, [['x_plain~name', FORGED]]);
  assert.equal(JSON.parse(control.body)['HTTP_X_PLAIN~NAME'], FORGED);
  for (const { sent } of FORGED_HEADERS) {
    const answer = await send(gateway.port, HOSTS.wsgiBehindOpenNginx, [[sent, FORGED]]);
    assert.ok(!answer.body.includes(FORGED), `${sent}: ${answer.body}`);
  }
}
