import { describe, expect, test } from 'vitest';
import { Gateway, HOST, NOW, refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { entryOf, keyNamed, linkTo } from '../support/keys.ts';

const KEY = keyNamed('test1');
const PAGE = '/d/uid-one/demo';
const OF_KEY = 'https://portal.example.com';

function gatewayOf(vars: Readonly<Record<string, unknown>> = {}): Gateway {
  return new Gateway({ keys: [entryOf(KEY, { frameAncestors: [OF_KEY] })], vars });
}

const FRAMED = { 'Sec-Fetch-Dest': 'iframe', Referer: 'https://foreign.example.com/page?token=x' };

function refusedAncestors(gateway: Gateway): unknown[] {
  return gateway.events
    .filter(({ event }) => event === 'embed.ancestor_refused')
    .map(({ page, key, orgId }) => [page, key, orgId]);
}

describe('a page that may not embed is told to the operator', () => {
  const PAGE_TOLD = 'https://foreign.example.com';

  test('when a link is opened in it, and when what it opened is seen', async () => {
    const gateway = gatewayOf();
    const opened = await gateway.fetch(linkTo({ key: KEY, at: NOW }), { headers: FRAMED });
    const seen = await gateway.fetchAs(new Jar().take(opened), PAGE, { headers: FRAMED });
    expect([opened.status, seen.status]).toEqual([303, 200]);
    const told = [PAGE_TOLD, 'test1', 1];
    expect(refusedAncestors(gateway)).toEqual([told, told]);
  });

  test('when a visitor comes as they are', async () => {
    const gateway = gatewayOf({ VISITORS: 'pass' });
    await gateway.fetch('/d/uid-one', { headers: FRAMED });
    expect(refusedAncestors(gateway)).toEqual([[PAGE_TOLD, undefined, undefined]]);
  });

  test.each([
    ['the page may', { ...FRAMED, Referer: `${OF_KEY}/x` }],
    ['it is the gateway’s own page', { ...FRAMED, Referer: `https://${HOST}/x` }],
    ['it is no frame', { ...FRAMED, 'Sec-Fetch-Dest': 'document' }],
    ['nobody knows the page', { 'Sec-Fetch-Dest': 'iframe' }],
  ])('unless %s', async (_, headers) => {
    const gateway = gatewayOf();
    await gateway.fetch(linkTo({ key: KEY, at: NOW }), { headers });
    expect(refusedAncestors(gateway)).toEqual([]);
  });

  test.each([
    'https://',
    'https://a b/',
    'https://[',
    'http://%zz/',
    'https://x:99999/',
    'about:blank',
    '\\\\x',
  ])('unless its name is none: %s, which harms nobody', async (Referer) => {
    const gateway = gatewayOf();
    const response = await gateway.fetchAs(await gateway.open(), PAGE, { headers: { ...FRAMED, Referer } });
    expect(response.status).toBe(200);
    expect(refusedAncestors(gateway)).toEqual([]);
  });

  test('without the name and password that its address might hold', async () => {
    const gateway = gatewayOf();
    const Referer = 'https://user:pass@foreign.example.com/x';
    await gateway.fetch(linkTo({ key: KEY, at: NOW }), { headers: { ...FRAMED, Referer } });
    expect(refusedAncestors(gateway)).toEqual([[PAGE_TOLD, 'test1', 1]]);
  });

  test('and is not in the way of its refusal', async () => {
    const response = await gatewayOf().fetch(linkTo({ key: KEY, at: NOW - 61 }), { headers: FRAMED });
    expect(await refusalOf(response)).toBe('403 share_link_expired');
  });
});
