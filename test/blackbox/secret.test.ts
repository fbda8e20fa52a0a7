import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { expect, test } from 'vitest';
import { bundleWorker } from '../../scripts/bundle.ts';
import { Secret } from '../../src/lib/secret.ts';

const secret = new Secret('hunter2-hunter2-hunter2');
const holders = { deep: { secret }, list: [secret], map: new Map([['a', secret]]) };

test.each([
  ['inspection', inspect(secret, { showHidden: true, depth: 9 })],
  ['inspection of what holds it', inspect(holders, { showHidden: true, depth: 9 })],
  ['inspection of an error that holds it', inspect(Object.assign(new Error('x'), { secret }))],
])('a secret is not printed by %s', (_, printed) => {
  expect(printed).toContain('[redacted]');
  expect(printed).not.toContain('hunter2');
});

test("a secret is not printed by Node's console", () => {
  let printed = '';
  const stream = new Writable({
    write(chunk, _, done) {
      printed += chunk;
      done();
    },
  });
  const console = new Console(stream);
  console.log('here: %s %o %O %j', secret, secret, secret, secret);
  console.dir(holders, { showHidden: true, depth: 9 });
  console.table([{ secret }]);
  expect(printed).toContain('[redacted]');
  expect(printed).not.toContain('hunter2');
});

test("a secret is not printed by the Worker's console", async () => {
  const lines: string[] = [];
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundleWorker('test/blackbox/print-secret.worker.ts'),
      compatibilityDate: '2026-10-01',
      cf: false,
      logRequests: false,
      handleStructuredLogs: ({ message }) => lines.push(message),
    }),
  );
  try {
    expect(await (await worker.dispatchFetch('http://localhost/')).text()).toBe('printed');
    await expect.poll(() => lines.length).toBe(5);
  } finally {
    await worker.dispose();
  }
  for (const line of lines) expect(line).toContain('[redacted]');
  expect(lines.join()).not.toContain('hunter2');
});
