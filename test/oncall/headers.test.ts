import { describe, expect, test } from 'vitest';
import { entryOf, keyNamed } from '../support/keys.ts';
import { guard } from '../support/watch.ts';
import { EU_HOST } from './support/cloud.ts';
import { createCloud, createGateway, EU_KEY, EU_STACK, GLSA } from './support/scene.ts';

const PATH = '/oncall/api/v1/alerts/';
const ORIGIN_SECRET = 'cf-access-secret-of-the-operator';
guard("a header of the origin's", ORIGIN_SECRET);
const VARS = {
  ONCALL_BINDINGS: JSON.stringify({ [EU_KEY]: 'eu' }),
  ORIGIN_HEADERS: JSON.stringify({ 'CF-Access-Client-Secret': ORIGIN_SECRET, 'X-Guard': ORIGIN_SECRET }),
};

async function passOn(sent: Record<string, string>, init: RequestInit = {}): Promise<Headers> {
  const cloud = createCloud();
  const headers = { Authorization: EU_KEY, ...sent };
  await createGateway(VARS).fetch(PATH, { ...init, headers });
  const [call] = cloud.callsTo(EU_HOST);
  if (!call) throw new Error('nothing reached the region');
  return call.headers;
}

describe('what goes to a region', () => {
  test.each([
    ['Content-Type', 'application/json'],
    ['User-Agent', 'Terraform/1.9 terraform-provider-grafana'],
    ['x-amz-sns-subscription-arn', 'arn:1'],
    ['x-amz-sns-topic-arn', 'arn:2'],
    ['x-amz-sns-message-id', '3'],
    ['x-amz-sns-message-type', 'Notification'],
    ['X-Grafana-URL', 'https://grafana.corp.example:3000/sub'],
    ['X-Grafana-Instance-ID', '900002'],
    ['X-Instance-Context', '{"stack_id":1}'],
    ['X-Grafana-Context', '{"UserID":1}'],
    ['X-OnCall-User-Context', '{}'],
    ['X-Idempotency-Key', 'Idempotency-1'],
  ])('%s goes on as it came', async (name, value) => {
    expect((await passOn({ [name]: value })).get(name)).toBe(value);
  });

  test.each([
    'Cookie',
    'Cookie2',
    'Set-Cookie',
    'Referer',
    'x.grafana.user',
    'X-Grafana-Org-Id',
    'X-Grafana-Id',
    'X-Grafana-Device-Id',
    'X-Grafana-User',
    'X-JWT-Assertion',
    'X-WEBAUTH-USER',
    'X-Forwarded-For',
    'X-Forwarded-User',
    'CF-Connecting-IP',
    'CF-Access-Client-Id',
    'CF-Access-Client-Secret',
    'X-Guard',
    'Forwarded',
    'Proxy-Authorization',
    'X-Auth-Request-User',
    'x_grafana_org_id',
    'X_Guard',
  ])('%s does not', async (name) => {
    const headers = await passOn({ [name]: 'evil-value' });
    expect(
      [...headers].filter(([, value]) => value.includes('evil-value') || value.includes(ORIGIN_SECRET)),
    ).toEqual([]);
  });

  test('is what was judged: a header with an underscore is read under the name that it goes on with', async () => {
    const cloud = createCloud();
    const headers = { Authorization: GLSA, X_Grafana_URL: EU_STACK };
    expect((await createGateway().fetch(PATH, { headers })).status).toBe(200);
    expect(cloud.callsTo(EU_HOST)[0]?.headers.get('X-Grafana-URL')).toBe(EU_STACK);
    const both = { ...headers, 'X-Grafana-URL': 'https://us-stack.grafana.net' };
    expect((await createGateway().fetch(PATH, { headers: both })).status).toBe(400);
  });

  test('what the gateway itself asks carries the token and nothing of the client', async () => {
    const cloud = createCloud();
    const headers = { Authorization: GLSA, 'X-Grafana-URL': EU_STACK, Cookie: 'a=b', 'X-Secret': 'c' };
    await createGateway(VARS).fetch(PATH, { headers });
    const [question] = cloud.questions;
    expect([...(question?.headers ?? [])]).toEqual([
      ['accept', 'application/json'],
      ['authorization', `Bearer ${GLSA}`],
    ]);
  });

  test('the body streams, with its bytes as they came', async () => {
    const cloud = createCloud();
    const bytes = new TextEncoder().encode('{"a": "\u00e9 \ud83d\ude00"}');
    await createGateway(VARS).fetch(PATH, {
      method: 'POST',
      headers: { Authorization: EU_KEY },
      body: bytes,
    });
    expect(cloud.callsTo(EU_HOST)[0]?.body).toBe('{"a": "\u00e9 \ud83d\ude00"}');
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])(
    '%s stays what it is',
    async (method) => {
      const cloud = createCloud();
      await createGateway(VARS).fetch(PATH, { method, headers: { Authorization: EU_KEY } });
      expect(cloud.callsTo(EU_HOST)[0]?.method).toBe(method);
    },
  );
});

test('a registered share key goes nowhere', async () => {
  const cloud = createCloud();
  const gateway = createGateway({ SHARE_KEYS: JSON.stringify([entryOf(keyNamed('test1'))]) });
  for (const authorization of [keyNamed('test1').token, `Bearer ${keyNamed('test1').token}`]) {
    const headers = { Authorization: authorization, 'X-Grafana-URL': EU_STACK };
    const response = await gateway.fetch(PATH, { headers });
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([
      403,
      'share_key_not_accepted',
    ]);
  }
  expect(cloud.received).toEqual([]);
});

test('a closed path is closed for OnCall, too', async () => {
  const cloud = createCloud();
  const gateway = createGateway({ ...VARS, NOT_ALLOW_REQUEST_URI: '/oncall/api/internal' });
  const response = await gateway.fetch('/oncall/api/internal/v1/x', { headers: { Authorization: EU_KEY } });
  expect(response.status).toBe(403);
  expect(cloud.received).toEqual([]);
});
