import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SsoImportOutput } from '../../src/cli/output-schemas.ts';
import { FORMATS, type Format, READERS, recogniseFormat } from '../../src/cli/sso-import/recognise.ts';
import { OAUTH } from '../../src/cli/sso-import/setting.ts';
import { quoteToml } from '../../src/cli/sso-import/toml.ts';
import { translate } from '../../src/cli/sso-import/translate.ts';
import { readConfig } from '../../src/config/read.ts';
import { BuiltCli } from './support.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures/sso-import');
const FILES = {
  ini: 'grafana.ini',
  env: 'grafana.env',
  terraform: 'settings.tf',
  json: 'settings.json',
} as const;
const read = (format: Format) => readFileSync(join(FIXTURES, FILES[format]), 'utf8');
const SECRET = 'hunter2#!s3cr3t';
const SECRET_NAME = 'GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET';

/** The same settings, whatever they were written in. */
const VARIABLES = {
  GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
  GF_AUTH_GENERIC_OAUTH_NAME: 'Example Corp',
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID: 'grafana',
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: 'https://id.example.com/oauth2/authorize?tenant=a',
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: 'https://id.example.com/oauth2/token',
  GF_AUTH_GENERIC_OAUTH_API_URL: 'https://id.example.com/oauth2/userinfo',
  GF_AUTH_GENERIC_OAUTH_SCOPES: 'openid email profile offline_access',
  GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH:
    "contains(groups[*], 'admin:grafana') && 'Admin' || contains(groups[*], \"editor\") && 'Editor' || 'Viewer'",
  GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT: 'true',
  GF_AUTH_GENERIC_OAUTH_ORG_ATTRIBUTE_PATH: 'groups',
  GF_AUTH_GENERIC_OAUTH_ORG_MAPPING: 'staff:1:Editor, "shop floor:2:Viewer"',
  GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
  GF_AUTH_GENERIC_OAUTH_ALLOWED_GROUPS: '["staff", "shop floor"]',
  GF_AUTH_GENERIC_OAUTH_USE_PKCE: 'true',
  GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN: 'true',
  GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: 'https://id.example.com/oauth2/jwks',
};

let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

function run(args: readonly string[], input = '') {
  return cli.run(process.execPath, ['sso', 'import', ...args], { input });
}

async function runJson(text: string, ...words: readonly string[]) {
  const { code, stdout } = await run(['-', '--json', ...words], text);
  return { code, document: JSON.parse(stdout) };
}

/** The value that a form has for one option of generic OAuth. */
function readValueOf(format: Format, text: string, key: string): unknown {
  const reading = READERS[format](text);
  if (!reading.ok) return reading.reason;
  return reading.value.find((setting) => setting.section === OAUTH && setting.key === key)?.text;
}

/** `${…}` */
const placeholderOf = (what: string) => `$\{${what}}`;
const ini = (...lines: readonly string[]) => ['[auth.generic_oauth]', ...lines].join('\n');
const terraform = (...lines: readonly string[]) =>
  [
    'resource "grafana_sso_settings" "a" {',
    '  provider_name = "generic_oauth"',
    '  oauth2_settings {',
    ...lines,
    '  }',
    '}',
  ].join('\n');
const json = (settings: object) => JSON.stringify({ provider: 'generic_oauth', settings });

describe('the same settings in every form', () => {
  test.each(FORMATS)('%s: the same variables', async (format) => {
    const { code, document } = await runJson(read(format));
    expect({ code, ready: document.ready, format: document.format }).toEqual({
      code: 0,
      ready: true,
      format,
    });
    const { GF_USERS_AUTO_ASSIGN_ORG_ROLE: role, ...variables } = document.variables;
    expect(variables).toEqual(VARIABLES);
    expect(Object.keys(variables)).toEqual(Object.keys(VARIABLES));
    expect(role).toBe(format === 'ini' ? 'Editor' : undefined);
    expect(document.mistakes).toEqual([]);
    const state = format === 'json' ? 'redacted' : 'found';
    expect(document.secrets).toEqual([{ name: SECRET_NAME, state, written: false }]);
    expect(SsoImportOutput.parse(document)).toEqual(document);
  });

  test.each(FORMATS)('%s: the secret is read as it is', (format) => {
    const reading = READERS[format](read(format));
    const secrets = reading.ok ? translate(reading.value).secrets : [];
    expect(secrets.map(({ value }) => value?.reveal())).toEqual([format === 'json' ? undefined : SECRET]);
  });

  test.each(FORMATS)('%s is recognised, and can be named', async (format) => {
    expect(recogniseFormat(read(format))).toBe(format);
    const file = join(FIXTURES, FILES[format]);
    expect((await run([file])).stdout).toBe((await run([file, '--format', format])).stdout);
  });
});

describe('a grafana.ini is read as Grafana reads it', () => {
  test.each<[string, string, string | undefined]>([
    ['a comment behind a value', 'name = a b ; c', 'a b'],
    ['a comment in a value', 'name = a#b', 'a'],
    ['quotes do not keep a comment out', 'name = "a;b"', '"a'],
    ['three quotes do', 'name = """a;b#c"""', 'a;b#c'],
    ['backquotes do', 'name = `a;b "c"`', 'a;b "c"'],
    ['double quotes go', 'name = "a b"', 'a b'],
    ['single quotes go', "name = 'a b'", 'a b'],
    ['quotes within stay', `name = 'a' || 'b'`, "'a' || 'b'"],
    ['a colon in place of =', 'name: a=b', 'a=b'],
    ['a quotation of several lines', 'name = """a\nb"""\nicon = x', 'a\nb'],
    ['a line that goes on', 'name = a \\\n  b\nicon = x', 'a b'],
    ['the last one counts', 'name = a\nname = b', 'b'],
    ['an empty one is none', 'name = a\nname =', undefined],
    ['another section', 'name = a\n[auth.github]\nname = b', 'a'],
    ['CRLF', 'name = a\r\nicon = x\r\n', 'a'],
  ])('%s', (_, line, expected) => {
    expect(readValueOf('ini', `\uFEFF${ini(line)}`, 'name')).toBe(expected);
  });

  test.each<[string, string, object]>([
    ['a line that is none', 'name = a\nhunter2', { line: 3, problem: expect.stringContaining('key with =') }],
    ['a section without end', 'name = a\n\n[auth', { line: 4, problem: expect.stringContaining('section') }],
    ['a quotation without end', 'name = """a\nb', { line: 2, problem: expect.stringContaining('quotation') }],
    ['no key', ' = hunter2', { line: 2, problem: expect.stringContaining('no key') }],
  ])('%s is told by its line', async (_, line, reason) => {
    expect(readValueOf('ini', ini(line), 'name')).toEqual(reason);
    const { code, document } = await runJson(ini(line));
    expect([code, document.error.code]).toEqual([1, 'settings-unreadable']);
    expect(document.error.details).toMatch(/^Line \d /);
    expect(JSON.stringify(document)).not.toContain('hunter2');
  });

  test('what stands elsewhere stays a placeholder', async () => {
    const { code, document } = await runJson(
      ini(
        'enabled = true',
        `client_id = ${placeholderOf('CLIENT_ID')}`,
        'client_secret = $__file{/run/secrets/oauth}',
        'auth_url = https://$__env{HOST}/authorize',
        'token_url = https://%(host)s/token',
      ),
    );
    expect([code, document.ready, document.mistakes]).toEqual([1, false, []]);
    expect(document.variables.GF_AUTH_GENERIC_OAUTH_CLIENT_ID).toBe(placeholderOf('CLIENT_ID'));
    expect(document.secrets).toEqual([{ name: SECRET_NAME, state: 'elsewhere', written: false }]);
    const told = document.notices.filter(({ code: one }: { code: string }) => one === 'elsewhere');
    expect(told.map(({ option, line }: { option: string; line: number }) => [option, line])).toEqual([
      ['client_id', 3],
      ['client_secret', 4],
      ['auth_url', 5],
      ['token_url', 6],
    ]);
  });

  test('a placeholder for the secret alone leaves nothing to be put right', async () => {
    const { code, document } = await runJson(
      read('ini').replace(/^client_secret.*$/m, () => `client_secret = ${placeholderOf('SECRET')}`),
    );
    expect([code, document.ready]).toEqual([0, true]);
  });

  test('other sections: what is about sign-in, and nothing else', async () => {
    const more = [
      '[users]\nauto_assign_org = no\nauto_assign_org_id = 3\nviewers_can_edit = true',
      '[auth]\nsignout_redirect_url = https://id.example.com/logout\noauth_auto_login = yes\nlogin_cookie_name = x',
      '[auth.proxy]\nheader_name = X-User\nwhitelist = 10.0.0.1',
      '[auth.jwt]\nheader_name = X-Assertion',
      '[security]\nadmin_user = root\nadmin_password = hunter2',
    ];
    const { document } = await runJson([read('ini'), ...more].join('\n'));
    expect(document.variables).toMatchObject({
      GF_USERS_AUTO_ASSIGN_ORG: 'false',
      GF_USERS_AUTO_ASSIGN_ORG_ID: '3',
      GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL: 'https://id.example.com/logout',
      GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN: 'true',
      GF_AUTH_PROXY_HEADER_NAME: 'X-User',
      GF_AUTH_JWT_HEADER_NAME: 'X-Assertion',
      GF_SECURITY_ADMIN_USER: 'root',
    });
    expect(Object.keys(document.variables)).toHaveLength(Object.keys(VARIABLES).length + 8);
    expect(JSON.stringify(document)).not.toMatch(/hunter2|whitelist|viewers_can_edit/);
  });

  test('generic OAuth goes before what is said of all providers', async () => {
    const { document } = await runJson(
      `[auth]\nsignout_redirect_url = https://a.example\n${read('ini')}\nsignout_redirect_url = https://b.example`,
    );
    expect(document.variables.GF_AUTH_GENERIC_OAUTH_SIGNOUT_REDIRECT_URL).toBe('https://b.example');
  });
});

describe('a Terraform file', () => {
  test.each<[string, string, unknown]>([
    ['escapes', String.raw`name = "a\"b\\c\td\u00e9\U0001F600"`, 'a"b\\c\td\u00e9\u{1f600}'],
    ['what only looks interpolated', `name = "$${placeholderOf('a')} %%{b}"`, `${placeholderOf('a')} %{b}`],
    ['a heredoc', 'name = <<EOT\n  a "b" \\n\nEOT', 'a "b" \\n'],
    ['an indented heredoc', 'name = <<-EOT\n    a\n      b\n    EOT', 'a\n  b'],
    ['true', 'name = true', 'true'],
    ['a list', 'name = ["a", "b c"] # d', '["a","b c"]'],
    ['a list of several lines', 'name = [\n  "a", // b\n  "c",\n]', '["a","c"]'],
    ['null', 'name = null', undefined],
    ['a reference', 'name = var.oauth_name', placeholderOf('var.oauth_name')],
    ['an interpolation', `name = "x-${placeholderOf('var.oauth_name')}"`, placeholderOf('var.oauth_name')],
    ['a call', 'name = sensitive("hunter2")', placeholderOf('an expression')],
    ['a call within', `name = "${placeholderOf('sensitive("hunter2")')}"`, placeholderOf('an expression')],
    ['a comparison of texts', 'name = "a" == "b" ? "c" : "d"', placeholderOf('an expression')],
    ['a reference in a list', 'name = ["a", var.b]', placeholderOf('var.b')],
    ['the map custom', 'custom = { name = "a", "icon" : "b" }', 'a'],
  ])('%s', (_, line, expected) => {
    expect(readValueOf('terraform', terraform(line), 'name')).toBe(expected);
  });

  test.each<[string, string, number | null]>([
    ['a text without end', terraform('name = "hunter2'), 4],
    ['an escape that is none', terraform('', 'name = "\\q"'), 5],
    ['a brace without end', 'resource "grafana_sso_settings" "a" {\n', 1],
    ['a bracket without end', terraform('name = ["a"'), 4],
    ['the wrong bracket', terraform('name = ("a"]'), 4],
    ['no value', terraform('name ='), 4],
    ['what is neither', terraform('name "a"'), 4],
    ['a map', terraform('name = { a = "b" }'), 4],
    ['a block within', terraform('a {', '}'), 4],
    ['another second one', `${terraform('')}\n${terraform('')}`, 7],
    ['a block made by a rule', terraform('').replace('oauth2_settings', 'dynamic "oauth2_settings"'), 3],
    ['a provider that is not there', terraform('').replace('"generic_oauth"', 'each.key'), 2],
    ['no block', terraform('').replace('oauth2_settings', 'saml_settings'), 1],
    ['another provider', terraform('').replace('"generic_oauth"', '"github"'), null],
  ])('%s is refused by its line', async (_, text, line) => {
    const reading = READERS.terraform(text);
    expect(reading).toMatchObject({ ok: false, reason: { line: line ?? undefined } });
    const { code, document } = await runJson(text, '--format', 'terraform');
    expect([code, document.error.code]).toEqual([1, 'settings-unreadable']);
    expect(JSON.stringify(document)).not.toContain('hunter2');
  });

  test('is enabled where it does not say otherwise', () => {
    expect(readValueOf('terraform', terraform(''), 'enabled')).toBe('true');
    expect(readValueOf('terraform', terraform('enabled = false'), 'enabled')).toBe('false');
  });

  test('its readers never run away, whatever stands there', () => {
    const sign = fc.constantFrom(
      '"',
      '{',
      '}',
      '[',
      ']',
      '=',
      '\n',
      '<<E\n',
      'E',
      '${',
      '\\',
      '#',
      '/*',
      ',',
      'a ',
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 60 }), (signs) => {
        for (const format of FORMATS) {
          const reading = READERS[format](`${terraform(signs.join(''))}`);
          expect(typeof reading.ok).toBe('boolean');
        }
      }),
    );
  });
});

describe('an answer of the SSO API', () => {
  test.each<[string, string, unknown]>([
    ['a list', json({ name: ['a', 'b'] }), '["a","b"]'],
    ['a number', json({ name: 1 }), '1'],
    ['nothing', json({ name: null }), undefined],
    ['of all providers', `[{"provider":"github","settings":{}},${json({ name: 'a' })}]`, 'a'],
  ])('%s', (_, text, expected) => {
    expect(readValueOf('json', text, 'name')).toBe(expected);
  });

  test.each(['usePkce', 'usePKCE', 'use_pkce'])('%s is use_pkce', (name) => {
    expect(readValueOf('json', json({ [name]: true }), 'use_pkce')).toBe('true');
  });

  test.each<[string, string, number | undefined]>([
    ['a comma too many', '{\n"a": 1,\n}', 3],
    ['a comma too few', '{"a":\n"hunter2"\n"b": 1}', 3],
    ['a word that is none', '{\n\n"a": hunter2}', 3],
    ['an end that is missing', '{"a":\n1', 2],
    ['another form', '{"a": 1}', undefined],
    ['another provider', '{"provider":"github","settings":{}}', undefined],
    ['a table', json({ name: {} }), undefined],
  ])('%s is told', async (_, text, line) => {
    expect(READERS.json(text)).toMatchObject({ ok: false, reason: { line } });
    const { code, document } = await runJson(text);
    expect([code, document.error.code]).toEqual([1, 'settings-unreadable']);
    expect(JSON.stringify(document)).not.toContain('hunter2');
  });
});

describe('an env file', () => {
  const env = (value: string) => `GF_AUTH_GENERIC_OAUTH_NAME${value}`;
  test.each<[string, string, unknown]>([
    ['plain', env('=a b # c'), 'a b'],
    ['a # within', env('=a#b'), 'a#b'],
    ['double quotes', env(String.raw`="a\"b" # c`), 'a"b'],
    ['single quotes', env("='a\\n'"), 'a\\n'],
    ['export', `export ${env('=a')}`, 'a'],
    ['the last one counts', `${env('=a')}\n${env('=b')}`, 'b'],
  ])('%s', (_, text, expected) => {
    expect(readValueOf('env', text, 'name')).toBe(expected);
  });

  test.each([
    ['a line that is none', 'A=b\nhunter2 hunter2', 2],
    ['a quotation without end', `A=b\n\n${env('="a')}`, 3],
  ])('%s is told by its line', (_, text, line) => {
    expect(READERS.env(text)).toMatchObject({ ok: false, reason: { line } });
  });

  test.each([
    'GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET',
    'GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET__FILE=/run/secrets/x',
  ])('%s stands elsewhere', async (line) => {
    const { document } = await runJson(
      `${read('env').replace(/^GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET.*$/m, line)}`,
    );
    expect(document.secrets).toEqual([{ name: SECRET_NAME, state: 'elsewhere', written: false }]);
  });
});

describe('what becomes no variable', () => {
  test.each<[string, string, string | undefined]>([
    ['tls_skip_verify_insecure = true', 'not-in-a-worker', 'always verifies'],
    ['tls_client_ca = /etc/ca.pem', 'not-in-a-worker', 'public certificate authorities'],
    ['tls_client_cert = /etc/a.pem', 'not-in-a-worker', 'SSO_MTLS'],
    ['validate_hd = true', 'ignored', 'allowed_domains'],
    ['client_authentication = managed_identity', 'ignored', 'Azure AD'],
    ['workload_identity_anything = x', 'ignored', 'Azure AD'],
    ['client_secrt = hunter2', 'unknown', 'client_secret?'],
    ['allow_sign_up = maybe', 'changed', 'neither true nor false'],
    ['client_secret = abc#hunter2', 'cut', 'comment'],
  ])('%s', async (line, code, words) => {
    const { document } = await runJson(`${read('ini')}\n${line}`);
    const told = document.notices.filter((notice: { code: string }) => notice.code === code);
    expect(told).toEqual([
      expect.objectContaining({
        option: line.split(' ')[0],
        line: expect.any(Number),
        text: expect.stringContaining(words ?? ''),
      }),
    ]);
    const { stdout } = await run(['-'], `${read('ini')}\n${line}`);
    expect(stdout + JSON.stringify(document)).not.toMatch(/hunter2|\/etc\/|managed_identity/);
  });

  test('is silent about what is off or empty', async () => {
    const { document } = await runJson(
      `${read('ini')}\ntls_skip_verify_insecure = false\nvalidate_hd = false\ntls_client_ca =`,
    );
    expect(document.notices).toEqual([]);
  });

  test('says where sign-in is off', async () => {
    const { code, document } = await runJson(read('ini').replace('enabled = true', ';enabled = true'));
    expect(code).toBe(0);
    expect(document.notices).toEqual([expect.objectContaining({ code: 'off', option: 'enabled' })]);
  });
});

describe("the gateway's own reader", () => {
  test('finds mistakes, which are told by their lines', async () => {
    const text = read('ini')
      .replace('https://id.example.com/oauth2/token', 'http://id.example.com/token')
      .replace(/^role_attribute_path.*$/m, "role_attribute_path = contains(groups[*], 'admin'");
    const { code, document } = await runJson(text);
    expect([code, document.ready]).toEqual([1, false]);
    const lineOf = (word: string) => text.split('\n').findIndex((line) => line.startsWith(word)) + 1;
    expect(document.mistakes).toEqual([
      expect.objectContaining({ variable: 'GF_AUTH_GENERIC_OAUTH_TOKEN_URL', line: lineOf('token_url') }),
      expect.objectContaining({
        variable: 'GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH',
        line: lineOf('role_attribute_path'),
      }),
    ]);
  });

  test('finds what is missing, also where sign-in is off', async () => {
    const { code, document } = await runJson(ini('client_id = a'));
    expect(code).toBe(1);
    expect(document.mistakes.map(({ variable }: { variable: string }) => variable)).toEqual([
      'GF_AUTH_GENERIC_OAUTH_AUTH_URL',
      'GF_AUTH_GENERIC_OAUTH_TOKEN_URL',
    ]);
  });

  test('warns of a list that lets nobody in', async () => {
    const { code, document } = await runJson(`${read('ini')}\nallowed_domains = [example.com]`);
    expect(code).toBe(0);
    expect(document.notices).toEqual([
      expect.objectContaining({ code: 'warning', option: 'GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS' }),
    ]);
  });
});

describe('--with-secrets', () => {
  test('writes a file for this user alone, behind what stands there', async () => {
    const path = cli.write('with.dev.vars', 'POSTERN_SECRETS=present');
    const { code, stdout } = await run([join(FIXTURES, FILES.ini), '--with-secrets', path]);
    expect([code, stdout.includes(`Written into the file of --with-secrets: ${SECRET_NAME}.`)]).toEqual([
      0,
      true,
    ]);
    expect(readFileSync(path, 'utf8')).toBe(`POSTERN_SECRETS=present\n${SECRET_NAME}='${SECRET}'\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await run([join(FIXTURES, FILES.ini), '--with-secrets', path, '--json']);
    expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([1, 'with-secrets-taken']);
  });

  test.each([
    ['plain', 'plain'],
    ["it's", "`it's`"],
    ["'`", '"\'`"'],
    ['"$\\n', "'\"$\\n'"],
  ])('%s is quoted', async (secret, written) => {
    const path = join(cli.folder, `${Buffer.from(secret).toString('hex')}.dev.vars`);
    await runJson(terraform(`client_secret = ${JSON.stringify(secret)}`), '--with-secrets', path);
    expect(readFileSync(path, 'utf8')).toBe(`${SECRET_NAME}=${written}\n`);
  });

  test('writes no file where there is nothing to write', async () => {
    const path = join(cli.folder, 'none.dev.vars');
    const { stdout } = await run([join(FIXTURES, FILES.json), '--with-secrets', path]);
    expect(stdout).toContain('Not written');
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

describe('wrong use', () => {
  test.each<[string, readonly string[], string, string, number]>([
    ['no file', [], '', 'argument-missing', 2],
    ['another format', ['-', '--format', 'yaml'], '', 'option-value', 2],
    ['no name of a file', ['-', '--with-secrets', ''], '', 'option-value', 2],
    ['a file that is not there', ['/nowhere/grafana.ini'], '', 'settings-unreadable', 1],
    ['a directory', ['/'], '', 'settings-unreadable', 1],
    ['nothing', ['-'], ' \n', 'settings-missing', 1],
    ['no text', ['-'], 'a\0b', 'settings-unreadable', 1],
    ['something else', ['-'], 'hello: world', 'settings-unrecognised', 1],
    ['a grafana.ini without it', ['-'], '[auth.generic_oauth]\n;enabled = true', 'settings-missing', 1],
    ['too much', ['-'], 'x'.repeat(70_000), 'input-too-long', 1],
  ])('%s', async (_, words, input, code, exit) => {
    const outcome = await run([...words, '--json'], input);
    expect([outcome.code, JSON.parse(outcome.stdout).error.code]).toEqual([exit, code]);
  });

  test('a file may be longer than standard input', async () => {
    const path = cli.write('long.ini', `${'# comment\n'.repeat(20_000)}${read('ini')}`);
    expect((await run([path])).code).toBe(0);
  });
});

describe('for people', () => {
  test('prose keeps to 80 columns', async () => {
    const text = `${read('ini').replace('https://id.example.com/oauth2/token', 'http://id.example.com/token')}\ntls_client_ca = /a`;
    const { code, stdout } = await run(['-'], text);
    expect(code).toBe(1);
    const prose = stdout.split('\n').filter((line) => !/^GF_[A-Z_]+ = /.test(line));
    expect(prose.filter((line) => line.length > 80)).toEqual([]);
    expect(prose.filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  test('says all of it, in this order', async () => {
    const { stdout } = await run(['-'], read('json'));
    const values = Object.entries(VARIABLES).map(([name, text]) => `${name} = ${quoteToml(text)}`);
    expect(stdout).toBe(`✔ 16 variables and 1 secret out of the SSO API.

For wrangler.toml, below [vars]

${values.join('\n')}

Secrets: each command asks for its value

npx wrangler secret put ${SECRET_NAME}

Worth a look

  ${SECRET_NAME}
    Grafana shows it as ********* and tells it nobody. Take it from the
    provider, or from where it was kept.

Next

  1. What grafana.ini says below [users] (auto_assign_org…) and [security]
     (admin_user, admin_email) is not in here. Where that is not as it comes
     with Grafana, read grafana.ini by this command too.
  2. VISITORS = "login" below [vars] leads people without a session to sign-in.
  3. SSO_ISSUER, the issuer of the provider, finds its keys: ID tokens are
     verified by them.
  4. At the provider, the redirect address is <gateway>/login/generic_oauth. It
     stays as it was where the gateway has the address that Grafana had.
  5. Paste [auth.jwt] into Grafana, and let nobody reach Grafana but the
     gateway: docs/sso/grafana.md
  6. When it works, set enabled = false below [auth.generic_oauth] in Grafana.
`);
  });

  test.each([
    ['https://grafana.example.com/', 'stays https://grafana.example.com/login/generic_oauth'],
    ['https://example.com/grafana/', 'add the redirect address https://example.com/login/generic_oauth'],
    ['%(protocol)s://%(domain)s/', 'is <gateway>/login/generic_oauth'],
  ])('names the redirect address of %s', async (root, words) => {
    const { stdout } = await run(['-'], read('ini').replace('https://grafana.example.com/', root));
    expect(stdout.replace(/\s+/g, ' ')).toContain(words);
  });

  test('spells out what would steer a terminal', async () => {
    const { stdout } = await run(['-'], `${read('ini')}\nname = a\x1b[2J\u202eb\nx\x1b[2J = 1`);
    expect(stdout).toContain('GF_AUTH_GENERIC_OAUTH_NAME = "a\\u001b[2J\\u202eb"');
    for (const character of ['\x1b', '\u202e']) expect(stdout).not.toContain(character);
  });
});

test.each([
  ['a', '"a"'],
  ["'a'", '"\'a\'"'],
  ['["a"]', '\'["a"]\''],
  ['a\\:b', "'a\\:b'"],
  [`'"`, `"'\\""`],
  ['a\nb', '"a\\nb"'],
  ['\u{e0001}', '"\\U000e0001"'],
])('%j in TOML is %s', (text, expected) => expect(quoteToml(text)).toBe(expected));

describe('what the documentation gives to paste', () => {
  const pages = ['README.md', 'providers.md', 'grafana.md'].map((name) =>
    readFileSync(join(import.meta.dirname, '../../docs/sso', name), 'utf8'),
  );
  const blocks = pages.flatMap((page) =>
    [...page.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, block = '']) => block),
  );
  const sections = blocks.filter((block) => block.includes('ENABLED = "true"'));

  test('is there for a gateway from scratch, and for seven providers', () =>
    expect(sections).toHaveLength(8));

  test.each(sections)('%s', (block) => {
    const lines = block.split('\n').map((line) => line.trim());
    const pairs = lines.flatMap((line) => {
      const [, name, text] = /^([A-Z_]+) = ("(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
      return name === undefined || text === undefined ? [] : [[name, JSON.parse(text)] as const];
    });
    expect(pairs).toHaveLength(lines.filter((line) => line !== '' && line !== '[vars]').length);
    const env = {
      ORIGIN_URL: 'https://origin.invalid',
      POSTERN_SECRETS: 'x'.repeat(32),
      ...Object.fromEntries(pairs),
    };
    const read = readConfig(env);
    expect(read.ok ? [] : read.reason).toEqual([]);
  });

  test('the ini of grafana.md is read as it stands', () => {
    const [, ini = ''] = /```ini\n(\[auth\.jwt\]\nenabled[\s\S]*?)```/.exec(pages[2] ?? '') ?? [];
    const read = READERS.ini(ini);
    const values = new Map(read.ok ? read.value.map(({ key, text }) => [key, text]) : []);
    expect(JSON.parse(values.get('expect_claims') ?? '')).toEqual({
      iss: 'https://dashboards.example.com',
      aud: 'https://grafana.internal.example.com',
    });
  });
});

test('no run has printed a secret', () => {
  expect(cli.printed.length).toBeGreaterThan(10_000);
  expect(cli.printed).not.toContain('hunter2');
});
