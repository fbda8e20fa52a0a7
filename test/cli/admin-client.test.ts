import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readGatewayOrigin } from '../../src/cli/admin-access.ts';
import { createAdminClient, readPages } from '../../src/cli/admin-client.ts';
import { Secret } from '../../src/lib/secret.ts';
import { ADMIN_TOKEN, StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

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

async function list(env: Readonly<Record<string, string>>, options: readonly string[] = [], input = '') {
  const args = ['key', 'list', ...options];
  const { code, stdout } = await cli.run(process.execPath, [...args, '--json'], { env, input });
  const { error } = JSON.parse(stdout);
  return { exit: code, code: error?.code, details: error?.details, fix: error?.fix };
}

describe('the address of the gateway', () => {
  test.each([
    'https://grafana.example.com',
    'https://grafana.example.com/',
    ' https://grafana.example.com:8443 ',
    'http://localhost:8787',
    'http://gateway.localhost:8787',
    'http://127.0.0.1:8787',
    'http://127.8.9.1',
    'http://[::1]:8787',
  ])('may be %s', (text) => {
    expect(readGatewayOrigin(text)).toBe(text.trim().replace(/\/$/, ''));
  });

  test.each([
    undefined,
    '',
    'grafana.example.com',
    'ftp://grafana.example.com',
    'http://grafana.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'https://user:password@grafana.example.com',
    'https://grafana.example.com/grafana',
    'https://grafana.example.com/?orgId=1',
    'https://grafana.example.com/#x',
  ])('may not be %s', (text) => {
    expect(() => readGatewayOrigin(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test('is never repeated, nor is the token', async () => {
    expect(await list({ POSTERN_ADMIN_TOKEN: ADMIN_TOKEN })).toMatchObject({
      exit: 2,
      code: 'gateway-address',
    });
    expect(await list({ ...gateway.env, POSTERN_URL: ADMIN_TOKEN })).toMatchObject({
      exit: 2,
      code: 'gateway-address',
    });
    expect(cli.printed).not.toContain(ADMIN_TOKEN);
  });
});

describe('the admin token', () => {
  test('comes from the environment, a file, or standard input', async () => {
    const env = { POSTERN_URL: gateway.origin };
    expect(await list(gateway.env)).toMatchObject({ exit: 0 });
    const file = cli.write('admin-token', `${ADMIN_TOKEN}\n`);
    expect(await list({ ...env, POSTERN_ADMIN_TOKEN: 'other' }, ['--admin-token-file', file])).toMatchObject({
      exit: 0,
    });
    expect(await list(env, ['--admin-token-file', '-'], `${ADMIN_TOKEN}\n`)).toMatchObject({ exit: 0 });
  });

  test.each([
    [{}, [], 2, 'admin-token-missing'],
    [{ POSTERN_ADMIN_TOKEN: ' ' }, [], 2, 'admin-token-missing'],
    [{}, ['--admin-token-file', '-'], 2, 'admin-token-missing'],
    [{}, ['--admin-token-file', '/nowhere/token'], 1, 'admin-token-file-unreadable'],
    [{ POSTERN_ADMIN_TOKEN: 'two words' }, [], 2, 'admin-token-form'],
    [{ POSTERN_ADMIN_TOKEN: 'tökén' }, [], 2, 'admin-token-form'],
    [{ POSTERN_ADMIN_TOKEN: 'wrong' }, [], 1, 'admin_token_required'],
    [{ POSTERN_ADMIN_TOKEN: ADMIN_TOKEN }, ['--admin-token', 'x'], 2, 'option-unknown'],
  ])('%j %j', async (env, options, exit, code) => {
    expect(await list({ POSTERN_URL: gateway.origin, ...env }, options)).toMatchObject({ exit, code });
  });
});

describe('what the gateway answers', () => {
  test('nobody listens', async () => {
    const gone = new StandIn();
    await gone.listen();
    const { env } = gone;
    gone.close();
    const answer = await list(env);
    expect(answer).toMatchObject({ exit: 1, code: 'gateway-unreachable', details: 'Nobody listens there.' });
  });

  test('there is no admin API', async () => {
    gateway.isOn = false;
    const answer = await list(gateway.env);
    expect(answer).toMatchObject({ exit: 1, code: 'admin-api-missing' });
    expect(answer.details).toContain('ADMIN_HOST');
  });

  test.each([
    ['a page', 200, { 'Content-Type': 'text/html' }, '<!doctype html>', 'gateway-foreign'],
    ['an error page', 502, { 'Content-Type': 'text/html' }, '<!doctype html>', 'gateway-foreign'],
    ['JSON of somebody else', 403, {}, '{"message":"Forbidden"}', 'gateway-foreign'],
    ['a document of another form', 200, {}, '{"keys":1}', 'gateway-answer'],
    ['a way to somewhere else', 302, { Location: 'https://login.example/' }, '', 'gateway-foreign'],
  ])('%s', async (_what, status, headers, body, code) => {
    gateway.next = (response) => response.writeHead(status, headers).end(body);
    expect(await list(gateway.env)).toMatchObject({ exit: 1, code });
    expect(gateway.asked).toHaveLength(1);
  });

  test('a pause is told with its length', async () => {
    const problem = {
      ...{ type: 'x', title: 'Too many attempts', status: 429, detail: 'Wait.', code: 'too_many_attempts' },
      ...{ requestId: 'r', gateway: 'Postern' },
    };
    gateway.next = (response) =>
      response.writeHead(429, { 'Retry-After': '60' }).end(JSON.stringify(problem));
    expect(await list(gateway.env)).toMatchObject({
      exit: 1,
      code: 'too_many_attempts',
      fix: expect.stringContaining('Wait 60 seconds'),
    });
  });

  test('a gateway that does not answer is not waited for', async () => {
    const access = { origin: 'https://gateway.example', token: new Secret(ADMIN_TOKEN) };
    const silent = (request: Request) =>
      new Promise<Response>((_done, fail) => {
        request.signal.addEventListener('abort', () => fail(request.signal.reason));
      });
    const client = createAdminClient(access, silent);
    const order = { method: 'GET', path: '/keys', answer: z.unknown(), timeoutSeconds: 0.05 } as const;
    await expect(client.ask(order)).rejects.toMatchObject({ code: 'gateway-timeout' });
  });

  test('a list that does not end is left', async () => {
    const pages = readPages(async () => ({ cursor: 'again' }));
    await expect(async () => {
      for await (const _ of pages);
    }).rejects.toMatchObject({ code: 'gateway-answer' });
  });
});

test('the token was never printed', () => expect(cli.printed).not.toContain(ADMIN_TOKEN));
