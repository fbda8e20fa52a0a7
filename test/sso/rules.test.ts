import { describe, expect, test } from 'vitest';
import { isInDomain } from '../../src/sso/allow.ts';
import { toBareJson } from '../../src/sso/bare-json.ts';
import { compileExpression } from '../../src/sso/expression.ts';
import { readPrimaryEmail } from '../../src/sso/further-answers.ts';
import { parseList } from '../../src/sso/list.ts';
import { matchRules, orgsInReach, parseOrgMapping } from '../../src/sso/org-mapping.ts';
import { readRole } from '../../src/sso/roles.ts';
import { path } from './scene.ts';

const ORGS = new Map([
  [1, 'Main'],
  [2, 'Night: Shift'],
  [3, '4'],
]);

describe('a JMESPath', () => {
  test.each([
    '[',
    '',
    "contains(groups, 'a'",
    '`no json`',
    'nope(groups)',
    "groups[?nope(@)] && 'Admin'",
    'constructor(groups)',
  ])('is refused: %s', (text) => {
    expect(compileExpression(text)).toEqual({ ok: false, reason: expect.stringMatching(/./) });
  });

  test('may hold a literal that looks like a call', () => {
    expect(path('`{"type": "Function", "name": "nope"}`.name').search(null)).toEqual({
      ok: true,
      value: 'nope',
    });
  });

  test.each([
    "contains(groups, 'a')",
    "contains(groups[*], 'a') && 'Admin' || 'Viewer'",
    'lower(groups)',
    'length(groups)',
    "starts_with(groups, 'a')",
  ])('fails on null, which is not the same as nothing: %s', (text) => {
    expect(path(text).search(toBareJson({}))).toEqual({ ok: false, reason: 'search-failed' });
  });

  test.each(['groups', 'a.b.c', 'groups[0]', 'groups[*].name', "groups[?name == 'a']"])(
    'gives nothing: %s',
    (text) => {
      expect(path(text).search(toBareJson({}))).toEqual({ ok: true, value: null });
    },
  );

  test.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'a.constructor',
    '"__proto__".constructor',
  ])('finds no member that was not sent: %s', (text) => {
    expect(path(text).search(toBareJson({ a: {} }))).toEqual({ ok: true, value: null });
  });

  test('reads a member named __proto__ as any other', () => {
    const data = toBareJson(JSON.parse('{"__proto__": {"role": "Admin"}}'));
    expect(path('role').search(data)).toEqual({ ok: true, value: null });
    expect(path('"__proto__".role').search(data)).toEqual({ ok: true, value: 'Admin' });
  });

  test.each([
    ['trim(@)', '  a b\t', 'a b'],
    ['trim_left(@)', ' \u0085 a ', 'a '],
    ['trim_right(@)', ' a\n b \n', ' a\n b'],
    ["trim(@, '-*]')", '*-a-b]-', 'a-b'],
    ['trim(@)', '   ', ''],
  ])('%s of %j is %j', (text, data, expected) => {
    expect(path(text).search(data)).toEqual({ ok: true, value: expected });
  });

  test.each(['trim(@)', 'trim_left(@)', 'trim_right(@)'])('%s of a megabyte of spaces ends', (text) => {
    const spaces = ' '.repeat(500_000);
    const found = path(text).search(`${spaces}x${spaces}x`);
    expect(found.ok && typeof found.value === 'string' && found.value.endsWith('x')).toBe(true);
  });
});

describe('a copy without prototypes', () => {
  test('is cut at 64 levels', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}1${']'.repeat(5000)}`);
    expect(JSON.stringify(toBareJson(deep))).toBe(`${'['.repeat(64)}null${']'.repeat(64)}`);
  });

  test.each([[undefined], [() => 1], [1n], [Symbol('a')]])('has null for what is no JSON: %s', (value) => {
    expect(toBareJson({ a: value })).toMatchObject({ a: null });
  });
});

describe('a list', () => {
  test.each<[string, readonly string[] | 'malformed']>([
    ['', []],
    ['  ', []],
    ['a,b c\td\ne', ['a', 'b', 'c', 'd', 'e']],
    ['"a, b" c', ['a, b', 'c']],
    ['a"b"', ['a"b']],
    ['""', ['']],
    ['[]', []],
    [' ["a", "b c"] ', ['a', 'b c']],
    ['[a]', 'malformed'],
    ['["a"', 'malformed'],
    ['["a", 1]', 'malformed'],
    ['["a", null]', 'malformed'],
    ['[["a"]]', 'malformed'],
    ['["a"] b', 'malformed'],
  ])('%j is %j', (text, expected) => expect(parseList(text)).toEqual(expected));
});

describe('the text of a role', () => {
  test.each([
    ['Admin', 'Admin', false],
    ['ADMIN', 'Admin', false],
    ['eDITOR', 'Editor', false],
    ['none', 'None', false],
    ['GrafanaAdmin', 'Admin', true],
    ['grafanaadmin', 'Admin', true],
  ] as const)('%s is %s', (text, role, isGrafanaAdmin) => {
    expect(readRole(text)).toEqual({ role, isGrafanaAdmin });
  });

  test.each([
    '',
    ' Admin',
    'Admin ',
    'Grafana Admin',
    'Adm\u0131n',
    'ADM\u0130N',
    'Denied',
    'Admin\n',
    '__proto__',
  ])('%j is none', (text) => expect(readRole(text)).toBeUndefined());
});

describe('org_mapping', () => {
  const parse = (...entries: string[]) => parseOrgMapping(entries, false, ORGS);
  const parseStrictly = (...entries: string[]) => parseOrgMapping(entries, true, ORGS);

  test.each([
    ['a:1', 'a', 1, 'Viewer'],
    ['a:1:Admin', 'a', 1, 'Admin'],
    ['a:1:admin', 'a', 1, 'Viewer'],
    ['a:1:', 'a', 1, 'Viewer'],
    ['a:99:Editor', 'a', 99, 'Editor'],
    ['a:+1:Editor', 'a', 1, 'Editor'],
    ['a:Main:Editor', 'a', 1, 'Editor'],
    ['a:4:Editor', 'a', 4, 'Editor'],
    ['a:*:None', 'a', 'all', 'None'],
    ['*:1:Editor', '*', 1, 'Editor'],
    [':1:Editor', '', 1, 'Editor'],
    [String.raw`urn\:x\:y:Night\: Shift:Editor`, 'urn:x:y', 2, 'Editor'],
    [String.raw`DOMAIN\group:1:Editor`, String.raw`DOMAIN\group`, 1, 'Editor'],
  ] as const)('%s', (entry, external, target, role) => {
    expect(parse(entry)).toEqual({ mapping: { rules: [{ entry, external, target, role }] }, problems: [] });
  });

  test.each([
    'a',
    'a:',
    'a:1:Editor:x',
    'urn:x:y:1:Editor',
    'a:Nobody:Editor',
    'a:main:Editor',
    'a:-1:Editor',
    'a:0:Editor',
    'a:1.5:Editor',
    'a:99999999999999999999:Editor',
  ])('has no %s, which empties a strict one', (entry) => {
    const { mapping, problems } = parse(entry, 'b:1:Editor');
    expect(mapping.rules.map((rule) => rule.entry)).toEqual(['b:1:Editor']);
    expect(problems).toEqual([expect.stringContaining(`"${entry}" `)]);
    expect(parseStrictly('b:1:Editor', entry).mapping.rules).toEqual([]);
  });

  test.each(['a:1', 'a:1:', 'a:1:admin', 'a:1:GrafanaAdmin'])('needs a role if strict: %s', (entry) => {
    const { mapping, problems } = parseStrictly(entry, 'b:1:Editor');
    expect(mapping.rules).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('needs a role')]);
  });

  test('finds no organisation for an empty name', () => {
    expect(parseOrgMapping(['a:'], false, new Map([[1, '']])).mapping.rules).toEqual([]);
  });

  test('takes the last of two entries for one pair', () => {
    const { mapping } = parse('a:1:Admin', 'a:Main:Viewer', 'a:*:Editor');
    expect(mapping.rules.map(({ entry }) => entry)).toEqual(['a:Main:Viewer', 'a:*:Editor']);
  });

  test('matches names exactly', () => {
    const { mapping } = parse('a:1', 'A:2', '*:3');
    expect(matchRules(mapping, ['a', '', 'constructor']).map(({ entry }) => entry)).toEqual(['a:1', '*:3']);
    expect(matchRules(mapping, ['*']).map(({ entry }) => entry)).toEqual(['*:3']);
  });

  test('tells where it can lead', () => {
    expect(orgsInReach(parse().mapping)).toEqual(new Set());
    expect(orgsInReach(parse('a:1', 'b:1:Admin', 'c:7').mapping)).toEqual(new Set([1, 7]));
    expect(orgsInReach(parse('a:1', 'b:*').mapping)).toBe('all');
  });
});

describe('the domain of an address', () => {
  test.each([
    ['a@example.com', 'example.com'],
    ['a@EXAMPLE.com', 'Example.COM'],
    ['a@b\u00fccher.example', 'b\u00fccher.example'],
    ['a@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['a@example.com.', 'example.com.'],
  ])('%s is of %s', (address, domain) => expect(isInDomain(address, domain)).toBe(true));

  test.each([
    ['a sub-domain', 'a@x.example.com', 'example.com'],
    ['the end of another domain', 'a@badexample.com', 'example.com'],
    ['a dot at the end', 'a@example.com.', 'example.com'],
    ['a homograph', 'a@ex\u0430mple.com', 'example.com'],
    ['a Kelvin sign', 'a@\u212aite.example', 'kite.example'],
    ['a dotless i', 'a@f\u0131ne.example', 'fine.example'],
    ['full-width letters', 'a@\uff45xample.com', 'example.com'],
    ['Punycode of what is listed in Unicode', 'a@xn--bcher-kva.example', 'b\u00fccher.example'],
    ['two @', 'a@evil.test@example.com', 'example.com'],
    ['two @, the other way round', 'a@example.com@evil.test', 'example.com'],
    ['a quoted @', '"a@evil.test"@example.com', 'example.com'],
    ['two addresses', 'a@evil.test,b@example.com', 'example.com'],
    ['nobody', '@example.com', 'example.com'],
    ['no domain', 'a@', ''],
    ['no address', 'example.com', 'example.com'],
    ['a space at the end', 'a@example.com ', 'example.com'],
    ['a space within', 'a b@example.com', 'example.com'],
    ['a line break', 'a\n@example.com', 'example.com'],
    ['a zero-width space', 'a\u200b@example.com', 'example.com'],
    ['a listed @', 'a@example.com', '@example.com'],
  ])('%s: %j is not of %s', (_what, address, domain) => expect(isInDomain(address, domain)).toBe(false));
});

describe('the primary address of /emails', () => {
  test.each<[unknown, string | undefined]>([
    [[{ email: 'a@x.test', primary: true, verified: false }], 'a@x.test'],
    [
      [{ email: 'a@x.test' }, { email: 'b@x.test', is_primary: true }, { email: 'c@x.test', primary: true }],
      'b@x.test',
    ],
    [{ values: [{ email: 'a@x.test', is_primary: true }] }, 'a@x.test'],
    [
      [
        { email: 'a@x.test', primary: 'true' },
        { email: 'b@x.test', primary: 1 },
      ],
      '',
    ],
    [[{ email: 5, primary: true }], ''],
    [[], ''],
    [[null, 'a@x.test', 7], ''],
    [{}, ''],
    [null, ''],
    [{ values: 'a@x.test' }, undefined],
    ['a@x.test', undefined],
    [7, undefined],
  ])('%j: %j', (answer, email) => expect(readPrimaryEmail(answer)?.address).toBe(email));
});
