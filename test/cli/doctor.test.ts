import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/api/check-table.ts';
import { DOCTOR_GROUPS } from '../../src/api/doctor.ts';
import type { Finding } from '../../src/api/findings.ts';
import { connect } from '../../src/cli/admin-client.ts';
import { doctor } from '../../src/cli/commands/doctor.ts';
import { createProcessIo, type Io } from '../../src/cli/io.ts';
import { DoctorOutput } from '../../src/cli/output-schemas.ts';
import { createStyle } from '../../src/cli/print.ts';
import { StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

const SECRET = 'kQ2vR8xT1bN6mZ4cW9pL3sD7fH5gJ0aY';
const FORMER = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zC';
const TOML = `[vars]
ORIGIN_URL = "https://grafana.internal.example.com"

[[kv_namespaces]]
binding = "POSTERN_KV"

[[durable_objects.bindings]]
name = "POSTERN_LEDGER"
class_name = "Ledger"
`;
const SIGN_IN = `GF_AUTH_GENERIC_OAUTH_ENABLED = "true"
GF_AUTH_GENERIC_OAUTH_CLIENT_ID = "grafana"
SSO_ISSUER = "https://id.example.com"
`;
const DEV_VARS = `POSTERN_SECRETS="${SECRET}"\nADMIN_TOKEN=${FORMER}\n`;

let cli: BuiltCli;
let folder: string;
const gateway = new StandIn();
beforeAll(async () => {
  cli = new BuiltCli();
  await gateway.listen();
});
beforeEach(() => {
  gateway.reset();
  folder = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
  put({ 'wrangler.toml': TOML, '.dev.vars': DEV_VARS });
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => {
  gateway.close();
  cli.remove();
});

/** Puts files into the folder; undefined takes one away. */
function put(files: Readonly<Record<string, string | undefined>>): void {
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
}

function run(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  return cli.run(process.execPath, ['doctor', ...args], { env, cwd: folder });
}

/** What was found, as programs get it. */
async function examine(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await run([...args, '--json'], env);
  expect(stderr).toBe('');
  const output = DoctorOutput.parse(JSON.parse(stdout));
  return { code, ...output };
}

/** `check verdict` of those of one check, for tables. */
function verdictsOf(findings: readonly Finding[], check: string): string[] {
  return findings.filter((one) => one.check === check).map(({ verdict }) => verdict);
}

function findingOf(group: string, verdict: Finding['verdict'], more: Partial<Finding> = {}): Finding {
  const fix = verdict === 'green' ? {} : { fix: 'Do this.' };
  return { check: `${group}.some`, verdict, seen: `${group} was seen.`, why: 'It matters.', ...fix, ...more };
}

describe('the files of a deployment', () => {
  const ROWS: readonly (readonly [
    check: string,
    verdict: string,
    files: Record<string, string | undefined>,
  ])[] = [
    ['configuration.files', 'green green', {}],
    ['configuration.files', 'yellow green', { 'wrangler.toml': undefined }],
    ['configuration.files', 'yellow green', { 'wrangler.toml': '[vars\n' }],
    ['configuration.files', 'green yellow', { '.dev.vars': undefined }],
    ['configuration.files', 'green yellow', { '.dev.vars': `${DEV_VARS}hello world\n` }],
    ['configuration.variables', 'green', {}],
    ['configuration.variables', 'red', { 'wrangler.toml': '[vars]\n' }],
    [
      'configuration.variables',
      'red red',
      { 'wrangler.toml': TOML.replace('[vars]', '[vars]\nORIGINURL = "x"\nVISITORS = "all"') },
    ],
    ['configuration.variables', 'red', { '.dev.vars': 'POSTERN_SECRETS=short\n' }],
    ['configuration.warnings', 'green', {}],
    [
      'configuration.warnings',
      'yellow',
      {
        'wrangler.toml': `${TOML.replace('[vars]', `[vars]\n${SIGN_IN}GF_AUTH_GENERIC_OAUTH_USE_PKCE = "false"`)}`,
      },
    ],
    ['configuration.exposed-secrets', 'green', {}],
    [
      'configuration.exposed-secrets',
      'red',
      { 'wrangler.toml': TOML.replace('[vars]', `[vars]\nADMIN_TOKEN = "${FORMER}"`) },
    ],
    [
      'configuration.exposed-secrets',
      'green',
      { 'wrangler.toml': TOML.replace('[vars]', '[vars]\nADMIN_TOKEN = ""') },
    ],
    ['configuration.secrets', 'green green', {}],
    [
      'configuration.secrets',
      'yellow green',
      { '.dev.vars': `POSTERN_SECRETS=${'ab'.repeat(20)}\nADMIN_TOKEN=${FORMER}` },
    ],
    ['configuration.secrets', 'skipped skipped', { '.dev.vars': undefined }],
    ['configuration.former-secrets', 'green', {}],
    ['configuration.former-secrets', 'yellow', { '.dev.vars': `POSTERN_SECRETS="${SECRET} ${FORMER}"` }],
    ['configuration.former-secrets', 'skipped', { '.dev.vars': undefined }],
    ['configuration.bindings', 'green', {}],
    [
      'configuration.bindings',
      'yellow yellow',
      { 'wrangler.toml': TOML.replaceAll(/POSTERN_\w+/g, 'OTHER') },
    ],
    ['configuration.bindings', 'red', { 'wrangler.toml': TOML.replace('[vars]', `[vars]\n${SIGN_IN}`) }],
  ];

  test.each(ROWS)('%s is %s', async (check, verdicts, files) => {
    put(files);
    const { code, findings, verdict } = await examine(['--only', 'configuration']);
    expect(verdictsOf(findings, check).join(' ')).toBe(verdicts);
    expect([verdict === 'red', code]).toEqual(
      findings.some((one) => one.verdict === 'red') ? [true, 1] : [false, 0],
    );
    for (const { check: name, why, fix, verdict: one } of findings) {
      expect(CHECKS[name]?.why).toBe(why);
      if (one === 'red' || one === 'yellow') expect(fix).toMatch(/\S/);
    }
  });

  test('that are all well are green', async () => {
    const { code, verdict, findings } = await examine(['--only', 'configuration']);
    expect([code, verdict]).toEqual([0, 'green']);
    expect(findings.filter((one) => one.verdict !== 'green')).toEqual([]);
  });

  test('count together: a secret that is deployed and stands in no file is no mistake', async () => {
    put({ '.dev.vars': undefined });
    const { code, findings } = await examine(['--only', 'configuration']);
    expect([code, verdictsOf(findings, 'configuration.variables')]).toEqual([0, ['green']]);
  });

  test('are told by their lengths, and no value is printed', async () => {
    put({
      '.dev.vars': `POSTERN_SECRETS="${SECRET}, ${FORMER}"\nADMIN_TOKEN=too-short-token\nSHARE_KEYS='[{"name":"x"}]'\nGF_AUTH_GENERIC_OAUTH_CLIENT_SECRET=the-client-secret`,
      'wrangler.toml': TOML.replace(
        '[vars]',
        `[vars]\n${SIGN_IN}ORIGIN_HEADERS = '{"X-Guard":"guard-secret"}'`,
      ),
    });
    for (const args of [[], ['--json']]) {
      const { stdout } = await run(['--only', 'configuration', ...args]);
      expect(stdout).toContain('2 secrets of 32, 32 characters');
      for (const value of [SECRET, FORMER, 'too-short-token', 'the-client-secret', 'guard-secret'])
        expect(stdout).not.toContain(value);
    }
  });

  test('may be another one, in place of .dev.vars', async () => {
    mkdirSync(join(folder, 'deployed'));
    put({ 'deployed/secrets.env': `POSTERN_SECRETS="${SECRET} ${FORMER}"` });
    const { findings } = await examine(['--only', 'configuration', '--vars', 'deployed/secrets.env']);
    expect(verdictsOf(findings, 'configuration.former-secrets')).toEqual(['yellow']);
    // The ADMIN_TOKEN of .dev.vars counts for nothing.
    expect(verdictsOf(findings, 'configuration.secrets')).toEqual(['green', 'skipped']);
  });

  test('that cannot be read are said, and stop nothing; a name is not repeated', async () => {
    const { code, findings } = await examine(['--vars', 'glsa_mistaken']);
    expect(code).toBe(0);
    expect(findings.find(({ about }) => about === '--vars')).toMatchObject({ verdict: 'yellow' });
    expect(JSON.stringify(findings)).not.toContain('glsa_mistaken');
    const folderInstead = await examine(['--vars', '.']);
    expect(folderInstead.findings.find(({ about }) => about === '--vars')?.seen).toContain('directory');
    put({ '.dev.vars': `A="${'x'.repeat(70_000)}"` });
    expect((await examine()).findings.find(({ about }) => about === '.dev.vars')?.seen).toContain('too long');
  });
});

describe('a running gateway', () => {
  const only = (...groups: string[]) => groups.flatMap((group) => ['--only', group]);

  test('is asked for its health, and then for each group', async () => {
    gateway.findings = { origin: [findingOf('origin', 'green')], keys: [findingOf('keys', 'yellow')] };
    const { code, verdict, findings } = await examine([], gateway.env);
    expect([code, verdict]).toEqual([0, 'yellow']);
    expect(verdictsOf(findings, 'gateway.reachable')).toEqual(['green']);
    expect(findings.filter(({ check }) => check.endsWith('.some'))).toEqual([
      findingOf('origin', 'green'),
      findingOf('keys', 'yellow'),
    ]);
    expect(gateway.asked.map(({ path, body }) => [path, body])).toEqual([
      ['/-/health', undefined],
      ...DOCTOR_GROUPS.map((group) => ['/-/api/v1/doctor', { group }]),
    ]);
  });

  test('is asked for keys until there are no more', async () => {
    gateway.findings = { keys: ['1/a', '1/b', '2/c'].map((about) => findingOf('keys', 'green', { about })) };
    const { findings } = await examine(only('keys'), gateway.env);
    expect(findings.flatMap(({ about }) => about ?? [])).toEqual(['1/a', '1/b', '2/c']);
  });

  test('is told of the portal', async () => {
    await examine([...only('embedding'), '--portal', 'https://portal.example.com/page'], gateway.env);
    expect(gateway.asked.at(-1)?.body).toEqual({
      group: 'embedding',
      portal: 'https://portal.example.com/page',
    });
  });

  test('is red, and exit code 1, where one thing is', async () => {
    gateway.findings = { storage: [findingOf('storage', 'red')] };
    const { code, verdict } = await examine(only('storage'), gateway.env);
    expect([code, verdict]).toEqual([1, 'red']);
  });

  test('without an address is not asked', async () => {
    const { code, findings } = await examine();
    expect([code, verdictsOf(findings, 'gateway.reachable')]).toEqual([0, ['skipped']]);
    expect(gateway.asked).toEqual([]);
  });

  test('without the admin token is asked for its health, and what was left is named', async () => {
    const { code, findings } = await examine([], { POSTERN_URL: gateway.origin });
    expect([code, verdictsOf(findings, 'gateway.reachable')]).toEqual([0, ['green']]);
    const left = findings.find(({ check }) => check === 'gateway.admin-api');
    expect(left).toMatchObject({ verdict: 'skipped' });
    for (const name of ['Storage', 'Origin', 'Share keys', 'Embedding', 'Sign-in', 'OnCall'])
      expect(left?.seen).toContain(name);
    expect(gateway.asked.map(({ path }) => path)).toEqual(['/-/health']);
  });

  test('that does not take the token is asked once', async () => {
    const env = { ...gateway.env, POSTERN_ADMIN_TOKEN: 'another-token-of-32-characters-and-more' };
    const { code, findings } = await examine([], env);
    expect(code).toBe(1);
    expect(verdictsOf(findings, 'gateway.admin-api')).toEqual(['red', 'skipped']);
    expect(gateway.asked.filter(({ path }) => path.endsWith('/doctor'))).toHaveLength(1);
  });

  test('that fails for one group is asked for the others', async () => {
    gateway.findings = { keys: [findingOf('keys', 'green')] };
    answerInTurn([undefined, (response) => response.writeHead(503).end('<h1>ill</h1>')]);
    const { code, findings } = await examine(only('storage', 'keys'), gateway.env);
    // What is no answer of the admin API is not Postern's: nothing more is asked of that.
    expect(code).toBe(1);
    expect(verdictsOf(findings, 'gateway.admin-api')).toEqual(['red', 'skipped']);
    answerInTurn([undefined, (response) => refuse(response, 503, 'storage_unavailable')]);
    const again = await examine(only('storage', 'keys'), gateway.env);
    expect(verdictsOf(again.findings, 'gateway.admin-api')).toEqual(['red']);
    expect(verdictsOf(again.findings, 'keys.some')).toEqual(['green']);
  });

  test('of an earlier version, which has no doctor, is no failure', async () => {
    answerInTurn([undefined, (response) => refuse(response, 404, 'not_found')]);
    const { code, findings } = await examine(only('storage'), gateway.env);
    expect([code, verdictsOf(findings, 'gateway.admin-api')]).toEqual([0, ['skipped']]);
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['is not set up', (response) => refuse(response, 500, 'misconfigured'), /500 misconfigured/],
    ['is something else', (response) => response.end('<h1>hello</h1>'), /not Postern/],
    [
      'leads elsewhere',
      (response) => response.writeHead(302, { Location: 'https://x.example' }).end(),
      /302/,
    ],
    ['breaks off', (response) => response.destroy(), /cannot be reached/],
  ])('that %s is red, and is asked nothing more', async (_, next, seen) => {
    gateway.next = next;
    const { code, findings } = await examine([], gateway.env);
    expect(code).toBe(1);
    expect(findings.find(({ check }) => check === 'gateway.reachable')).toMatchObject({
      verdict: 'red',
      seen: expect.stringMatching(seen),
      fix: expect.any(String),
    });
    expect(gateway.asked).toHaveLength(1);
  });

  test.each([
    [0, 'green'],
    [-4, 'green'],
    [12, 'yellow'],
    [-12, 'yellow'],
    [45, 'red'],
    [-45, 'red'],
  ])('whose clock is %i seconds ahead is %s', async (seconds, verdict) => {
    gateway.clockSeconds = seconds;
    const { findings } = await examine(only('gateway'), gateway.env);
    expect(verdictsOf(findings, 'gateway.clock')).toEqual([verdict]);
    const { seen = '' } = findings.find(({ check }) => check === 'gateway.clock') ?? {};
    if (verdict !== 'green') expect(seen).toMatch(seconds > 0 ? /4[456]|1[123] seconds behind/ : /ahead of/);
  });

  /** The next requests are answered in this order; undefined leaves one to its route. */
  function answerInTurn(turns: readonly (((response: ServerResponse) => void) | undefined)[]): void {
    const rest = [...turns];
    const push = gateway.asked.push.bind(gateway.asked);
    gateway.asked.push = (...asked) => {
      const length = push(...asked);
      gateway.next = rest.shift();
      return length;
    };
  }
  afterEach(() => void Reflect.deleteProperty(gateway.asked, 'push'));
});

function refuse(response: ServerResponse, status: number, code: string): void {
  const document = { type: '/x', title: 'T', status, detail: 'D.', code, requestId: 'r', gateway: 'Postern' };
  response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(document));
}

describe('what is printed', () => {
  test('is grouped, the worst first, with what was seen, why and how to mend it', async () => {
    gateway.findings = {
      storage: [findingOf('storage', 'green')],
      origin: [
        findingOf('origin', 'green', { check: 'origin.a' }),
        findingOf('origin', 'red', { check: 'origin.b', about: 'https://grafana.example' }),
        findingOf('origin', 'yellow', { check: 'origin.c' }),
      ],
      oncall: [findingOf('oncall', 'skipped', { check: 'oncall.x', seen: 'Nothing to look at.' })],
    };
    const { code, stdout } = await run(
      ['--only', 'storage', '--only', 'origin', '--only', 'oncall'],
      gateway.env,
    );
    expect(code).toBe(1);
    const [origin = '', ...others] = stdout.split('\n\n');
    expect(origin).toBe(`Origin
  ✘ origin.b (https://grafana.example)
      seen  origin was seen.
      why   It matters.
      mend  Do this.
  ! origin.c
      seen  origin was seen.
      why   It matters.
      mend  Do this.
  ✔ origin.a: origin was seen.`);
    expect(others.map((part) => part.split('\n')[0])).toEqual([
      'Gateway',
      'Storage',
      'OnCall',
      '1 red, 1 yellow, 4 green, 1 not looked at',
    ]);
    expect(stdout).not.toContain('\x1b');
  });

  test('fits 80 columns; what is well has one line', async () => {
    const seen = `${'a long sentence with figures such as 42 '.repeat(8)}`;
    const word = 'x'.repeat(200);
    gateway.findings = {
      origin: (['red', 'yellow', 'green', 'skipped'] as const).flatMap((verdict) => [
        findingOf('origin', verdict, { seen, fix: seen, why: seen }),
        findingOf('origin', verdict, { seen: word, fix: word, why: word, about: word }),
      ]),
    };
    const { stdout } = await run(['--only', 'origin'], gateway.env);
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    const greens = stdout.split('\n').filter((line) => line.includes('✔ origin.some'));
    expect(greens).toEqual(['  ✔ origin.some', expect.stringMatching(/^ {2}✔ origin\.some \(x+…$/)]);
  });

  test('of what is well has what was seen, where the title leaves no room for it', async () => {
    const seen = 'The provider takes the client and its secret, in 12 ms.';
    const check = 'sso.redirect';
    gateway.findings = {
      'sign-in': [
        findingOf('x', 'green', { check, seen }),
        findingOf('x', 'green', { check, seen, about: 'eu' }),
      ],
    };
    const { stdout } = await run(['--only', 'sign-in'], gateway.env);
    expect(stdout).toContain(`\n  ✔ ${seen}\n  ✔ eu: ${seen}\n`);
  });

  test('steers no terminal and repeats no key, whatever a gateway says', async () => {
    const seen = `a\x1b[31m\u202eb ${`glsa_${'k'.repeat(30)}`}`;
    gateway.findings = { origin: [findingOf('origin', 'red', { seen, fix: seen, about: seen })] };
    const { stdout } = await run(['--only', 'origin'], gateway.env);
    for (const text of ['\x1b', '\u202e', 'glsa_k']) expect(stdout).not.toContain(text);
    expect(stdout).toContain('\\u{1b}');
  });

  test('has colours and progress on a terminal alone, and leaves no progress behind', async () => {
    gateway.findings = { storage: [findingOf('storage', 'red')] };
    const seen = await runInside(true);
    expect(seen.stdout).toContain('\x1b[31m✘\x1b[39m');
    expect(seen.stderr).toContain('Looking at: Storage');
    expect(seen.stderr.endsWith('\r\x1b[2K')).toBe(true);
    expect(await runInside(false)).toEqual({ stdout: expect.not.stringContaining('\x1b'), stderr: '' });
  });

  async function runInside(isTerminal: boolean) {
    const written = { stdout: '', stderr: '' };
    const output = (name: keyof typeof written) => ({
      isTerminal,
      style: createStyle(isTerminal),
      write: (text: string) => {
        written[name] += text;
      },
    });
    const io: Io = {
      ...createProcessIo(process),
      env: gateway.env,
      stdout: output('stdout'),
      stderr: output('stderr'),
    };
    expect(await doctor.run(['--only', 'storage'], io)).toBe(1);
    return written;
  }
});

describe('wrong use', () => {
  test.each<[string, readonly string[], Record<string, string>, string]>([
    ['a group that there is not', ['--only', 'orign'], {}, 'option-value'],
    ['no group', ['--only', ''], {}, 'option-value'],
    ['a portal that is no address', ['--portal', 'portal'], {}, 'option-value'],
    ['a portal with a password', ['--portal', 'https://a:b@portal.example.com'], {}, 'option-value'],
    ['a word', ['storage'], {}, 'argument-unexpected'],
    ['an option twice', ['--vars', 'a', '--vars', 'b'], {}, 'option-repeated'],
    ['no address of a gateway', [], { POSTERN_URL: 'http://example.com' }, 'gateway-address'],
    [
      'a token with a space',
      [],
      { POSTERN_URL: 'https://example.com', POSTERN_ADMIN_TOKEN: 'a b' },
      'admin-token-form',
    ],
    [
      'an empty file of the token',
      ['--admin-token-file', '-'],
      { POSTERN_URL: 'https://example.com' },
      'admin-token-missing',
    ],
  ])('is %s', async (_, args, env, error) => {
    const { code, stdout } = await run([...args, '--json'], env);
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, error]);
  });

  test('groups may be named in one word, or in several', async () => {
    for (const args of [
      ['--only', 'storage,oncall'],
      ['--only=storage', '--only', 'oncall'],
    ]) {
      gateway.asked.length = 0;
      await run(args, gateway.env);
      expect(gateway.asked.slice(1).map(({ body }) => body)).toEqual([
        { group: 'storage' },
        { group: 'oncall' },
      ]);
    }
  });
});

test('the client of the doctor is that of every other command', async () => {
  const client = await connect({}, { ...createProcessIo(process), env: gateway.env });
  expect(client.origin).toBe(gateway.origin);
});
