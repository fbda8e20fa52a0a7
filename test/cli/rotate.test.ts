import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAdminClient } from '../../src/cli/admin-client.ts';
import type { Io } from '../../src/cli/io.ts';
import { createStyle } from '../../src/cli/print.ts';
import { replacePrivateFile } from '../../src/cli/private-file.ts';
import { type RotationOrder, rotate } from '../../src/cli/rotation.ts';
import { findPlace } from '../../src/cli/rotation-place.ts';
import { Secret } from '../../src/lib/secret.ts';
import { ADMIN_TOKEN, StandIn } from './stand-in.ts';
import { BuiltCli } from './support.ts';

const PRESENT = 'present-secret-of-the-stand-in-gateway-0001';
const OLDER = 'older-secret-of-the-stand-in-gateway-000002';
const DAY = 86_400;

const gateway = new StandIn();
let folder = '';
const place = (name: string) => join(folder, name);
/** What wrangler was given last: what the gateway works with. */
const deployed = () => place('deployed');
const state = () => place('state.json');

beforeAll(() => gateway.listen());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-rotate-'));
  writeFileSync(deployed(), `${PRESENT},${OLDER}`);
  gateway.reset();
  gateway.readSecrets = () => readFileSync(deployed(), 'utf8');
  for (const name of ['a', 'b', 'c', 'd', 'e']) await gateway.put(1, name);
  return () => rmSync(folder, { recursive: true });
});
afterAll(() => gateway.close());

/** Ids of secrets under which stored keys are sealed, and which the gateway does not have: always none. */
async function findLostKeys(): Promise<string[]> {
  const ids = await gateway.ids();
  return [...gateway.keys.values()].map(({ sealedWith }) => sealedWith).filter((id) => !ids.includes(id));
}

class Killed extends Error {}

/** The outside of the command, in this process: time passes only while somebody sleeps. */
class Outside {
  now = Date.parse('2026-11-21T08:00:00Z');
  said = '';
  puts: string[] = [];
  /** Whether what is put reaches the gateway. */
  isDeploying = true;
  wranglerExit = 0;
  env: Record<string, string | undefined> = { POSTERN_SECRETS: `${PRESENT},${OLDER}` };
  /** Ends everything at this step, before it or after it. */
  killAt: { readonly step: number; readonly when: 'before' | 'after' } | undefined;
  steps = 0;
  /** Keys that could be opened with no secret of the gateway, at any step. */
  lost: string[] = [];
  #isDead = false;

  /** As a process of its own would, after it was killed. */
  revive(): void {
    this.killAt = undefined;
    this.#isDead = false;
  }

  async #step<T>(run: () => Promise<T>): Promise<T> {
    this.steps += 1;
    const isNow = this.steps === this.killAt?.step;
    if (isNow && this.killAt?.when === 'before') this.#isDead = true;
    // What goes wrong on the way to the gateway is told as such: from then on nothing works any more.
    if (this.#isDead) throw new Killed();
    const value = await run();
    this.lost.push(...(await findLostKeys()));
    if (!isNow) return value;
    this.#isDead = true;
    throw new Killed();
  }

  get io(): Io {
    const output = {
      isTerminal: false,
      style: createStyle(false),
      write: (text: string) => {
        this.said += text;
      },
    };
    return {
      env: this.env,
      stdout: output,
      stderr: output,
      isStdinTerminal: true,
      readStdin: async () => '',
      readFile: (path) => readFile(path, 'utf8'),
      replaceFile: (path, text) => this.#step(() => replacePrivateFile(path, text)),
      removeFile: (path) => this.#step(() => rm(path, { force: true })),
      runProgram: ({ args, input }) => this.#step(async () => this.#runWrangler(args, input)),
      fetch: (request) => this.#step(() => fetch(request)),
      now: () => this.now,
      sleep: async (seconds) => {
        this.now += seconds * 1000;
      },
    };
  }

  #runWrangler(args: readonly string[], input: string): number {
    this.puts.push(args.join(' '));
    // What the file does not hold must not be what the gateway works with.
    for (const secret of input.split(' ')) expect(readFileSync(state(), 'utf8')).toContain(secret);
    if (this.isDeploying && this.wranglerExit === 0) writeFileSync(deployed(), input);
    return this.wranglerExit;
  }

  run(change: Partial<RotationOrder> = {}) {
    const order: RotationOrder = {
      statePath: state(),
      secretsFile: undefined,
      savePath: undefined,
      puts: true,
      wranglerArgs: [],
      dropsFormer: 'later',
      force: false,
      sessionMaxSeconds: DAY,
      timeoutSeconds: 60,
      ...change,
    };
    const access = { origin: gateway.origin, token: new Secret(ADMIN_TOKEN) };
    return rotate(order, createAdminClient(access, this.io.fetch), this.io);
  }
}

describe('where the gateway stands', () => {
  const ids = { newest: 'n', former: ['f', 'g'] };
  test.each([
    ['f', ['f', 'g'], 'former'],
    ['g', ['g'], 'former'],
    ['n', ['n', 'f', 'g'], 'both'],
    ['n', ['n', 'f'], 'partly'],
    ['n', ['n'], 'alone'],
    ['n', ['n', 'x'], 'alone'],
    ['x', ['x', 'n', 'f'], 'elsewhere'],
  ])('%s of %j is %s', (newest, accepted, found) => {
    expect(findPlace({ newest, accepted }, ids)).toBe(found);
  });
});

describe('a rotation', () => {
  test('puts both, reseals, waits, and puts the new one alone', async () => {
    const outside = new Outside();
    const first = await outside.run();
    expect(first).toMatchObject({ step: 'wait', resealed: { resealed: 5, already: 0, unreadable: [] } });
    const [made = '', ...others] = gateway.readSecrets().split(' ');
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(others).toEqual([PRESENT, OLDER]);
    expect(statSync(state()).mode & 0o777).toBe(0o600);

    expect(await outside.run()).toMatchObject({ step: 'wait', finishFrom: first.finishFrom });
    await expect(outside.run({ dropsFormer: 'finish' })).rejects.toMatchObject({
      code: 'rotation-too-early',
    });
    outside.now += DAY * 1000;
    outside.env = {};
    await gateway.put(1, 'came-meanwhile');
    const saved = place('kept.txt');
    expect(await outside.run({ dropsFormer: 'finish', savePath: saved })).toMatchObject({ step: 'done' });
    expect(gateway.readSecrets()).toBe(made);
    expect(readFileSync(saved, 'utf8')).toBe(`${made}\n`);
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    expect(outside.lost).toEqual([]);
    expect(outside.puts).toHaveLength(2);
    expect(readdirSync(folder).sort()).toEqual(['deployed', 'kept.txt']);
    for (const secret of [made, PRESENT, OLDER]) expect(outside.said).not.toContain(secret);
  });

  test('drops the former ones at once where that is asked for, and loses no key', async () => {
    const outside = new Outside();
    expect(await outside.run({ dropsFormer: 'now' })).toMatchObject({
      step: 'done',
      resealed: { resealed: 5, already: 0 },
    });
    expect(gateway.readSecrets()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(outside.lost).toEqual([]);
  });

  test('hands words on to wrangler', async () => {
    const outside = new Outside();
    await outside.run({ wranglerArgs: ['--name', 'my-gateway'] });
    expect(outside.puts).toEqual(['wrangler secret put POSTERN_SECRETS --name my-gateway']);
  });

  test('tells the command where it is not to be run, and goes on when that was done', async () => {
    const outside = new Outside();
    const order = { puts: false } as const;
    const first = await outside.run(order);
    expect(first).toMatchObject({ step: 'put-both', valuePath: `${state()}.value` });
    expect(statSync(`${state()}.value`).mode & 0o777).toBe(0o600);
    expect(await outside.run(order)).toMatchObject({ step: 'put-both' });
    writeFileSync(deployed(), readFileSync(`${state()}.value`));
    expect(await outside.run(order)).toMatchObject({ step: 'wait', resealed: { resealed: 5 } });
    outside.now += DAY * 1000;
    expect(await outside.run({ ...order, dropsFormer: 'finish' })).toMatchObject({ step: 'put-alone' });
    writeFileSync(deployed(), readFileSync(`${state()}.value`));
    expect(await outside.run({ ...order, dropsFormer: 'finish' })).toMatchObject({ step: 'done' });
    expect(readdirSync(folder)).toEqual(['deployed']);
    expect(outside.lost).toEqual([]);
  });
});

describe('stopped at every step, and taken up again', () => {
  /** How many steps an undisturbed run has. */
  async function countSteps(order: Partial<RotationOrder>): Promise<number> {
    const outside = new Outside();
    await outside.run(order);
    return outside.steps;
  }

  async function startOver(): Promise<void> {
    for (const name of readdirSync(folder)) rmSync(place(name));
    writeFileSync(deployed(), `${PRESENT},${OLDER}`);
    gateway.reset();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await gateway.put(1, name);
  }

  test.each([['later'], ['now']] as const)('%s', async (dropsFormer) => {
    const steps = await countSteps({ dropsFormer });
    expect(steps).toBeGreaterThan(10);
    for (let step = 1; step <= steps; step++) {
      for (const when of ['before', 'after'] as const) {
        await startOver();
        const outside = new Outside();
        outside.killAt = { step, when };
        await expect(outside.run({ dropsFormer })).rejects.toThrow();
        outside.revive();
        // Whoever has the file needs nothing else; after the last step there is nothing to go on with.
        if (existsSync(state())) outside.env = {};
        const isOver =
          dropsFormer === 'now' && !existsSync(state()) && !gateway.readSecrets().includes(PRESENT);
        if (!isOver) {
          const { step: end } = await outside.run({ dropsFormer });
          expect(end).toBe(dropsFormer === 'now' ? 'done' : 'wait');
        }
        expect(outside.lost).toEqual([]);
        const ids = await gateway.ids();
        expect(ids).toHaveLength(dropsFormer === 'now' ? 1 : 3);
        expect([...gateway.keys.values()].every(({ sealedWith }) => sealedWith === ids[0])).toBe(true);
      }
    }
  });
});

describe('what stands in the way', () => {
  test.each([
    ['another secret', OLDER],
    ['a part of them', PRESENT],
    ['other ones', `${'x'.repeat(40)} ${PRESENT} ${OLDER}`],
  ])('%s as the present value', async (_what, given) => {
    const outside = new Outside();
    outside.env = { POSTERN_SECRETS: given };
    await expect(outside.run()).rejects.toMatchObject({ code: 'rotation-wrong-present' });
    expect(readdirSync(folder)).toEqual(['deployed']);
  });

  test('nothing as the present value, or something too short', async () => {
    const outside = new Outside();
    outside.env = {};
    await expect(outside.run()).rejects.toMatchObject({ code: 'secrets-missing', exitCode: 2 });
    outside.env = { POSTERN_SECRETS: 'short' };
    await expect(outside.run()).rejects.toMatchObject({ code: 'secrets-form' });
  });

  test('wrangler fails', async () => {
    const outside = new Outside();
    outside.wranglerExit = 1;
    await expect(outside.run()).rejects.toMatchObject({ code: 'wrangler-failed' });
    outside.wranglerExit = 0;
    expect(await outside.run()).toMatchObject({ step: 'wait' });
  });

  test('the value does not reach the gateway', async () => {
    const outside = new Outside();
    outside.isDeploying = false;
    await expect(outside.run()).rejects.toMatchObject({ code: 'rotation-not-seen-yet' });
    expect(existsSync(state())).toBe(true);
    expect(gateway.asked.some(({ path }) => path.endsWith('/reseal'))).toBe(false);
  });

  test('somebody else changed the secrets', async () => {
    const outside = new Outside();
    await outside.run();
    writeFileSync(deployed(), `${'y'.repeat(40)} ${gateway.readSecrets()}`);
    await expect(outside.run()).rejects.toMatchObject({ code: 'rotation-elsewhere' });
  });

  test('the former value was put back: both are put again', async () => {
    const outside = new Outside();
    await outside.run();
    const both = gateway.readSecrets();
    // Keys that are sealed with the new secret cannot be opened meanwhile, and are not lost.
    writeFileSync(deployed(), `${PRESENT} ${OLDER}`);
    gateway.keys.clear();
    outside.now += DAY * 1000;
    await expect(outside.run({ dropsFormer: 'finish' })).rejects.toMatchObject({
      code: 'rotation-rolled-back',
    });
    expect(await outside.run()).toMatchObject({ step: 'wait' });
    expect(gateway.readSecrets()).toBe(both);
  });

  test('the new value was put alone too early: both are put before anything is sealed', async () => {
    const outside = new Outside();
    await outside.run({ puts: false });
    const { newest } = JSON.parse(readFileSync(state(), 'utf8'));
    gateway.keys.clear();
    writeFileSync(deployed(), newest);
    expect(await outside.run()).toMatchObject({ step: 'wait' });
    expect(gateway.readSecrets()).toBe(`${newest} ${PRESENT} ${OLDER}`);
  });

  test('keys that no secret opens keep the former ones, unless that is forced', async () => {
    const outside = new Outside();
    await outside.run();
    const [stored] = gateway.keys.values();
    gateway.keys.clear();
    outside.now += DAY * 1000;
    if (!stored) throw new Error('no key');
    gateway.keys.set('1/lost', { key: { ...stored.key, name: 'lost' }, sealedWith: 'ffffffff' });
    const finish = { dropsFormer: 'finish' } as const;
    await expect(outside.run(finish)).rejects.toMatchObject({ code: 'rotation-keys-unreadable' });
    expect(gateway.readSecrets()).toContain(PRESENT);
    expect(await outside.run({ ...finish, force: true })).toMatchObject({
      step: 'done',
      resealed: { unreadable: ['1/lost'] },
    });
  });

  test('there is nothing to finish', async () => {
    const outside = new Outside();
    const finish = { dropsFormer: 'finish' } as const;
    await expect(outside.run(finish)).rejects.toMatchObject({ code: 'rotation-not-begun' });
    await outside.run({ puts: false });
    await expect(outside.run(finish)).rejects.toMatchObject({ code: 'rotation-not-begun' });
  });

  test('the file is that of another gateway, is none, or cannot be written', async () => {
    const outside = new Outside();
    await outside.run();
    const kept = JSON.parse(readFileSync(state(), 'utf8'));
    writeFileSync(state(), JSON.stringify({ ...kept, gateway: 'https://other.example' }));
    await expect(outside.run()).rejects.toMatchObject({ code: 'rotation-other-gateway' });
    for (const text of ['', '{}', JSON.stringify({ ...kept, former: [] })]) {
      writeFileSync(state(), text);
      await expect(outside.run()).rejects.toMatchObject({ code: 'state-unreadable' });
    }
    writeFileSync(deployed(), `${PRESENT} ${OLDER}`);
    gateway.keys.clear();
    await expect(outside.run({ statePath: place('nowhere/state.json') })).rejects.toMatchObject({
      code: 'state-unwritable',
    });
    expect(outside.puts).toHaveLength(1);
  });
});

describe('postern rotate', () => {
  let cli: BuiltCli;
  let made = '';
  beforeAll(() => {
    cli = new BuiltCli();
  });
  afterAll(() => cli.remove());

  /** A wrangler that notes what it gets, and deploys it. */
  beforeEach(() => {
    const script = `#!${process.execPath}
const fs = require('node:fs');
const input = fs.readFileSync(0, 'utf8');
fs.appendFileSync(${JSON.stringify(place('log'))}, JSON.stringify({ args: process.argv.slice(2), leaked: process.env.POSTERN_SECRETS ?? null }) + '\\n');
fs.writeFileSync(${JSON.stringify(deployed())}, input);
console.log('Success! Uploaded secret POSTERN_SECRETS');
`;
    writeFileSync(place('npx'), script);
    chmodSync(place('npx'), 0o755);
  });

  function env(more: Readonly<Record<string, string>> = {}) {
    return { ...gateway.env, PATH: folder, ...more };
  }

  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}, input = '') =>
    cli.run(process.execPath, ['rotate', '--state', state(), ...args], { env: env(more), input });

  test('runs wrangler, and can be interrupted', async () => {
    const args = ['rotate', '--state', state(), '--put', '--', '--name', 'my-gateway'];
    const given = { env: env(), input: `${PRESENT} ${OLDER}\n` };
    await cli.runInterrupted(process.execPath, args, given, 'Waiting for the gateway');
    expect(existsSync(state())).toBe(true);
    const { code, stdout } = await run(['--put', '--', '--name', 'my-gateway']);
    expect(code).toBe(0);
    expect(stdout).toContain('5 sealed anew, 0 were before');
    expect(stdout).toContain(`postern rotate --finish --put --state ${state()} -- --name my-gateway\n`);
    made = JSON.parse(readFileSync(state(), 'utf8')).newest;
    const log = readFileSync(place('log'), 'utf8').trim().split('\n');
    expect(log.map((line) => JSON.parse(line))).toEqual([
      { args: ['wrangler', 'secret', 'put', 'POSTERN_SECRETS', '--name', 'my-gateway'], leaked: null },
    ]);
    expect(cli.printed).not.toContain(made);
  });

  test('tells the command to type, for people and for programs', async () => {
    const file = place('secrets.txt');
    writeFileSync(file, `${PRESENT},${OLDER}\n`);
    const { stdout } = await run(['--secrets-file', file, '--timeout', '1']);
    expect(stdout).toContain(`npx wrangler secret put POSTERN_SECRETS < ${state()}.value\n`);
    const { stdout: json } = await run(['--json', '--timeout', '1']);
    expect(JSON.parse(json)).toMatchObject({
      step: 'put-both',
      resealed: null,
      next: `npx wrangler secret put POSTERN_SECRETS < ${state()}.value`,
    });
    made = JSON.parse(readFileSync(state(), 'utf8')).newest;
    expect(cli.printed).not.toContain(made);
  });

  test.each([
    [['--finish', '--now'], 'options-contradict'],
    [['--finish'], 'rotation-not-begun'],
    [['--timeout', '0'], 'option-value'],
    [['--session-max', 'day'], 'option-value'],
    [['--state', ''], 'option-repeated'],
    [['now'], 'argument-unexpected'],
    [['--secret', 'x'], 'option-unknown'],
    [['--admin-token-file', '-'], 'stdin-twice'],
    [[], 'secrets-missing'],
  ])('%j is wrong use', async (args, code) => {
    const { code: exit, stdout } = await run([...args, '--json']);
    expect({ exit, code: JSON.parse(stdout).error.code }).toEqual({ exit: 2, code });
    expect(existsSync(state())).toBe(false);
  });

  test('says what is missing', async () => {
    const more = { POSTERN_URL: '', POSTERN_SECRETS: `${PRESENT} ${OLDER}` };
    const { code, stderr } = await run([], more);
    expect(code).toBe(2);
    expect(stderr).toContain('POSTERN_URL is not set.');
  });

  test('no secret was printed', () => {
    for (const secret of [PRESENT, OLDER, ADMIN_TOKEN]) expect(cli.printed).not.toContain(secret);
  });
});
