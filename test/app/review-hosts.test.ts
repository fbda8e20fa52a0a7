import { createExecutionContext } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { EventLine } from '../../src/observe/events.ts';
import { Gateway, HOST, refusalOf } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

const ROUTES = JSON.stringify([
  { host: 'Chat.Example.com', origin: 'https://grafana.test/chat', visitors: 'pass' },
  { host: '*.apps.example.com', origin: 'https://grafana.test/apps', visitors: 'pass' },
]);

/** Asks by an address as the runtime hands it over: `new Request` would put its host into one spelling itself. */
async function askRaw(gateway: Gateway, url: string, headers: HeadersInit = {}): Promise<Response> {
  const request = new Request('https://placeholder.test/', { headers });
  Object.defineProperty(request, 'url', { value: url });
  expect(request.url).toBe(url);
  const observe = (line: EventLine) => void gateway.events.push({ ...line });
  const app = createApp({ now: () => gateway.now, observe });
  return app.fetch(request, gateway.env, createExecutionContext());
}

const SPELLINGS = [
  (host: string) => host,
  (host: string) => host.toUpperCase(),
  (host: string) => `${host}.`,
  (host: string) => `${host.toUpperCase()}.`,
];

describe.each(SPELLINGS.map((spell) => [spell('a.test'), spell] as const))(
  'a host spelt as %s',
  (_, spell) => {
    test.each([
      ['chat.example.com', 'https://grafana.test/chat/x'],
      ['one.apps.example.com', 'https://grafana.test/apps/x'],
    ])('chooses the route of %s', async (host, asked) => {
      const response = await askRaw(new Gateway({ vars: { ROUTES } }), `https://${spell(host)}/x`);
      expect(response.status).toBe(200);
      expect(origin.only.url).toBe(asked);
      expect(origin.only.headers.get('X-Forwarded-Host')).toBe(host);
    });

    test('chooses a route with a port behind it', async () => {
      await askRaw(new Gateway({ vars: { ROUTES } }), `https://${spell('chat.example.com')}:8443/x`);
      expect(origin.only.url).toBe('https://grafana.test/chat/x');
    });

    test('is the place of the same grants', async () => {
      const gateway = new Gateway();
      const { header } = await gateway.open();
      const response = await askRaw(gateway, `https://${spell(HOST)}/d/uid-one/demo`, { Cookie: header });
      expect(response.status).toBe(200);
    });
  },
);

describe('a host that is no name', () => {
  test.each([
    'user@dash.example.com',
    'user:pw@dash.example.com',
    'dash.example.com\\evil.test',
    'dash.example.com%2Fevil.test',
    'dash.example.com,evil.test',
    'dash.example.com evil.test',
    'dash.example.com..',
    '.dash.example.com',
    'dash..example.com',
    'dash.example.com:',
    'dash.example.com:1:2',
    'dash.example.com:123456',
    'dash.example.com:80a',
    '[::1',
    'däsh.example.com',
    'dash.example.com<',
    'dash.example.com;x',
    "dash.example.com'",
    'dash.example.com*',
    '.',
    '',
  ])('is refused: %j', async (host) => {
    for (const path of ['/d/uid-one', '/public/build/app.js', '/robots.txt', '/-/health', '/-/x']) {
      const gateway = new Gateway({ vars: { VISITORS: 'pass', ROUTES } });
      expect(await refusalOf(await askRaw(gateway, `https://${host}${path}`)), path).toBe('400 bad_request');
    }
    expect(origin.received).toEqual([]);
  });

  test.each([
    'dash.example.com',
    'localhost:8787',
    '127.0.0.1',
    '[::1]:8787',
    'xn--dsh-rla.test',
    'a_b.test',
  ])('is not one of these: %s', async (host) => {
    expect((await askRaw(new Gateway(), `https://${host}/-/health`)).status).toBe(200);
  });
});
