import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../scripts/free-port.ts';
import { ADMIN_TOKEN, askAdmin, describeBundle, keyNamed, readCookie, signLink } from './house.ts';
import { Origin } from './origin.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const SESSIONS = 200;
const FIRST_SECRET = 'rotation-test-secret-0123456789abcdefghijk';

/**
 * Stands in for `npx wrangler secret put POSTERN_SECRETS`: it writes down what it is given. The test gives that to the
 * runtime, as Cloudflare gives a new version to its own.
 */
const FAKE_NPX = `#!/bin/sh
[ "$1 $2 $3 $4" = "wrangler secret put POSTERN_SECRETS" ] || exit 9
cat > "$FAKE_PUT.part" && mv "$FAKE_PUT.part" "$FAKE_PUT"
while [ -e "$FAKE_PUT" ]; do sleep 0.05; done
`;

const origin = new Origin();
let folder: string;
let gateway: Miniflare;
let start: (secrets: string) => ReturnType<typeof describeBundle>;
let own: URL;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-rotation-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-cli.ts')], { stdio: 'pipe' });
  copyFileSync(join(ROOT, 'dist/postern.mjs'), join(folder, 'postern.mjs'));
  writeFileSync(join(folder, 'npx'), FAKE_NPX);
  chmodSync(join(folder, 'npx'), 0o755);
  writeFileSync(join(folder, 'secrets.txt'), FIRST_SECRET, { mode: 0o600 });
  const [address, port] = [await origin.listen(), await findFreePort()];
  start = async (secrets) => ({
    ...(await describeBundle(address, [], { ADMIN_TOKEN, POSTERN_SECRETS: secrets })),
    port,
  });
  gateway = new Miniflare(await start(FIRST_SECRET));
  own = await gateway.ready;
});

afterAll(async () => {
  await gateway.dispose();
  await origin.close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<string> {
  const response = await gateway.dispatchFetch(new URL(signLink(KEY, PAGE), own), { redirect: 'manual' });
  await response.text();
  if (response.status !== 303) throw new Error(`the link was answered ${response.status}`);
  return readCookie(response);
}

/** Cloudflare lets requests in flight end under the former version; this runtime breaks them off, so they come again. */
async function see(cookie: string): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      const response = await gateway.dispatchFetch(new URL(PAGE, own), { headers: { Cookie: cookie } });
      await response.text();
      return response.status;
    } catch (error) {
      if (tries === 20) throw error;
      await wait(50);
    }
  }
}

/** Uses all sessions in turn until it is told to stop; gives the answers that were not 200. */
async function use(
  cookies: readonly string[],
  until: { stop: boolean },
): Promise<{ asked: number; bad: number[] }> {
  const bad: number[] = [];
  let asked = 0;
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let at = lane; !until.stop; at += 8) {
      const status = await see(cookies[at % cookies.length] ?? '');
      asked += 1;
      if (status !== 200) bad.push(status);
    }
  });
  await Promise.all(lanes);
  return { asked, bad };
}

/** Runs `postern rotate` with the stand-in for wrangler, and puts what it is given. */
async function rotate(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const put = join(folder, 'put.txt');
  const child = spawn(process.execPath, [join(folder, 'postern.mjs'), 'rotate', '--put', ...args], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      FAKE_PUT: put,
      POSTERN_URL: own.origin,
      POSTERN_ADMIN_TOKEN: ADMIN_TOKEN,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (piece) => (output += piece));
  child.stderr.on('data', (piece) => (output += piece));
  const ended = once(child, 'close').then(([code]) => Number(code));
  let code: number | undefined;
  void ended.then((value) => (code = value));
  while (code === undefined) {
    if (existsSync(put)) {
      await gateway.setOptions(await start(readFileSync(put, 'utf8').trim()));
      rmSync(put);
    }
    await wait(50);
  }
  return { code, output };
}

test('two hundred sessions in use notice nothing of a rotation, and with --now all are out', async () => {
  await askAdmin(gateway, 'PUT', '/keys/1/test1', { token: KEY.token });
  const cookies = await Promise.all(Array.from({ length: SESSIONS }, open));
  const load = { stop: false };
  const using = use(cookies, load);

  const rotated = await rotate('--secrets-file', 'secrets.txt', '--save', 'secrets.txt');
  expect(rotated, rotated.output).toMatchObject({ code: 0 });
  expect(rotated.output).not.toContain(FIRST_SECRET);
  load.stop = true;
  const { asked, bad } = await using;
  expect(asked).toBeGreaterThan(SESSIONS);
  expect(bad).toEqual([]);
  expect(new Set(await Promise.all(cookies.map(see)))).toEqual(new Set([200]));

  const dropped = await rotate('--now', '--save', 'secrets.txt');
  expect(dropped, dropped.output).toMatchObject({ code: 0 });
  expect(new Set(await Promise.all(cookies.map(see)))).toEqual(new Set([401]));
  // Stored keys were sealed anew before: their links open.
  const again = await open();
  expect(await see(again)).toBe(200);
  const kept = readFileSync(join(folder, 'secrets.txt'), 'utf8').trim();
  expect(kept).not.toContain(FIRST_SECRET);
  expect(existsSync(join(folder, '.postern-rotation.json'))).toBe(false);
});
