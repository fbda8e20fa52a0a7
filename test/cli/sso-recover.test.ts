import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SsoRecoverOutput } from '../../src/cli/output-schemas.ts';
import { StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

let cli: BuiltCli;
const gateway = new StandIn();
beforeAll(async () => {
  cli = new BuiltCli();
  await gateway.listen();
});
beforeEach(() => gateway.reset());
afterAll(() => {
  gateway.close();
  cli.remove();
});

function run(args: readonly string[] = []) {
  return cli.run(process.execPath, ['sso', 'recover', ...args], { env: gateway.env });
}

describe('postern sso recover', () => {
  test('tells what was done, what was found, and what is left', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`Sign-in begins anew.
  ✔ Everybody who had signed in is signed out.
  – What share links have opened stays open.
    In effect everywhere within about 1 minute 10 seconds.

The provider
  ✔ The provider takes the client id and the client secret.

Left to you
  • Restart what signs people in by itself.
`);
    expect(gateway.asked).toEqual([{ method: 'POST', path: '/-/api/v1/sso/recover', body: {} }]);
  });

  test('in a dry run says that nothing was changed', async () => {
    const state = 'planned';
    gateway.recovery = {
      ...gateway.recovery,
      steps: [{ step: 'sign-ins', state, says: 'Everybody would be signed out.' }],
    };
    const { code, stdout } = await run(['--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Nothing was changed\. .*\n {2}→ Everybody would be signed out\.\n\n/);
    expect(stdout).not.toContain('In effect');
    expect(gateway.asked.at(-1)?.body).toEqual({ dryRun: true });
  });

  test.each([
    ['--share-sessions', { shareSessions: true }],
    ['--release-accounts', { releaseAccounts: true }],
    ['--keep-assertion-key', { keepAssertionKey: true }],
  ])('%s is handed on', async (option, body) => {
    await run([option]);
    expect(gateway.asked.at(-1)?.body).toEqual(body);
  });

  test('has exit code 1 where something is red, and says how to mend it', async () => {
    const red = {
      check: 'sso.client',
      verdict: 'red',
      seen: 'It does not.',
      why: 'So.',
      fix: 'Put it.',
    } as const;
    gateway.recovery = { ...gateway.recovery, findings: [red], left: ['Put it.'] };
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toContain('      seen  It does not.\n      why   So.\n      mend  Put it.\n');
  });

  test('fits 80 columns', async () => {
    const says = 'a sentence that is far longer than a line of a terminal '.repeat(4);
    const findings = [{ check: 'sso.client', verdict: 'yellow', seen: says, why: says, fix: says } as const];
    gateway.recovery = {
      ...gateway.recovery,
      steps: [{ step: 'accounts', state: 'done', says }],
      findings,
      left: [says, says],
    };
    const { stdout } = await run();
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  });

  test('prints for programs what the gateway has answered', async () => {
    const { code, stdout } = await run(['--json', '--dry-run']);
    const document: unknown = JSON.parse(stdout);
    expect([code, document]).toEqual([0, { ...gateway.recovery, dryRun: true }]);
    expect(SsoRecoverOutput.parse(document)).toEqual(document);
  });

  test.each<[string, readonly string[], string]>([
    ['a word', ['now'], 'argument-unexpected'],
    ['an unknown option', ['--force'], 'option-unknown'],
  ])('%s is wrong use', async (_, words, error) => {
    const { code, stdout } = await run([...words, '--json']);
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, error]);
    expect(gateway.asked).toEqual([]);
  });
});
