import { setTimeout as wait } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SsoRecoverOutput } from '../../src/cli/output-schemas.ts';
import { BuiltCli } from '../cli/support.ts';
import { Browser, problemOf } from '../support/provider/browser.ts';
import { ADMIN_TOKEN } from '../support/provider/gateway.ts';
import { CLIENT_SECRET } from '../support/provider/provider.ts';
import { ANN, PAGE, Scene } from '../support/provider/scene.ts';

let scene: Scene;
let cli: BuiltCli;

beforeAll(async () => {
  cli = new BuiltCli();
  scene = await Scene.set();
});
afterAll(async () => {
  await scene.end();
  cli.remove();
});

async function recover(...args: string[]) {
  const env = { POSTERN_URL: scene.gateway.url.origin, POSTERN_ADMIN_TOKEN: ADMIN_TOKEN };
  const { code, stdout } = await cli.run(process.execPath, ['sso', 'recover', '--json', ...args], { env });
  return { code, ...SsoRecoverOutput.parse(JSON.parse(stdout)) };
}

function registerClient(secret: string): void {
  scene.provider.register({ secret, redirectUris: [scene.at('/login/generic_oauth').href] });
}

const verdicts = ({ findings }: Awaited<ReturnType<typeof recover>>) =>
  findings.map(({ check, verdict }) => `${check} ${verdict}`);

const kidOf = () => decodeProtectedHeader(String(scene.latest.headers['x-jwt-assertion'])).kid;

/** All keys, the client secret and everybody's `sub` are others. */
async function restoreProvider(): Promise<void> {
  await scene.provider.rotateKeys('replace');
  registerClient('client-secret-of-the-restored-provider-01');
  scene.provider.people.clear();
  scene.provider.people.set('restored-ann', ANN);
  scene.provider.someone = 'restored-ann';
}

test('after a restore of the provider, the new secret and one command bring everybody back', async () => {
  const browser = await scene.signIn();
  const former = kidOf();
  await restoreProvider();
  expect(problemOf(await scene.tryToSignIn())).toMatchObject({ code: 'sso_client_refused' });

  // First the dry run: it names the secret, and nobody is out.
  const dry = await recover('--dry-run', '--release-accounts');
  expect([dry.code, verdicts(dry)]).toEqual([1, ['sso.discovery green', 'sso.client red']]);
  expect((await browser.call(scene.at(PAGE))).status).toBe(200);

  // The secret is put; the same people are refused, since they are others now.
  registerClient(CLIENT_SECRET);
  expect(problemOf(await scene.tryToSignIn())).toMatchObject({ code: 'sso_account_taken' });

  const done = await recover('--release-accounts');
  expect([done.code, verdicts(done)]).toEqual([0, ['sso.discovery green', 'sso.client green']]);
  // Who was signed in is led to sign-in, in one step, with one sentence; and not in a circle.
  const hops = await browser.go(scene.at(PAGE));
  expect(hops.map(({ status }) => status)).toEqual([303, 200]);
  expect(hops[1]?.text).toContain('Your sign-in has ended.');
  expect((await browser.call(scene.at(PAGE))).status).toBe(401);

  // What began in the second of the recovery is out, too. (The restored provider knows no session of the browser's.)
  await wait(1_100);
  await scene.signIn();
  expect(await scene.readAssertion()).toMatchObject({ email: ANN.email });
  // The new key is published, and signs when Grafana knows it.
  expect(kidOf()).toBe(former);
  const { keys } = JSON.parse((await new Browser().call(scene.at('/-/jwks.json'))).text);
  expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual([former, expect.any(String)]);
});
