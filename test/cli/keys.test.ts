import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StandIn } from './stand-in.ts';
import { BuiltCli, keyOf, VECTORS } from './support.ts';

const KEY = keyOf('test1');
const LEGACY = keyOf('test1-legacy');
const PORTAL = ['portal', '--org', '1'];
/** `~` and base64url of `portal`. */
const PLACE = '/-/api/v1/keys/1/~cG9ydGFs';

let cli: BuiltCli;
const gateway = new StandIn();
beforeAll(async () => {
  cli = new BuiltCli();
  gateway.secrets = 'present-secret-of-the-stand-in-gateway-0001';
  await gateway.listen();
});
beforeEach(() => gateway.reset());
afterAll(() => {
  gateway.close();
  cli.remove();
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, input = '') {
  return cli.run(process.execPath, args, { env: { ...gateway.env, ...env }, input });
}

async function refusal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout } = await run([...args, '--json'], env);
  return { exit: code, code: JSON.parse(stdout).error.code };
}

describe('postern key add', () => {
  test('sends the token and the settings', async () => {
    const { code, stdout, stderr } = await run(
      [
        ...[
          'key',
          'add',
          ...PORTAL,
          '--dashboards',
          'TZWea0001, TZWea0002',
          '--max-session',
          '7200',
          '--live',
        ],
        ...['--frame-ancestors', "https://portal.example.com 'self'", '--resources', 'prom'],
        ...['--expires', '2027-01-31', '--note', 'the shop', '--force'],
      ],
      {},
      `${KEY.token}\n`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^✔ Registered key portal of organisation 1\.\n/);
    expect(stdout).toContain('the token works, role Viewer, organisation 1 (Main Org.)');
    expect(gateway.asked).toEqual([
      {
        method: 'PUT',
        path: PLACE,
        body: {
          token: KEY.token,
          dashboards: ['TZWea0001', 'TZWea0002'],
          frameAncestors: ['https://portal.example.com', "'self'"],
          maxSessionSeconds: 7200,
          live: true,
          resources: ['prom'],
          expires: '2027-01-31',
          note: 'the shop',
          force: true,
        },
      },
    ]);
  });

  test('tells warnings beside the key, or in the document', async () => {
    const args = ['key', 'add', ...PORTAL];
    const env = { POSTERN_KEY_TOKEN: KEY.token };
    expect((await run(args, env)).stderr).toBe('Warning: No dashboards are listed.\n');
    const { stdout, stderr } = await run([...args, '--json'], env);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      key: { name: 'portal' },
      warnings: [{ code: 'no-dashboards' }],
    });
  });

  test('takes any name that a key may have', async () => {
    const name = 'a/b ~户"';
    await run(['key', 'add', name, '--org', '1'], { POSTERN_KEY_TOKEN: KEY.token });
    expect(gateway.asked[0]?.path).toBe(
      `/-/api/v1/keys/1/~${Buffer.from(name, 'utf8').toString('base64url')}`,
    );
    expect([...gateway.keys.keys()]).toEqual([`1/${name}`]);
  });

  test.each([
    [['key', 'add', '--org', '1'], 'argument-missing'],
    [['key', 'add', 'portal'], 'option-missing'],
    [['key', 'add', 'portal', '--org', 'one'], 'option-value'],
    [['key', 'add', 'portal', '--org', '0'], 'option-value'],
    [['key', 'add', '', '--org', '1'], 'option-value'],
    [['key', 'add', KEY.token, '--org', '1'], 'name-is-a-key'],
    [['key', 'add', ...PORTAL, KEY.token], 'argument-unexpected'],
    [['key', 'add', ...PORTAL, '--token', KEY.token], 'option-unknown'],
    [['key', 'add', ...PORTAL, '--dashboards', 'a.b'], 'option-value'],
    [['key', 'add', ...PORTAL, '--dashboards', ''], 'option-value'],
    [['key', 'add', ...PORTAL, '--frame-ancestors', 'javascript:'], 'option-value'],
    [['key', 'add', ...PORTAL, '--max-session', '2h'], 'option-value'],
    [['key', 'add', ...PORTAL, '--max-session', '0'], 'option-value'],
    [['key', 'add', ...PORTAL, '--expires', 'tomorrow'], 'option-value'],
    [['key', 'add', ...PORTAL, '--note', 'two\nlines'], 'option-value'],
    [['key', 'add', ...PORTAL, '--admin-token-file', '-', '--token-file', '-'], 'stdin-twice'],
    [['key', 'set', ...PORTAL], 'option-missing'],
    [['key', 'set', ...PORTAL, '--expires', '2027-01-31', '--no-expires'], 'options-contradict'],
    [['key', 'set', ...PORTAL, '--live', '--no-live'], 'options-contradict'],
    [['key', 'set', ...PORTAL, '--max-session', 'x'], 'option-value'],
    [['key', 'replace', ...PORTAL, '--overlap', '-1'], 'option-value'],
    [['key', 'replace', ...PORTAL, '--overlap', '9999999'], 'option-value'],
    [['key', 'show'], 'argument-missing'],
    [['key', 'show', 'portal'], 'option-missing'],
    [['key', 'disable', 'portal'], 'option-missing'],
    [['key', 'enable', 'portal'], 'option-missing'],
    [['key', 'remove', 'portal'], 'option-missing'],
    [['key', 'check', 'portal'], 'option-missing'],
    [['key', 'mint', 'portal'], 'option-missing'],
    [['key', 'mint', ...PORTAL, '--note', ''], 'option-value'],
    [['key', 'unmint', ...PORTAL], 'argument-missing'],
    [['key', 'unmint', 'portal', 'pmt_token', '--org', '1'], 'option-value'],
    [['key', 'list', 'portal'], 'argument-unexpected'],
    [['key', 'list', '--org', 'x'], 'option-value'],
    [['key', 'remove-expired', 'portal'], 'argument-unexpected'],
    [['key'], 'command-missing'],
    [['key', '--org', '1'], 'command-missing'],
    [['key', 'ad', ...PORTAL], 'command-unknown'],
  ])('%j is wrong use, and asks nobody', async (args, code) => {
    expect(await refusal(args, { POSTERN_KEY_TOKEN: KEY.token })).toEqual({ exit: 2, code });
    expect(gateway.asked).toEqual([]);
  });

  test('takes no token that is mistyped, or that of another key', async () => {
    const mistyped = `${KEY.token.slice(0, -1)}${KEY.token.endsWith('0') ? '1' : '0'}`;
    const args = ['key', 'add', ...PORTAL, '--force'];
    expect(await refusal(args, { POSTERN_KEY_TOKEN: mistyped })).toEqual({ exit: 1, code: 'token-checksum' });
    expect(await refusal(args, { POSTERN_KEY_TOKEN: LEGACY.token })).toEqual({
      exit: 1,
      code: 'token-of-another-key',
    });
    expect(await refusal(args)).toEqual({ exit: 2, code: 'token-missing' });
    expect(gateway.asked).toEqual([]);
  });

  test('says what to type where a word is missing', async () => {
    expect((await run(['key', 'ad'])).stderr).toContain('Did you mean: postern key add');
    expect((await run(['key'])).stderr).toContain('See: postern help key');
    expect((await run(['key', 'add'])).stderr).toContain('Usage: postern key add NAME --org N');
  });
});

describe('postern key list', () => {
  beforeEach(async () => {
    await gateway.put(1, 'portal', { dashboards: ['a', 'b', 'c', 'd'], lastUsedAt: '2026-11-20T10:00:00Z' });
    await gateway.put(1, 'old', { marks: ['older-than-90-days', 'refused-by-origin'] });
    await gateway.put(2, 'far', { state: 'expired', marks: ['expired'] });
    await gateway.put(1, 'configured', { source: 'SHARE_KEYS', marks: ['overruled-by-stored'] });
    await gateway.put(1, 'x\u202ey', {});
  });

  test('shows all pages as a table', async () => {
    const { code, stdout, stderr } = await run(['key', 'list']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^NAME +ORG +STATE +FROM +DASHBOARDS +LAST USED +MARKS$/);
    expect(lines[1]).toMatch(/^portal +1 +active +stored +a b and 2 more +2026-11-20 10:00$/);
    expect(lines[2]).toMatch(/^old +1 .*token older than 90 days; refused by the origin$/);
    expect(lines[3]).toMatch(/^far +2 +expired /);
    expect(lines[4]).toMatch(/^configured +1 +active +SHARE_KEYS .*overruled by the stored one$/);
    expect(lines[5]).toContain('x\\u{202e}y');
    expect(stderr).toBe('Warning: Organisation 1 has 101 keys.\n');
    expect(gateway.asked.map(({ path }) => path)).toEqual([
      '/-/api/v1/keys',
      '/-/api/v1/keys?cursor=2',
      '/-/api/v1/keys?cursor=4',
    ]);
  });

  test('shows those of one organisation', async () => {
    const { stdout } = await run(['key', 'list', '--org', '2', '--json']);
    expect(JSON.parse(stdout).keys.map(({ name }: { name: string }) => name)).toEqual(['far']);
  });

  test('says where there are none', async () => {
    gateway.keys.clear();
    expect((await run(['key', 'list'])).stdout).toBe('There are no keys.\n');
  });
});

describe('postern key, for one key', () => {
  beforeEach(() => gateway.put(1, 'portal', { dashboards: ['a'], expiresAt: '2027-01-31T23:59:59Z' }));

  test.each([
    ['show', [], 'GET', PLACE, undefined],
    ['set', ['--note', 'x', '--no-expires'], 'PATCH', PLACE, { note: 'x', expires: null }],
    ['set', ['--expires', ''], 'PATCH', PLACE, { expires: null }],
    ['set', ['--resources', '', '--no-live'], 'PATCH', PLACE, { resources: [], live: false }],
    [
      'set',
      ['--no-dashboards', '--no-frame-ancestors', '--no-max-session', '--no-note'],
      'PATCH',
      PLACE,
      { dashboards: null, frameAncestors: null, maxSessionSeconds: null, note: null },
    ],
    ['disable', [], 'PATCH', PLACE, { disabled: true }],
    ['enable', [], 'PATCH', PLACE, { disabled: false }],
    ['remove', [], 'DELETE', PLACE, undefined],
    [
      'replace',
      ['--overlap', '3600'],
      'POST',
      `${PLACE}/replace`,
      { token: KEY.token, overlapSeconds: 3600 },
    ],
    ['replace', [], 'POST', `${PLACE}/replace`, { token: KEY.token }],
    ['check', [], 'POST', `${PLACE}/check`, undefined],
  ])('%s %j', async (word, options, method, path, body) => {
    const { code, stdout } = await run(['key', word, ...PORTAL, ...options], {
      POSTERN_KEY_TOKEN: KEY.token,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('key portal of organisation 1.');
    expect(gateway.asked).toEqual([{ method, path, body }]);
  });

  test('mint prints the token alone, and warns beside it', async () => {
    const { stdout, stderr } = await run(['key', 'mint', ...PORTAL, '--note', 'shop']);
    expect(stdout).toBe('pmt_stand-in-mint-token\n');
    expect(stderr).toMatch(/^Warning: this token is shown once.* Its id is 0f3c91aa\.\n$/);
    expect((await run(['key', 'show', ...PORTAL])).stdout).toMatch(/Mint tokens +0f3c91aa, made .*: shop\n/);
    expect((await run(['key', 'unmint', 'portal', '0f3c91aa', '--org', '1'])).code).toBe(0);
    expect(gateway.keys.get('1/portal')?.key.mintTokens).toEqual([]);
  });

  test('remove-expired goes through all pages', async () => {
    await gateway.put(1, 'a');
    await gateway.put(1, 'b', { state: 'expired' });
    await gateway.put(2, 'c', { state: 'expired' });
    const { stdout } = await run(['key', 'remove-expired']);
    expect(stdout).toBe('Removed 2 of the keys:\n  b of organisation 1\n  c of organisation 2\n');
    gateway.keys.clear();
    expect((await run(['key', 'remove-expired'])).stdout).toBe('No key has expired.\n');
  });

  test('a key that is not there is told as such', async () => {
    expect(await refusal(['key', 'show', 'other', '--org', '1'])).toEqual({ exit: 1, code: 'not_found' });
    expect((await run(['key', 'show', 'other', '--org', '1'])).stderr).toContain('There is no such key.');
  });
});

test('nothing of a token was printed', () => {
  for (const { token, secret } of VECTORS.keys) {
    for (const text of [token, secret]) expect(cli.printed).not.toContain(text);
  }
  expect(cli.printed).not.toContain(gateway.env.POSTERN_ADMIN_TOKEN);
});
