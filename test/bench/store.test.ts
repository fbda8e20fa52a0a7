import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStore, fillStore, keyOfSession } from '../../bench/store.ts';
import { parseRule } from '../../src/revocation/rule.ts';

const RECORDS = 250;
const SESSIONS = ['00112233445566aa', '00112233445566bb'];
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
let miniflare: Miniflare;

beforeAll(async () => {
  await createStore(folder);
  await fillStore(folder, RECORDS, SESSIONS);
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      kvNamespaces: ['POSTERN_KV'],
      resourcePersistencePath: folder,
      cf: false,
    }),
  );
});

afterAll(async () => {
  await miniflare.dispose();
  rmSync(folder, { recursive: true });
});

test('a filled store holds as many revocations as were asked for, all of sessions', async () => {
  const kv = await miniflare.getKVNamespace('POSTERN_KV');
  const { keys } = await kv.list({ limit: 1_000 });
  expect(keys).toHaveLength(RECORDS);
  for (const { name } of keys) expect(name).toMatch(/^rev:session:[0-9a-f]{16}$/);
});

test('its revocations are real to KV, and say what revocations say', async () => {
  const kv = await miniflare.getKVNamespace('POSTERN_KV');
  for (const session of SESSIONS) {
    const text = await kv.get(keyOfSession(session));
    expect(parseRule(String(text))).toMatchObject({ by: 'operator', at: expect.any(Number) });
  }
});
