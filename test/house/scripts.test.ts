import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ended, runNode, toExitCode } from '../../scripts/support/child.ts';
import { findChosenAccount, judgeSignIn } from '../../scripts/support/deploy-account.ts';
import { describeNext, readReport } from '../../scripts/support/deploy-answer.ts';
import { checkSettings } from '../../scripts/support/deploy-config.ts';
import { readDeployOptions } from '../../scripts/support/deploy-options.ts';
import { checkOrigin, chooseOrigin, findOriginWarnings } from '../../scripts/support/deploy-origin.ts';
import { deploy, rehearse } from '../../scripts/support/deploy-run.ts';
import { judgeSecretList, planSecrets, writeSecretsFile } from '../../scripts/support/deploy-secrets.ts';
import type { DeployTools } from '../../scripts/support/deploy-tools.ts';
import { createDevVars } from '../../scripts/support/dev-vars.ts';
import { Failure, Failures, formatFailure } from '../../scripts/support/failure.ts';
import { makeSecret } from '../../scripts/support/random.ts';
import { canAsk } from '../../scripts/support/terminal.ts';
import { readWorkerFile, replaceVar } from '../../scripts/support/wrangler-toml.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TOKEN = 'glsa_yscW25imSKJIuav8zF37RZmnbiDvB05G_fcaaf58a';
const SHARE_KEYS = JSON.stringify([{ name: 'portal', orgId: 1, token: TOKEN }]);
const ORIGIN = 'https://grafana.example.com';
const NO_WORKER =
  '✘ [ERROR] Worker "postern" not found.\n\nIf this is a new Worker, run `wrangler deploy` first';

/** A file of its own: that of the checkout may have been filled in. */
const TOML = `name = "postern"
main = "src/index.ts"
compatibility_date = "2026-10-01"

[vars]
# The origin.
ORIGIN_URL = ""

[observability]
enabled = true
`;

const ended = (code: number, stdout = '', stderr = ''): Ended => ({ code, stdout, stderr });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a new .dev.vars', () => {
  test('holds fresh secrets and belongs to its owner alone', async () => {
    const path = join(folder, '.dev.vars');
    expect(await createDevVars(path)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    const secrets = [...text.matchAll(/^(POSTERN_SECRETS|ADMIN_TOKEN)="([\w-]{43})"$/gm)];
    expect(secrets.map(([, name]) => name)).toEqual(['POSTERN_SECRETS', 'ADMIN_TOKEN']);
    expect(new Set(secrets.map(([, , value]) => value)).size).toBe(2);
  });

  test('never takes the place of one that is there', async () => {
    const path = join(folder, '.dev.vars');
    await writeFile(path, 'MINE=1\n');
    expect(await createDevVars(path)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('MINE=1\n');
  });
});

describe('a child', () => {
  test('passes its exit code on', async () => {
    expect((await runNode(['-e', 'process.exit(7)'], 'capture')).code).toBe(7);
    expect(toExitCode(null, 'SIGTERM')).toBe(143);
  });

  test('gets the signals of its parent, which ends after it', async () => {
    const child = `process.on('SIGTERM', () => { console.log('child ends'); process.exit(5); }); setInterval(() => {}, 1000); console.log('up');`;
    const module = JSON.stringify(join(ROOT, 'scripts/support/child.ts'));
    const parent = `const { runNode } = await import(${module}); process.exitCode = (await runNode(['-e', ${JSON.stringify(child)}], 'inherit')).code;`;
    const running = spawn(process.execPath, ['--input-type=module', '-e', parent]);
    let output = '';
    running.stdout.on('data', (chunk) => {
      output += chunk;
      if (String(chunk).includes('up')) running.kill('SIGTERM');
    });
    expect(await new Promise((done) => running.once('close', done))).toBe(5);
    expect(output).toContain('child ends');
  });
});

describe('the command line of deploy', () => {
  test('reads its flags', () => {
    expect(readDeployOptions(['--dry-run', '--origin', ORIGIN, '--share-keys', 'keys.json'])).toEqual({
      dryRun: true,
      origin: ORIGIN,
      shareKeysFile: 'keys.json',
    });
    expect(readDeployOptions(['--help'])).toBe('help');
  });

  test('refuses what it does not know', () => {
    expect(() => readDeployOptions(['--orgin', ORIGIN])).toThrow(Failure);
  });
});

describe('who is signed in', () => {
  test.each([
    ['nobody', '{"loggedIn":false}', /signed in/],
    ['an answer that is none', 'no network', /could not be asked/],
    ['broken JSON', '{"loggedIn"', /could not be asked/],
  ])('%s', (_, stdout, message) => {
    expect(judgeSignIn({ stdout, stderr: '' })).toMatchObject({
      ok: false,
      reason: { message: expect.stringMatching(message) },
    });
  });

  test('somebody, with accounts', () => {
    const stdout = '\n{"loggedIn":true,"email":"me@example.com","accounts":[{"id":"a1","name":"One"}]}';
    const signIn = { email: 'me@example.com', accounts: [{ id: 'a1', name: 'One' }] };
    expect(judgeSignIn({ stdout, stderr: '' })).toEqual({ ok: true, value: signIn });
  });

  test('an account of the environment counts before one of wrangler.toml', () => {
    expect(findChosenAccount({ CLOUDFLARE_ACCOUNT_ID: 'a1' }, 'a2')).toBe('a1');
    expect(findChosenAccount({ CLOUDFLARE_ACCOUNT_ID: '' }, 'a2')).toBe('a2');
    expect(findChosenAccount({}, undefined)).toBeUndefined();
  });
});

describe('the origin', () => {
  test.each([
    [
      { flag: 'F', configured: 'C', environment: 'E' },
      { url: 'F', from: 'flag' },
    ],
    [
      { flag: undefined, configured: 'C', environment: 'E' },
      { url: 'C', from: 'wrangler.toml' },
    ],
    [
      { flag: undefined, configured: '', environment: 'E' },
      { url: 'E', from: 'environment' },
    ],
    [{ flag: undefined, configured: '', environment: undefined }, undefined],
  ] as const)('%o', (sources, choice) => {
    expect(chooseOrigin(sources)).toEqual(choice);
  });

  test('is judged as the Worker judges it', () => {
    expect(checkOrigin(`${ORIGIN}/grafana`).ok).toBe(true);
    for (const text of ['', 'grafana.example.com', 'ftp://x', 'https://a:b@x', 'https://x/?a=1'])
      expect(checkOrigin(text).ok, text).toBe(false);
  });

  test.each([
    ['http://127.0.0.1:3000', /cannot reach/],
    ['https://localhost', /cannot reach/],
    ['http://192.168.1.5', /cannot reach/],
    ['http://172.20.0.2', /cannot reach/],
    ['http://[fd00::1]:3000', /cannot reach/],
    ['https://grafana.local', /cannot reach/],
    ['http://grafana.example.com', /plain HTTP/],
  ])('%s is warned of', (text, warning) => {
    expect(findOriginWarnings(new URL(text))).toEqual([expect.stringMatching(warning)]);
  });

  test('a public address over HTTPS is not', () => {
    for (const text of [ORIGIN, 'https://172.15.0.1', 'https://10.example.com', 'https://local.example.com'])
      expect(findOriginWarnings(new URL(text)), text).toEqual([]);
  });
});

describe('wrangler.toml', () => {
  test('is read as wrangler reads it', async () => {
    await writeFile(join(folder, 'wrangler.toml'), TOML);
    const file = readWorkerFile(join(folder, 'wrangler.toml'));
    expect(file).toMatchObject({ name: 'postern', vars: { ORIGIN_URL: '' } });
  });

  test('gets another value, and keeps the rest', async () => {
    const changed = replaceVar(TOML, 'ORIGIN_URL', ORIGIN) ?? '';
    expect(changed).toBe(TOML.replace('ORIGIN_URL = ""', `ORIGIN_URL = "${ORIGIN}"`));
    await writeFile(join(folder, 'wrangler.toml'), changed);
    expect(readWorkerFile(join(folder, 'wrangler.toml')).vars.ORIGIN_URL).toBe(ORIGIN);
  });

  test('of this checkout has the line that a deployment fills in', async () => {
    const toml = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
    expect(replaceVar(toml, 'ORIGIN_URL', ORIGIN)).toBeDefined();
  });

  test.each([
    ['a comment behind the value', '[vars]\nA = "x" # why', '[vars]\nA = "y" # why'],
    ['single quotes', "[vars]\n  A='x'\n", '[vars]\n  A="y"\n'],
    ['a later table', '[vars]\nB = "b"\n[env.x.vars]\nA = "x"', undefined],
    ['an earlier table', 'A = "x"\n[vars]\nB = "b"', undefined],
    ['no table at all', 'A = "x"', undefined],
    ['a longer name', '[vars]\nAA = "x"', undefined],
  ])('%s', (_, toml, changed) => {
    expect(replaceVar(toml, 'A', 'y')).toBe(changed);
  });

  test('a value with a dollar sign or a quote stays what it is', () => {
    expect(replaceVar('[vars]\nA = ""', 'A', '$&"')).toBe('[vars]\nA = "$&\\""');
  });
});

describe('secrets', () => {
  test('are listed, and there are none where there is no Worker yet', () => {
    const list = '[{"name":"POSTERN_SECRETS","type":"secret_text"}]';
    expect(judgeSecretList(ended(0, list))).toEqual({ ok: true, value: ['POSTERN_SECRETS'] });
    expect(judgeSecretList(ended(1, '', NO_WORKER))).toEqual({ ok: true, value: [] });
  });

  test('a list that cannot be read is a failure, since a new key ring would end every session', () => {
    expect(judgeSecretList(ended(1, '', 'Authentication error')).ok).toBe(false);
    expect(judgeSecretList(ended(0, 'nonsense')).ok).toBe(false);
  });

  test('only what is missing is made', () => {
    expect(planSecrets([], undefined, () => 'new')).toEqual({ POSTERN_SECRETS: 'new' });
    expect(planSecrets(['POSTERN_SECRETS'], undefined, () => 'new')).toEqual({});
    expect(planSecrets(['POSTERN_SECRETS'], '[]', () => 'new')).toEqual({ SHARE_KEYS: '[]' });
  });

  test('are long enough, and new each time', () => {
    expect(makeSecret()).toMatch(/^[\w-]{43}$/);
    expect(makeSecret()).not.toBe(makeSecret());
  });

  test('travel in a file of their owner alone', async () => {
    const path = (await writeSecretsFile(folder, { A: '$HOME "x"' })) ?? '';
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ A: '$HOME "x"' });
    expect(await writeSecretsFile(folder, {})).toBeUndefined();
  });
});

describe('the configuration before a deployment', () => {
  const settings = { vars: { ORIGIN_URL: '' }, originUrl: ORIGIN, newSecrets: {}, secretNames: [] };

  test('holds', () => {
    expect(checkSettings(settings)).toEqual({ ok: true, value: [] });
  });

  test('tells of every mistake at once, and of no secret', () => {
    const token = 'glsa_secretsecret';
    const wrong = {
      ...settings,
      vars: { VISITORS: 'all' },
      newSecrets: { SHARE_KEYS: JSON.stringify([{ name: 'portal', orgId: 1, token }]) },
      secretNames: ['POSTERN_SECRET', 'SHARE_KEYS'],
    };
    const checked = checkSettings(wrong);
    const text = checked.ok ? '' : formatFailure(checked.reason);
    for (const name of ['VISITORS', 'SHARE_KEYS', 'POSTERN_SECRET ']) expect(text).toContain(name);
    expect(text).not.toContain(token);
  });
});

describe('the report of a deployment', () => {
  const line = (entry: object) => `${JSON.stringify({ version: 1, ...entry })}\n`;
  const session = line({ type: 'wrangler-session' });
  const report = (targets: readonly string[]) => session + line({ type: 'deploy', version_id: 'v', targets });

  test.each([
    [['https://postern.example.workers.dev'], 'https://postern.example.workers.dev'],
    [['https://postern.example.workers.dev', 'dash.example.com (custom domain)'], 'https://dash.example.com'],
    [['dash.example.com/* (zone name: example.com)'], 'https://dash.example.com'],
    [['schedule: 0 * * * *'], undefined],
    [[], undefined],
  ])('%o', (targets, address) => {
    expect(readReport(report(targets))).toEqual({ address });
  });

  test('of one that was stopped', () => {
    expect(readReport('')).toBeUndefined();
    expect(readReport(session + line({ type: 'deploy', version_id: null }))).toBeUndefined();
  });

  test('is followed by the step that is next', () => {
    expect(describeNext('https://x.example.com', false)).toContain('wrangler secret put SHARE_KEYS');
    expect(describeNext('https://x.example.com', true)).toContain("postern link 'https://x.example.com/d/");
  });
});

test('nobody is asked on a build machine, or without a terminal', () => {
  expect(canAsk({ in: true, out: true }, {})).toBe(true);
  expect(canAsk({ in: true, out: true }, { CI: 'false' })).toBe(true);
  expect(canAsk({ in: true, out: true }, { CI: 'true' })).toBe(false);
  expect(canAsk({ in: false, out: true }, {})).toBe(false);
  expect(canAsk({ in: true, out: false }, {})).toBe(false);
});

/** Cloudflare as wrangler shows it, and a person who answers in order. */
class Stage {
  readonly said: string[] = [];
  readonly calls: (readonly string[])[] = [];
  secretsSeen: unknown;
  answers: string[] = [];
  isInteractive = false;
  environment: Record<string, string> = {};
  accounts = [{ id: 'a1', name: 'One' }];
  isSignedIn = true;
  secrets: string[] | undefined;
  deployCode = 0;

  get tools(): DeployTools {
    const { isInteractive } = this;
    const say = (text: string) => void this.said.push(text);
    const ask = async () => this.answers.shift() ?? '';
    return {
      terminal: { isInteractive, say, ask },
      environment: this.environment,
      tomlPath: join(folder, 'wrangler.toml'),
      wrangler: (args, _, environment) => this.#answer(args, environment ?? {}),
      waitForHealth: async () => true,
    };
  }

  get text(): string {
    return this.said.join('\n');
  }

  async #answer(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> {
    this.calls.push(args);
    if (args[0] === 'whoami') {
      const answer = this.isSignedIn ? { loggedIn: true, accounts: this.accounts } : { loggedIn: false };
      return ended(this.isSignedIn ? 0 : 1, JSON.stringify(answer));
    }
    if (args[0] === 'secret') {
      const { secrets } = this;
      return secrets ? ended(0, JSON.stringify(secrets.map((name) => ({ name })))) : ended(1, '', NO_WORKER);
    }
    return this.#deploy(args, environment);
  }

  async #deploy(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> {
    const file = args[args.indexOf('--secrets-file') + 1];
    if (args.includes('--secrets-file')) this.secretsSeen = JSON.parse(await readFile(file ?? '', 'utf8'));
    const report = environment.WRANGLER_OUTPUT_FILE_PATH;
    const entry = { type: 'deploy', version_id: 'v', targets: ['https://postern.example.workers.dev'] };
    if (report !== undefined && this.deployCode === 0) await writeFile(report, `${JSON.stringify(entry)}\n`);
    return ended(this.deployCode);
  }
}

describe('a deployment', () => {
  const nothing = { dryRun: false, origin: undefined, shareKeysFile: undefined };
  let stage: Stage;
  beforeEach(async () => {
    stage = new Stage();
    await writeFile(join(folder, 'wrangler.toml'), TOML);
  });
  const readToml = () => readFile(join(folder, 'wrangler.toml'), 'utf8');
  const deployArgs = () => stage.calls.find(([command]) => command === 'deploy') ?? [];

  test('of a new Worker, with nobody to ask: takes the secret along, says what is next', async () => {
    await deploy({ ...nothing, origin: ORIGIN }, stage.tools);
    expect(stage.secretsSeen).toEqual({ POSTERN_SECRETS: expect.stringMatching(/^[\w-]{43}$/) });
    expect(deployArgs()).toEqual(expect.arrayContaining(['--var', `ORIGIN_URL:${ORIGIN}`]));
    expect(stage.text).toContain('Deployed: https://postern.example.workers.dev');
    expect(stage.text).toContain('wrangler secret put SHARE_KEYS');
    expect(await readToml()).toContain('ORIGIN_URL = ""');
  });

  test('tells nobody a secret', async () => {
    await writeFile(join(folder, 'keys.json'), `${SHARE_KEYS}\n`);
    await deploy({ ...nothing, origin: ORIGIN, shareKeysFile: join(folder, 'keys.json') }, stage.tools);
    expect(stage.secretsSeen).toMatchObject({ SHARE_KEYS });
    const { POSTERN_SECRETS } = stage.secretsSeen as { POSTERN_SECRETS: string };
    const shown = stage.text + JSON.stringify(stage.calls);
    expect(shown).not.toContain(POSTERN_SECRETS);
    expect(shown).not.toContain(TOKEN);
  });

  test('leaves no file with secrets behind, even where it fails', async () => {
    stage.deployCode = 1;
    await expect(deploy({ ...nothing, origin: ORIGIN }, stage.tools)).rejects.toThrow('could not deploy');
    expect(stage.secretsSeen).toBeDefined();
    const path = deployArgs()[deployArgs().indexOf('--secrets-file') + 1] ?? '';
    await expect(stat(path)).rejects.toThrow('ENOENT');
    await expect(stat(dirname(path))).rejects.toThrow('ENOENT');
  });

  test('may be run again: what is there stays', async () => {
    stage.secrets = ['POSTERN_SECRETS', 'SHARE_KEYS'];
    await deploy({ ...nothing, origin: ORIGIN }, stage.tools);
    expect(stage.secretsSeen).toBeUndefined();
    expect(deployArgs()).not.toContain('--secrets-file');
    expect(stage.text).toContain('npx postern link');
  });

  test('tells all that is missing at once where nobody can be asked', async () => {
    stage.isSignedIn = false;
    const failed = await deploy(nothing, stage.tools).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Failures);
    expect((failed as Failures).all.map(({ message }) => message)).toEqual([
      expect.stringContaining('signed in'),
      expect.stringContaining('origin'),
    ]);
    expect(deployArgs()).toEqual([]);
  });

  test('stops before it changes anything where the configuration is wrong', async () => {
    await writeFile(join(folder, 'keys.json'), '[{}]');
    const options = { ...nothing, origin: ORIGIN, shareKeysFile: join(folder, 'keys.json') };
    await expect(deploy(options, stage.tools)).rejects.toThrow('mistakes');
    expect(deployArgs()).toEqual([]);
  });

  test('asks, and keeps the answers for the next time', async () => {
    stage.isInteractive = true;
    stage.accounts = [
      { id: 'a1', name: 'One' },
      { id: 'a2', name: 'Two' },
    ];
    await writeFile(join(folder, 'keys.json'), SHARE_KEYS);
    stage.answers = ['3', '2', 'nonsense', ORIGIN, join(folder, 'keys.json'), 'y'];
    await deploy(nothing, stage.tools);
    expect(await readToml()).toContain(`ORIGIN_URL = "${ORIGIN}"`);
    expect(deployArgs()).not.toContain('--var');
    expect(stage.secretsSeen).toMatchObject({ SHARE_KEYS });
    expect(stage.answers).toEqual([]);
  });

  test('of several accounts takes none by itself', async () => {
    stage.accounts = [
      { id: 'a1', name: 'One' },
      { id: 'a2', name: 'Two' },
    ];
    await expect(deploy({ ...nothing, origin: ORIGIN }, stage.tools)).rejects.toThrow('several accounts');
    stage.environment = { CLOUDFLARE_ACCOUNT_ID: 'a2' };
    await deploy({ ...nothing, origin: ORIGIN }, stage.tools);
  });

  test('that was stopped is not taken for one that worked', async () => {
    const { tools } = stage;
    const wrangler: DeployTools['wrangler'] = async (args, ...rest) =>
      args[0] === 'deploy' ? ended(0) : tools.wrangler(args, ...rest);
    await expect(deploy({ ...nothing, origin: ORIGIN }, { ...tools, wrangler })).rejects.toThrow(
      'Nothing was deployed',
    );
  });

  test('in a rehearsal asks neither Cloudflare nor anybody', async () => {
    stage.isInteractive = true;
    await rehearse({ ...nothing, dryRun: true }, stage.tools);
    expect(stage.calls).toEqual([['deploy', '--dry-run']]);
    expect(stage.text).toContain('ORIGIN_URL is not set yet');
  });
});

describe('the command itself', () => {
  const environment = { CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_ACCOUNT_ID: '', ORIGIN_URL: '', CI: 'true' };
  const run = (...args: string[]) =>
    runNode([join(ROOT, 'scripts/deploy.ts'), ...args], 'capture', { ...environment, HOME: folder });

  test('builds the Worker in a dry run', async () => {
    const { code, stdout } = await run('--dry-run', '--origin', ORIGIN);
    expect(stdout).toContain('Total Upload');
    expect(stdout).toContain('Nothing was deployed');
    expect(code).toBe(0);
  });

  test('says what is missing, and ends with 1', async () => {
    const { code, stderr } = await run();
    expect(stderr).toContain('Nobody is signed in');
    expect(code).toBe(1);
  });

  test('ends with 2 for a flag that it does not know', async () => {
    expect((await run('--bogus')).code).toBe(2);
  });
});
