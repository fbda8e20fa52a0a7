import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SsoReleaseOutput } from '../../src/cli/output-schemas.ts';
import { StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

let cli: BuiltCli;
const gateway = new StandIn();
beforeAll(async () => {
  cli = new BuiltCli();
  await gateway.listen();
});
beforeEach(() => {
  gateway.reset();
  gateway.names.add('ada@example.com');
});
afterAll(() => {
  gateway.close();
  cli.remove();
});

function run(args: readonly string[]) {
  return cli.run(process.execPath, ['sso', 'release', ...args], { env: gateway.env });
}

describe('postern sso release', () => {
  test('lets a name go, in any case of its letters, and says what follows', async () => {
    const { code, stdout, stderr } = await run(['Ada@Example.com']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      '✔ Nobody holds this name any more.\n' +
        '  It is of whoever signs in with it next, and so is the account that Grafana has\n' +
        '  under it.\n',
    );
    expect(gateway.asked).toEqual([
      { method: 'POST', path: '/-/api/v1/sso/release', body: { name: 'Ada@Example.com' } },
    ]);
    expect(gateway.names.size).toBe(0);
  });

  test('tells where nobody held it, with exit code 1', async () => {
    const { code, stdout } = await run(['nobody']);
    expect([code, stdout]).toEqual([1, expect.stringContaining('✘ Nobody held this name.\n')]);
  });

  test.each([
    ['ada@example.com', 0, true],
    ['nobody', 1, false],
  ])('prints for programs what became of %s', async (name, code, released) => {
    const outcome = await run([name, '--json']);
    const document: unknown = JSON.parse(outcome.stdout);
    expect([outcome.code, document]).toEqual([code, { released }]);
    expect(SsoReleaseOutput.parse(document)).toEqual(document);
  });

  test('keeps the refusal of a gateway where nobody signs in', async () => {
    gateway.next = (response) =>
      response.writeHead(409, { 'Content-Type': 'application/problem+json' }).end(
        JSON.stringify({
          type: '/-/problems/conflict',
          title: 'This does not fit',
          status: 409,
          detail: 'Nobody signs in here.',
          code: 'conflict',
          requestId: 'request-1',
          gateway: 'Postern',
        }),
      );
    const { code, stderr } = await run(['ada@example.com']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Nobody signs in here.')]);
  });

  test.each<[string, readonly string[], string]>([
    ['no name', [], 'argument-missing'],
    ['two names', ['ada', 'bob'], 'argument-unexpected'],
    ['an empty name', [''], 'option-value'],
    ['a name of spaces', ['  '], 'option-value'],
    ['a token', [`glsa_${'x'.repeat(20)}`], 'target-form'],
  ])('%s is wrong use', async (_, words, error) => {
    const { code, stdout } = await run([...words, '--json']);
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, error]);
    expect(gateway.asked).toEqual([]);
  });
});
