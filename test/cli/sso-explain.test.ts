import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ExplainAnswer, type ExplanationJson, type StepJson } from '../../src/api/sso.ts';
import { SsoExplainOutput } from '../../src/cli/output-schemas.ts';
import { createStyle } from '../../src/cli/print.ts';
import { breakLines } from '../../src/cli/sso-columns.ts';
import { formatExplanation } from '../../src/cli/sso-explain-text.ts';
import { StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

const ANN = { sub: 'user-1', email: 'ann@example.com' };
/** `{"alg":"none"}`, the claims, and no signature worth the name. */
const JWT = `${encode({ alg: 'none' })}.${encode(ANN)}.c2ln`;
const PLAIN = createStyle(false);

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

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

function run(args: readonly string[], input = '') {
  return cli.run(process.execPath, ['sso', 'explain', ...args], { env: gateway.env, input });
}

function step(
  about: StepJson['about'],
  by: string,
  more: Partial<Pick<StepJson, 'source' | 'gave' | 'counts' | 'note'>> = {},
): StepJson {
  return { about, by, source: null, counts: true, note: null, ...more };
}

const ROLE_PATH =
  "role_attribute_path = contains(resource_access.grafana.roles[*], 'admin') && 'Admin' || contains(resource_access.grafana.roles[*], 'editor') && 'Editor' || ''";

const LET_IN: ExplanationJson = ExplainAnswer.parse({
  steps: [
    step('sub', 'sub', { source: 'id_token', gave: 'user-1' }),
    step('role', ROLE_PATH, { source: 'id_token', gave: null, counts: false }),
    step('role', ROLE_PATH, { source: 'userinfo', gave: 'Editor' }),
    step('mapping', 'shop:1:Editor', { gave: 'Editor', counts: false }),
    step('mapping', '*:2', { gave: 'Viewer' }),
    step('role', 'organisations', { gave: { '2': 'Editor' } }),
    step('login', 'login', { source: 'userinfo', gave: ['no', 'text'], counts: false, note: 'is no text' }),
    step('email', 'email', { source: 'id_token', gave: 'ann@example.com' }),
    step('allowed', 'allowed_domains', {
      gave: ['ann@example.com'],
      note: '"ann@example.com" is on the list',
    }),
    step('account', 'revocations', { note: 'Nothing of this person is revoked.' }),
    step('decision', 'let in'),
  ],
  decision: {
    allowed: true,
    person: {
      sub: 'user-1',
      login: 'ann@example.com',
      name: '',
      email: 'ann@example.com',
      orgRoles: [{ orgId: 2, role: 'Editor' }],
      isGrafanaAdmin: null,
      groups: ['staff', 'on call'],
    },
    presented: {
      mode: 'jwt',
      header: 'X-JWT-Assertion',
      claims: { sub: 'https://idp.example.com|user-1', login: 'ann@example.com', orgs: ['2/Editor'] },
    },
  },
  warnings: [{ code: 'not-verified', message: 'What was pasted is not verified.' }],
});

describe('postern sso explain', () => {
  test('tells the decision, who it is, what Grafana is told and every step, in 80 columns', async () => {
    gateway.explanation = LET_IN;
    const { code, stdout, stderr } = await run(['--id-token', cli.write('id.txt', `${JWT}\n`)]);
    expect(code).toBe(0);
    expect(stdout).toBe(`✔ Would be let in.

Who it would be
  Sub            user-1
  Login          ann@example.com
  Name           none
  Address        ann@example.com
  Roles          Editor in organisation 2
  Server admin   as Grafana has it
  Groups         staff, on call

What Grafana would be told
  Header         X-JWT-Assertion, an assertion with these claims
  sub            "https://idp.example.com|user-1"
  login          "ann@example.com"
  orgs           ["2/Editor"]

Steps; → is what counted

  Who it is (sub)
    → id_token      sub
                    gives "user-1"
  Role
      id_token      role_attribute_path =
                    contains(resource_access.grafana.roles[*], 'admin') &&
                    'Admin' || contains(resource_access.grafana.roles[*],
                    'editor') && 'Editor' || ''
                    gives nothing
    → userinfo      role_attribute_path =
                    contains(resource_access.grafana.roles[*], 'admin') &&
                    'Admin' || contains(resource_access.grafana.roles[*],
                    'editor') && 'Editor' || ''
                    gives "Editor"
  Entries of org_mapping
                    shop:1:Editor
                    gives "Editor"
    →               *:2
                    gives "Viewer"
  Role
    →               organisations
                    gives {"2":"Editor"}
  Login
      userinfo      login
                    gives ["no","text"]
                    is no text
  Address
    → id_token      email
                    gives "ann@example.com"
  Who is let in
    →               allowed_domains
                    gives ["ann@example.com"]
                    "ann@example.com" is on the list
  What the gateway looks at itself
    →               revocations
                    Nothing of this person is revoked.
`);
    expect(stderr).toBe('Warning: What was pasted is not verified.\n');
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  });

  test('tells the code of a refusal, with exit code 1', async () => {
    const { code, stdout } = await run(['--userinfo', '-'], JSON.stringify(ANN));
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^✘ Would be refused: sso_email_missing\n {2}There is none\.\n/),
    ]);
    expect(stdout).not.toContain('Who it would be');
  });

  test('tells what was not pasted, with exit code 1', async () => {
    const { person, presented } = LET_IN.decision as Extract<ExplanationJson['decision'], { allowed: true }>;
    gateway.explanation = {
      ...LET_IN,
      decision: { allowed: null, missing: ['teams', 'organizations'], person, presented },
    };
    const { code, stdout } = await run(['--userinfo', '-'], JSON.stringify(ANN));
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^\? Nobody can say: .*\n {2}What --teams and --organizations would hold/),
    ]);
    expect(stdout).toContain('Who it would be');
    gateway.explanation = {
      ...LET_IN,
      decision: { allowed: null, missing: ['emails'], person: null, presented: null },
    };
    const unknown = await run(['--userinfo', '-'], JSON.stringify(ANN));
    expect([unknown.code, unknown.stdout.includes('Who it would be')]).toEqual([1, false]);
  });

  test('tells headers, where Grafana trusts those', () => {
    const { decision } = LET_IN;
    if (decision.allowed !== true) throw new Error('is let in');
    const headers = [{ name: 'X-WEBAUTH-ORGANISATION-ROLE', value: 'Editor' }];
    const presented = { mode: 'auth-proxy' as const, headers };
    const person = { ...decision.person, orgRoles: null, isGrafanaAdmin: true, groups: [] };
    const text = formatExplanation({ ...LET_IN, decision: { ...decision, person, presented } }, PLAIN);
    expect(text).toContain('\n  X-WEBAUTH-ORGANISATION-ROLE  Editor\n');
    expect(text).toMatch(/Roles +as Grafana has it\n +Server admin +yes\n +Groups +none\n/);
  });

  test('sends what each file holds, and nothing else', async () => {
    const json = (name: string, value: unknown) => cli.write(name, `\uFEFF ${JSON.stringify(value)}\n`);
    const words = [
      ...['--id-token', cli.write('id.txt', `  ${JWT}\n`)],
      ...['--userinfo', json('userinfo.json', ANN)],
      ...['--access-token', '-'],
      ...['--emails', json('emails.json', [])],
      ...['--teams', json('teams.json', null)],
      ...['--organizations', json('orgs.json', [{ login: 'acme' }])],
    ];
    await run(words, 'opaque-access-token\n');
    expect(gateway.asked).toEqual([
      {
        method: 'POST',
        path: '/-/api/v1/sso/explain',
        body: {
          idToken: JWT,
          userinfo: ANN,
          accessToken: 'opaque-access-token',
          emails: [],
          teams: null,
          organizations: [{ login: 'acme' }],
        },
      },
    ]);
  });

  test.each<[string, string, unknown]>([
    ['claims as JSON', JSON.stringify(ANN), ANN],
    ['a token in quotes', JSON.stringify(JWT), JWT],
    ['a token', JWT, JWT],
  ])('takes for an ID token %s', async (_, text, idToken) => {
    await run(['--id-token', '-'], text);
    expect(gateway.asked.map(({ body }) => body)).toEqual([{ idToken }]);
  });

  test.each([LET_IN, undefined])('prints for programs what the gateway answered', async (explanation) => {
    if (explanation) gateway.explanation = explanation;
    const { code, stdout, stderr } = await run(['--id-token', '-', '--json'], JWT);
    const document: unknown = JSON.parse(stdout);
    expect([code, document, stderr]).toEqual([explanation ? 0 : 1, gateway.explanation, '']);
    expect(SsoExplainOutput.parse(document)).toEqual(document);
  });

  test('keeps the refusal of the gateway, and repeats no token', async () => {
    const { code, stdout, stderr } = await run(['--id-token', '-'], 'eyJ-no-token-that-can-be-read');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('idToken: is no JWT');
    expect(stderr).not.toContain('eyJ-no');
  });
});

describe('wrong use', () => {
  test.each<[string, readonly string[], string, string]>([
    ['no source', [], '', 'claims-missing'],
    ['no source, but answers', ['--emails', '-'], '[]', 'claims-missing'],
    ['standard input twice', ['--id-token', '-', '--userinfo', '-'], '{}', 'stdin-twice'],
    ['the admin token from there, too', ['--id-token', '-', '--admin-token-file', '-'], '', 'stdin-twice'],
    ['a file that is not there', ['--id-token', 'not-there.txt'], '', 'claims-unreadable'],
    ['too much of it', ['--userinfo', '-'], `{"a":"${'x'.repeat(70_000)}"}`, 'claims-unreadable'],
    ['a file without an end', ['--userinfo', '-'], '{"sub":', 'claims-form'],
    ['a list of claims', ['--userinfo', '-'], '[]', 'claims-form'],
    ['a token for userinfo', ['--userinfo', '-'], JWT, 'claims-form'],
    ['two words for a token', ['--access-token', '-'], `Bearer ${JWT}`, 'claims-form'],
    ['nothing for a token', ['--access-token', '-'], '', 'claims-form'],
    ['no JSON for teams', ['--id-token', '-', '--teams', '/dev/null'], JWT, 'claims-form'],
    ['a token as a word', [JWT], '', 'argument-unexpected'],
    ['an address of a provider', ['--issuer', 'https://id.test'], '', 'option-unknown'],
  ])('%s', async (_, words, input, error) => {
    const { code, stdout, stderr } = await run([...words, '--json'], input);
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, error]);
    expect(gateway.asked).toEqual([]);
    expect(stdout + stderr).not.toContain(JWT);
  });
});

describe('the text', () => {
  test('spells out what steers terminals, and hides what looks like a token', () => {
    const steps = [step('name', 'name', { source: 'userinfo', gave: `\x1b[31m\u202e${JWT}` })];
    const text = formatExplanation({ ...LET_IN, steps }, PLAIN);
    for (const hidden of ['\x1b', '\u202e']) expect(text).not.toContain(hidden);
    expect(text).not.toContain(JWT);
    expect(text).toContain('[redacted]');
  });

  test('cuts a value that is longer than anybody reads', () => {
    const steps = [step('groups', 'groups', { gave: 'x'.repeat(5_000) })];
    const text = formatExplanation({ ...LET_IN, steps }, PLAIN);
    expect(text.length).toBeLessThan(2_500);
    expect(text).toContain('(all of it: --json)');
  });

  test.each<[string, number, string[]]>([
    ['', 10, ['']],
    ['one two three', 8, ['one two', 'three']],
    ['one two three', 7, ['one two', 'three']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['ab cdefghij', 4, ['ab', 'cdef', 'ghij']],
    ['户户户户户', 2, ['户户', '户户', '户']],
    ['a  b', 2, ['a', 'b']],
  ])('breaks %j at %i', (text, room, lines) => {
    expect(breakLines(text, room)).toEqual(lines);
  });
});

test('no run has printed the admin token', () => {
  expect(cli.printed.length).toBeGreaterThan(1_000);
  expect(cli.printed).not.toContain(gateway.env.POSTERN_ADMIN_TOKEN);
});
