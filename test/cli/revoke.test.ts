import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitUntilRefused } from '../../src/cli/revocation-wait.ts';
import { sha256Base64Url } from '../../src/lib/sha256.ts';
import { signShareLink } from '../../src/share/sign.ts';
import { StandIn } from './stand-in.ts';
import { BuiltCli, keyOf, VECTORS } from './support.ts';

const KEY = keyOf('test1');
const LEGACY = keyOf('test1-legacy');
const LINK_ID = 'b936bf1c19058e19';
const LINK = await signShareLink({
  ...{ url: 'https://g.example/d/a?orgId=1', name: 'test1', orgId: 1, token: KEY.token },
  now: 1726823533,
});
const V1 = `https://g.example/d/a?orgId=1&aliyun_api_key=${encodeURIComponent(LEGACY.token)}`;
const V1_NAMELESS = `https://g.example/d/a?orgId=1&aliyun_api_key=${encodeURIComponent(KEY.token)}`;
const PUBLIC = '0123456789abcdef0123456789ABCDEF';

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

function run(args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) {
  return cli.run(process.execPath, args, { env: { ...gateway.env, ...env }, input });
}

const PUBLIC_ID = `public:${sha256Base64Url(PUBLIC.toLowerCase())}`;
const KEY_ID = `key:1:${sha256Base64Url('portal')}`;
const SUBJECT_ID = `subject:${sha256Base64Url('ada@example.com')}`;

describe('what is revoked, and lifted again by the same words', () => {
  test.each<[string, readonly string[], string, Record<string, unknown>, string]>([
    ['a link by its id', ['link', LINK_ID], '', { kind: 'link', id: LINK_ID }, `link:${LINK_ID}`],
    ['a whole link', ['link', LINK], '', { kind: 'link', id: LINK_ID }, `link:${LINK_ID}`],
    [
      'a link from standard input',
      ['link', '-'],
      `${LINK}\n`,
      { kind: 'link', id: LINK_ID },
      `link:${LINK_ID}`,
    ],
    ['a session', ['session', LINK_ID], '', { kind: 'session', id: LINK_ID }, `session:${LINK_ID}`],
    [
      'a viewer',
      ['subject', 'ada@example.com'],
      '',
      { kind: 'subject', subject: 'ada@example.com' },
      SUBJECT_ID,
    ],
    ['a key', ['key', 'portal', '--org', '1'], '', { kind: 'key', name: 'portal', orgId: 1 }, KEY_ID],
    [
      'a dashboard',
      ['dashboard', 'TZWea0001'],
      '',
      { kind: 'dashboard', uid: 'TZWea0001' },
      'dashboard:*:TZWea0001',
    ],
    [
      'a dashboard of one organisation',
      ['dashboard', 'TZWea0001', '--org', '2'],
      '',
      { kind: 'dashboard', uid: 'TZWea0001', orgId: 2 },
      'dashboard:2:TZWea0001',
    ],
    ['a public dashboard', ['public', PUBLIC], '', { kind: 'public', token: PUBLIC }, PUBLIC_ID],
    [
      'a public dashboard by its address',
      ['public', `https://g.example/public-dashboards/${PUBLIC}?orgId=1`],
      '',
      { kind: 'public', token: PUBLIC },
      PUBLIC_ID,
    ],
    [
      'a public dashboard from standard input',
      ['public', '-'],
      PUBLIC,
      { kind: 'public', token: PUBLIC },
      PUBLIC_ID,
    ],
    ['an organisation', ['org', '2'], '', { kind: 'org', orgId: 2 }, 'org:2'],
    ['everything', ['all'], '', { kind: 'all' }, 'all:*'],
  ])('%s', async (_what, words, input, order, id) => {
    const made = await run(['revoke', ...words], input, { USER: 'ada' });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^✔ Revoked /) });
    expect(made.stdout).toContain(`  Id          ${id}\n`);
    expect(made.stdout).toContain('In effect within 1 second where the gateway answered');
    expect(gateway.asked[0]).toEqual({
      method: 'POST',
      path: '/-/api/v1/revocations',
      body: { ...order, by: 'ada' },
    });
    expect(await run(['unrevoke', ...words], input)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^✔ Lifted the revocation of /),
    });
    expect(gateway.asked[1]).toMatchObject({ method: 'DELETE', path: `/-/api/v1/revocations/${id}` });
    expect(gateway.revocations.size).toBe(0);
  });

  test('by the id that the list prints', async () => {
    await run(['revoke', 'dashboard', 'TZWea0001']);
    expect((await run(['unrevoke', 'dashboard:*:TZWea0001'])).code).toBe(0);
    const again = await run(['unrevoke', 'dashboard:*:TZWea0001', '--json']);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: 'not_found' } });
  });

  test('version 1 links, without a word of them', async () => {
    expect((await run(['revoke', 'link', '-'], V1)).code).toBe(0);
    expect(gateway.asked[0]?.body).toMatchObject({
      kind: 'link',
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    const nameless = await run(['revoke', 'link', '-', '--json'], V1_NAMELESS);
    expect(JSON.parse(nameless.stdout)).toMatchObject({ error: { code: 'link-without-id' } });
  });
});

describe('how it is revoked', () => {
  test.each<[readonly string[], Record<string, unknown>]>([
    [['--before', 'now'], { mode: 'issued-before' }],
    [
      ['--before', '2026-11-20T10:00:00+01:00'],
      { mode: 'issued-before', before: '2026-11-20T10:00:00+01:00' },
    ],
    [['--until-lifted'], { mode: 'until-lifted' }],
    [['--until', '2027-01-31T09:00:00Z'], { until: '2027-01-31T09:00:00Z' }],
    [
      ['--reason', 'leaked', '--public-reason', 'ask for a new link'],
      { reason: 'leaked', publicReason: 'ask for a new link' },
    ],
    [['--by', 'ada'], { by: 'ada' }],
    [[], {}],
  ])('%j', async (options, terms) => {
    expect((await run(['revoke', 'all', ...options])).code).toBe(0);
    expect(gateway.asked[0]?.body).toEqual({ kind: 'all', ...terms });
  });

  test('warnings stand beside it', async () => {
    expect((await run(['revoke', 'subject', 'ada'])).stderr).toBe('Warning: There is no sign-in.\n');
  });
});

describe('--wait', () => {
  test('returns when the gateway sees it, and older answers are forgotten', async () => {
    gateway.unseen = 1;
    const begin = Date.now();
    const { code, stdout, stderr } = await run(['revoke', 'all', '--wait']);
    expect(code).toBe(0);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(3000);
    expect(stdout).toMatch(/\nThe gateway refuses, after 3 seconds\.\n$/);
    expect(stderr).toBe(
      'Not seen by the gateway yet, after 0 seconds.\nSeen. Older answers are remembered for 1 second more.\n',
    );
    expect(gateway.asked.map(({ path }) => path.replace('/-/api/v1/revocations', ''))).toEqual([
      '',
      '/all:*/seen',
      '/all:*/seen',
    ]);
  });

  test('ends where it takes too long, and says that it is stored', async () => {
    gateway.unseen = 100;
    const { code, stdout } = await run(['revoke', 'all', '--wait', '--timeout', '1', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'revocation-not-in-effect-yet', what: expect.stringContaining('is stored') },
    });
    expect(gateway.revocations.has('all:*')).toBe(true);
  });

  test('an earlier revocation of the same is not taken for this one', async () => {
    gateway.seenAt = '2026-11-21T07:59:59Z';
    expect((await run(['revoke', 'all', '--wait', '--timeout', '1'])).code).toBe(1);
    gateway.seenAt = '2026-11-21T08:00:01Z';
    expect((await run(['revoke', 'all', '--wait'])).code).toBe(0);
  });

  /** A clock that moves only while somebody sleeps. */
  function createClock() {
    let at = 0;
    return {
      now: () => at,
      sleep: async (seconds: number) => {
        at += seconds * 1000;
      },
    };
  }

  const at = '2026-11-21T08:00:00Z';
  const order = { id: 'all:*', at, memoSeconds: 10, timeoutSeconds: 180 };
  const progress = { tell: () => undefined, end: () => undefined };

  test('a gateway that cannot be asked for a moment is asked again', async () => {
    const { CliError } = await import('../../src/cli/cli-error.ts');
    let asked = 0;
    const client = {
      origin: 'https://g.example',
      async ask() {
        asked += 1;
        if (asked < 5) throw new CliError({ code: 'x', what: 'away', details: '', fix: '' });
        return { seen: true, at } as never;
      },
    };
    expect(await waitUntilRefused(order, client, createClock(), progress)).toBe(18);
    asked = Number.NEGATIVE_INFINITY;
    await expect(waitUntilRefused(order, client, createClock(), progress)).rejects.toMatchObject({
      code: 'revocation-not-in-effect-yet',
      details: expect.stringContaining('Last trouble: away'),
    });
  });

  test('memories that outlast the timeout are told', async () => {
    const client = { origin: 'https://g.example', ask: async () => ({ seen: true, at }) as never };
    const short = { ...order, timeoutSeconds: 5 };
    await expect(waitUntilRefused(short, client, createClock(), progress)).rejects.toMatchObject({
      details: expect.stringContaining('older answers'),
    });
  });
});

describe('postern revoke list', () => {
  beforeEach(async () => {
    for (const words of [
      ['link', LINK_ID, '--reason', 'leaked', '--by', 'ada'],
      ['org', '2', '--before', '2026-11-20T10:00:00Z'],
      ['session', LINK_ID],
      ['all', '--until', '2027-01-31T09:00:00Z'],
    ])
      await run(['revoke', ...words]);
    gateway.asked.length = 0;
  });

  test('shows all pages as a table', async () => {
    const { stdout, stderr } = await run(['revoke', 'list']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^ID +WHAT +HOLDS FOR +ENDS +SINCE +BY +REASON$/);
    expect(lines[1]).toMatch(
      /^link:b936bf1c19058e19 +b936bf1c19058e19 +until lifted +- +2026-11-21 08:00 +ada +leaked$/,
    );
    expect(lines[2]).toMatch(/^org:2 +2 +issued until 2026-11-20 10:00 /);
    expect(stderr).toBe('');
    expect(gateway.asked).toHaveLength(2);
  });

  test('shows some of them', async () => {
    const found = await run(['revoke', 'list', '--limit', '2', '--json']);
    expect(JSON.parse(found.stdout)).toMatchObject({
      revocations: [{ kind: 'link' }, { kind: 'org' }],
      hasMore: true,
    });
    expect((await run(['revoke', 'list', '--limit', '2'])).stderr).toBe('There are more: see --limit.\n');
    const all = await run(['revoke', 'list', '--limit', '4', '--json']);
    expect(JSON.parse(all.stdout)).toMatchObject({ hasMore: false });
    const kind = await run(['revoke', 'list', '--kind', 'session', '--json']);
    expect(JSON.parse(kind.stdout)).toMatchObject({ revocations: [{ kind: 'session' }], hasMore: false });
  });

  test('says where nothing is revoked', async () => {
    gateway.revocations.clear();
    expect((await run(['revoke', 'list'])).stdout).toBe('Nothing is revoked.\n');
  });
});

describe('wrong use', () => {
  test.each([
    [['revoke'], 'command-missing'],
    [['revoke', 'lnk', LINK_ID], 'command-unknown'],
    [['revoke', 'link'], 'argument-missing'],
    [['revoke', 'link', 'B936BF1C19058E19'], 'target-form'],
    [['revoke', 'link', 'https://g.example/d/a'], 'target-form'],
    [['revoke', 'link', KEY.token], 'target-form'],
    [['revoke', 'link', '-', '--admin-token-file', '-'], 'stdin-twice'],
    [['revoke', 'session', 'x'], 'target-form'],
    [['revoke', 'subject', ''], 'option-value'],
    [['revoke', 'subject', KEY.token], 'target-form'],
    [['revoke', 'key', 'portal'], 'option-missing'],
    [['revoke', 'key', KEY.token, '--org', '1'], 'name-is-a-key'],
    [['revoke', 'dashboard', 'a.b'], 'option-value'],
    [['revoke', 'dashboard', 'a', '--org', 'x'], 'option-value'],
    [['revoke', 'public', 'https://g.example/d/a'], 'target-form'],
    [['revoke', 'org', 'main'], 'option-value'],
    [['revoke', 'all', 'things'], 'argument-unexpected'],
    [['revoke', 'all', '--org', '1'], 'option-unknown'],
    [['revoke', 'all', '--before', 'yesterday'], 'option-value'],
    [['revoke', 'all', '--before', '2026-11-20T10:00:00'], 'option-value'],
    [['revoke', 'all', '--before', 'now', '--until-lifted'], 'options-contradict'],
    [['revoke', 'all', '--until', '2027-01-31'], 'option-value'],
    [['revoke', 'all', '--reason', 'a\nb'], 'option-value'],
    [['revoke', 'all', '--wait', '--timeout', '0'], 'option-value'],
    [['revoke', 'list', '--kind', 'links'], 'option-value'],
    [['revoke', 'list', '--limit', '0'], 'option-value'],
    [['unrevoke'], 'argument-missing'],
    [['unrevoke', LINK_ID], 'target-form'],
    [['unrevoke', 'lnk', LINK_ID], 'command-unknown'],
    [['unrevoke', 'link'], 'argument-missing'],
    [['unrevoke', 'dashboard', 'a.b'], 'option-value'],
    [['unrevoke', 'all:*', 'more'], 'argument-unexpected'],
    [['unrevoke', 'all', '--reason', 'x'], 'option-unknown'],
  ])('%j asks nobody', async (args, code) => {
    const { code: exit, stdout } = await run([...args, '--json']);
    expect({ exit, code: JSON.parse(stdout).error.code }).toEqual({ exit: 2, code });
    expect(gateway.asked).toEqual([]);
  });
});

test('no link, key or public token was printed', () => {
  for (const { token, secret } of VECTORS.keys) {
    for (const text of [token, secret, encodeURIComponent(token)]) expect(cli.printed).not.toContain(text);
  }
  expect(cli.printed).not.toContain('aliyun_api_key');
  expect(cli.printed.toLowerCase()).not.toContain(PUBLIC.toLowerCase());
});
