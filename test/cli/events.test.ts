import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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
  gateway.events = Array.from({ length: 120 }, (_, index) => ({
    time: `2026-11-21T08:00:${String(59 - (index % 60)).padStart(2, '0')}.250Z`,
    event: 'share.link.opened',
    outcome: index === 0 ? 'refused' : 'done',
    requestId: `r${index}`,
    key: 'x\u202ey',
    dashboards: ['a'],
    colo: null,
  }));
});
afterAll(() => {
  gateway.close();
  cli.remove();
});

const run = (args: readonly string[]) => cli.run(process.execPath, ['events', ...args], { env: gateway.env });

test('shows the latest, for people', async () => {
  const { code, stdout, stderr } = await run([]);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(51);
  expect(lines[0]).toMatch(/^TIME +OUTCOME +EVENT +FACTS$/);
  expect(lines[1]).toBe(
    '2026-11-21 08:00:59 UTC  refused  share.link.opened  requestId=r0 key=x\\u{202e}y dashboards=["a"]',
  );
  expect(stderr).toBe('There are more: see --limit.\n');
});

test('follows the pages as far as it is asked to', async () => {
  const { stdout } = await run(['--limit', '110', '--json']);
  const { events, hasMore } = JSON.parse(stdout);
  expect([events.length, hasMore, events[109].requestId]).toEqual([110, true, 'r109']);
  const all = JSON.parse((await run(['--limit', '120', '--json'])).stdout);
  expect([all.events.length, all.hasMore]).toEqual([120, false]);
  gateway.asked.length = 0;
  await run(['--key', 'portal', '--org', '1', '--limit', '300']);
  expect(gateway.asked.map(({ path }) => path)).toEqual(['/-/api/v1/events?name=portal&orgId=1&limit=200']);
});

test('says where there are none', async () => {
  gateway.events = [];
  expect((await run([])).stdout).toBe('There are no events.\n');
});

test.each([
  [['portal'], 'argument-unexpected'],
  [['--key', 'portal'], 'option-missing'],
  [['--org', '1'], 'option-missing'],
  [['--key', '', '--org', '1'], 'option-value'],
  [['--limit', 'all'], 'option-value'],
])('%j is wrong use', async (args, code) => {
  const { code: exit, stdout } = await run([...args, '--json']);
  expect({ exit, code: JSON.parse(stdout).error.code }).toEqual({ exit: 2, code });
  expect(gateway.asked).toEqual([]);
});
