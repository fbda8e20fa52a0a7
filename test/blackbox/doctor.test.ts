import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/api/check-table.ts';
import { DOCTOR_GROUPS } from '../../src/api/doctor.ts';
import { DoctorOutput, SsoRecoverOutput } from '../../src/cli/output-schemas.ts';
import { BuiltCli } from '../cli/support.ts';
import { ADMIN_TOKEN } from '../support/provider/gateway.ts';
import { CLIENT_SECRET } from '../support/provider/provider.ts';
import { Scene } from '../support/provider/scene.ts';

const OTHER_SECRET = 'another-client-secret-0123456789abcdef';

let scene: Scene;
let cli: BuiltCli;
const folder = mkdtempSync(join(tmpdir(), 'postern-doctor-'));

beforeAll(async () => {
  cli = new BuiltCli();
  scene = await Scene.set();
  writeFileSync(
    join(folder, 'wrangler.toml'),
    `[vars]
ORIGIN_URL = "${scene.originUrl}"
SSO_ISSUER = "${scene.provider.issuer}"
VISITORS = "login"
GF_AUTH_GENERIC_OAUTH_ENABLED = "true"
GF_AUTH_GENERIC_OAUTH_CLIENT_ID = "grafana"

[[kv_namespaces]]
binding = "POSTERN_KV"

[[durable_objects.bindings]]
name = "POSTERN_LEDGER"
class_name = "Ledger"

[[durable_objects.bindings]]
name = "POSTERN_SIGN_INS"
class_name = "SignIn"
`,
  );
  writeFileSync(
    join(folder, '.dev.vars'),
    `POSTERN_SECRETS=kQ2vR8xT1bN6mZ4cW9pL3sD7fH5gJ0aY\nADMIN_TOKEN=${ADMIN_TOKEN}\n`,
  );
});
afterAll(async () => {
  await scene.end();
  cli.remove();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  scene.begin();
  registerClient(CLIENT_SECRET);
});

function registerClient(secret: string): void {
  scene.provider.register({ secret, redirectUris: [scene.at('/login/generic_oauth').href] });
}

function run(args: readonly string[]) {
  const env = { POSTERN_URL: scene.gateway.url.origin, POSTERN_ADMIN_TOKEN: ADMIN_TOKEN };
  return cli.run(process.execPath, args, { env, cwd: folder });
}

async function examine(...args: string[]) {
  const { code, stdout, stderr } = await run(['doctor', '--json', ...args]);
  expect(stderr).toBe('');
  return { code, ...DoctorOutput.parse(JSON.parse(stdout)) };
}

describe('postern doctor, against a gateway that runs', () => {
  test('looks at every group, and every finding is a row of the table', async () => {
    const { findings } = await examine('--portal', 'https://portal.example.com');
    const groups = new Set(findings.map(({ check }) => CHECKS[check]?.group));
    expect([...groups].sort()).toEqual(['configuration', ...DOCTOR_GROUPS].sort());
    for (const { check, why } of findings) expect([check, CHECKS[check]?.why]).toEqual([check, why]);
    expect(findings.find(({ check }) => check === 'gateway.reachable')).toMatchObject({ verdict: 'green' });
    expect(findings.filter(({ check }) => check === 'gateway.admin-api')).toEqual([]);
    expect(
      findings.filter(({ check, verdict }) => check.startsWith('configuration.') && verdict !== 'green'),
    ).toEqual([]);
  });

  test('is printed for people on 80 columns', async () => {
    const { stdout } = await run(['doctor']);
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ red, .*\d+ green/);
  });

  test('finds a client secret that was made anew, and says how to put it', async () => {
    const findClient = async () =>
      (await examine('--only', 'sign-in')).findings.find(({ check }) => check === 'sso.client');
    expect(await findClient()).toMatchObject({ verdict: 'green' });
    registerClient(OTHER_SECRET);
    const { stdout } = await run(['sso', 'recover', '--dry-run', '--json']);
    expect(SsoRecoverOutput.parse(JSON.parse(stdout)).findings.at(-1)).toMatchObject({
      check: 'sso.client',
      verdict: 'red',
      fix: expect.stringContaining('wrangler secret put GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET'),
    });
  });
});

test('nothing that was printed holds a secret', () => {
  for (const secret of [ADMIN_TOKEN, CLIENT_SECRET, OTHER_SECRET]) expect(cli.printed).not.toContain(secret);
});
