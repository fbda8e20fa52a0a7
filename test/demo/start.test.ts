import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddresses } from '../../demo/addresses.ts';
import { probePort, startServer } from '../../demo/lib/server.ts';
import { type Demo, startDemo } from '../../demo/start.ts';

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo({ port: 0 });
});
afterAll(() => demo.stop());

const asBrowser = { redirect: 'manual', headers: { Accept: 'text/html' } } as const;

describe('the demo', () => {
  test('opens the dashboard by its fresh link, and takes away what Grafana puts on it', async () => {
    const entered = await fetch(await demo.link(), asBrowser);
    expect(entered.status).toBe(303);
    const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');
    const page = await fetch(new URL(entered.headers.get('location') ?? '', demo.gatewayUrl), {
      ...asBrowser,
      headers: { Cookie: cookie },
    });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Acme Waterworks');
    expect(page.headers.get('x-frame-options')).toBeNull();
    expect(page.headers.get('set-cookie') ?? '').not.toContain('grafana_session');
    expect(page.headers.get('content-security-policy')).toContain(`frame-ancestors ${demo.portalUrl}`);
  });

  test('refuses its expired link', async () => {
    const response = await fetch(await demo.expiredLink());
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'share_link_expired' });
  });

  test('refuses a visitor without a link, at the gateway and at the origin', async () => {
    expect((await fetch(`${demo.gatewayUrl}${demo.path}`, asBrowser)).status).toBe(401);
    expect((await fetch(`${demo.originUrl}${demo.path}`, asBrowser)).headers.get('location')).toMatch(
      /^\/login/,
    );
  });

  test('lists its addresses', async () => {
    const list = await formatAddresses(demo, { bold: (text) => text, grafana: false });
    expect(list).toContain(`${demo.portalUrl}/link`);
    expect(list).toContain(`${demo.originUrl}${demo.path}`);
    expect(list.match(/aliyun_api_key_sign=/g)).toHaveLength(2);
    expect(list).not.toContain('glsa_');
    expect(list).toContain('npx postern revoke all');
  });

  test('takes everything back by its admin token, and a new link opens again', async () => {
    const entered = await fetch(await demo.link(), asBrowser);
    const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');
    const revoked = await fetch(`${demo.gatewayUrl}/-/api/v1/revocations`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${demo.adminToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'all', publicReason: 'This was a demo.' }),
    });
    expect(revoked.status).toBe(200);
    const refused = await fetch(`${demo.gatewayUrl}${demo.path}`, { headers: { Cookie: cookie } });
    expect(await refused.json()).toMatchObject({
      code: 'revoked',
      detail: expect.stringContaining('This was a demo.'),
    });
    // Links of that very second are out too: the other tests sign theirs in a later one.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await fetch(await demo.link(), asBrowser)).status).toBe(303);
  });
});

describe('the portal', () => {
  test('embeds two dashboards under two keys, and may frame the gateway alone', async () => {
    const response = await fetch(demo.portalUrl);
    const html = await response.text();
    const names = [...html.matchAll(/src="[^"]*aliyun_api_key_name=([^&]+)&amp;/g)].map(([, name]) => name);
    expect(names).toEqual(['acme-portal', 'globex-portal']);
    expect(response.headers.get('content-security-policy')).toContain(`frame-src ${demo.gatewayUrl};`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(html).not.toContain('glsa_');
  });

  test.each([
    ['/link', 'acme-portal'],
    ['/link/acme-portal', 'acme-portal'],
    ['/link/globex-portal', 'globex-portal'],
  ])('%s signs a link of %s that the gateway takes', async (path, name) => {
    const signed = await fetch(`${demo.portalUrl}${path}`, asBrowser);
    const link = signed.headers.get('location') ?? '';
    expect(link).toContain(`aliyun_api_key_name=${name}&`);
    expect((await fetch(link, asBrowser)).status).toBe(303);
  });

  test('has one address', async () => {
    const port = new URL(demo.portalUrl).port;
    const response = await fetch(`http://localhost:${port}/link`, asBrowser).catch(() => undefined);
    // Where localhost means ::1 alone, nothing answers there, which is as good.
    if (response) expect(response.headers.get('location')).toBe(`${demo.portalUrl}/link`);
  });

  test.each(['/link/unknown', '/nothing', '/..%2fserver.ts'])('has nothing at %s', async (path) => {
    expect((await fetch(`${demo.portalUrl}${path}`, asBrowser)).status).toBe(404);
  });

  test('takes no other method', async () => {
    expect((await fetch(demo.portalUrl, { method: 'POST' })).status).toBe(405);
  });
});

describe('ports', () => {
  test.each([
    ['the gateway', 0],
    ['the origin', 1],
    ['the portal', 2],
  ])('that is taken where %s would listen is named, and nothing is left behind', async (_, offset) => {
    const first = await freePorts();
    const other = await startServer(createServer(), first + offset);
    await expect(startDemo({ port: first })).rejects.toThrow(`Port ${first + offset} is taken.`);
    await other.stop();
    for (const port of [first, first + 1, first + 2]) expect(await probePort(port)).toBe(port);
  });

  test('that does not exist is refused', async () => {
    await expect(startDemo({ port: 65_534 })).rejects.toThrow('Port 65534 is too high.');
  });
});

/** The first of three free ports in a row. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await probePort(0);
    const rest = [first + 1, first + 2].map((port) => probePort(port));
    if ((await Promise.allSettled(rest)).every(({ status }) => status === 'fulfilled')) return first;
  }
}
