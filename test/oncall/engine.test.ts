import { expect, test } from 'vitest';
import { EU_HOST, US_HOST } from './support/cloud.ts';
import { createCloud, createGateway, INTEGRATION_TOKEN, UNBOUND_KEY } from './support/scene.ts';

/** The engine sends no other header that matters (python-requests). */
const HEADERS = {
  'User-Agent': 'python-requests/2.32.0',
  'Accept-Encoding': 'gzip, deflate',
  Accept: '*/*',
};
const FORM = 'application/x-www-form-urlencoded';

/** The nine calls of the self-hosted engine against its cloud (oncall.md §1), as an unmodified client sends them. */
const CALLS: readonly (readonly [
  path: string,
  init?: RequestInit & { readonly type?: string },
  hasKey?: boolean,
])[] = [
  ['api/v1/info/'],
  ['api/v1/users?page=1&short=true&roles=0&roles=1'],
  ['api/v1/users/?email=user@example.com&roles=0&roles=1&short=true'],
  ['api/v1/integrations/', { method: 'POST', type: FORM, body: 'type=formatted_webhook&name=taken' }],
  ['api/v1/integrations/?name=OnCall%20Cloud%20Heartbeat%20https://oncall.example.com'],
  [`integrations/v1/formatted_webhook/${INTEGRATION_TOKEN}/heartbeat/`, {}, false],
  ['api/v1/make_call', { method: 'POST', type: FORM, body: 'email=user%40example.com&message=hello' }],
  ['api/v1/send_sms', { method: 'POST', type: FORM, body: 'email=user%40example.com&message=hello' }],
  [
    'mobile_app/v1/fcm_relay',
    { method: 'POST', type: 'application/json', body: '{"token":"device","data":{},"apns":{}}' },
  ],
];

test('the nine calls of the engine reach the EU past a table that begins with the US', async () => {
  const cloud = createCloud();
  const gateway = createGateway({ ONCALL_BINDINGS: JSON.stringify({ [INTEGRATION_TOKEN]: 'eu' }) });
  const send = ([path, { type, ...init } = {}, hasKey = true]: (typeof CALLS)[number]) => {
    const headers = new Headers(HEADERS);
    if (hasKey) headers.set('Authorization', UNBOUND_KEY);
    if (type !== undefined) headers.set('Content-Type', type);
    return gateway.fetch(`/oncall/${path}`, { ...init, headers });
  };

  // "Connect" is clicked twice.
  for (let click = 0; click < 2; click++) {
    const info = await send(['api/v1/info/']);
    expect(await info.json()).toEqual({ url: 'https://eu-stack.grafana.net' });
  }
  expect(cloud.questions).toHaveLength(2);
  cloud.forget();

  const answers = [];
  for (const call of CALLS) {
    const response = await send(call);
    answers.push([response.status, await response.json()]);
  }
  expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 400, 200, 200, 200, 200, 200]);
  expect(answers[1]?.[1]).toMatchObject({
    results: [{ id: 'U1' }],
    next: expect.stringMatching(/^https:\/\/gateway\.example\/oncall\/.*page=2/),
  });
  expect(answers[2]?.[1]).toMatchObject({ results: [{ email: 'user@example.com' }] });
  expect(answers[3]?.[1]).toEqual({ detail: 'Integration with this name already exists' });
  expect(cloud.questions).toEqual([]);
  expect(cloud.calls.map(({ host }) => host)).toEqual(CALLS.map(() => EU_HOST));
  cloud.calls.forEach(({ target, body, headers }, index) => {
    const [path, init] = CALLS[index] ?? [''];
    expect([target, body]).toEqual([`/oncall/${path}`, init?.body ?? '']);
    expect(headers.get('User-Agent')).toBe('python-requests/2.32.0');
    if (init?.type) expect(headers.get('Content-Type')).toBe(init.type);
  });
  expect(cloud.callsTo(US_HOST)).toEqual([]);
});

test('a created integration comes back with the addresses that the region gave it', async () => {
  createCloud();
  const response = await createGateway().fetch('/oncall/api/v1/integrations/', {
    method: 'POST',
    headers: { Authorization: UNBOUND_KEY, 'Content-Type': FORM },
    body: 'type=formatted_webhook&name=new',
  });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({
    heartbeat: { link: expect.stringContaining(`https://${EU_HOST}/oncall/integrations/v1/`) },
  });
});
