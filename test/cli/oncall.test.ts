import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

const TOKEN = '13ca4f3cfe7cd84dbe8724646f79b65db52e78cc8561dddb80ca024edb7343a3';
const NOBODYS = '9'.repeat(64);
const HASH = createHash('sha256').update(TOKEN).digest('hex');

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
  return cli.run(process.execPath, ['oncall', ...args], { env: gateway.env, input });
}

describe('postern oncall which', () => {
  test('tells kind, region and way', async () => {
    const { code, stdout } = await run(['which', '--stack', 'https://a.grafana.net'], `${TOKEN}\n`);
    expect(code).toBe(0);
    expect(stdout).toContain('This token belongs to eu.');
    expect(stdout).toMatch(/Kind +api-key\n.*\n +Found +the region knows it/);
    expect(gateway.asked).toEqual([
      {
        method: 'POST',
        path: '/-/api/v1/oncall/which',
        body: { token: TOKEN, stack: 'https://a.grafana.net' },
      },
    ]);
  });

  test('tells what a call would be answered, with exit code 1', async () => {
    const { code, stdout } = await run(['which'], NOBODYS);
    expect(code).toBe(1);
    expect(stdout).toMatch(/would be answered 403\.\n(?:.*\n)*? +Because +Invalid token\./);
  });

  test('prints no token', () => expect(cli.printed).not.toContain(TOKEN));
});

describe('postern oncall bind and forget', () => {
  test.each<[string, readonly string[], string, object, string]>([
    ['a token by its hash', [], TOKEN, { tokenSha256: HASH }, `token:${HASH}`],
    [
      'a stack',
      ['--stack', 'https://a.grafana.net'],
      '',
      { stack: 'https://a.grafana.net' },
      'stack:a.grafana.net',
    ],
    ['the number of a stack', ['--stack-id', '123'], '', { stackId: '123' }, 'stack:123'],
  ])('name %s', async (_, words, input, order, clue) => {
    const bound = await run(['bind', '--region', 'eu', ...words], input);
    expect([bound.code, bound.stdout]).toEqual([0, expect.stringContaining('Bound.')]);
    const forgotten = await run(['forget', ...words], input);
    expect([forgotten.code, forgotten.stdout]).toEqual([0, expect.stringContaining('The binding is gone.')]);
    expect(gateway.asked).toEqual([
      { method: 'POST', path: '/-/api/v1/oncall/bindings', body: { ...order, region: 'eu' } },
      { method: 'DELETE', path: `/-/api/v1/oncall/bindings/${clue}`, body: undefined },
    ]);
    expect(JSON.stringify(gateway.asked)).not.toContain(TOKEN);
  });

  test('tell what is not there, and what is not listed', async () => {
    expect((await run(['forget', '--stack-id', '1'])).code).toBe(1);
    const { code, stderr } = await run(['bind', '--region', 'au', '--stack-id', '1']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('ONCALL_REGIONS')]);
  });
});

describe('wrong use', () => {
  test.each<[string, readonly string[], string]>([
    ['no token', ['which'], 'token-missing'],
    ['no region', ['bind', '--stack-id', '1'], 'option-missing'],
    ['two of them', ['forget', '--stack-id', '1', '--stack', 'https://a.grafana.net'], 'option-conflict'],
    ['a stack with a path', ['forget', '--stack', 'https://a.grafana.net/x'], 'option-value'],
    ['a number that is none', ['forget', '--stack-id', 'x'], 'option-value'],
    ['a token as a word', ['which', TOKEN], 'argument-unexpected'],
    ['two secrets from one place', ['which', '--admin-token-file', '-'], 'stdin-twice'],
    ['another word', ['wich'], 'command-unknown'],
    ['no word', [], 'command-missing'],
  ])('%s', async (_, words, code) => {
    const outcome = await run([...words, '--json']);
    expect([outcome.code, JSON.parse(outcome.stdout).error.code]).toEqual([2, code]);
    expect(gateway.asked).toEqual([]);
    expect(outcome.stdout + outcome.stderr).not.toContain(TOKEN);
  });

  test('more than a token', async () => {
    const outcome = await run(['which', '--json'], `Bearer ${TOKEN}`);
    expect([outcome.code, JSON.parse(outcome.stdout).error.code]).toEqual([1, 'token-form']);
  });
});
