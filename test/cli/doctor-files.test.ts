import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { readDotenv } from '../../src/cli/doctor/dotenv.ts';
import { readToml } from '../../src/cli/doctor/toml.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-toml-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): unknown {
  const table = readToml(text);
  if (!table.ok) throw new Error(`line ${table.reason.line}`);
  // Without what tells tables from objects.
  return JSON.parse(JSON.stringify(table.value));
}

const VARS = `
# a comment
[vars]
A = "text" # behind it
B = 'C:\\raw\\"x"'
"C.D" = """
two
lines, \\
  joined \\u00e4"""
E = '''
{"a": [1, "#"]}'''
F = 1_000
G = -1.5
H = true
I = ["x", 'y', # inside
  "z",
]
J = { a = "b", "c d" = [1, 2], e.f = false }
K.L = "dotted"

[vars.M]
N = "table"
`;

describe('a wrangler.toml', () => {
  test('is read as wrangler reads it', () => {
    const path = join(folder, 'wrangler.toml');
    writeFileSync(path, `name = "x"\nmain = "x.js"\ncompatibility_date = "2026-10-01"\n${VARS}`);
    writeFileSync(join(folder, 'x.js'), '');
    const { vars } = unstable_readConfig({ config: path });
    expect(Object.keys(vars)).toHaveLength(11);
    expect(read(VARS)).toEqual({ vars });
  });

  test('of this project is read, with its bindings', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../wrangler.toml'), 'utf8');
    expect(read(text)).toMatchObject({
      name: 'postern',
      minify: true,
      vars: { ORIGIN_URL: '' },
      kv_namespaces: [{ binding: 'POSTERN_KV' }],
      durable_objects: { bindings: [{ name: 'POSTERN_LEDGER' }, { name: 'POSTERN_SIGN_INS' }] },
      observability: { enabled: true, logs: { invocation_logs: false } },
    });
  });

  test.each<[string, string, unknown]>([
    ['nothing', '', {}],
    ['a comment alone', '# x', {}],
    ['line ends of Windows', 'a = 1\r\nb = 2\r\n', { a: 1, b: 2 }],
    ['a mark at the beginning', '\uFEFFa = 1', { a: 1 }],
    ['what looks like a table in a text', 'a = """\n[vars]\nx = 1\n"""', { a: '[vars]\nx = 1\n' }],
    ['quotes at the end of a long text', 'a = """x"""""\nb = 1', { a: 'x""', b: 1 }],
    [
      'a list of tables with tables of their own',
      '[[a]]\n[a.b]\nc = 1\n[[a]]\n',
      { a: [{ b: { c: 1 } }, {}] },
    ],
    ['a date', 'a = 2026-10-01T00:00:00Z\nb = 2026-10-01', { a: '2026-10-01T00:00:00Z', b: '2026-10-01' }],
    ['numbers of other bases', 'a = 0xff\nb = 0o17\nc = 0b11', { a: 255, b: 15, c: 3 }],
    ['an empty list and table', 'a = []\nb = {}', { a: [], b: {} }],
    ['a name of JavaScript', '[vars]\nconstructor = "x"', { vars: { constructor: 'x' } }],
  ])('with %s', (_, text, table) => {
    expect(read(text)).toEqual(table);
  });

  test.each<[string, string, number]>([
    ['a name alone', 'a = 1\nb\n', 2],
    ['a text without its end', 'a = "x\nb = 1', 1],
    ['a long text without its end', 'a = 1\n\nb = """x\ny', 3],
    ['two pairs on a line', 'a = 1 b = 2', 1],
    ['a bare word', 'a = yes', 1],
    ['a name twice', 'a = 1\na = 2', 2],
    ['a table where there is a text', 'a = "x"\n[a]\nb = 1', 2],
    ['a list that is not closed', 'a = [1, 2\nb = 1', 2],
    ['an escape that there is not', 'a = "\\q"', 1],
    ['a character beyond Unicode', 'a = "\\UFFFFFFFF"', 1],
    ['something else altogether', '{"vars": {}}', 1],
  ])('with %s is named by its line', (_, text, line) => {
    expect(readToml(text)).toEqual({ ok: false, reason: { line } });
  });
});

describe('a .dev.vars', () => {
  test.each<[string, string, Record<string, string>]>([
    ['plain values', 'A=x\nB = y z \n', { A: 'x', B: 'y z' }],
    ['quotes of all kinds', `A="x # y"\nB='"'\nC=\`'\``, { A: 'x # y', B: '"', C: "'" }],
    ['several lines', 'A="x\ny"\nB=z', { A: 'x\ny', B: 'z' }],
    ['line breaks that are spelt', `A="x\\ny"\nB='x\\ny'`, { A: 'x\ny', B: 'x\\ny' }],
    ['comments', '# A=x\nB=y # z\n', { B: 'y' }],
    ['export', 'export A=x', { A: 'x' }],
    ['no value', 'A=\nB=x', { A: '', B: 'x' }],
    ['a name twice', 'A=x\nA=y', { A: 'y' }],
    ['JSON', `A='[{"name":"portal","orgId":1}]'`, { A: '[{"name":"portal","orgId":1}]' }],
    ['line ends of Windows', 'A=x\r\nB=y\r\n', { A: 'x', B: 'y' }],
  ])('with %s', (_, text, values) => {
    expect(readDotenv(text)).toEqual({ values, unreadable: [] });
  });

  test('with lines that say nothing names them by their numbers', () => {
    expect(readDotenv('A="x\ny"\nhello world\n\n# fine\n= z\nB=1')).toEqual({
      values: { A: 'x\ny', B: '1' },
      unreadable: [3, 6],
    });
  });
});
