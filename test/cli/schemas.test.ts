import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type * as z from 'zod';
import { doctor } from '../../src/cli/commands/doctor.ts';
import { KEY_COMMANDS } from '../../src/cli/commands/key.ts';
import { ONCALL_COMMANDS } from '../../src/cli/commands/oncall.ts';
import { REVOKE_COMMANDS } from '../../src/cli/commands/revoke.ts';
import { ssoExplain } from '../../src/cli/commands/sso-explain.ts';
import { SSO_COMMANDS } from '../../src/cli/commands/sso-import.ts';
import { ssoRecover } from '../../src/cli/commands/sso-recover.ts';
import { ssoRelease } from '../../src/cli/commands/sso-release.ts';
import { UNREVOKE_COMMANDS } from '../../src/cli/commands/unrevoke.ts';
import {
  CommandHelpOutput,
  DeriveOutput,
  ErrorOutput,
  EventsOutput,
  HelpOutput,
  InspectOutput,
  LinkOutput,
  RotateOutput,
  SchemaOutput,
  VersionOutput,
} from '../../src/cli/output-schemas.ts';
import { StandIn } from './stand-in.ts';
import { BuiltCli, keyOf } from './support.ts';

const KEY = keyOf('test1');
const LEGACY = keyOf('test1-legacy');
const PORTAL = ['portal', '--org', '1'];
const LINK_ID = 'b936bf1c19058e19';
const PUBLIC = '0123456789abcdef0123456789abcdef';
const URL_GIVEN = 'https://g.example/d/a?orgId=1';

let cli: BuiltCli;
const gateway = new StandIn();
const folder = mkdtempSync(join(tmpdir(), 'postern-schemas-'));
const ONCALL_TOKEN = ['--token-file', join(folder, 'oncall.txt')];
writeFileSync(join(folder, 'oncall.txt'), `${'0'.repeat(64)}\n`);
writeFileSync(join(folder, 'grafana.ini'), '[auth.generic_oauth]\nclient_id = grafana\n');
writeFileSync(join(folder, 'userinfo.json'), '{"sub":"user-1"}');
beforeAll(async () => {
  cli = new BuiltCli();
  gateway.secrets = 'present-secret-of-the-stand-in-gateway-0001';
  await gateway.listen();
});
beforeEach(async () => {
  gateway.reset();
  await gateway.put(1, 'portal');
  await gateway.put(1, 'old', { state: 'expired' });
  gateway.bindings.add('stack:12');
  gateway.events = [{ time: '2026-11-21T08:00:00Z', event: 'key.added', outcome: 'done' }];
});
afterAll(() => {
  gateway.close();
  cli.remove();
  rmSync(folder, { recursive: true });
});

const ROWS = [
  ...KEY_COMMANDS,
  ...REVOKE_COMMANDS,
  ...UNREVOKE_COMMANDS,
  ...ONCALL_COMMANDS,
  ...SSO_COMMANDS,
  ssoExplain,
  ssoRelease,
  ssoRecover,
  doctor,
];

function schemaOf(name: string): z.ZodType {
  const row = ROWS.find((one) => one.name === name);
  if (!row) throw new Error(`there is no command ${name}`);
  return row.output;
}

/** Nothing beside what the schema names, at any depth that it names. */
function findSurplus(schema: z.ZodType, value: unknown): unknown {
  return { given: value, known: schema.parse(value) };
}

function run(args: readonly string[]) {
  const env = {
    ...{ ...gateway.env, POSTERN_KEY_TOKEN: KEY.token, POSTERN_TIMESTAMP: '1726823533' },
    POSTERN_SECRETS: gateway.secrets,
  };
  return cli.run(process.execPath, [...args, '--json'], { env });
}

const TARGETS: readonly (readonly [kind: string, words: readonly string[]])[] = [
  ['link', [LINK_ID]],
  ['session', [LINK_ID]],
  ['subject', ['ada']],
  ['key', PORTAL],
  ['dashboard', ['a']],
  ['public', [PUBLIC]],
  ['org', ['1']],
  ['all', []],
];

const NAMED = ['--name', 'test1', '--org', '1'];
const CASES: readonly (readonly [name: string, words: readonly string[], schema: z.ZodType])[] = [
  ['link', [URL_GIVEN, ...NAMED], LinkOutput],
  ['link', [URL_GIVEN, ...NAMED, '--expires', '60'], LinkOutput],
  ['derive', [], DeriveOutput],
  ['inspect', [URL_GIVEN], InspectOutput],
  ['inspect', [`${URL_GIVEN}&aliyun_api_key=${encodeURIComponent(LEGACY.token)}`], InspectOutput],
  ['inspect', [`${URL_GIVEN}&aliyun_api_key_sign=x&aliyun_api_key_name=test1`], InspectOutput],
  ['events', [], EventsOutput],
  ['rotate', ['--state', join(folder, 'state.json'), '--timeout', '1'], RotateOutput],
  ['help', [], HelpOutput],
  ['help', ['key'], CommandHelpOutput],
  ['help', ['key', 'add'], CommandHelpOutput],
  ['schema', ['key', 'add'], SchemaOutput],
  ['--version', [], VersionOutput],
  ['frobnicate', [], ErrorOutput],
  ['key add', [...PORTAL], schemaOf('key add')],
  ['key list', [], schemaOf('key list')],
  ...['show', 'disable', 'enable', 'remove', 'replace', 'check'].map(
    (word) => [`key ${word}`, PORTAL, schemaOf(`key ${word}`)] as const,
  ),
  ['key set', [...PORTAL, '--note', 'x'], schemaOf('key set')],
  ['key mint', PORTAL, schemaOf('key mint')],
  ['key unmint', ['portal', '0f3c91aa', '--org', '1'], schemaOf('key unmint')],
  ['key remove-expired', [], schemaOf('key remove-expired')],
  ...TARGETS.map(([kind, words]) => [`revoke ${kind}`, words, schemaOf(`revoke ${kind}`)] as const),
  ['revoke all', ['--wait'], schemaOf('revoke all')],
  ['revoke list', [], schemaOf('revoke list')],
  ...TARGETS.map(([kind, words]) => [`unrevoke ${kind}`, words, schemaOf(`unrevoke ${kind}`)] as const),
  ['unrevoke', ['all:*'], schemaOf('unrevoke')],
  ['oncall which', ONCALL_TOKEN, schemaOf('oncall which')],
  ['oncall bind', [...ONCALL_TOKEN, '--region', 'eu'], schemaOf('oncall bind')],
  ['oncall forget', ['--stack-id', '12'], schemaOf('oncall forget')],
  ['sso import', [join(folder, 'grafana.ini')], schemaOf('sso import')],
  ['sso explain', ['--userinfo', join(folder, 'userinfo.json')], schemaOf('sso explain')],
  ['sso release', ['ada@example.com'], schemaOf('sso release')],
  ['sso recover', [], schemaOf('sso recover')],
  ['doctor', [], schemaOf('doctor')],
  ['doctor', ['--only', 'configuration'], schemaOf('doctor')],
];

test.each(CASES)('%s %j keeps to its schema', async (name, words, schema) => {
  const undone = /^unrevoke( (\w+))?$/.exec(name);
  if (undone) await run(['revoke', undone[2] ?? 'all', ...(undone[2] === undefined ? [] : words)]);
  const { stdout, stderr } = await run([...name.split(' '), ...words]);
  const document: unknown = JSON.parse(stdout);
  const { given, known } = findSurplus(schema, document) as { given: unknown; known: unknown };
  expect(known).toEqual(given);
  if (schema !== ErrorOutput) expect(ErrorOutput.safeParse(document).success).toBe(false);
  expect(stderr).not.toContain('✘');
});

test('every command stands among these cases, and has its JSON Schema', async () => {
  const { commands } = JSON.parse((await run(['help'])).stdout);
  const names: string[] = commands.map(({ name }: { name: string }) => name);
  expect(names.filter((name) => !CASES.some(([one]) => one === name))).toEqual([]);
  const schemas = await Promise.all(
    [...names, 'error', 'version', 'command-help'].map((name) => run(['schema', ...name.split(' ')])),
  );
  for (const { code, stdout } of schemas) {
    expect(code).toBe(0);
    expect(JSON.parse(stdout).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  }
});

test.each([
  [['schema'], 'argument-missing'],
  [['schema', 'key'], 'schema-unknown'],
  [['schema', 'key', 'ad'], 'schema-unknown'],
  [['schema', 'link', '--frobnicate'], 'option-unknown'],
  [['help', 'key', 'ad'], 'command-unknown'],
  [['help', '--frobnicate'], 'option-unknown'],
])('%j is wrong use', async (args, code) => {
  const { code: exit, stdout } = await run(args);
  expect({ exit, code: JSON.parse(stdout).error.code }).toEqual({ exit: 2, code });
});

test('an error keeps to its schema, whatever it is', async () => {
  for (const args of [
    ['key'],
    ['link'],
    ['key', 'show', 'x', '--org', '1'],
    ['revoke', 'link', 'x'],
    ['--frobnicate'],
  ]) {
    const { stdout } = await run(args);
    expect(ErrorOutput.safeParse(JSON.parse(stdout)).success).toBe(true);
  }
});

test('the page about the command line names every command', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
  for (const { name } of ROWS) expect(page).toContain(`postern ${name}`);
});
