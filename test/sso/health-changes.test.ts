import { describe, expect, test } from 'vitest';
import { ADMIN_TOKEN } from '../support/admin.ts';
import { BOUND } from '../support/bound.ts';
import { skipWritePause } from '../support/clock.ts';
import { HealthScene, keyOf, WEBHOOK } from './health-scene.ts';

const ALERTED = { ALERT_WEBHOOK_URL: WEBHOOK };
const ill = () => new Response('', { status: 503 });
const states = (scene: HealthScene) => scene.posted.map(({ state }) => state);
const eventsOf = (scene: HealthScene, event: string) =>
  scene.gateway.events.filter((line) => line.event === event);

describe('the status in KV', () => {
  test('is written once for each change, and not for what stays', async () => {
    const scene = await HealthScene.create();
    for (let times = 0; times < 12; times++) await scene.tick();
    expect(scene.statusWrites).toBe(1);
    scene.instead.set('token', ill);
    for (let times = 0; times < 12; times++) await scene.tick();
    expect(scene.statusWrites).toBe(2);
    scene.instead.delete('token');
    for (let times = 0; times < 12; times++) await scene.tick();
    expect(scene.statusWrites).toBe(3);
  });

  test('is written where the keys are others, though all is green', async () => {
    const scene = await HealthScene.create();
    await scene.tick();
    scene.keys = [...scene.keys, keyOf('three')];
    await scene.tick();
    // Their order is the provider's affair.
    scene.keys = [...scene.keys].reverse();
    await scene.tick();
    expect(scene.statusWrites).toBe(2);
  });

  test('holds verdicts and names of keys, and nothing that is secret', async () => {
    const scene = await HealthScene.create();
    await scene.tick();
    const values = new Map(await scene.gateway.kv.values());
    const record = JSON.parse(values.get('sso:health') ?? '') as Record<string, unknown>;
    expect(Object.keys(record).sort()).toEqual(['changedAt', 'keys', 'verdicts']);
    expect(record.keys).toEqual([
      { id: expect.stringMatching(/^[\w-]{16}$/), name: 'one' },
      { id: expect.stringMatching(/^[\w-]{16}$/), name: 'two' },
    ]);
  });

  test('that is no status is none', async () => {
    const scene = await HealthScene.create();
    await BOUND.POSTERN_KV.put('sso:health', '{"keys":"none"}');
    await scene.tick();
    expect((await scene.look()).status).toBe('green');
  });

  test('is not written where nobody could read it, and the checks are made all the same', async () => {
    const scene = await HealthScene.create();
    await scene.tick();
    scene.gateway.kv.fault = 'read-throws';
    scene.keys = [keyOf('new')];
    scene.gateway.now += 300;
    const { status, findings } = await scene.look();
    expect(status).toBe('green');
    expect(findings.find(({ check }) => check === 'sso.keys')?.seen).toMatch(
      /^The provider has 1 key, read in \d+ ms\.$/,
    );
    expect(scene.statusWrites).toBe(1);
    expect(eventsOf(scene, 'storage.failed').length).toBeGreaterThan(0);
    // Nothing was forgotten meanwhile.
    scene.gateway.kv.fault = undefined;
    expect((await scene.find('sso.restore')).verdict).toBe('red');
  });

  test('that cannot be written fails no check', async () => {
    const scene = await HealthScene.create();
    scene.gateway.kv.fault = 'write-throws';
    expect((await scene.look()).status).toBe('green');
    scene.gateway.kv.fault = undefined;
    await scene.tick();
    expect(await scene.ask()).toMatchObject({ status: 'green' });
  });
});

describe('a change', () => {
  test('is posted once when it turns bad, and once when it is good again', async () => {
    const scene = await HealthScene.create(ALERTED);
    await scene.tick();
    expect(scene.posted).toEqual([]);
    scene.instead.set('token', ill);
    for (let times = 0; times < 4; times++) await scene.tick();
    expect(states(scene)).toEqual(['alerting']);
    scene.instead.set('keys', ill);
    await scene.tick();
    expect(states(scene)).toEqual(['alerting']);
    scene.instead.clear();
    for (let times = 0; times < 4; times++) await scene.tick();
    expect(states(scene)).toEqual(['alerting', 'ok']);
    const told = eventsOf(scene, 'sso.health.changed').map(({ status, checks }) => [status, checks]);
    expect(told).toEqual([
      ['red', 'sso.client'],
      ['green', ''],
    ]);
  });

  test('has the members of OnCall’s formatted webhook, and the text of Slack', async () => {
    const scene = await HealthScene.create(ALERTED);
    scene.document = { ...scene.document, issuer: 'https://<!channel>.test' };
    await scene.tick();
    const [body] = scene.posted;
    expect(body).toEqual({
      alert_uid: 'postern-sso-dash.example.com',
      title: 'Postern: sign-in at dash.example.com is in trouble',
      image_url: '',
      state: 'alerting',
      link_to_upstream_details: 'https://dash.example.com/-/health/sso',
      message: expect.stringContaining('sso.issuer: The document names "https://<!channel>.test"'),
      text: expect.stringContaining('https://&lt;!channel&gt;.test'),
    });
    expect(body?.text).not.toContain('<');
  });

  test('to yellow is none', async () => {
    const scene = await HealthScene.create(ALERTED);
    scene.skewSeconds = 40;
    await scene.tick();
    expect((await scene.look()).status).toBe('yellow');
    expect(scene.posted).toEqual([]);
  });

  test('that many see at once is told by one of them', async () => {
    const scene = await HealthScene.create(ALERTED);
    await scene.tick();
    const others = Array.from({ length: 4 }, () => scene.another(ALERTED));
    scene.instead.set('token', ill);
    scene.gateway.now += 300;
    for (const other of others) other.now = scene.gateway.now;
    await Promise.all([scene.gateway, ...others].map((one) => one.scheduled()));
    skipWritePause();
    expect(states(scene)).toEqual(['alerting']);
    // And by none of those who still have an older status before them.
    for (const other of others) await scene.tick(other);
    expect(states(scene)).toEqual(['alerting']);
  });

  test('that an operator’s look finds is told, too', async () => {
    const scene = await HealthScene.create(ALERTED);
    scene.instead.set('token', ill);
    await scene.look();
    await scene.tick();
    expect(states(scene)).toEqual(['alerting']);
  });

  test.each([
    ['refuses it', () => new Response('', { status: 403 }), 'status 403'],
    [
      'leads elsewhere',
      () => new Response(null, { status: 302, headers: { Location: 'https://evil.test/' } }),
      'status 302',
    ],
    ['does not answer', () => Promise.reject(new TypeError(`no route to ${WEBHOOK}`)), 'unreachable'],
  ] as const)('is not posted again where the receiver %s', async (_what, answer, reason) => {
    const scene = await HealthScene.create(ALERTED);
    scene.webhook = answer;
    scene.instead.set('token', ill);
    await scene.tick();
    await scene.tick();
    expect(states(scene)).toEqual(['alerting']);
    expect(eventsOf(scene, 'sso.alert.failed').map((event) => event.reason)).toEqual([reason]);
  });

  test('without a webhook is an event alone', async () => {
    const scene = await HealthScene.create();
    scene.instead.set('token', ill);
    await scene.tick();
    await scene.tick();
    expect(eventsOf(scene, 'sso.health.changed')).toHaveLength(1);
    const { events } = await scene.gateway.order<{ events: { event: string }[] }>('GET', '/events');
    expect(events.map(({ event }) => event)).toContain('sso.health.changed');
  });
});

describe('a recovery', () => {
  test('ends the suspicion at once, wherever the next check runs', async () => {
    const scene = await HealthScene.create(ALERTED);
    await scene.tick();
    scene.keys = [keyOf('new')];
    await scene.count(['postern_refreshes_total{outcome="ended",reason="refresh-refused"}', 30]);
    await scene.tick();
    expect(states(scene)).toEqual(['alerting']);
    const elsewhere = scene.another(ALERTED);
    await scene.tick(elsewhere);
    await BOUND.POSTERN_LEDGER.getByName('meter').noteHealth('reset', scene.gateway.now);
    // That place still has the former status, in which everything is red.
    await scene.tick(elsewhere);
    expect(states(scene)).toEqual(['alerting', 'ok']);
    expect((await scene.find('sso.restore')).verdict).toBe('green');
  });

  test('makes nobody blind: keys are compared again from the next check on', async () => {
    const scene = await HealthScene.create();
    await scene.tick();
    await BOUND.POSTERN_LEDGER.getByName('meter').noteHealth('reset', scene.gateway.now + 1);
    await scene.tick();
    await scene.tick();
    scene.keys = [keyOf('new')];
    expect((await scene.find('sso.restore')).verdict).toBe('red');
  });
});

test('the cron of a gateway that is not set up does nothing', async () => {
  const scene = await HealthScene.create({ ORIGIN_URL: '' });
  await scene.gateway.scheduled();
  expect(scene.gateway.eventNames).toEqual(['config.invalid']);
});

test('the address of the webhook is https, and a mistake in it is told without it', async () => {
  const scene = await HealthScene.create({ ALERT_WEBHOOK_URL: 'http://hooks.test/secret-of-the-webhook/' });
  const answer = await scene.gateway.fetch('/-/health/sso', {
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  expect(answer.status).toBe(500);
  expect(JSON.stringify(scene.gateway.events)).toContain('ALERT_WEBHOOK_URL');
});
