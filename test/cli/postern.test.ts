import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import { BuiltCli, keyOf, listNodes, VECTORS, versionOf } from './support.ts';

const NOW = 1726823533;
const CLOCK = { POSTERN_TIMESTAMP: String(NOW) };
const KEY = keyOf('test1');
const LEGACY = keyOf('test1-legacy');
const ENV = { ...CLOCK, POSTERN_KEY_TOKEN: KEY.token };
const URL_GIVEN = 'https://grafana.example.com/d/TZWea0001/test?orgId=1&from=now-6h';
const NAMED = ['--name', 'test1', '--org', '1'];
const SIGNED =
  `${URL_GIVEN}&aliyun_api_key_sign=072c731bcb6cda40344cba2c58d188f3&aliyun_api_key_timestamp=1726823533` +
  '&aliyun_api_key_name=test1&aliyun_api_key_org_id=1';
/** The last digit of its checksum is another. */
const MISTYPED = `${KEY.token.slice(0, -1)}${KEY.token.endsWith('0') ? '1' : '0'}`;
const V1 = `https://grafana.example.com/d/TZWea0001/test?aliyun_api_key=${encodeURIComponent(LEGACY.token)}`;

let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

const NODES = listNodes();
const [NODE = process.execPath] = NODES;

function run(args: readonly string[], env: Readonly<Record<string, string>> = ENV, input = '') {
  return cli.run(NODE, args, { env, input });
}

describe.each(NODES.map((node) => [versionOf(node), node]))('on Node %s', (_version, node) => {
  test('signs as the vectors do', async () => {
    const signed = VECTORS.signatures.map(async ({ name, orgId, timestamp }) => {
      const env = { POSTERN_TIMESTAMP: String(timestamp), POSTERN_KEY_TOKEN: keyOf(name).token };
      const url = `https://g.example/d/a?orgId=${orgId}`;
      const { stdout } = await cli.run(node, ['link', url, '--name', name, '--org', String(orgId)], { env });
      const { searchParams } = new URL(stdout.trim());
      const [sign, signer] = ['sign', 'name'].map((part) => searchParams.get(`aliyun_api_key_${part}`));
      return { name: signer, orgId, timestamp, sign };
    });
    expect(await Promise.all(signed)).toEqual(VECTORS.signatures);
  });

  test('derives as the vectors do', async () => {
    for (const { token, derived } of VECTORS.keys) {
      const outcome = await cli.run(node, ['derive'], { env: {}, input: `${token}\n` });
      expect(outcome).toMatchObject({ code: 0, stdout: `${derived}\n` });
    }
  });

  test('takes its own links apart', async () => {
    const { code, stdout } = await cli.run(node, ['inspect', SIGNED], { env: ENV });
    expect(stdout).toMatch(/^✔ The gateway would accept this link/);
    expect(stdout).toContain('right for this token');
    expect(code).toBe(0);
  });

  test('ends quietly where its reader has gone', async () => {
    expect(await cli.runUnheard(node, ['help'])).toEqual({ code: 0, stderr: '' });
  });
});

describe('postern link', () => {
  test('prints the link and nothing else', async () => {
    expect(await run(['link', URL_GIVEN, ...NAMED])).toEqual({ code: 0, stdout: `${SIGNED}\n`, stderr: '' });
  });

  test('keeps what the address has, and its fragment at the end', async () => {
    const { stdout } = await run([
      'link',
      "https://g.example/d-solo/a/b?var-x=%7e'()&x#y",
      ...NAMED,
      '--expires',
      '7200',
    ]);
    expect(stdout).toMatch(/^https:\/\/g\.example\/d-solo\/a\/b\?var-x=%7e'\(\)&x&aliyun_api_key_sign=/);
    expect(stdout).toMatch(/&aliyun_api_key_expire_seconds=7200#y\n$/);
  });

  test('says more as JSON', async () => {
    const { stdout } = await run(['link', URL_GIVEN, ...NAMED, '--expires', '120', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      url: `${SIGNED}&aliyun_api_key_expire_seconds=120`,
      linkId: 'b936bf1c19058e19',
      version: 'v2',
      dashboard: 'TZWea0001',
      name: 'test1',
      orgId: 1,
      signedAt: '2024-09-20T09:12:13Z',
      expiresAt: '2024-09-20T09:13:13Z',
      sessionSeconds: 120,
    });
  });

  test('takes the time of now', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { stdout } = await run(['link', URL_GIVEN, ...NAMED], { POSTERN_KEY_TOKEN: KEY.token });
    const timestamp = Number(new URL(stdout.trim()).searchParams.get('aliyun_api_key_timestamp'));
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(timestamp).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  });

  test.each([
    ['not absolute', '/d/a', 'url-form'],
    ['no address', 'grafana', 'url-form'],
    ['another scheme', 'ftp://g.example/d/a', 'url-form'],
    ['a space', 'https://g.example/d/a b', 'url-form'],
    ['a line break', 'https://g.example/d/a\n', 'url-form'],
    ['a backslash', 'https://g.example/d\\a', 'url-form'],
    ['a password', 'https://u:p@g.example/d/a', 'url-form'],
    ['no dashboard', 'https://g.example/explore', 'url-not-a-dashboard'],
    ['a sub-path', 'https://g.example/grafana/d/a', 'url-not-a-dashboard'],
    ['a uid that is none', 'https://g.example/d/a.b', 'url-not-a-dashboard'],
    ['an ambiguous path', 'https://g.example/d/a%2fb', 'url-refused'],
    ['too many parameters', `https://g.example/d/a?${'x&'.repeat(513)}`, 'url-refused'],
    ['a signature already', SIGNED, 'url-already-shared'],
    ['a reserved parameter', 'https://g.example/d/a?Aliyun_x=1', 'url-already-shared'],
    ['another organisation', 'https://g.example/d/a?orgId=2', 'url-org'],
    ['two organisations', 'https://g.example/d/a?orgId=1&orgId=1', 'url-org'],
    ['an organisation spelt in another way', 'https://g.example/d/a?orgid=1', 'url-org'],
    ['an organisation that is no number', 'https://g.example/d/a?orgId=one', 'url-org'],
  ])('refuses an address with %s', async (_what, url, code) => {
    const { stdout, ...rest } = await run(['link', url, ...NAMED, '--json']);
    expect(rest).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  });

  test.each([
    [['--org', '1'], 'option-missing'],
    [['--name', 'test1'], 'option-missing'],
    [['--name', '', '--org', '1'], 'option-value'],
    [['--name', 'x'.repeat(191), '--org', '1'], 'option-value'],
    [['--name', 'a\tb', '--org', '1'], 'option-value'],
    [['--name', 'test1', '--org', '0'], 'option-value'],
    [['--name', 'test1', '--org', '01'], 'option-value'],
    [['--name', 'test1', '--org', '1e1'], 'option-value'],
    [['--name', 'test1', '--org', '12345678901'], 'option-value'],
    [['--name', 'test1', '--org=-1'], 'option-value'],
    [[...NAMED, '--expires', '0'], 'option-value'],
    [[...NAMED, '--expires', '1.5'], 'option-value'],
    [[...NAMED, '--expires', '2h'], 'option-value'],
    [[...NAMED, '--expires', ''], 'option-value'],
    [[...NAMED, '--name', 'test2'], 'option-repeated'],
    [['--name', KEY.token, '--org', '1'], 'name-is-a-key'],
    [['--name', '--org', '1'], 'option-value'],
    [[...NAMED, '--nmae', 'x'], 'option-unknown'],
    [[...NAMED, '--token', KEY.token], 'option-unknown'],
    [[...NAMED, `--token=${KEY.token}`], 'option-unknown'],
    [[...NAMED, KEY.token], 'argument-unexpected'],
  ])('refuses %j', async (options, code) => {
    const { stdout, ...rest } = await run(['link', 'https://g.example/d/a', ...options, '--json']);
    expect(rest).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  });

  test('takes a name of 190 characters', async () => {
    expect((await run(['link', URL_GIVEN, '--name', '户'.repeat(190), '--org', '1'])).code).toBe(0);
  });

  test('refuses the token of another key', async () => {
    const env = { ...CLOCK, POSTERN_KEY_TOKEN: LEGACY.token };
    const { code, stderr } = await run(['link', URL_GIVEN, ...NAMED], env);
    expect(code).toBe(1);
    expect(stderr).toContain('It was made for "test1-legacy" of organisation 1.');
    const other = ['link', 'https://g.example/d/a', '--name', 'test1-legacy', '--org', '2', '--json'];
    expect(JSON.parse((await run(other, env)).stdout)).toMatchObject({
      error: { code: 'token-of-another-key' },
    });
  });

  test('takes a mistyped token with --force only', async () => {
    const env = { ...CLOCK, POSTERN_KEY_TOKEN: MISTYPED };
    expect(await run(['link', URL_GIVEN, ...NAMED], env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('The token has a typing mistake.'),
    });
    expect((await run(['link', URL_GIVEN, ...NAMED, '--force'], env)).code).toBe(0);
  });

  test('refuses a POSTERN_TIMESTAMP that is no time', async () => {
    const env = { ...ENV, POSTERN_TIMESTAMP: '1726823533000' };
    expect(await run(['link', URL_GIVEN, ...NAMED], env)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('the token', () => {
  const args = ['link', URL_GIVEN, ...NAMED];
  const done = { code: 0, stdout: `${SIGNED}\n`, stderr: '' };

  test('comes from the environment', async () => {
    expect(await run(args, { ...CLOCK, POSTERN_KEY_TOKEN: ` ${KEY.token}\n` })).toEqual(done);
  });

  test('comes from a file, before the environment', async () => {
    const file = cli.write('token.txt', `${KEY.token}\r\n`);
    const env = { ...CLOCK, POSTERN_KEY_TOKEN: 'something else' };
    expect(await run([...args, '--token-file', file], env)).toEqual(done);
  });

  test('comes from standard input', async () => {
    expect(await run(args, CLOCK, `${KEY.token}\n`)).toEqual(done);
    expect(await run([...args, '--token-file', '-'], ENV, KEY.token)).toEqual(done);
  });

  test.each([
    ['nothing at all', [], CLOCK, '', 2, 'token-missing'],
    ['empty input where one was announced', ['--token-file', '-'], CLOCK, '', 1, 'token-form'],
    ['no token', [], CLOCK, 'password', 1, 'token-form'],
    ['two tokens', [], CLOCK, `${KEY.token}\n${KEY.token}`, 1, 'token-form'],
    ['far too much', [], CLOCK, 'x'.repeat(100_000), 1, 'input-too-long'],
    ['a file that is not there', ['--token-file', '/nowhere/token'], CLOCK, '', 1, 'token-file-unreadable'],
    ['a directory', ['--token-file', '/'], CLOCK, '', 1, 'token-file-unreadable'],
    ['a token for a file', ['--token-file', KEY.token], CLOCK, '', 1, 'token-file-unreadable'],
  ])('is not %s', async (_what, options, env, input, code, name) => {
    const outcome = await run([...args, ...options, '--json'], env, input);
    expect(outcome.code).toBe(code);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: name } });
  });
});

describe('postern derive', () => {
  test('warns beside the value, not in it', async () => {
    const { stdout, stderr } = await run(['derive']);
    expect(stdout).toBe(`${KEY.derived}\n`);
    expect(stderr).toMatch(/^Warning: This value signs links just as the token does/);
  });

  test('says the same as JSON', async () => {
    const { stdout } = await run(['derive', '--json'], { POSTERN_KEY_TOKEN: LEGACY.token });
    expect(JSON.parse(stdout)).toEqual({ derived: LEGACY.derived, kind: 'api-key' });
  });

  test('refuses a mistyped token, and any argument', async () => {
    expect((await run(['derive'], { POSTERN_KEY_TOKEN: MISTYPED })).code).toBe(1);
    expect(await run(['derive', KEY.token])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('postern inspect', () => {
  test('describes a link for programs', async () => {
    const { code, stdout } = await run(['inspect', SIGNED, '--json'], {
      ...ENV,
      POSTERN_TIMESTAMP: String(NOW + 61),
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      accepted: false,
      code: 'share_link_expired',
      reason: 'expired',
      version: 'v2',
      origin: 'https://grafana.example.com',
      dashboard: 'TZWea0001',
      name: 'test1',
      orgId: 1,
      linkId: 'b936bf1c19058e19',
      signedAt: '2024-09-20T09:12:13Z',
      ageSeconds: 61,
      fresh: false,
      freshUntil: '2024-09-20T09:13:13Z',
      sessionSeconds: null,
      signature: 'right',
      hints: [],
    });
  });

  test('describes it for people', async () => {
    const { stdout } = await run(['inspect', `${SIGNED}&aliyun_api_key_expire_seconds=99999`], CLOCK);
    expect(stdout).toContain('  Signed         2024-09-20 09:12:13 UTC, just now\n');
    expect(stdout).toContain('  Fresh          yes, until 2024-09-20 09:13:13 UTC (1 minute more)\n');
    expect(stdout).toContain('  Session        1 day 3 hours; gateways cap it (1 day by default)\n');
    expect(stdout).toContain('  Signature      not checked: that needs the token\n');
    expect(stdout).toContain('  Link id        b936bf1c19058e19\n');
    expect(stdout).not.toContain('\x1b');
  });

  test('says what the signer did wrong', async () => {
    const late = SIGNED.replace('timestamp=1726823533', 'timestamp=1726823540');
    const { code, stdout } = await run(['inspect', late]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✘ The gateway would refuse this link: share_link_invalid\n/);
    expect(stdout).toContain('This token signed it for another second, 2024-09-20 09:12:13 UTC');
    const edited = await run(['inspect', SIGNED.replace('sign=0', 'sign=1')]);
    expect(edited.stdout).toContain('Likely causes:');
  });

  test('reads a link from standard input', async () => {
    expect((await run(['inspect', '-'], ENV, `${SIGNED}\n`)).code).toBe(0);
    expect((await run(['inspect', '-', '--token-file', '-'], CLOCK, SIGNED)).code).toBe(2);
  });

  test('takes no token from standard input unasked', async () => {
    const { stdout } = await run(['inspect', SIGNED, '--json'], CLOCK, KEY.token);
    expect(JSON.parse(stdout)).toMatchObject({ signature: 'not-checked' });
    const asked = await run(['inspect', SIGNED, '--json', '--token-file', '-'], CLOCK, KEY.token);
    expect(JSON.parse(asked.stdout)).toMatchObject({ signature: 'right' });
  });

  test('does not repeat the key of a version 1 link', async () => {
    const { code, stdout, stderr } = await run(['inspect', V1], CLOCK);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('share_link_not_accepted');
    expect(stdout).toContain('[redacted]');
    expect(stdout).toContain('Better: postern inspect -');
    const piped = await run(['inspect', '-', '--versions', 'v1 v2', '--json'], CLOCK, V1);
    expect(piped.code).toBe(0);
    expect(JSON.parse(piped.stdout)).toMatchObject({
      version: 'v1',
      name: 'test1-legacy',
      hints: ['carries-key'],
    });
  });

  test('spells out what would steer a terminal', async () => {
    const { stdout } = await run(['inspect', SIGNED.replace('name=test1', 'name=%1B%5B2J%E2%80%AEx')], CLOCK);
    expect(stdout).toContain('\\u{1b}[2J\\u{202e}x');
    for (const character of ['\x1b', '\u202e']) expect(stdout).not.toContain(character);
  });

  test('judges for a gateway that is set up otherwise', async () => {
    const later = { ...ENV, POSTERN_TIMESTAMP: String(NOW + 300) };
    expect((await run(['inspect', SIGNED], later)).code).toBe(1);
    expect((await run(['inspect', SIGNED, '--freshness', '300'], later)).code).toBe(0);
  });

  test.each([
    [['inspect']],
    [['inspect', '']],
    [['inspect', 'hello']],
    [['inspect', 'mailto:a@b.example']],
    [['inspect', SIGNED, '--freshness', 'long']],
    [['inspect', SIGNED, '--versions', 'v3']],
    [['inspect', SIGNED, 'more']],
  ])('%j is wrong use', async (args) => {
    expect(await run(args)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('the command line', () => {
  test('has a list of commands, and a text for each', async () => {
    const overview = await run(['help']);
    expect(overview).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['--help'])).toEqual(overview);
    for (const name of ['link', 'derive', 'inspect']) {
      expect(overview.stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
      const text = await run(['help', name]);
      expect(text).toMatchObject({ code: 0, stdout: expect.stringMatching(`^postern ${name} `) });
      expect(await run([name, '--help'])).toEqual(text);
      expect(await run([name, '-h'])).toEqual(text);
    }
  });

  test('has help texts of at most 120 columns, which offer no option for a token', async () => {
    const { commands } = JSON.parse((await run(['help', '--json'])).stdout);
    const names = commands.map(({ name }: { name: string }) => name.split(' '));
    expect(names.length).toBeGreaterThan(30);
    for (const words of [...names, ['key'], ['revoke'], []]) {
      const { code, stdout } = await run(['help', ...words]);
      expect(code).toBe(0);
      expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
      expect(stdout).not.toMatch(/--(?:admin-)?(?:token|secrets?)\b(?!-file)/);
    }
  });

  test('has a text for each family', async () => {
    for (const family of ['key', 'revoke']) {
      const text = await run(['help', family]);
      expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining(`  ${family} list `) });
      expect(await run([family, '--help'])).toEqual(text);
      expect(await run([family])).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await run(['help', 'key', 'add'])).toEqual(await run(['key', 'add', '-h']));
    expect((await run(['help', 'key', 'ad'])).code).toBe(2);
  });

  test('tells its version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(JSON.parse((await run(['--version', '--json'])).stdout)).toEqual({ version });
  });

  test.each([
    ['inspct', 'Did you mean: postern inspect'],
    ['lnk', 'Did you mean: postern link'],
    ['zzz', 'See: postern help'],
    ['--frobnicate', 'See: postern help'],
    ['constructor', 'See: postern help'],
  ])('does not know %s', async (name, fix) => {
    const { code, stdout, stderr } = await run([name]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(fix);
    expect(await run(['help', name])).toMatchObject({ code: 2 });
  });

  test('without a command prints help that fits a screen', async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe((await run(['help'])).stdout);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('tells errors in three parts, without colours where nobody looks', async () => {
    const { stderr } = await run(['link', 'https://g.example/explore', ...NAMED]);
    expect(stderr).toBe(
      '✘ The address is not that of a dashboard.\n' +
        '  Its path is /explore; a share link leads to /d/<uid>/… or /d-solo/<uid>/…\n' +
        '  Open the dashboard through the gateway and copy its address.\n',
    );
  });
});

test('no run has printed a token, or a derived value unasked', () => {
  expect(cli.printed.length).toBeGreaterThan(10_000);
  for (const { token, secret } of VECTORS.keys) {
    for (const text of [token, secret, encodeURIComponent(token)]) expect(cli.printed).not.toContain(text);
  }
  expect(cli.printed).not.toContain(MISTYPED);
  expect(cli.printed.split(KEY.derived).length - 1).toBe(NODES.length + 1);
});
